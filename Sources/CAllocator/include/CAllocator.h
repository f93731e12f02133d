// SPDX-License-Identifier: Apache-2.0
//
// How the allocator that the worker is linked with is set. Nothing calls this: the worker is linked with it.
#ifndef CALLOCATOR_H
#define CALLOCATOR_H

/// The name under which jemalloc looks for its settings in a program, before `main`. The environment's MALLOC_CONF wins.
extern const char *malloc_conf;

#endif
