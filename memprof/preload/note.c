/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* note.h. */
#include "lib/base.h"

#include <time.h>

#include "memprof/preload/note.h"
#include "memprof/preload/poisson.h"
#include "memprof/preload/usdt.h"

unsigned short otel_memory_alloc_semaphore __attribute__((section(".probes"), used));
unsigned short otel_memory_free_semaphore __attribute__((section(".probes"), used));

uint8_t note_filter[1 << 16] = {255};

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
	/* What has no number is told each time; and what is not near takes the slow ways. */
	if (likely(m->id && (memprof.trailer || near_has_id(m->id + memprof.id_base))))
		memo_remember(t->memo, fp, m);
	return m->id;
}

/* --- lifetimes ------------------------------------------------------------------------------- */

/* Those that fit are together in a few pages; the others have all the room. */
enum { TIMED_FEW = 1 << 10, TIMED_ALL = 1 << 14, TIMED_BUSY = 1 };
static struct timed {
	uint64_t p, since_ns; /* @p 0: none is here */
} timed_few[TIMED_FEW], timed_all[TIMED_ALL];

static uint64_t monotonic_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * NSEC_PER_SEC + (uint64_t)now.tv_nsec;
}

static uint64_t timed_hash(uint64_t p)
{
	uint64_t h = p * 0x9e3779b97f4a7c15ULL;

	return (h ^ h >> 32) * 0xd1342543de82ef95ULL;
}

static COLD void lifetime_begin(uint64_t p)
{
	uint64_t hash = timed_hash(p), none = 0;
	struct timed *place = &timed_few[hash % TIMED_FEW];

	if (memprof.no_clock)
		return;
	if (!__atomic_compare_exchange_n(&place->p, &none, TIMED_BUSY, false, __ATOMIC_ACQUIRE,
					 __ATOMIC_RELAXED)) {
		place = &timed_all[hash >> 32 & (TIMED_ALL - 1)];
		__atomic_store_n(&place->p, TIMED_BUSY, __ATOMIC_RELAXED);
	}
	__atomic_store_n(&place->since_ns, monotonic_ns(), __ATOMIC_RELEASE);
	__atomic_store_n(&place->p, p, __ATOMIC_RELEASE);
}

/* Within account_begin(). */
static COLD void lifetime_end(struct thread *t, uint64_t p)
{
	uint64_t hash = timed_hash(p), since;
	struct timed *place = &timed_few[hash % TIMED_FEW];

	if (__atomic_load_n(&place->p, __ATOMIC_ACQUIRE) != p)
		place = &timed_all[hash >> 32 & (TIMED_ALL - 1)];
	since = __atomic_load_n(&place->since_ns, __ATOMIC_ACQUIRE);
	if (__atomic_load_n(&place->p, __ATOMIC_ACQUIRE) != p) {
		lose(LOSS_TIMES_LOST, 1);
		return;
	}
	__atomic_store_n(&place->p, 0, __ATOMIC_RELEASE);
	if (memprof.no_clock)
		lose(LOSS_TIMES_LOST, 1);
	else
		t->shard->lifetimes[segment_bucket(monotonic_ns() - since)]++;
}

/* --- counting -------------------------------------------------------------------------------- */

static void filter_add(uint64_t p)
{
	uint8_t *cell = &note_filter[p >> 8 & 0xffff], v = __atomic_load_n(cell, __ATOMIC_RELAXED);

	while (v != 255 && !__atomic_compare_exchange_n(cell, &v, v + 1, true, __ATOMIC_RELAXED,
							__ATOMIC_RELAXED))
		;
}

static void filter_drop(uint64_t p)
{
	uint8_t *cell = &note_filter[p >> 8 & 0xffff], v = __atomic_load_n(cell, __ATOMIC_RELAXED);

	while (v && v != 255 &&
	       !__atomic_compare_exchange_n(cell, &v, v - 1, true, __ATOMIC_RELAXED,
					    __ATOMIC_RELAXED))
		;
}

INLINE void note_exact(struct thread *t, void *p, size_t size, uint32_t number, bool trailer)
{
	uint32_t id = number + memprof.id_base;
	bool is_timed = false;

	if (unlikely(!number))
		lose(LOSS_STACKS_FULL, 1);
	account_begin(t);
	account_alloc(t, number, 1, size, size);
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

void *note_block(struct thread *t, void *p, size_t size, const uint64_t *fp)
{
	if (likely(p != NULL)) {
		begin(t);
		if (memprof.mode == SEGMENT_EXACT)
			note_exact(t, p, size, stack_number(t, fp), memprof.trailer);
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

static void free_sample(struct thread *t, uint32_t number, uint64_t size, bool temporary)
{
	struct poisson_weight w = poisson_weigh(size, memprof.rate);
	struct segment_spread *spread = &t->spreads[number];

	account_free(t, number, w.blocks, w.bytes, temporary);
	spread->freed_samples++;
	spread->freed_allocs_var += w.blocks_var;
	spread->freed_bytes_var += w.bytes_var;
}

void note_taken(struct thread *t, uint64_t p, const struct taken *taken, bool temporary)
{
	uint32_t number = taken->id - memprof.id_base;

	if (unlikely(taken->id < memprof.id_base)) {
		lose(LOSS_INHERITED_FREES, 1);
		lose(LOSS_INHERITED_BYTES, taken->size);
	} else {
		account_begin(t);
		if (memprof.mode == SEGMENT_SAMPLED)
			free_sample(t, number, taken->size, temporary);
		else
			account_free(t, number, 1, taken->size, temporary);
		if (unlikely(taken->timed))
			lifetime_end(t, p);
		account_end(t);
	}
	if (memprof.mode == SEGMENT_SAMPLED) {
		filter_drop(p);
		usdt_free(p);
	}
}

bool note_take(void *p, struct taken *taken, bool keep)
{
	return memprof.trailer ? trailer_take(p, taken, keep)
			       : table_take((uint64_t)p, taken, keep);
}

void note_free(struct thread *t, void *p)
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
	} else if (likely(note_take(p, &taken, false))) {
		note_taken(t, (uint64_t)p, &taken, temporary);
	} else {
		lose(memprof.mode == SEGMENT_SAMPLED ? LOSS_FALSE_HITS : LOSS_UNKNOWN_FREES, 1);
	}
	end(t);
}
