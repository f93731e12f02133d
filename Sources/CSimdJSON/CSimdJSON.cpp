// SPDX-License-Identifier: Apache-2.0
#include "CSimdJSON.h"

#include <simdjson.h>

#include <cstring>
#include <memory>
#include <new>

// simdjson's DOM parser writes a "tape" of 64-bit words (its doc/tape.md): the upper 8 bits are a type, the lower 56 a
// payload; numbers take a second word; strings lie in a second buffer behind a 32-bit length. `flatten` turns it into
// tokens of one size in one pass without recursion.

namespace {

// Buffers beyond this are given back when the next small document comes: one huge record must not cost every lane
// tens of megabytes for ever.
constexpr size_t kept_capacity = 1u << 20;
constexpr size_t first_capacity = 4u << 10;
constexpr size_t depth_ceiling = 64;

constexpr uint64_t payload_mask = (uint64_t{1} << 56) - 1;

enum csj_status status_of(simdjson::error_code error) noexcept {
  switch (error) {
  case simdjson::SUCCESS:
    return CSJ_OK;
  case simdjson::UTF8_ERROR:
    return CSJ_INVALID_UTF8;
  case simdjson::CAPACITY:
    return CSJ_TOO_LARGE;
  case simdjson::DEPTH_ERROR:
    return CSJ_TOO_DEEP;
  case simdjson::MEMALLOC:
    return CSJ_NO_MEMORY;
  default:
    return CSJ_MALFORMED;
  }
}

}  // namespace

struct csj_parser {
  simdjson::dom::parser dom;
  std::unique_ptr<uint8_t[]> input;
  size_t input_capacity = 0;
  std::unique_ptr<csj_token[]> tokens;
  size_t token_capacity = 0;
  size_t maximum_bytes;
  size_t maximum_depth;
  simdjson::error_code error = simdjson::SUCCESS;

  csj_parser(size_t bytes, size_t depth) noexcept : dom(bytes), maximum_bytes(bytes), maximum_depth(depth) {}

  simdjson::error_code reserve(size_t length) noexcept {
    if (length > maximum_bytes) { return simdjson::CAPACITY; }
    const bool shrink = input_capacity > kept_capacity && length <= kept_capacity;
    if (length <= input_capacity && !shrink) { return simdjson::SUCCESS; }

    size_t capacity = first_capacity;
    while (capacity < length) { capacity *= 2; }
    if (capacity > maximum_bytes) { capacity = maximum_bytes; }

    input_capacity = 0;
    input.reset(new (std::nothrow) uint8_t[capacity + simdjson::SIMDJSON_PADDING]);
    if (!input) { return simdjson::MEMALLOC; }
    // The padding is read but never judged; it is zeroed so that what is read is defined.
    std::memset(input.get() + capacity, 0, simdjson::SIMDJSON_PADDING);
    if (shrink) {
      dom = simdjson::dom::parser(maximum_bytes);
      tokens.reset();
      token_capacity = 0;
    }
    // Here and not in `parse`, so that the depth is ours and that both buffers grow together.
    if (auto failed = dom.allocate(capacity, maximum_depth)) { return failed; }
    if (auto failed = dom.doc.allocate(capacity)) { return failed; }
    input_capacity = capacity;
    return simdjson::SUCCESS;
  }

  simdjson::error_code flatten() noexcept {
    const uint64_t *tape = dom.doc.tape.get();
    uint8_t *strings = dom.doc.string_buf.get();
    // The first word holds the tape's length; the last word only closes the document.
    const size_t end = static_cast<size_t>(tape[0] & payload_mask) - 1;
    if (token_capacity < end) {
      size_t capacity = token_capacity ? token_capacity : 256;
      while (capacity < end) { capacity *= 2; }
      token_capacity = 0;
      tokens.reset(new (std::nothrow) csj_token[capacity]);
      if (!tokens) { return simdjson::MEMALLOC; }
      token_capacity = capacity;
    }

    csj_token *next = tokens.get();
    csj_token *open[depth_ceiling];
    size_t depth = 0;
    for (size_t index = 1; index < end; ++index) {
      const uint64_t word = tape[index];
      const uint64_t payload = word & payload_mask;
      switch (static_cast<char>(word >> 56)) {
      case '"': {
        uint8_t *entry = strings + payload;
        std::memcpy(&next->extent, entry, sizeof(uint32_t));
        next->text = entry + sizeof(uint32_t);
        next->kind = CSJ_STRING;
        ++next;
        break;
      }
      case '{':
      case '[':
        if (depth == depth_ceiling) { return simdjson::DEPTH_ERROR; }
        open[depth++] = next;
        next->natural = 0;
        next->kind = static_cast<char>(word >> 56) == '{' ? CSJ_OBJECT : CSJ_ARRAY;
        ++next;
        break;
      case '}':
      case ']':
        --depth;
        open[depth]->extent = static_cast<uint32_t>(next - open[depth]);
        break;
      case 'l':
        next->integer = static_cast<int64_t>(tape[++index]);
        next->kind = CSJ_INTEGER;
        ++next;
        break;
      case 'u':
        next->natural = tape[++index];
        next->kind = CSJ_UNSIGNED;
        ++next;
        break;
      case 'd':
        std::memcpy(&next->real, &tape[++index], sizeof(double));
        next->kind = CSJ_DOUBLE;
        ++next;
        break;
      case 't':
        next->kind = CSJ_TRUE;
        ++next;
        break;
      case 'f':
        next->kind = CSJ_FALSE;
        ++next;
        break;
      case 'n':
        next->kind = CSJ_NULL;
        ++next;
        break;
      default:
        return simdjson::UNEXPECTED_ERROR;
      }
    }
    return simdjson::SUCCESS;
  }

  simdjson::error_code parse(const void *bytes, size_t length) noexcept {
    if (auto failed = reserve(length)) { return failed; }
    std::memcpy(input.get(), bytes, length);
    if (auto failed = dom.parse(input.get(), length, false).error()) { return failed; }
    return flatten();
  }
};

extern "C" {

csj_parser *csj_parser_create(size_t maximum_bytes, size_t maximum_depth) {
  if (maximum_depth == 0 || maximum_depth > depth_ceiling || maximum_bytes < first_capacity) { return nullptr; }
  return new (std::nothrow) csj_parser(maximum_bytes, maximum_depth);
}

void csj_parser_free(csj_parser *parser) { delete parser; }

enum csj_status csj_parse(csj_parser *parser, const void *bytes, size_t length) {
  parser->error = length == 0 ? simdjson::EMPTY : parser->parse(bytes, length);
  return status_of(parser->error);
}

const csj_token *csj_tokens(const csj_parser *parser) { return parser->tokens.get(); }

const char *csj_status_message(const csj_parser *parser) { return simdjson::error_message(parser->error); }

}  // extern "C"
