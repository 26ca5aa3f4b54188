/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The malloc family, as programs call it.
 *
 * Each function has a fast way, a few instructions before the next provider, which is all that
 * happens to what is not sampled; else it jumps (it does not call: the frame of the function that
 * it jumps to is where the walk begins, and must return to the program) to a slow way. What counts:
 *
 *   - each block once, whichever function it came from, in the bytes that were asked for;
 *   - what failed not at all, and free(NULL) neither;
 *   - a realloc that works as one allocation, and as one free where it was given a block.
 */
#include "lib/base.h"

#include <dlfcn.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "memprof/preload/account.h"
#include "memprof/preload/poisson.h"
#include "memprof/preload/table.h"
#include "memprof/preload/usdt.h"

#define PUBLIC __attribute__((visibility("default")))
#define SLOW   __attribute__((noinline))
#define FRAME  ((const uint64_t *)__builtin_frame_address(0))
#define INLINE static inline __attribute__((always_inline))

unsigned short otel_memory_alloc_semaphore __attribute__((section(".probes"), used));
unsigned short otel_memory_free_semaphore __attribute__((section(".probes"), used));

/* Sampled: how many samples lie at addresses whose bits 8-23 are this; 255: perhaps more. Where
 * memprof.free_mask is 0 only the first is looked at, so that every free is slow. */
static uint8_t filter[1 << 16] = {255};

/* --- stacks ---------------------------------------------------------------------------------- */

/* Apart from the hot way: it has the room for a whole walk on its stack. */
static SLOW uint32_t stack_walked(struct thread *t, const uint64_t *fp, struct memo_entry *keep,
				  uint32_t gen)
{
	struct unwind_stack stack;
	uint32_t number;

	unwind_walk(fp, t->stack_lo, t->stack_hi, &stack, keep, gen);
	number = stacks_number(&stack);
	if (keep)
		keep->id = number;
	return number;
}

INLINE uint32_t stack_number(struct thread *t, const uint64_t *fp)
{
	uint64_t sp = (uint64_t)fp;
	uint32_t gen, epoch;
	struct memo_entry *m;

	if (unlikely(!t->memo || sp - t->stack_lo >= t->stack_size))
		return stack_walked(t, fp, NULL, 0);
	epoch = __atomic_load_n(&memprof.epoch, __ATOMIC_ACQUIRE);
	if (unlikely(t->epoch != epoch)) {
		memo_forget(t->again);
		t->epoch = epoch;
	}
	gen = t->gen + (memprof.head->epoch & 4095);
	m = memo_find(t->memo, fp, gen);
	if (unlikely(!m)) {
		m = memo_place(t->memo, fp, gen);
		stack_walked(t, fp, m, gen);
	}
	m->user = &t->rows[m->id];
	m->user_id = (m->id + memprof.id_base) ^ (memprof.trailer ? memprof.trailer_salt : 0);
	/* What has no number is told each time. */
	if (likely(m->id))
		memo_remember(t->memo, fp, m);
	return m->id;
}

/* --- lifetimes ------------------------------------------------------------------------------- */

static struct timed {
	uint64_t p, since_ns;
} timed[1 << 14];

static uint64_t monotonic_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * NSEC_PER_SEC + (uint64_t)now.tv_nsec;
}

static struct timed *timed_place(uint64_t p)
{
	uint64_t h = p * 0x9e3779b97f4a7c15ULL;

	h = (h ^ h >> 32) * 0xd1342543de82ef95ULL;
	return &timed[h >> 50];
}

static COLD void lifetime_begin(uint64_t p)
{
	struct timed *place = timed_place(p);

	__atomic_store_n(&place->p, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&place->since_ns, monotonic_ns(), __ATOMIC_RELEASE);
	__atomic_store_n(&place->p, p, __ATOMIC_RELEASE);
}

/* Within account_begin(). */
static COLD void lifetime_end(struct thread *t, uint64_t p)
{
	struct timed *place = timed_place(p);
	uint64_t since = __atomic_load_n(&place->since_ns, __ATOMIC_ACQUIRE), ns;

	if (__atomic_load_n(&place->p, __ATOMIC_ACQUIRE) != p) {
		lose(LOSS_TIMES_LOST, 1);
		return;
	}
	ns = monotonic_ns() - since;
	t->shard->lifetimes[segment_bucket(ns)]++;
}

