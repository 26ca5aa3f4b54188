/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The calls of an allocator, written into the ledger as they are made, as workloads/ledger.h does
 * with system calls. All are made at one known stack, the innermost first: wl_heap_leaf,
 * wl_heap_mid, wl_heap_call. So a profiler that gives stacks can be asked for these calls alone.
 */
#ifndef WORKLOADS_HEAP_H
#define WORKLOADS_HEAP_H

#include "workloads/ledger.h"

enum heap_function {
	HEAP_MALLOC,
	HEAP_CALLOC,
	HEAP_REALLOC,
	HEAP_REALLOCARRAY,
	HEAP_POSIX_MEMALIGN,
	HEAP_ALIGNED_ALLOC,
	HEAP_MEMALIGN,
	HEAP_FREE,
	HEAP_FUNCTIONS,
};

extern const char *const heap_names[HEAP_FUNCTIONS]; /* "malloc", .. */

struct heap_block {
	void *p;
	uint64_t bytes; /* as asked for */
};

/*
 * Makes the call: @b is the block that it is given (realloc, reallocarray, free), and then the one
 * that it gave; @bytes is what is asked for. A call that fails leaves @b as it was. @lane NULL: it
 * is written nowhere. Returns whether it worked.
 */
bool wl_heap_call(struct ledger_lane *lane, enum heap_function f, struct heap_block *b,
		  uint64_t bytes);

/* What a call that worked comes to: a realloc is an allocation, and where it had a block, a free.
 */
static inline bool heap_allocated(const struct ledger_entry *e)
{
	return e->nr != HEAP_FREE && e->ret;
}

static inline bool heap_freed(const struct ledger_entry *e)
{
	return e->addr && (e->nr == HEAP_FREE || e->ret);
}

#endif
