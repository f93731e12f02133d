// SPDX-License-Identifier: Apache-2.0
//
// One JSON document in, simdjson's "tape" out: what Swift needs of simdjson, and nothing else.
//
// A document is parsed as a whole before the first word can be seen: structure, UTF-8, escapes, numbers, trailing
// content. The tape is read where simdjson wrote it: a copy in another form would be a third of the parsing.
//
// No exception crosses this boundary. Nothing is allocated once the parser has seen its largest usual document.
#ifndef CSIMDJSON_H
#define CSIMDJSON_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifdef __clang__
#pragma clang assume_nonnull begin
#endif

/// What a word of the tape begins with, its upper 8 bits; the lower 56 are its payload (simdjson's doc/tape.md).
enum csj_kind {
  /// No payload.
  CSJ_NULL = 'n',
  CSJ_FALSE = 'f',
  CSJ_TRUE = 't',
  /// An integer that an int64_t holds, which is the next word.
  CSJ_INTEGER = 'l',
  /// An integer that only a uint64_t holds, which is the next word.
  CSJ_UNSIGNED = 'u',
  /// A number with a fraction or an exponent, whose bits are the next word.
  CSJ_DOUBLE = 'd',
  /// The payload is where in the strings its length lies, 32 bits, and behind it its unescaped UTF-8.
  CSJ_STRING = '"',
  /// The lower 32 bits of the payload are the index of the word behind the container's last, which closes it.
  CSJ_ARRAY = '[',
  CSJ_OBJECT = '{',
};

/// A parsed document. An object's members are a string (the key) and the value's words in turn.
typedef struct csj_document {
  const uint64_t *tape;
  /// May be rewritten in place, a string never lengthened.
  uint8_t *strings;
} csj_document;

/// The index of the word at which the document's value begins.
enum { CSJ_ROOT = 1 };

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
csj_parser *_Nullable csj_parser_create(size_t maximum_bytes, size_t maximum_depth);

/// Frees a parser and everything that its document points to.
void csj_parser_free(csj_parser *parser);

/// Copies `length` bytes into the parser's padded buffer and parses them as one document.
enum csj_status csj_parse(csj_parser *parser, const void *_Nullable bytes, size_t length);

/// The last document that was parsed with CSJ_OK; valid until the next parse, at an address that stays.
const csj_document *csj_parsed(const csj_parser *parser);

/// What simdjson says of the last document that was refused, in plain English without any of its bytes.
const char *csj_status_message(const csj_parser *parser);

#ifdef __clang__
#pragma clang assume_nonnull end
#endif

#ifdef __cplusplus
}
#endif

#endif
