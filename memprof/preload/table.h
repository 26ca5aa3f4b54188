/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The live table: from a block's address to its stack and size.
 *
 * A line has slots for four blocks and stands for 128 bytes of address space, each slot for 32: no
 * block of glibc's is smaller, so each has a slot of its own, and nothing is searched for (a search
 * ends at another slot each time, which no processor can foresee). Lines lie as the heap does,
 * begun anew each 64 MiB at a place of its own (arenas of threads begin at multiples of that), so
 * neighbours in the heap are neighbours here and the table takes half the memory of the heap. Where
 * parts of the heap meet in the same lines, or blocks are smaller, a block goes to any free slot of
 * its line, or of those behind it; lines that were full count in `over` how many went on: a search
 * goes on while it is not 0.
 *
 * The table is private memory: a child of fork() finds its parent's blocks in it. There are no
 * locks: who has a block has its slot, so only to take a free slot must be one step, and nobody
 * reads the size of a block that is not his.
 */
#ifndef MEMPROF_PRELOAD_TABLE_H
#define MEMPROF_PRELOAD_TABLE_H

#include <sys/single_threaded.h>

#include "memprof/preload/preload.h"

enum {
	LINE_BLOCKS = 4,
	LINE_PROBES = 64,
	TABLE_ID_BITS = 19,
	TABLE_HUGE = 256, /* blocks of 4 GiB and more */
};

struct line {
	uint32_t over, pad;
	/* address / 8 << 20 | timed << 19 | id; 0: free. Of an address of 48 bits, as arm64 has
	 * them, the uppermost has no room, and tells no two blocks of a line from each other. */
	uint64_t key[LINE_BLOCKS];
	uint32_t size[LINE_BLOCKS]; /* UINT32_MAX: in the list of the huge ones */
	uint32_t pads[2];
};

/* The key of a slot that table_take() keeps: no block is at address 8. */
#define TABLE_HELD (1ULL << (TABLE_ID_BITS + 1))

/* What table_take() found, enough for table_restore(). */
struct taken {
	struct line *line;
	uint64_t p, key, size;
	uint32_t id; /* as it was put: with id_base */
	bool timed;
	uint8_t slot;
};

#pragma GCC visibility push(hidden)
extern struct line *table_lines;
extern uint32_t table_mask; /* lines - 1 */

bool table_start(uint32_t lines);
/* The heap is large: most of what a look costs is to find the table's page. */
void table_expect_much(void);
/* Makes all ids of the table 0: they are a parent's. */
void table_relabel(void);
COLD bool table_put_huge(uint64_t p, uint64_t size);
COLD uint64_t table_take_huge(uint64_t p);
/* Where the block's own slot is another's: any of its line, or of lines behind it. */
COLD bool table_put_beyond(uint64_t p, uint64_t key, uint32_t size, uint32_t i);
COLD bool table_take_beyond(uint64_t p, struct taken *out, bool keep);
/* Gives the place of *@taken its block back, or gives it up. Until then nobody else has it. */
void table_restore(const struct taken *taken);
void table_give_up(const struct taken *taken);

#pragma GCC visibility pop

static inline uint32_t table_line(uint64_t p)
{
	return (uint32_t)((p >> 7) + ((p >> 26) * 0x9e3779b97f4a7c15ULL >> 32)) & table_mask;
}

static inline unsigned int table_slot(uint64_t p)
{
	return p >> 5 & (LINE_BLOCKS - 1);
}

static inline bool alone(void)
{
	return __libc_single_threaded;
}

/* Takes a slot for a block, if it is free. */
static inline bool slot_take(struct line *l, unsigned int slot, uint64_t key, uint32_t size)
{
	uint64_t is = 0;

	if (unlikely(!alone())) {
		if (!__atomic_compare_exchange_n(&l->key[slot], &is, key, false, __ATOMIC_ACQ_REL,
						 __ATOMIC_RELAXED))
			return false;
	} else {
		if (unlikely(l->key[slot]))
			return false;
		l->key[slot] = key;
	}
	l->size[slot] = size;
	return true;
}

static inline void slot_leave(uint64_t *key)
{
	__atomic_store_n(key, 0, __ATOMIC_RELEASE);
}

static inline uint64_t table_key(uint64_t p, uint32_t id, bool timed)
{
	return p >> 3 << (TABLE_ID_BITS + 1) | (uint64_t)timed << TABLE_ID_BITS | id;
}

static inline bool key_is(uint64_t key, uint64_t p)
{
	return !((key ^ table_key(p, 0, false)) >> (TABLE_ID_BITS + 1));
}

/* Notes a block; false when there is no room. */
static inline bool table_put(uint64_t p, uint64_t size, uint32_t id, bool timed)
{
	uint32_t i = table_line(p), small = size < UINT32_MAX ? (uint32_t)size : UINT32_MAX;
	struct line *l = &table_lines[i];
	uint64_t key = table_key(p, id, timed);

	if (unlikely(small == UINT32_MAX && !table_put_huge(p, size)))
		return false;
	return likely(slot_take(l, table_slot(p), key, small)) ||
	       table_put_beyond(p, key, small, i);
}

static inline void taken_from(struct taken *out, struct line *l, unsigned int k, uint64_t p)
{
	out->line = l;
	out->p = p;
	out->slot = (uint8_t)k;
	out->key = l->key[k];
	out->size = l->size[k];
	out->id = out->key & ((1U << TABLE_ID_BITS) - 1);
	out->timed = out->key >> TABLE_ID_BITS & 1;
	if (unlikely(out->size == UINT32_MAX))
		out->size = table_take_huge(p);
}

/* Takes a block out, if it is there. @keep: its place stays taken until table_restore() or
 * table_give_up(). */
static inline bool table_take(uint64_t p, struct taken *out, bool keep)
{
	struct line *l = &table_lines[table_line(p)];
	unsigned int k = table_slot(p);

	if (unlikely(!key_is(l->key[k], p)))
		return table_take_beyond(p, out, keep);
	taken_from(out, l, k, p);
	__atomic_store_n(&l->key[k], keep ? TABLE_HELD : 0, __ATOMIC_RELEASE);
	return true;
}

#endif
