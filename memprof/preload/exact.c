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

static void *counted_trailer(void *p, size_t size);
static void *counted_table(void *p, size_t size);

/* The peak was before this row last changed, or comes with this block: that is seen to, and then
 * all is usual. */
static SLOW void *counted_at_peak(void *p, size_t size, struct segment_row *row,
				  const uint64_t *from)
{
	struct thread *t = &thread;

	if (!account_alone(t) || !FRAME_JUMPS)
		return counted_after_all(p, size, from);
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
		return counted_slowly(p, size, fp);
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
		return counted_after_all(p, size, fp);
	row = m->user;
	live = t->shard->live + (int64_t)size;
	if (unlikely(row->peak_epoch != memprof.head->peak_epoch || live > t->high))
		return counted_at_peak(p, size, row, fp);
	if (trailer) {
		if (unlikely(room & CHUNK_MAPPED))
			return counted_after_all(p, size, fp);
		room = (room & ~7UL) - 16;
		word = (uint64_t *)((char *)p + room);
		slack = room - size;
		if (unlikely(slack >= SLACK_MAX))
			return counted_after_all(p, size, fp);
	} else {
		slot = table_slot((uint64_t)p);
		if (unlikely(size >= UINT32_MAX))
			return counted_after_all(p, size, fp);
	}
	if (unlikely(!--t->untimed)) {
		t->untimed = 1;
		return counted_after_all(p, size, fp);
	}
	if (trailer)
		*word = (uint64_t)p << 37 ^ slack << TABLE_ID_BITS ^ m->user_id;
	else if (unlikely(!slot_take(line, slot, table_key((uint64_t)p, m->user_id, false),
				     (uint32_t)size)))
		return counted_after_all(p, size, fp);
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
	if (memprof.trailer)
		exact_free_trailer(p);
	else
		exact_free_table(p);
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
	if (unlikely(!freed(t, p, v, room, word))) {
		free_at_peak(p, room);
		return;
	}
	__asm__ volatile("" ::: "memory");
	t->phase = PHASE_READY;
	memprof.next.free(p);
}

SLOW void exact_free_table(void *p)
{
	struct thread *t = &thread;
	struct line *line = &table_lines[table_line((uint64_t)p)];
	unsigned int slot = table_slot((uint64_t)p);
	uint64_t number;

	if (unlikely(t->phase != PHASE_READY)) {
		entry_free_slow(p);
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