/* --- trailers -------------------------------------------------------------------------------- */

/* In the block's last word: 24 bits that only this block has (of its address and the salt; one of
 * them is always set, so that 0 is no trailer), whether its lifetime is measured, the room before
 * the trailer that was not asked for, the stack. */
enum { SLACK_BITS = 20, SLACK_MAX = 1 << SLACK_BITS, TRAILER_TIMED = 39, CHUNK_MAPPED = 2 };

/* The size in front of glibc's blocks (malloc.c, chunks: the lower bits are flags). */
INLINE size_t chunk_size(const void *p)
{
	return ((const size_t *)p)[-1];
}

/* What glibc's malloc_usable_size() says. */
INLINE size_t chunk_usable(const void *p)
{
	size_t size = chunk_size(p);

	return (size & ~7UL) - (size & CHUNK_MAPPED ? 16 : 8);
}

INLINE uint64_t *trailer_of(void *p)
{
	return (uint64_t *)((char *)p + chunk_usable(p) - 8);
}

INLINE uint64_t trailer_tag(const void *p)
{
	/* glibc's blocks begin at multiples of 16: nothing of @p reaches below bit 41. */
	return (uint64_t)p << 37 ^ memprof.trailer_salt;
}

INLINE bool trailer_put(void *p, size_t size, uint32_t id, bool is_timed)
{
	size_t room = chunk_usable(p) - 8;
	uint64_t *word = (uint64_t *)((char *)p + room), slack = room - size;

	if (unlikely(slack >= SLACK_MAX)) {
		*word = 0;
		return table_put((uint64_t)p, size, id, is_timed);
	}
	*word = trailer_tag(p) ^ (uint64_t)is_timed << TRAILER_TIMED ^ slack << TABLE_ID_BITS ^ id;
	return true;
}

/* As table_take(); what was in a trailer has no line, and its word in key. */
INLINE bool trailer_take(void *p, struct taken *out, bool keep)
{
	size_t room = chunk_usable(p) - 8;
	uint64_t *word = (uint64_t *)((char *)p + room), v = *word ^ trailer_tag(p);

	if (unlikely(v >> 40))
		return table_take((uint64_t)p, out, keep);
	out->line = NULL;
	out->key = *word;
	out->id = v & ((1U << TABLE_ID_BITS) - 1);
	out->timed = v >> TRAILER_TIMED & 1;
	out->size = room - (v >> TABLE_ID_BITS & (SLACK_MAX - 1));
	*word = 0;
	return true;
}

INLINE size_t padded(size_t size)
{
	return unlikely(size > SIZE_MAX - 8) ? size : size + memprof.trailer;
}

/* The same where there is a trailer. What has no room for it is refused as it is: no block is so
 * large. */
INLINE size_t longer(size_t size)
{
	size_t more;

	return unlikely(__builtin_add_overflow(size, 8, &more)) ? size : more;
}

/* --- counting -------------------------------------------------------------------------------- */

static void filter_add(uint64_t p)
{
	uint8_t *cell = &filter[p >> 8 & 0xffff], v = __atomic_load_n(cell, __ATOMIC_RELAXED);

	while (v != 255 && !__atomic_compare_exchange_n(cell, &v, v + 1, true, __ATOMIC_RELAXED,
							__ATOMIC_RELAXED))
		;
}

static void filter_drop(uint64_t p)
{
	uint8_t *cell = &filter[p >> 8 & 0xffff], v = __atomic_load_n(cell, __ATOMIC_RELAXED);

	while (v && v != 255 &&
	       !__atomic_compare_exchange_n(cell, &v, v - 1, true, __ATOMIC_RELAXED,
					    __ATOMIC_RELAXED))
		;
}

