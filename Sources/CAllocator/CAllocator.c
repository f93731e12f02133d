// SPDX-License-Identifier: Apache-2.0
#include "CAllocator.h"

// What is freed is given back by a thread of jemalloc's own ("opt.background_thread" in its manual). Without one only
// later calls give it back: a worker that restored a million users and then has little to do would keep what the restore
// was read into for as long as it is quiet, twice the users' own memory at worst.
const char *malloc_conf = "background_thread:true";
