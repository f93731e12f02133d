// SPDX-License-Identifier: Apache-2.0
//
// Counts the calls of the C allocator in the program that links this, whoever makes them: Swift's runtime, C++ or C.
#ifndef CCALLCOUNTER_H
#define CCALLCOUNTER_H

#include <stdint.h>

/// How often memory was asked for or resized since the program began, over all threads; -1 where nothing counts.
int64_t allocator_calls(void);

#endif