INLINE void note_exact(struct thread *t, void *p, size_t size, uint32_t number, bool shared,
		       bool trailer)
{
	uint32_t id = number + memprof.id_base;
	bool is_timed = false;

	if (unlikely(!number))
		lose(LOSS_STACKS_FULL, 1);
	if (shared)
		account_begin(t);
	account_alloc(t, number, 1, size, size);
	if (shared)
		account_end(t);
	if (unlikely(!--t->untimed)) {
		t->untimed = SEGMENT_TIMED;
		is_timed = true;
		lifetime_begin((uint64_t)p);
	}
	if (unlikely(!(trailer ? trailer_put(p, size, id, is_timed)
			       : table_put((uint64_t)p, size, id, is_timed))))
		lose(LOSS_UNTRACKED, 1);
	t->last = (uint64_t)p;
}

static void note_sample(struct thread *t, void *p, size_t size, const uint64_t *fp)
{
	uint32_t number = stack_number(t, fp);
	struct poisson_weight w = poisson_weigh(size, memprof.rate);
	struct segment_spread *spread = &t->spreads[number];

	if (unlikely(!number))
		lose(LOSS_STACKS_FULL, 1);
	lifetime_begin((uint64_t)p);
	if (!table_put((uint64_t)p, size, number + memprof.id_base, true))
		lose(LOSS_UNTRACKED, 1);
	else
		filter_add((uint64_t)p);
	account_begin(t);
	account_alloc(t, number, w.blocks, w.bytes, size);
	spread->samples++;
	spread->allocs_var += w.blocks_var;
	spread->bytes_var += w.bytes_var;
	account_end(t);
	t->last = (uint64_t)p;
	usdt_alloc((uint64_t)p, size, w.bytes);
}

static void note_count(struct thread *t, void *p, size_t size)
{
	account_begin(t);
	t->rows[0].allocs++;
	t->rows[0].bytes += size;
	t->shard->sizes[segment_bucket(size)].blocks++;
	t->shard->sizes[segment_bucket(size)].bytes += size;
	t->shard->usable_bytes += memprof.next.malloc_usable_size(p);
	account_end(t);
}

/* What comes between is this thread's alone: a signal handler's call finds another phase. */
INLINE void begin(struct thread *t)
{
	t->phase = PHASE_COUNTING;
	__asm__ volatile("" ::: "memory");
}

INLINE void end(struct thread *t)
{
	__asm__ volatile("" ::: "memory");
	t->phase = t->shared ? PHASE_SHARED : PHASE_READY;
}

/* A block that the next provider gave; NULL: it did not. */
INLINE void *noted(struct thread *t, void *p, size_t size, const uint64_t *fp)
{
	if (likely(p != NULL)) {
		begin(t);
		if (memprof.mode == SEGMENT_EXACT)
			note_exact(t, p, size, stack_number(t, fp), true, memprof.trailer);
		else if (memprof.mode == SEGMENT_SAMPLED)
			note_sample(t, p, size, fp);
		else
			note_count(t, p, size);
		end(t);
	}
	if (memprof.mode == SEGMENT_SAMPLED)
		t->left = poisson_draw(&t->random, memprof.rate);
	return p;
}

/* Counts the free of what was taken out of the table. */
INLINE void account_taken(struct thread *t, uint64_t p, const struct taken *taken, bool temporary)
{
	uint64_t blocks = 1, bytes = taken->size;
	struct poisson_weight w = {0};

	if (memprof.mode == SEGMENT_SAMPLED) {
		w = poisson_weigh(taken->size, memprof.rate);
		blocks = w.blocks;
		bytes = w.bytes;
	}
	if (unlikely(taken->id < memprof.id_base)) {
		lose(LOSS_INHERITED_FREES, 1);
		lose(LOSS_INHERITED_BYTES, taken->size);
		return;
	}
	account_begin(t);
	account_free(t, taken->id - memprof.id_base, blocks, bytes, temporary);
	if (memprof.mode == SEGMENT_SAMPLED) {
		struct segment_spread *spread = &t->spreads[taken->id - memprof.id_base];

		spread->freed_samples++;
		spread->freed_allocs_var += w.blocks_var;
		spread->freed_bytes_var += w.bytes_var;
	}
	if (unlikely(taken->timed))
		lifetime_end(t, p);
	account_end(t);
}

INLINE bool take(void *p, struct taken *taken, bool keep)
{
	return memprof.trailer ? trailer_take(p, taken, keep)
			       : table_take((uint64_t)p, taken, keep);
}

