// SPDX-License-Identifier: Apache-2.0
#include "CCallCounter.h"

#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>

#if defined(__GLIBC__) || defined(__gnu_linux__)

// glibc lets a program put its own allocator in place of the library's (its manual, "Replacing malloc"). These count
// and hand on to the library's own, which it exports under these names.
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *pointer, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);
extern void __libc_free(void *pointer);

static _Atomic int64_t calls;

static void count_call(void) { atomic_fetch_add_explicit(&calls, 1, memory_order_relaxed); }

void *malloc(size_t size) {
  count_call();
  return __libc_malloc(size);
}

void *calloc(size_t count, size_t size) {
  count_call();
  return __libc_calloc(count, size);
}

void *realloc(void *pointer, size_t size) {
  count_call();
  return __libc_realloc(pointer, size);
}

void *memalign(size_t alignment, size_t size) {
  count_call();
  return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
  count_call();
  return __libc_memalign(alignment, size);
}

int posix_memalign(void **result, size_t alignment, size_t size) {
  count_call();
  void *pointer = __libc_memalign(alignment, size);
  if (!pointer) { return ENOMEM; }
  *result = pointer;
  return 0;
}

void free(void *pointer) { __libc_free(pointer); }

int64_t allocator_calls(void) { return atomic_load_explicit(&calls, memory_order_relaxed); }

#else

int64_t allocator_calls(void) { return -1; }

#endif
