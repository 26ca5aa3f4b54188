/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the calls of a ledger really did to the address space: lengths are rounded up to pages,
 * calls fail, munmap frees what is mapped and not what was asked for, MAP_FIXED replaces, mremap
 * moves. Worked out per process, whose threads may unmap what another one mapped. Pure.
 */
#ifndef HARNESS_SUBJECTS_MEMORY_TRUTH_H
#define HARNESS_SUBJECTS_MEMORY_TRUTH_H

#include "lib/base.h"
#include "harness/verify/model.h"

struct truth {
	int64_t net_bytes;  /* address space grown by the calls: mmap, munmap, mremap, brk */
	int64_t peak_bytes; /* highest net_bytes on the way; of several lanes at least this */
	int64_t brk_bytes;  /* of it by brk, and by mremap */
	int64_t mremap_bytes;
	uint64_t mremap_calls;
	uint64_t mapped_bytes,
		mapped_asked_bytes; /* by mmaps that worked: whole pages; as asked for */
	uint64_t freed_bytes;	    /* by munmaps that worked */
	uint64_t replaced_bytes;    /* of mapped_bytes: was mapped already (MAP_FIXED) */
	uint64_t replacing_calls;
	uint64_t failed_mmap_bytes, failed_munmap_bytes; /* asked for, in vain */
	uint64_t small_munmaps,
		small_munmap_bytes; /* shorter than the definition's filter for mmap */
};

/*
 * Adds what the lanes of process @tgid among @n @lanes did to @t: sums, and the sum of peaks.
 * @page_bytes: the page size. Returns 0 or -ENOMEM.
 */
int truth_add_process(struct truth *t, const struct model_lane *lanes, size_t n, uint32_t tgid,
		      uint64_t min_length, uint64_t page_bytes);

#endif