/* A block of this address goes. */
INLINE void note_free(struct thread *t, void *p)
{
	bool temporary = t->last == (uint64_t)p;
	struct taken taken;

	begin(t);
	if (temporary)
		t->last = 0;
	if (unlikely(memprof.mode == SEGMENT_COUNTS)) {
		account_begin(t);
		t->rows[0].frees++;
		t->shard->usable_freed += memprof.next.malloc_usable_size(p);
		account_end(t);
	} else if (likely(take(p, &taken, false))) {
		account_taken(t, (uint64_t)p, &taken, temporary);
		if (memprof.mode == SEGMENT_SAMPLED) {
			filter_drop((uint64_t)p);
			usdt_free((uint64_t)p);
		}
	} else {
		lose(memprof.mode == SEGMENT_SAMPLED ? LOSS_FALSE_HITS : LOSS_UNKNOWN_FREES, 1);
	}
	end(t);
}

/* --- when it is not simple ------------------------------------------------------------------- */

enum kind { KIND_MALLOC, KIND_CALLOC, KIND_MEMALIGN };

INLINE void *provide(enum kind kind, size_t align, size_t size)
{
	switch (kind) {
	case KIND_CALLOC: return memprof.next.calloc(1, padded(size));
	case KIND_MEMALIGN: return memprof.next.memalign(align, padded(size));
	default: return memprof.next.malloc(padded(size));
	}
}

/* Before the providers are known only the reserve can give anything; its blocks are never given
 * back, and a free of one must be slow to be seen. */
static void *from_reserve(size_t align, size_t size)
{
	char *p = reserve_take(size, align);

	for (size_t i = 0; p && i <= size; i += 256)
		filter[(uint64_t)(p + i) >> 8 & 0xffff] = 255;
	return p;
}

INLINE bool counts(const struct thread *t)
{
	return t->phase == PHASE_READY || t->phase == PHASE_SHARED;
}

/* Makes what is missing. True: this thread counts. */
static COLD bool ready(struct thread *t)
{
	if (!memprof.ready)
		process_start();
	if (!memprof.ready)
		return false;
	if (t->phase == PHASE_NEW)
		thread_start(t);
	return counts(t);
}

static COLD void *alloc_unready(enum kind kind, size_t align, size_t size, const uint64_t *fp)
{
	struct thread *t = &thread;
	void *p;

	if (ready(t)) {
		if (t->left > size) {
			t->left -= size;
			return provide(kind, align, size);
		}
		return noted(t, provide(kind, align, size), size, fp);
	}
	if (!memprof.ready)
		return from_reserve(align, size);
	if (t->phase == PHASE_COUNTING)
		lose(LOSS_REENTRANT, 1);
	p = provide(kind, align, size);
	if (p && memprof.trailer)
		*trailer_of(p) = 0;
	return p;
}

static COLD bool free_unready(void *p)
{
	struct thread *t = &thread;

	if (reserve_owns(p))
		return false;
	if (ready(t))
		return true;
	if (memprof.ready) {
		if (t->phase == PHASE_COUNTING)
			lose(LOSS_REENTRANT, 1);
		memprof.next.free(p);
	}
	return false;
}

/* True: not to be counted, and that is told. */
INLINE bool passes(size_t size)
{
	if (unlikely(thread.left <= size))
		return false;
	thread.left -= size;
	return true;
}

/* --- slow ways ------------------------------------------------------------------------------- */

INLINE void *alloc(enum kind kind, size_t align, size_t size, const uint64_t *fp)
{
	struct thread *t = &thread;

	if (unlikely(!counts(t)))
		return alloc_unready(kind, align, size, fp);
	return noted(t, provide(kind, align, size), size, fp);
}

static SLOW void *malloc_slow(size_t size)
{
	return alloc(KIND_MALLOC, 0, size, FRAME);
}

static SLOW void *calloc_slow(size_t size)
{
	return alloc(KIND_CALLOC, 0, size, FRAME);
}

static SLOW void *memalign_slow(size_t align, size_t size)
{
	return alloc(KIND_MEMALIGN, align, size, FRAME);
}

