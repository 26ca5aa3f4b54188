/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The unwinder: who called, by the rules that compilers leave in .eh_frame.
 *
 * What those rules say for one address is worked out once (eh_frame.h) and kept (unwind_rule()).
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

#include "memprof/preload/eh_frame.h"

enum {
	UNWIND_FRAMES_MAX = 127,
	UNWIND_ENTRY_BYTES = 64, /* of the code that a program or its loader begins with */
	MEMO_SETS = 128,
	MEMO_WAYS = 8,
	MEMO_WORDS = 80, /* a walk that reads more is not kept */
	MEMO_HINT_BITS = 10,
};

/* The module that @pc lies in, as it is mapped, and its entry in the loader's list; NULL: none. */
struct link_map;
struct link_map *unwind_image_at(uint64_t pc, struct unwind_image *image);

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
	/* In the order in which they are first used: each page that is touched costs a microsecond.
	 */
	struct memo_entry entry[MEMO_SETS * MEMO_WAYS];
	uint64_t key[MEMO_SETS][MEMO_WAYS];
	uint16_t number[MEMO_SETS][MEMO_WAYS]; /* of its entry, as in @hint */
	uint8_t next[MEMO_SETS];
	uint32_t used; /* entries */
};

_Static_assert(sizeof(struct memo_entry) == 1024, "an entry is found by a shift");
_Static_assert(offsetof(struct memo, entry) == offsetof(struct memo, none) + 1024,
	       "hint n is entry n - 1");

/*
 * Where a walk begins, of the function that says so: its caller's frame pointer, then where it
 * returns to, and behind both its caller's stack begins. On arm64 they are not kept there, so they
 * are put together, with the caller's stack pointer as a third word; it stays as long as the block
 * that it is in.
 */
#if defined(__x86_64__)
#define UNWIND_START ((const uint64_t *)__builtin_frame_address(0))
#else
#define UNWIND_START                                                                               \
	unwind_start((const uint64_t[]){*(const uint64_t *)__builtin_frame_address(0),             \
					(uint64_t)__builtin_return_address(0),                     \
					(uint64_t)__builtin_dwarf_cfa()})

/* A compiler must not think that its array is all that is read by it. */
static inline __attribute__((always_inline)) const uint64_t *unwind_start(const uint64_t *start)
{
	__asm__ volatile("" : "+r"(start)::"memory");
	return start;
}
#endif

/*
 * Walks from such a beginning. [lo, hi) is the stack of this thread; where the walk is not on it
 * (coroutines, alternative signal stacks) each page is asked for before it is read. When @keep is
 * not NULL the walk is left there for memo_find(), unless it cannot be; @keep->id is the caller's
 * to set.
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
		struct memo_entry *m = &memo->none + memo->number[set][way];

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
