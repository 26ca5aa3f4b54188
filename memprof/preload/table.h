/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The live table: from a block's address to its stack and size. It has two parts.
 *
 * The near part is where nearly all blocks of exact mode are: four bytes for each 32 bytes of
 * address space, in which the block's stack, its size and what else its address needs have room. No
 * block of glibc's is smaller, so each has a slot of its own, and nothing is searched for (a search
 * ends at another slot each time, which no processor can foresee). It is made for 64 MiB of address
 * space at a time, when the first block is there, so neighbours in the heap are neighbours here and
 * the part takes an eighth of the memory of the heap: in a large heap each line that is touched
 * comes from afar, and there is room for so many near by.
 *
 * What does not fit there is in the lines of the far part: blocks of 8 KiB and more, smaller ones
 * than 32 bytes where two have one slot, address space beyond what the near part is made for, and
 * samples, all of them.
 *
 * A line has slots for four blocks and stands for 128 bytes of address space, each slot for 32.
 * Lines lie as the heap does, begun anew each 64 MiB at a place of its own (arenas of threads begin
 * at multiples of that). Where parts of the heap meet in the same lines, or blocks are smaller, a
 * block goes to any free slot of its line, or of those behind it; lines that were full count in
 * `over` how many went on: a search goes on while it is not 0.
 *
 * Samples lie so far from each other that each would take a page of the far part for itself. So
 * they go first to one that is small, with lines in no order, and to the great one where that is
 * full.
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

	FEW_LINES = 256,
	FEW_PROBES = 4,

	NEAR_SPACE_BITS = 26,
	NEAR_SLOTS = 1 << (NEAR_SPACE_BITS - 5),
	NEAR_REGIONS = 64,
	NEAR_REGION_LINES = 8192, /* a region for so many lines of the far part */
	NEAR_ID_BITS = 16,
	NEAR_SIZE_BITS = 13,
	NEAR_TIMED = NEAR_ID_BITS + NEAR_SIZE_BITS,
};

/* 64 MiB of address space that have a near part. */
struct near {
	uint64_t number; /* address / 64 MiB + 1; 0: none */
	/* Bits 3 and 4 of the address << 30 | timed << 29 | size << 16 | id, which is not 0; 0:
	 * free. */
	uint32_t *slots;
};

struct line {
	uint32_t over, pad;
	/* address / 8 << 20 | timed << 19 | id; 0: free. Of an address of 48 bits, as arm64 has
	 * them, the uppermost has no room, and tells no two blocks of a line from each other. */
	uint64_t key[LINE_BLOCKS];
	uint32_t size[LINE_BLOCKS]; /* UINT32_MAX: in the list of the huge ones */
	uint32_t pads[2];
};

/* What stands in a slot that table_take() keeps: no block is at address 8, and no stack is 0. */
#define TABLE_HELD (1ULL << (TABLE_ID_BITS + 1))
#define NEAR_HELD  (1U << NEAR_ID_BITS)

/* What table_take() found, enough for table_restore(). */
struct taken {
	struct line *line; /* NULL: it was near.. */
	uint32_t *near;	   /* ..here, or NULL: it was not in the table (trailer.h) */
	uint64_t p, key, size;
	uint32_t id; /* as it was put: with id_base */
	bool timed;
	uint8_t slot;
};

static inline bool in_table(const struct taken *taken)
{
	return taken->line || taken->near;
}

#pragma GCC visibility push(hidden)
extern struct line *table_lines;
extern uint32_t table_mask;    /* lines - 1 */
extern struct line *table_few; /* FEW_LINES of samples; NULL: none are taken */
extern bool table_more;	       /* samples went to the others, too */
extern struct near table_near[NEAR_REGIONS];

/* @near: it has a near part, too; @few: it is for samples. */
bool table_start(uint32_t lines, bool near, bool few);
/* The heap is large: most of what a look costs is to find the table's page. */
void table_expect_much(void);
/* Makes the near part for the address space around @p. False: it has none. */
COLD bool near_begin(uint64_t p);
/* Makes all ids of the table 0 or 1: they are a parent's. */
void table_relabel(void);
COLD bool table_put_huge(uint64_t p, uint64_t size);
COLD uint64_t table_take_huge(uint64_t p);
/* Where the block's own slot is another's: any of its line, or of lines behind it. */
COLD bool table_put_beyond(uint64_t p, uint64_t key, uint32_t size);
COLD bool table_take_beyond(uint64_t p, struct taken *out, bool keep);
/* The same in table_few alone. */
COLD bool table_put_few(uint64_t p, uint64_t key, uint32_t size);
COLD bool table_take_few(uint64_t p, struct taken *out, bool keep);
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

