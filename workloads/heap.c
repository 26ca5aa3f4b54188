/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Three functions, one within the other, that no compiler may make one of or leave by a jump. */
#include "lib/base.h"
#include "workloads/heap.h"

#include <malloc.h>
#include <stdlib.h>

#include "lib/clock.h"

/* Not inlined, not cloned, not renamed; what follows the call within keeps it from being a jump. */
#define STEP	__attribute__((noinline, noclone, used))
#define STAYS() __asm__ volatile("" ::: "memory")

enum { ALIGNMENT = 64 };

const char *const heap_names[HEAP_FUNCTIONS] = {
	[HEAP_MALLOC] = "malloc",
	[HEAP_CALLOC] = "calloc",
	[HEAP_REALLOC] = "realloc",
	[HEAP_REALLOCARRAY] = "reallocarray",
	[HEAP_POSIX_MEMALIGN] = "posix_memalign",
	[HEAP_ALIGNED_ALLOC] = "aligned_alloc",
	[HEAP_MEMALIGN] = "memalign",
	[HEAP_FREE] = "free",
};

void *wl_heap_leaf(enum heap_function f, void *old, size_t bytes);
void *wl_heap_mid(enum heap_function f, void *old, size_t bytes);

STEP void *wl_heap_leaf(enum heap_function f, void *old, size_t bytes)
{
	void *p = NULL;

	switch (f) {
	case HEAP_MALLOC: p = malloc(bytes); break;
	case HEAP_CALLOC: p = calloc(1, bytes); break;
	case HEAP_REALLOC: p = realloc(old, bytes); break;
	case HEAP_REALLOCARRAY: p = reallocarray(old, 1, bytes); break;
	case HEAP_POSIX_MEMALIGN: p = posix_memalign(&p, ALIGNMENT, bytes) ? NULL : p; break;
	case HEAP_ALIGNED_ALLOC: p = aligned_alloc(ALIGNMENT, bytes); break;
	case HEAP_MEMALIGN: p = memalign(ALIGNMENT, bytes); break;
	default: free(old); break;
	}
	STAYS();
	return p;
}

STEP void *wl_heap_mid(enum heap_function f, void *old, size_t bytes)
{
	void *p = wl_heap_leaf(f, old, bytes);

	STAYS();
	return p;
}

STEP bool wl_heap_call(struct ledger_lane *lane, enum heap_function f, struct heap_block *b,
		       uint64_t bytes)
{
	bool gives = f != HEAP_FREE;
	bool takes = f == HEAP_FREE || f == HEAP_REALLOC || f == HEAP_REALLOCARRAY;
	struct ledger_entry e = {.op = LEDGER_HEAP, .nr = f, .len2 = gives ? bytes : 0};
	void *p;

	e.addr = takes ? (uintptr_t)b->p : 0;
	e.len = takes && b->p ? b->bytes : 0;
	e.start_ns = lane ? clock_ns() : 0;
	p = wl_heap_mid(f, takes ? b->p : NULL, bytes);
	e.end_ns = lane ? clock_ns() : 0;
	e.ret = (int64_t)(uintptr_t)p;
	/* Given back before another thread can be given it, as munmap. */
	e.when_ns = gives ? e.end_ns : e.start_ns;
	if (lane)
		ledger_write(lane, &e);
	if (gives && !p)
		return false;
	*b = (struct heap_block){p, gives ? bytes : 0};
	return true;
}
