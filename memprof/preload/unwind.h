/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The unwinder: who called, by the rules that compilers leave in .eh_frame (the x86-64 psABI, 3.7;
 * DWARF 5, 6.4; the search table is that of the LSB, .eh_frame_hdr).
 *
 * What those rules say for one address is worked out once and kept as one word (unwind_rule()).
 * A walk goes from frame to frame with them. Walks repeat, and a walk is a function of where it
 * starts and of the words of the stack that it reads: the memo keeps both, and where all words are
 * as they were the result is the same, by proof. To compare them is a row of loads that do not wait
 * for each other, which is faster than a walk, where each waits for the one before.
 *
 * Nothing here allocates, locks or calls into libc but for _dl_find_object() (glibc 2.35). It knows
 * no allocator: it is used and tested alone.
 */
#ifndef MEMPROF_PRELOAD_UNWIND_H
#define MEMPROF_PRELOAD_UNWIND_H

#include "lib/base.h"

#include <stddef.h>

enum {
	UNWIND_FRAMES_MAX = 127,
	MEMO_SETS = 128,
	MEMO_WAYS = 8,
	MEMO_WORDS = 80, /* a walk that reads more is not kept */
	MEMO_HINT_BITS = 10,
};

/* What is known of an instruction: how the frame around it is left. */
enum unwind_kind {
	UNWIND_CFA_SP,	  /* the caller's stack pointer is the stack pointer + offset */
	UNWIND_CFA_FP,	  /* ..is the frame pointer + offset */
	UNWIND_CFA_AT_FP, /* ..stands in memory at the frame pointer + offset: realigned */
	UNWIND_END,	  /* the outermost frame */
	UNWIND_NONE,	  /* no rule, or one that this unwinder has no words for */
	UNWIND_SIGNAL,	  /* the kernel's signal frame */
};

/*
 * A rule is 30 bits: kind in 0-2, offset / 8 in 3-16 (signed), and in 17-29 where the caller's
 * frame pointer is: 0, it still has it; 0x1fff, at the frame pointer itself; else (signed) / 8
 * from the caller's stack pointer.
 */
#define UNWIND_FP_AT_FP 0x1fffU

/* A module in memory: all reads stay in [start, end). */
struct unwind_image {
	uint64_t start, end;
	uint64_t eh_frame_hdr; /* address; 0: it has none */
};

/* The module that @pc lies in, as it is mapped, and its entry in the loader's list; NULL: none. */
struct link_map;
struct link_map *unwind_image_at(uint64_t pc, struct unwind_image *image);

/* The rule at @pc, read from the tables of @image. Never fails: UNWIND_NONE. */
uint32_t unwind_resolve(const struct unwind_image *image, uint64_t pc);

/* The rule at @pc of this process, kept. */
uint32_t unwind_rule(uint64_t pc);
/* Forgets all rules: a module was unloaded. */
void unwind_forget(void);

enum unwind_flag {
	UNWIND_CUT = 1,	      /* the walk ended before the outermost frame */
	UNWIND_GUESSED = 2,   /* a frame was found by a frame pointer */
	UNWIND_ELSEWHERE = 4, /* part of it is not on the thread's own stack */
};

struct unwind_stack {
	uint64_t hash;
	uint64_t interrupted; /* bit i: pc[i] is no return address (frames below 64) */
	uint32_t n, flags, guesses;
	uint64_t pc[UNWIND_FRAMES_MAX]; /* the innermost first */
};

/* Words of the stack that a walk depends on, four at a time: where (from the frame that it began
 * with), and what was there. */
struct memo_words {
	uint32_t at[4];
	uint64_t word[4];
};

/* A walk that was made: see the head of this file. */
struct memo_entry {
	const uint64_t *fp;	      /* where it began; NULL: no walk is kept here */
	const struct memo_words *end; /* of what is used of @words: one at least */
	uint32_t id;		      /* what the caller made of the stack */
	uint32_t gen;		      /* of whom keeps it */
	uint32_t n;		      /* words; a multiple of four: the last is there again */
	void *user;		      /* the caller's, as @id */
	uint64_t user_id;
	struct memo_words words[MEMO_WORDS / 4];
	uint64_t pad[2];
};