/* The near slot for a block at @p; NULL: there is none. */
static inline uint32_t *near_slot(uint64_t p)
{
	const struct near *n = &table_near[p >> NEAR_SPACE_BITS & (NEAR_REGIONS - 1)];

	if (unlikely(__atomic_load_n(&n->number, __ATOMIC_ACQUIRE) != (p >> NEAR_SPACE_BITS) + 1))
		return NULL;
	return &n->slots[p >> 5 & (NEAR_SLOTS - 1)];
}

/* What of an address its slot does not say: allocators begin blocks at multiples of 8. */
static inline uint32_t near_tag(uint64_t p)
{
	return (uint32_t)p << (NEAR_TIMED + 1 - 3);
}

static inline uint32_t near_word(uint64_t p, uint64_t size, uint32_t id)
{
	return near_tag(p) ^ (uint32_t)size << NEAR_ID_BITS ^ id;
}

static inline bool near_fits(uint64_t size)
{
	return size < 1U << NEAR_SIZE_BITS;
}

static inline uint32_t near_id(uint32_t word)
{
	return word & ((1U << NEAR_ID_BITS) - 1);
}

static inline uint32_t near_size(uint32_t word)
{
	return word >> NEAR_ID_BITS & ((1U << NEAR_SIZE_BITS) - 1);
}

static inline bool near_has_id(uint32_t id)
{
	return id - 1 < (1U << NEAR_ID_BITS) - 1;
}

/* As slot_take(). */
static inline bool near_take(uint32_t *slot, uint32_t word)
{
	uint32_t is = 0;

	if (unlikely(!alone()))
		return __atomic_compare_exchange_n(slot, &is, word, false, __ATOMIC_ACQ_REL,
						   __ATOMIC_RELAXED);
	if (unlikely(*slot))
		return false;
	*slot = word;
	return true;
}

/* The slot's word is that of a block at @p. */
static inline bool near_is(uint32_t word, uint64_t p)
{
	return !((word ^ near_tag(p)) >> (NEAR_TIMED + 1)) && near_has_id(near_id(word));
}

static inline bool near_put(uint64_t p, uint64_t size, uint32_t id, bool timed)
{
	uint32_t *slot = near_slot(p);

	if (unlikely(!slot && near_begin(p)))
		slot = near_slot(p);
	return slot && near_take(slot, near_word(p, size, id) | (uint32_t)timed << NEAR_TIMED);
}

/* Notes a block; false when there is no room. */
static inline bool table_put(uint64_t p, uint64_t size, uint32_t id, bool timed)
{
	uint32_t small = size < UINT32_MAX ? (uint32_t)size : UINT32_MAX;
	struct line *l = &table_lines[table_line(p)];
	uint64_t key = table_key(p, id, timed);

	if (unlikely(table_few != NULL && table_put_few(p, key, small)))
		return true;
	if (near_fits(size) && near_has_id(id) && near_put(p, size, id, timed))
		return true;
	if (unlikely(small == UINT32_MAX && !table_put_huge(p, size)))
		return false;
	return likely(slot_take(l, table_slot(p), key, small)) || table_put_beyond(p, key, small);
}

static inline void taken_from(struct taken *out, struct line *l, unsigned int k, uint64_t p)
{
	out->line = l;
	out->near = NULL;
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
	uint32_t *near = near_slot(p), word = near ? *near : 0;

	if (near_is(word, p)) {
		*out = (struct taken){.near = near,
				      .key = word,
				      .size = near_size(word),
				      .id = near_id(word),
				      .timed = word >> NEAR_TIMED & 1};
		__atomic_store_n(near, keep ? NEAR_HELD : 0, __ATOMIC_RELEASE);
		return true;
	}
	if (unlikely(table_few != NULL)) {
		if (table_take_few(p, out, keep))
			return true;
		if (!__atomic_load_n(&table_more, __ATOMIC_RELAXED))
			return false;
	}
	if (unlikely(!key_is(l->key[k], p)))
		return table_take_beyond(p, out, keep);
	taken_from(out, l, k, p);
	__atomic_store_n(&l->key[k], keep ? TABLE_HELD : 0, __ATOMIC_RELEASE);
	return true;
}

#endif
