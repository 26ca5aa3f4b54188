/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the workloads share: random sizes, the page, touching pages. */
#ifndef WORKLOADS_SIZES_H
#define WORKLOADS_SIZES_H

#include <unistd.h>

#include "lib/base.h"
#include "lib/rng.h"

/* From the auxiliary vector: no syscall. */
static inline uint64_t wl_page_bytes(void)
{
	return (uint64_t)sysconf(_SC_PAGESIZE);
}

/*
 * A size in [min, max], log-uniform: as likely between 4K and 8K as between 512K and 1M. An octave
 * is drawn first, then a size in it; the first and the last are cut at @min and @max.
 */
static inline uint64_t wl_log_uniform(struct rng *r, uint64_t min, uint64_t max)
{
	unsigned int lo = 63 - (unsigned int)__builtin_clzll(min | 1);
	unsigned int hi = 63 - (unsigned int)__builtin_clzll(MAX(min, max - 1) | 1);
	unsigned int octave = lo + (unsigned int)rng_below(r, hi - lo + 1);
	uint64_t first = MAX(1ULL << octave, min);
	uint64_t last = octave == hi ? max : (2ULL << octave) - 1;

	return first + rng_below(r, last - first + 1);
}

/* Writes one byte in each page of a mapping. */
static inline void wl_touch(int64_t addr, uint64_t len)
{
	uint64_t page = wl_page_bytes();

	for (uint64_t at = 0; at < len; at += page)
		((volatile char *)(uintptr_t)addr)[at] = 1;
}

#endif
