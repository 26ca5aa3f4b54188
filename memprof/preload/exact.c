/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * exact.h. All that is asked comes before anything is changed, and each answer but the usual one
 * ends in a slow way (by a jump, whose frame is the one that the program called then), which does
 * all of it and asks again.
 */
#include "lib/base.h"

#include "memprof/preload/exact.h"
#include "memprof/preload/note.h"

static SLOW void *counted_slowly(void *p, size_t size, const uint64_t *from)
{
	const uint64_t *fp = FRAME_FROM(from);
	struct thread *t = &thread;

	if (!p)
		return NULL;
	if (t->phase == PHASE_COUNTING || (!counts(t) && !entry_ready(t))) {
		if (t->phase == PHASE_COUNTING)
			lose(LOSS_REENTRANT, 1);
		if (memprof.trailer)
			*trailer_of(p) = 0;
		return p;
	}
	return noted(t, p, size, fp);
}

/* As counted_slowly(), of a thread that has begun. */
static SLOW void *counted_after_all(void *p, size_t size, const uint64_t *from)
{
	end(&thread);
	return counted_slowly(p, size, from);
}

/* The peak was before this row last changed, or comes with this block, which is noted already. */
static SLOW void *counted_at_peak(void *p, size_t size, struct segment_row *row)
{
	struct thread *t = &thread;

	account_alloc_to(t, row, 1, size, size);
	t->last = (uint64_t)p;
	end(t);
	return p;
}

/* The next provider gave @p. Here ends what asked it, by a jump: this is the frame that the program
 * called. */
INLINE void *counted(void *p, size_t size, const uint64_t *fp, bool trailer)
{
	struct thread *t = &thread;
	const struct memo_entry *m;
	struct segment_row *row;
	struct segment_bucket *bucket;
	uint64_t *word = NULL, slack = 0, room = 0, trail;
	uint32_t *slot = NULL;
	int64_t live;

	if (unlikely(!p || t->phase != PHASE_READY))
		return counted_slowly(p, size, fp);
	begin(t);
	if (trailer) {
		room = chunk_size(p);
	} else {
		/* In a large heap it comes from afar: meanwhile the stack is looked at. */
		slot = near_slot((uint64_t)p);
		__builtin_prefetch(slot, 1);
	}
	m = memo_again(t->again, fp);
	if (unlikely(!m || t->epoch != memprof.epoch))
		return counted_after_all(p, size, fp);
	if (trailer) {
		if (unlikely(room & CHUNK_MAPPED))
			return counted_after_all(p, size, fp);
		room = (room & ~7UL) - 16;
		word = (uint64_t *)((char *)p + room);
		slack = room - size;
		if (unlikely(slack >= SLACK_MAX))
			return counted_after_all(p, size, fp);
	} else if (unlikely(!slot || !near_fits(size))) {
		return counted_after_all(p, size, fp);
	}
	if (unlikely(!--t->untimed)) {
		t->untimed = 1;
		return counted_after_all(p, size, fp);
	}
	trail = (uint64_t)p << 37 ^ slack << TABLE_ID_BITS ^ m->user_id;
	if (!trailer &&
	    unlikely(!near_take(slot, near_word((uint64_t)p, size, (uint32_t)m->user_id))))
		return counted_after_all(p, size, fp);
	row = m->user;
	live = t->shard->live + (int64_t)size;
	if (unlikely(row->peak_epoch != memprof.head->peak_epoch || live > t->high)) {
		if (trailer)
			*word = trail;
		return counted_at_peak(p, size, row);
	}
	if (trailer)
		*word = trail;
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

SLOW void *exact_malloc_trailer(size_t size)
{
	return counted_trailer(memprof.next.malloc(longer(size)), size);
}

SLOW void *exact_malloc_table(size_t size)
{
	return counted_table(memprof.next.malloc(size), size);
}

SLOW void *exact_calloc_trailer(size_t size)
{
	return counted_trailer(memprof.next.calloc(1, longer(size)), size);
}

SLOW void *exact_calloc_table(size_t size)
{
	return counted_table(memprof.next.calloc(1, size), size);
}

static COLD void free_after_all(void *p)
{
	end(&thread);
	entry_free_slow(p);
}

/* As counted_at_peak(), of the free of a block that is noted nowhere any more. */
static SLOW void free_at_peak(void *p, uint32_t number, uint64_t size)
{
	struct thread *t = &thread;
	bool temporary = t->last == (uint64_t)p;

	if (temporary)
		t->last = 0;
	account_free(t, number, 1, size, temporary);
	account_tell_free(t);
	end(t);
	memprof.next.free(p);
}

/* A block with stack @number of this process: tells of the free before (segment_shard.untold), and
 * leaves this one to be told. False: nothing has happened, and free_at_peak() must see to it. */
INLINE bool freed(struct thread *t, void *p, uint64_t number, uint64_t size)
{
	struct segment_shard *shard = t->shard;
	uint64_t untold = shard->untold;
	struct segment_row *row = account_untold_row(t, untold);
	int64_t live = shard->live - (int64_t)size;

	if (unlikely(row->peak_epoch != memprof.head->peak_epoch || live < t->low ||
		     size >= SEGMENT_PEAK_WINDOW))
		return false;
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

SLOW void exact_free_trailer(void *p)
{
	struct thread *t = &thread;
	uint64_t *word, v;
	size_t room;

	if (unlikely(!p || t->phase != PHASE_READY)) {
		entry_free_slow(p);
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
	if (unlikely(!freed(t, p, v, room))) {
		slot_leave(word);
		free_at_peak(p, (uint32_t)v, room);
		return;
	}
	slot_leave(word);
	__asm__ volatile("" ::: "memory");
	t->phase = PHASE_READY;
	memprof.next.free(p);
}

SLOW void exact_free_table(void *p)
{
	struct thread *t = &thread;
	uint32_t *slot = near_slot((uint64_t)p), word;
	uint64_t number;

	/* Where the next provider looks first: it comes together with the slot. */
	__builtin_prefetch((const char *)p - 8, 1);
	if (unlikely(!slot || t->phase != PHASE_READY)) {
		entry_free_slow(p);
		return;
	}
	begin(t);
	word = *slot ^ near_tag((uint64_t)p);
	number = (uint64_t)near_id(word) - memprof.id_base;
	if (unlikely(!is_number(number) || word >> NEAR_TIMED)) {
		free_after_all(p);
		return;
	}
	__atomic_store_n(slot, 0, __ATOMIC_RELEASE);
	if (unlikely(!freed(t, p, number, near_size(word)))) {
		free_at_peak(p, (uint32_t)number, near_size(word));
		return;
	}
	__asm__ volatile("" ::: "memory");
	t->phase = PHASE_READY;
	memprof.next.free(p);
}
