// SPDX-License-Identifier: Apache-2.0
//
// One JSON document in, simdjson's "tape" out: what Swift needs of simdjson, and nothing else.
//
// simdjson works in two stages, and so does this. The first finds where strings, numbers, names and punctuation begin, and
// refuses what is no UTF-8, has a control character in a string, or a string without an end. The second judges all the
// rest and writes the tape. Who can write the tape of a plain document faster does so in place of the second, from the same
// findings.
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
  /// The payload is a length in its upper 24 bits, and in its lower 32 where in the texts so much unescaped UTF-8 lies.
  /// (simdjson has the length in front of the text, which is one more place to read from.)
  CSJ_STRING = '"',
  /// The lower 32 bits of the payload are the index of the word behind the container's last, which closes it.
  CSJ_ARRAY = '[',
  CSJ_OBJECT = '{',
};

/// A document between the stages and behind them. An object's members are a string (the key) and the value's words in
/// turn.
typedef struct csj_document {
  /// Has room for the words of any document of this length.
  uint64_t *tape;
  /// What strings' places count from: the input, or what the second stage unescaped. May be rewritten in place, a string
  /// never lengthened.
  uint8_t *texts;
  /// The document's bytes, with some that mean nothing behind them.
  uint8_t *input;
  /// Where in the input something begins, from front to back; strings at their quotation mark. Two more entries behind
  /// them can be read.
  const uint32_t *starts;
  uint32_t start_count;
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

/// Makes a parser for documents of at most `maximum_bytes`, which is below 2^24, and `maximum_depth` nested containers; NULL
/// without memory.
csj_parser *_Nullable csj_parser_create(size_t maximum_bytes, size_t maximum_depth);

/// Frees a parser and everything that its document points to.
void csj_parser_free(csj_parser *parser);

/// Copies `length` bytes into the parser's padded buffer and runs the first stage over them. Strings are in the input.
enum csj_status csj_find(csj_parser *parser, const void *_Nullable bytes, size_t length);

/// Runs the second stage over what was found: simdjson judges the document and writes its tape.
enum csj_status csj_judge(csj_parser *parser);

/// The last document that was found with CSJ_OK; valid until the next one, at an address that stays.
const csj_document *csj_found(const csj_parser *parser);

/// What simdjson says of the last document that was refused, in plain English without any of its bytes.
const char *csj_status_message(const csj_parser *parser);

#ifdef __clang__
#pragma clang assume_nonnull end
#endif

#ifdef __cplusplus
}
#endif

#endif
