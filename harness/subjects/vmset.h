/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The set of addresses that are mapped: what really became of mmap, munmap and mremap, whose
 * lengths say little (munmap of an unmapped range succeeds and frees nothing; MAP_FIXED replaces).
 * Pure.
 */
#ifndef HARNESS_VMSET_H
#define HARNESS_VMSET_H

#include "lib/base.h"

struct vmset_range {
	uint64_t start, end; /* [start, end) */
};

struct vmset {
	struct vmset_range *range; /* sorted, disjoint, not touching; owned */
	size_t n, cap;
	uint64_t bytes; /* in all ranges */
};

#define VMSET_INIT                                                                                 \
	{                                                                                          \
		0                                                                                  \
	}

void vmset_release(struct vmset *s);
/* Adds [start, start + len). Returns the bytes that were not in the set before, or -ENOMEM. */
int64_t vmset_add(struct vmset *s, uint64_t start, uint64_t len);
/* Takes [start, start + len) out. Returns the bytes that were in the set, or -ENOMEM. */
int64_t vmset_remove(struct vmset *s, uint64_t start, uint64_t len);
/* Bytes of [start, start + len) that are in the set. */
uint64_t vmset_covered(const struct vmset *s, uint64_t start, uint64_t len);

#endif