static SLOW void free_slow(void *p)
{
	struct thread *t = &thread;

	if (unlikely(!p))
		return;
	if (unlikely(!counts(t) || reserve_owns(p)) && !free_unready(p))
		return;
	note_free(t, p);
	memprof.next.free(p);
}

static void *(*malloc_way)(size_t) = malloc_slow;
static void *(*calloc_way)(size_t) = calloc_slow;
static void (*free_way)(void *) = free_slow;

/*
 * The same, for what happens all the time when every block counts. All that is asked comes before
 * anything is changed, and each answer but the usual one ends in the slow way (by a jump again,
 * whose frame is the one that the program called then), which does all of it and asks again.
 */

static SLOW void *counted_slowly(void *p, size_t size)
{
	const uint64_t *fp = FRAME;
	struct thread *t = &thread;

	if (!p)
		return NULL;
	if (t->phase == PHASE_COUNTING || (!counts(t) && !ready(t))) {
		if (t->phase == PHASE_COUNTING)
			lose(LOSS_REENTRANT, 1);
		if (memprof.trailer)
			*trailer_of(p) = 0;
		return p;
	}
	return noted(t, p, size, fp);
}

/* As counted_slowly(), of a thread that has begun. */
static SLOW void *counted_after_all(void *p, size_t size)
{
	end(&thread);
	return counted_slowly(p, size);
}

static void *counted_trailer(void *p, size_t size);
static void *counted_table(void *p, size_t size);

/* The peak was before this row last changed, or comes with this block: that is seen to, and then
 * all is usual. */
static SLOW void *counted_at_peak(void *p, size_t size, struct segment_row *row)
{
	struct thread *t = &thread;

	if (!account_alone(t))
		return counted_after_all(p, size);
	row_touch(row);
	t->shard->live += (int64_t)size;
	if (t->shard->live > t->high)
		account_peak(t);
	t->shard->live -= (int64_t)size;
	end(t);
	return memprof.trailer ? counted_trailer(p, size) : counted_table(p, size);
}

/* The next provider gave @p. Here ends what asked it, by a jump: this is the frame that the program
 * called. */
INLINE void *counted(void *p, size_t size, const uint64_t *fp, bool trailer)
{
	struct thread *t = &thread;
	const struct memo_entry *m;
	struct segment_row *row;
	struct segment_bucket *bucket;
	struct line *line = NULL;
	uint64_t *word = NULL, slack = 0, room = 0;
	unsigned int slot = 0;
	int64_t live;

	if (unlikely(!p || t->phase != PHASE_READY))
		return counted_slowly(p, size);
	begin(t);
	if (trailer) {
		room = chunk_size(p);
	} else {
		/* In a large heap it comes from afar: meanwhile the stack is looked at. */
		line = &table_lines[table_line((uint64_t)p)];
		__builtin_prefetch(line, 1);
	}
	m = memo_again(t->again, fp);
	if (unlikely(!m || t->epoch != memprof.epoch))
		return counted_after_all(p, size);
	row = m->user;
	live = t->shard->live + (int64_t)size;
	if (unlikely(row->peak_epoch != memprof.head->peak_epoch || live > t->high))
		return counted_at_peak(p, size, row);
	if (trailer) {
		if (unlikely(room & CHUNK_MAPPED))
			return counted_after_all(p, size);
		room = (room & ~7UL) - 16;
		word = (uint64_t *)((char *)p + room);
		slack = room - size;
		if (unlikely(slack >= SLACK_MAX))
			return counted_after_all(p, size);
	} else {
		slot = table_slot((uint64_t)p);
		if (unlikely(size >= UINT32_MAX))
			return counted_after_all(p, size);
	}
	if (unlikely(!--t->untimed)) {
		t->untimed = 1;
		return counted_after_all(p, size);
	}
	if (trailer)
		*word = (uint64_t)p << 37 ^ slack << TABLE_ID_BITS ^ m->user_id;
	else if (unlikely(!slot_take(line, slot, table_key((uint64_t)p, m->user_id, false),
				     (uint32_t)size)))
		return counted_after_all(p, size);
	t->last = (uint64_t)p;
	t->shard->live = live;
	row->allocs++;
	row->bytes += size;
	bucket = &t->shard->sizes[segment_bucket(size & INT64_MAX)];
	bucket->blocks++;
	bucket->bytes += size;
	__asm__ volatile("" ::: "memory");
	t->phase = PHASE_READY;
	return p;
}

