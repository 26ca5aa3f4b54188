/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Lanes of a ledger written out by hand, for the tests of what is computed from them. */
#ifndef TESTS_UNIT_LEDGER_FIXTURE_H
#define TESTS_UNIT_LEDGER_FIXTURE_H

#include <string.h>

#include "harness/verify/model.h"

#define FIX_MMAP(length, result)                                                                   \
	{                                                                                          \
		.op = LEDGER_MMAP, .len = (length), .ret = (int64_t)(result), .flags = 0x22        \
	}
#define FIX_MMAP_FIXED(address, length, result)                                                    \
	{                                                                                          \
		.op = LEDGER_MMAP, .addr = (address), .len = (length), .ret = (int64_t)(result),   \
		.flags = 0x32                                                                      \
	}
#define FIX_MUNMAP(address, length, result)                                                        \
	{                                                                                          \
		.op = LEDGER_MUNMAP, .addr = (address), .len = (length), .ret = (result)           \
	}
#define FIX_BRK(address, result)                                                                   \
	{                                                                                          \
		.op = LEDGER_BRK, .addr = (address), .ret = (int64_t)(result)                      \
	}
#define FIX_MREMAP(address, old, new, result)                                                      \
	{                                                                                          \
		.op = LEDGER_MREMAP, .addr = (address), .len = (old), .len2 = (new),               \
		.ret = (int64_t)(result)                                                           \
	}

static inline struct ledger_lane fix_lane(uint32_t tid, uint32_t tgid, uint64_t count)
{
	struct ledger_lane lane = {.tid = tid, .tgid = tgid, .count = count, .capacity = count};

	memcpy(lane.comm, "wl-test", 8);
	return lane;
}

#endif
