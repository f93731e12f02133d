// SPDX-License-Identifier: Apache-2.0
#include "CSimdJSON.h"

#include <simdjson.h>

#include <cstring>
#include <memory>
#include <new>

namespace {

// Buffers beyond this are given back when the next small document comes: one huge record must not cost every lane
// tens of megabytes for ever.
constexpr size_t kept_capacity = 1u << 20;
constexpr size_t first_capacity = 4u << 10;
// What a string's word has room for.
constexpr size_t longest_text = (1u << 24) - 1;

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
  csj_document found = {};
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
    if (shrink) { dom = simdjson::dom::parser(maximum_bytes); }
    // Here and not in `parse`, so that the depth is ours and that both buffers grow together.
    if (auto failed = dom.allocate(capacity, maximum_depth)) { return failed; }
    if (auto failed = dom.doc.allocate(capacity)) { return failed; }
    input_capacity = capacity;
    return simdjson::SUCCESS;
  }

  simdjson::error_code find(const void *bytes, size_t length) noexcept {
    if (auto failed = reserve(length)) { return failed; }
    std::memcpy(input.get(), bytes, length);
    auto &stages = *dom.implementation;
    if (auto failed = stages.stage1(input.get(), length, simdjson::stage1_mode::regular)) { return failed; }
    found = {
        dom.doc.tape.get(), input.get(), input.get(), stages.structural_indexes.get(), stages.n_structural_indexes,
    };
    return simdjson::SUCCESS;
  }

  simdjson::error_code judge() noexcept {
    if (auto failed = dom.implementation->stage2(dom.doc)) { return failed; }
    found.texts = dom.doc.string_buf.get();
    move_lengths();
    return simdjson::SUCCESS;
  }

  // Puts into each string's word what simdjson writes in front of its text.
  void move_lengths() noexcept {
    const uint64_t end = found.tape[0] & 0xFFFFFFFFFFFFFF;
    for (uint64_t index = CSJ_ROOT; index < end; ++index) {
      switch (found.tape[index] >> 56) {
      case CSJ_STRING: {
        const uint64_t place = found.tape[index] & 0xFFFFFFFFFFFFFF;
        uint32_t length;
        std::memcpy(&length, found.texts + place, sizeof length);
        found.tape[index] = uint64_t(CSJ_STRING) << 56 | uint64_t(length) << 32 | (place + sizeof length);
        break;
      }
      case CSJ_INTEGER:
      case CSJ_UNSIGNED:
      case CSJ_DOUBLE:
        ++index;
        break;
      default:
        break;
      }
    }
  }
};

extern "C" {

csj_parser *csj_parser_create(size_t maximum_bytes, size_t maximum_depth) {
  if (maximum_depth == 0 || maximum_bytes < first_capacity || maximum_bytes > longest_text) { return nullptr; }
  return new (std::nothrow) csj_parser(maximum_bytes, maximum_depth);
}

void csj_parser_free(csj_parser *parser) { delete parser; }

enum csj_status csj_find(csj_parser *parser, const void *bytes, size_t length) {
  parser->error = length == 0 ? simdjson::EMPTY : parser->find(bytes, length);
  return status_of(parser->error);
}

enum csj_status csj_judge(csj_parser *parser) {
  parser->error = parser->judge();
  return status_of(parser->error);
}

const csj_document *csj_found(const csj_parser *parser) { return &parser->found; }

const char *csj_status_message(const csj_parser *parser) { return simdjson::error_message(parser->error); }

}  // extern "C"