static SLOW void *counted_trailer(void *p, size_t size)
{
	return counted(p, size, FRAME, true);
}

static SLOW void *counted_table(void *p, size_t size)
{
	return counted(p, size, FRAME, false);
}

static SLOW void *malloc_exact_trailer(size_t size)
{
	return counted_trailer(memprof.next.malloc(longer(size)), size);
}

static SLOW void *malloc_exact_table(size_t size)
{
	return counted_table(memprof.next.malloc(size), size);
}

static SLOW void *calloc_exact_trailer(size_t size)
{
	return counted_trailer(memprof.next.calloc(1, longer(size)), size);
}

static SLOW void *calloc_exact_table(size_t size)
{
	return counted_table(memprof.next.calloc(1, size), size);
}

static COLD void free_after_all(void *p)
{
	end(&thread);
	free_slow(p);
}

/* As counted_at_peak(), of the free of a block. */
static SLOW void free_at_peak(void *p, uint64_t size)
{
	struct thread *t = &thread;

	if (!account_alone(t) || size >= SEGMENT_PEAK_WINDOW) {
		account_tell_free(t);
		free_after_all(p);
		return;
	}
	if (t->at_peak)
		account_leave_peak(t);
	t->shard->live -= (int64_t)size;
	if (t->shard->live < t->low)
		account_peak(t);
	t->shard->live += (int64_t)size;
	account_tell_free(t);
	end(t);
	free_way(p);
}

/* A block with stack @number of this process: tells of the free before (segment_shard.untold), and
 * leaves this one to be told. False: nothing has happened, and free_at_peak() must see to it. */
INLINE bool freed(struct thread *t, void *p, uint64_t number, uint64_t size, uint64_t *word)
{
	struct segment_shard *shard = t->shard;
	uint64_t untold = shard->untold;
	struct segment_row *row = account_untold_row(t, untold);
	int64_t live = shard->live - (int64_t)size;

	if (unlikely(row->peak_epoch != memprof.head->peak_epoch || live < t->low ||
		     size >= SEGMENT_PEAK_WINDOW))
		return false;
	slot_leave(word);
	row->frees++;
	row->freed_bytes += untold >> SEGMENT_NUMBER_BITS;
	shard->untold = size << SEGMENT_NUMBER_BITS | number;
	shard->live = live;
	if (t->last == (uint64_t)p) {
		t->last = 0;
		t->rows[number].temporary++;
	}
	return true;
}

/* Another's, measured, without a stack, a parent's: no number that is found then is one. */
INLINE bool is_number(uint64_t number)
{
	return likely(number - 1 < memprof.last_number);
}

static SLOW void free_exact_trailer(void *p)
{
	struct thread *t = &thread;
	uint64_t *word, v;
	size_t room;

	if (unlikely(!p || t->phase != PHASE_READY)) {
		free_slow(p);
		return;
	}
	begin(t);
	room = chunk_size(p);
	word = (uint64_t *)((char *)p + (room & ~7UL) - 16);
	if (unlikely(room & CHUNK_MAPPED)) {
		free_after_all(p);
		return;
	}
	v = *word ^ trailer_tag(p);
	if (unlikely(v >> TRAILER_TIMED)) {
		free_after_all(p);
		return;
	}
	room = (room & ~7UL) - 16 - (v >> TABLE_ID_BITS);
	v = (v & ((1U << TABLE_ID_BITS) - 1)) - memprof.id_base;
	if (unlikely(!is_number(v))) {
		free_after_all(p);
		return;
	}
	if (unlikely(!freed(t, p, v, room, word))) {
		free_at_peak(p, room);
		return;
	}
	__asm__ volatile("" ::: "memory");
	t->phase = PHASE_READY;
	memprof.next.free(p);
}