struct memo {
	/* Which entry a start had last: found by its hash alone, without a search. 0 is none's. */
	uint16_t hint[1 << MEMO_HINT_BITS];
	struct memo_entry none;
	struct memo_entry entry[MEMO_SETS * MEMO_WAYS];
	uint64_t key[MEMO_SETS][MEMO_WAYS];
	uint8_t next[MEMO_SETS];
};

_Static_assert(sizeof(struct memo_entry) == 1024, "an entry is found by a shift");
_Static_assert(offsetof(struct memo, entry) == offsetof(struct memo, none) + 1024,
	       "hint n is entry n - 1");

/*
 * Walks from a frame of the caller's: fp[0] is the frame pointer of its caller, fp[1] where it
 * returns to. [lo, hi) is the stack of this thread; where the walk is not on it (coroutines,
 * alternative signal stacks) each page is asked for before it is read. When @keep is not NULL the
 * walk is left there for memo_find(), unless it cannot be; @keep->id is the caller's to set.
 */
void unwind_walk(const uint64_t *fp, uint64_t lo, uint64_t hi, struct unwind_stack *out,
		 struct memo_entry *keep, uint32_t gen);

static inline uint64_t memo_key(const uint64_t *fp, uint32_t gen)
{
	uint64_t k = ((uint64_t)fp * 0x9e3779b97f4a7c15ULL) ^ (fp[1] * 0xd1342543de82ef95ULL) ^ gen;

	return k ^ k >> 32;
}

/* Whether all words are as they were: the first is where this frame returns to. */
static inline __attribute__((always_inline)) bool memo_holds(const struct memo_entry *m,
							     const uint64_t *fp)
{
	const struct memo_words *w = m->words, *end = m->end;

#define MEMO_DIFFERS(i)                                                                            \
	__builtin_expect(*(const uint64_t *)((uint64_t)fp + w->at[i]) != w->word[i], 0)
	do {
		if (MEMO_DIFFERS(0) || MEMO_DIFFERS(1) || MEMO_DIFFERS(2) || MEMO_DIFFERS(3))
			return false;
	} while (++w != end);
#undef MEMO_DIFFERS
	return true;
}

/*
 * The walk from this frame, or NULL. Only for frames on the thread's own stack, and only entries
 * that were made on it: @gen must be another one for each thread that uses the same memo, and after
 * modules were unloaded.
 */
static inline struct memo_entry *memo_find(struct memo *memo, const uint64_t *fp, uint32_t gen)
{
	uint64_t key = memo_key(fp, gen);
	unsigned int set = key % MEMO_SETS;

	for (unsigned int way = 0; way < MEMO_WAYS; way++) {
		struct memo_entry *m = &memo->entry[set * MEMO_WAYS + way];

		if (memo->key[set][way] == key && m->fp == fp && m->gen == gen && memo_holds(m, fp))
			return m;
	}
	return NULL;
}

static inline __attribute__((always_inline)) uint16_t *memo_hint(struct memo *memo,
								 const uint64_t *fp)
{
	return &memo->hint[(((uint64_t)fp + fp[1]) * 0x9e3779b97f4a7c15ULL) >>
			   (64 - MEMO_HINT_BITS)];
}

/*
 * The same for what memo_remember() was told since memo_forget(), and nothing else: the entry that
 * such a frame had last, or NULL. A few instructions before the words, and no other thread's entry,
 * so that neither generation nor stack are asked for.
 */
static inline __attribute__((always_inline)) const struct memo_entry *memo_again(struct memo *memo,
										 const uint64_t *fp)
{
	const struct memo_entry *m = &memo->none + *memo_hint(memo, fp);

	if (__builtin_expect(m->fp != fp, 0))
		return NULL;
	return __builtin_expect(memo_holds(m, fp), 1) ? m : NULL;
}

/* @m holds for @fp, and is of the caller's generation. */
static inline void memo_remember(struct memo *memo, const uint64_t *fp, const struct memo_entry *m)
{
	*memo_hint(memo, fp) = (uint16_t)(m - &memo->none);
}

void memo_forget(struct memo *memo);

/* The entry to keep the next walk from this frame in. */
struct memo_entry *memo_place(struct memo *memo, const uint64_t *fp, uint32_t gen);

#endif
