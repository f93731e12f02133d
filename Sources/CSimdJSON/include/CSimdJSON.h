// SPDX-License-Identifier: Apache-2.0
//
// One JSON document in, a flat array of tokens out: what Swift needs of simdjson, and nothing else.
//
// A document is parsed as a whole before the first token can be seen: structure, UTF-8, escapes, numbers, trailing
// content. The tokens stand in document order. An object's members are a string token (the key) and the value's tokens
// in turn; a container's token tells where the token behind the container is, so that a value is skipped in one step.
//
// No exception crosses this boundary. Nothing is allocated once the parser has seen its largest usual document.
#ifndef CSIMDJSON_H
#define CSIMDJSON_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// What a token is. The two containers come last, so that one comparison tells them from the rest.
enum csj_kind {
  CSJ_NULL = 0,
  CSJ_FALSE = 1,
  CSJ_TRUE = 2,
  /// An integer that an int64_t holds.
  CSJ_INTEGER = 3,
  /// An integer that only a uint64_t holds.
  CSJ_UNSIGNED = 4,
  /// A number with a fraction or an exponent.
  CSJ_DOUBLE = 5,
  CSJ_STRING = 6,
  CSJ_ARRAY = 7,
  CSJ_OBJECT = 8,
};

/// One token, 16 bytes.
typedef struct csj_token {
  union {
    /// CSJ_STRING: the unescaped UTF-8, in memory that the parser owns; may be rewritten in place, never lengthened.
    uint8_t *text;
    /// CSJ_INTEGER
    int64_t integer;
    /// CSJ_UNSIGNED
    uint64_t natural;
    /// CSJ_DOUBLE
    double real;
  };
  /// CSJ_STRING: the number of bytes. Containers: the number of their tokens, their own one included.
  uint32_t extent;
  /// One of `csj_kind`.
  uint32_t kind;
} csj_token;

/// Why a document was refused, as far as a caller tells the reasons apart.
enum csj_status {
  CSJ_OK = 0,
  /// Not JSON; `csj_status_message` says where it failed.
  CSJ_MALFORMED = 1,
  /// Bytes that are not UTF-8.
  CSJ_INVALID_UTF8 = 2,
  /// More bytes than the parser was made for.
  CSJ_TOO_LARGE = 3,
  /// Containers nested deeper than the parser was made for.
  CSJ_TOO_DEEP = 4,
  /// No memory.
  CSJ_NO_MEMORY = 5,
};

typedef struct csj_parser csj_parser;

/// Makes a parser for documents of at most `maximum_bytes` and `maximum_depth` nested containers; NULL without memory.
csj_parser *csj_parser_create(size_t maximum_bytes, size_t maximum_depth);

/// Frees a parser and everything that its tokens point to.
void csj_parser_free(csj_parser *parser);

/// Copies `length` bytes into the parser's padded buffer and parses them as one document.
///
/// The first token is the document's value. Tokens and their texts are valid until the next parse.
enum csj_status csj_parse(csj_parser *parser, const void *bytes, size_t length);

/// The tokens of the last document that was parsed with CSJ_OK.
const csj_token *csj_tokens(const csj_parser *parser);

/// What simdjson says of the last document that was refused, in plain English without any of its bytes.
const char *csj_status_message(const csj_parser *parser);

#ifdef __cplusplus
}
#endif

#endif