static SLOW void free_exact_table(void *p)
{
	struct thread *t = &thread;
	struct line *line = &table_lines[table_line((uint64_t)p)];
	unsigned int slot = table_slot((uint64_t)p);
	uint64_t number;

	if (unlikely(t->phase != PHASE_READY)) {
		free_slow(p);
		return;
	}
	begin(t);
	number = (line->key[slot] ^ table_key((uint64_t)p, 0, false)) - memprof.id_base;
	if (unlikely(!is_number(number) || line->size[slot] == UINT32_MAX)) {
		free_after_all(p);
		return;
	}
	if (unlikely(!freed(t, p, number, line->size[slot], &line->key[slot]))) {
		free_at_peak(p, line->size[slot]);
		return;
	}
	__asm__ volatile("" ::: "memory");
	t->phase = PHASE_READY;
	memprof.next.free(p);
}

void entry_choose_ways(void)
{
	if (memprof.mode != SEGMENT_EXACT)
		return;
	malloc_way = memprof.trailer ? malloc_exact_trailer : malloc_exact_table;
	calloc_way = memprof.trailer ? calloc_exact_trailer : calloc_exact_table;
	free_way = memprof.trailer ? free_exact_trailer : free_exact_table;
}

/* --- for C++ operators of another allocator ----------------------------------------------------
 */

void *entry_allocate_by(void *(*give)(size_t, uint64_t, const void *), size_t size, uint64_t a,
			const void *b, const uint64_t *fp)
{
	struct thread *t = &thread;
	uint32_t phase;
	void *p;

	if (passes(size) || (!counts(t) && !ready(t)))
		return give(size, a, b);
	/* It may come by malloc() after all, and is one block. */
	phase = t->phase;
	t->phase = PHASE_OWN;
	p = give(size, a, b);
	t->phase = phase;
	return noted(t, p, size, fp);
}

void entry_free_by(void (*take_back)(void *, uint64_t, const void *), void *p, uint64_t a,
		   const void *b)
{
	struct thread *t = &thread;
	uint32_t phase;

	if (!p || !filter[(uint64_t)p >> 8 & memprof.free_mask] || (!counts(t) && !ready(t))) {
		take_back(p, a, b);
		return;
	}
	note_free(t, p);
	phase = t->phase;
	t->phase = PHASE_OWN;
	take_back(p, a, b);
	t->phase = phase;
}

/* realloc() of a block of the reserve: it stays where it is, and what comes instead is a sample by
 * chance, as any block. */
static COLD void *realloc_reserved(void *p, size_t size, const uint64_t *fp)
{
	void *q = passes(size) ? memprof.next.malloc(size) : alloc(KIND_MALLOC, 0, size, fp);

	if (q)
		memcpy(q, p, MIN(size, reserve_size(p)));
	return q;
}

static COLD void *realloc_unready(void *p, size_t size)
{
	void *q;

	if (thread.phase == PHASE_COUNTING)
		lose(LOSS_REENTRANT, 1);
	if (memprof.trailer && !size) {
		memprof.next.free(p);
		return NULL;
	}
	q = memprof.next.realloc(p, padded(size));
	if (q && memprof.trailer)
		*trailer_of(q) = 0;
	return q;
}

static SLOW void *realloc_slow(void *p, size_t size)
{
	const uint64_t *fp = FRAME;
	struct thread *t = &thread;
	struct taken taken;
	bool found, frees = !size;
	void *q;

	if (!p)
		return alloc(KIND_MALLOC, 0, size, fp);
	if (unlikely(reserve_owns(p)))
		return realloc_reserved(p, size, fp);
	if (unlikely(!counts(t)) && !ready(t))
		return realloc_unready(p, size);
	if (memprof.mode == SEGMENT_COUNTS) {
		size_t room = memprof.next.malloc_usable_size(p);

		q = memprof.next.realloc(p, size);
		if (q || frees) {
			account_begin(t);
			t->rows[0].frees++;
			t->shard->usable_freed += room;
			account_end(t);
		}
		return q ? noted(t, q, size, fp) : NULL;
	}
	/* It must be out of the table before anybody else can be given its address. */
	begin(t);
	found = take(p, &taken, true);
	end(t);
	if (memprof.trailer && frees) {
		memprof.next.free(p);
		q = NULL;
	} else {
		q = memprof.next.realloc(p, padded(size));
	}
	begin(t);
	if (!q && !frees) {
		if (found && !taken.line)
			*trailer_of(p) = taken.key;
		else if (found)
			table_restore(&taken);
		end(t);
		return NULL;
	}
	if (found) {
		if (taken.line)
			table_give_up(&taken);
		account_taken(t, (uint64_t)p, &taken, false);
		if (memprof.mode == SEGMENT_SAMPLED) {
			filter_drop((uint64_t)p);
			usdt_free((uint64_t)p);
		}
	} else if (memprof.mode == SEGMENT_EXACT) {
		lose(LOSS_UNKNOWN_FREES, 1);
	}
	if (t->last == (uint64_t)p)
		t->last = 0;
	end(t);
	if (!q)
		return NULL;
	if (memprof.mode == SEGMENT_SAMPLED && t->left > size) {
		t->left -= size;
		return q;
	}
	return noted(t, q, size, fp);
}

