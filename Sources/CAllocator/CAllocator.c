// SPDX-License-Identifier: Apache-2.0
#include "CAllocator.h"

// What is freed is given back by a thread of jemalloc's own ("opt.background_thread" in its manual). Without one only
// later calls give it back: a worker that restored a million users and then has little to do would keep what the restore
// was read into for as long as it is quiet, twice the users' own memory at worst.
//
// Large blocks are kept for a while like others ("oversize_threshold"): librdkafka takes one of up to 32 megabytes for
// each answer to a fetch, and pages that are fresh each time cost more than what is read into them. What is free for a
// second is given back all the same ("dirty_decay_ms"; ten by default), so that a restore's height is not kept for longer.
//
// A thread keeps blocks of up to 256 KiB for itself ("tcache_max"; 32 by default): liblz4 asks for a zeroed one of 64 for
// each batch that librdkafka compresses, and jemalloc zeroes a block that no thread has kept by giving it back to the
// system and taking it anew, page by page.
const char *malloc_conf = "background_thread:true,oversize_threshold:0,dirty_decay_ms:1000,tcache_max:262144";
