// SPDX-License-Identifier: Apache-2.0
//
// What Swift needs of RE2: a pattern that is compiled once and searched for in time linear in the text.
//
// No exception crosses this boundary.
#ifndef CRE2_H
#define CRE2_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifdef __clang__
#pragma clang assume_nonnull begin
#endif

/// A compiled pattern; any number of threads may search for it at once.
typedef struct cre_pattern cre_pattern;

/// Compiles UTF-8 in RE2's syntax.
///
/// Returns NULL where it is none, or wants more memory than RE2 allows, and writes why to `problem`, zero-terminated and
/// cut to `capacity` bytes.
cre_pattern *_Nullable cre_compile(const char *text, size_t length, char *problem, size_t capacity);

void cre_free(cre_pattern *pattern);

/// Finds the first group of the leftmost match, or all of the match where the pattern has no group, in UTF-8.
///
/// Returns false where nothing matches, or the group took no part in it.
bool cre_find(const cre_pattern *pattern, const char *text, size_t length, size_t *offset, size_t *count);

#ifdef __clang__
#pragma clang assume_nonnull end
#endif

#ifdef __cplusplus
}
#endif

#endif