/* --- what programs call ---------------------------------------------------------------------- */

PUBLIC void *malloc(size_t size)
{
	return passes(size) ? memprof.next.malloc(size) : malloc_way(size);
}

PUBLIC void free(void *p)
{
	if (unlikely(filter[(uint64_t)p >> 8 & memprof.free_mask]))
		free_way(p);
	else
		memprof.next.free(p);
}

PUBLIC void *calloc(size_t n, size_t each)
{
	size_t size;

	if (unlikely(__builtin_mul_overflow(n, each, &size))) {
		errno = ENOMEM;
		return NULL;
	}
	return passes(size) ? memprof.next.calloc(n, each) : calloc_way(size);
}

PUBLIC void *realloc(void *p, size_t size)
{
	if (p && !filter[(uint64_t)p >> 8 & memprof.free_mask] && passes(size))
		return memprof.next.realloc(p, size);
	if (!p && passes(size))
		return memprof.next.malloc(size);
	return realloc_slow(p, size);
}

PUBLIC void *reallocarray(void *p, size_t n, size_t each)
{
	size_t size;

	if (unlikely(__builtin_mul_overflow(n, each, &size))) {
		errno = ENOMEM;
		return NULL;
	}
	if (p && !filter[(uint64_t)p >> 8 & memprof.free_mask] && passes(size))
		return memprof.next.realloc(p, size);
	if (!p && passes(size))
		return memprof.next.malloc(size);
	return realloc_slow(p, size);
}

PUBLIC void *memalign(size_t align, size_t size)
{
	return passes(size) ? memprof.next.memalign(align, size) : memalign_slow(align, size);
}

PUBLIC void *aligned_alloc(size_t align, size_t size)
{
	return passes(size) ? memprof.next.memalign(align, size) : memalign_slow(align, size);
}

PUBLIC void *valloc(size_t size)
{
	return passes(size) ? memprof.next.memalign(4096, size) : memalign_slow(4096, size);
}

PUBLIC void *pvalloc(size_t size)
{
	size = size > SIZE_MAX - 4095 ? size : (size + 4095) & ~4095UL;
	return passes(size) ? memprof.next.memalign(4096, size) : memalign_slow(4096, size);
}

PUBLIC int posix_memalign(void **out, size_t align, size_t size)
{
	const uint64_t *fp = FRAME;
	int err = errno;
	void *p;

	if (!align || align % sizeof(void *) || align & (align - 1))
		return EINVAL;
	p = passes(size) ? memprof.next.memalign(align, size)
			 : alloc(KIND_MEMALIGN, align, size, fp);
	errno = err;
	if (!p)
		return ENOMEM;
	*out = p;
	return 0;
}

PUBLIC size_t malloc_usable_size(void *p)
{
	if (!p)
		return 0;
	if (unlikely(reserve_owns(p)))
		return reserve_size(p);
	if (unlikely(!memprof.ready))
		process_start();
	return memprof.next.malloc_usable_size(p) - memprof.trailer;
}

PUBLIC int dlclose(void *handle)
{
	struct thread *t = &thread;
	int result;

	if (!memprof.ready)
		process_start();
	result = memprof.next.dlclose(handle);
	if (memprof.mode != SEGMENT_COUNTS && ready(t)) {
		int err = errno;

		begin(t);
		stacks_modules_changed();
		end(t);
		errno = err;
	}
	return result;
}
