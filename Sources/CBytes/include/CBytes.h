// SPDX-License-Identifier: Apache-2.0
//
// Sixteen bytes at a time: the few loops over text that every event runs through a dozen times.
//
// Swift's SIMD types would say the same, but their comparisons are compiled lane by lane on x86-64. Clang's vector
// extension becomes SSE2 there and NEON on arm64; Swift inlines these functions where it calls them. Nothing beyond the
// text is ever read: the last block of a long text overlaps the one before, a short one is taken as two overlapping
// parts.
#ifndef CBYTES_H
#define CBYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#pragma clang assume_nonnull begin

typedef uint8_t cb_block __attribute__((vector_size(16)));

/// Brings the cache line of an address nearer, without waiting and whether or not the address is valid.
static inline void cb_prefetch(const void *address) { __builtin_prefetch(address, 0, 3); }

/// How many decimal digits a number has: the number of bits times the logarithm of two, corrected by one comparison.
static inline int cb_decimal_digits(uint64_t number) {
  // The first is zero, so that zero has one digit.
  static const uint64_t powers[20] = {
      0, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000, 10000000000, 100000000000,
      1000000000000, 10000000000000, 100000000000000, 1000000000000000, 10000000000000000, 100000000000000000,
      1000000000000000000, 10000000000000000000u};
  const int bits = 64 - __builtin_clzll(number | 1);
  const int guess = bits * 1233 >> 12;
  return guess + (number >= powers[guess]);
}

static inline __attribute__((always_inline)) cb_block cb_load(const uint8_t *from) {
  cb_block block;
  memcpy(&block, from, sizeof block);
  return block;
}

static inline __attribute__((always_inline)) void cb_store(uint8_t *to, cb_block block) {
  memcpy(to, &block, sizeof block);
}

static inline __attribute__((always_inline)) cb_block cb_pair(uint64_t low, uint64_t high) {
  const uint64_t words[2] = {low, high};
  cb_block block;
  memcpy(&block, words, sizeof block);
  return block;
}

/// Whether any byte of a block that a comparison made is set.
static inline __attribute__((always_inline)) bool cb_any(cb_block block) {
  uint64_t words[2];
  memcpy(words, &block, sizeof words);
  return (words[0] | words[1]) != 0;
}

// What is looked for: all ones in every lane that is such a byte.

/// C0, DEL, and 0xC2, which begins U+0080 to U+00BF and so the C1 controls.
static inline __attribute__((always_inline)) cb_block cb_may_be_control(cb_block block) {
  return (cb_block)((block < 0x20) | (block == 0x7F) | (block == 0xC2));
}

/// What no address may have: controls, the space, and any of <>"\ . Also 0xC2 and 0xE2, which begin the controls and
/// the bidirectional overrides beyond ASCII, and other characters.
static inline __attribute__((always_inline)) cb_block cb_may_be_no_address(cb_block block) {
  // "<" and ">" differ in one bit, which is set here.
  return (cb_block)((block < 0x21) | (block == 0x7F) | ((block | 2) == '>') | (block == '"') | (block == '\\') |
                    (block == 0xC2) | (block == 0xE2));
}

/// What JSON wants escaped.
static inline __attribute__((always_inline)) cb_block cb_needs_escape(cb_block block) {
  return (cb_block)((block < 0x20) | (block == '"') | (block == '\\'));
}

static inline __attribute__((always_inline)) cb_block cb_is_backslash(cb_block block) {
  return (cb_block)(block == '\\');
}

/// Defines a function that tells whether a text has a byte that `TEST` looks for.
#define CB_DEFINE_SEARCH(NAME, TEST)                                                                                   \
  static inline bool NAME(const uint8_t *text, size_t count) {                                                \
    if (count >= 16) {                                                                                                 \
      cb_block found = TEST(cb_load(text + count - 16));                                                               \
      for (size_t index = 0; index + 16 < count; index += 16) { found |= TEST(cb_load(text + index)); }                \
      return cb_any(found);                                                                                            \
    }                                                                                                                  \
    uint64_t low = 0x2A2A2A2A2A2A2A2A, high = low; /* asterisks, which no test looks for */                            \
    if (count >= 8) {                                                                                                  \
      memcpy(&low, text, 8);                                                                                           \
      memcpy(&high, text + count - 8, 8);                                                                              \
    } else if (count >= 4) {                                                                                           \
      memcpy(&low, text, 4);                                                                                           \
      memcpy(&high, text + count - 4, 4);                                                                              \
    } else if (count > 0) {                                                                                            \
      const uint8_t bytes[3] = {text[0], text[count >> 1], text[count - 1]};                                           \
      memcpy(&low, bytes, 3);                                                                                          \
    }                                                                                                                  \
    return cb_any(TEST(cb_pair(low, high)));                                                                           \
  }

/// Whether there may be a control character; only a look at the bytes tells.
CB_DEFINE_SEARCH(cb_text_may_have_control, cb_may_be_control)
/// Whether there may be a character that no address has; only a look at the bytes tells.
CB_DEFINE_SEARCH(cb_text_may_be_no_address, cb_may_be_no_address)

/// Whether there is a backslash.
CB_DEFINE_SEARCH(cb_has_backslash, cb_is_backslash)

/// Copies a text and tells whether it has anything that JSON wants escaped; the copy is of no use then.
static inline bool cb_copy_needs_escape(uint8_t *to, const uint8_t *text, size_t count) {
  if (count >= 16) {
    const cb_block last = cb_load(text + count - 16);
    cb_block found = cb_needs_escape(last);
    for (size_t index = 0; index + 16 < count; index += 16) {
      const cb_block block = cb_load(text + index);
      cb_store(to + index, block);
      found |= cb_needs_escape(block);
    }
    cb_store(to + count - 16, last);
    return cb_any(found);
  }
  uint64_t low = 0x2A2A2A2A2A2A2A2A, high = low;
  if (count >= 8) {
    memcpy(&low, text, 8);
    memcpy(&high, text + count - 8, 8);
    memcpy(to, &low, 8);
    memcpy(to + count - 8, &high, 8);
  } else if (count >= 4) {
    memcpy(&low, text, 4);
    memcpy(&high, text + count - 4, 4);
    memcpy(to, &low, 4);
    memcpy(to + count - 4, &high, 4);
  } else if (count > 0) {
    const uint8_t bytes[3] = {text[0], text[count >> 1], text[count - 1]};
    memcpy(&low, bytes, 3);
    to[0] = bytes[0];
    to[count >> 1] = bytes[1];
    to[count - 1] = bytes[2];
  }
  return cb_any(cb_needs_escape(cb_pair(low, high)));
}

#pragma clang assume_nonnull end

#endif
