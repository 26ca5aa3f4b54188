/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* account.h: the peak. */
#include "lib/base.h"

#include <time.h>

#include "memprof/preload/account.h"
#include "memprof/preload/table.h"

enum { LARGE_HEAP = 512 << 10 };
static bool large;

static uint64_t now_ns(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (uint64_t)t.tv_sec * NSEC_PER_SEC + (uint64_t)t.tv_nsec;
}

void account_tell_free(struct thread *t)
{
	uint64_t untold = t->shard->untold;
	struct segment_row *none = &t->rows[memprof.head->stacks_max], *row;

	row = account_untold_row(t, untold);
	if (row != none) {
		row_touch(row);
		row->frees++;
		row->freed_bytes += untold >> SEGMENT_NUMBER_BITS;
	}
	row_touch(none);
	t->shard->untold = memprof.head->stacks_max;
}

/* Adds what this shard's heap has changed by to the process's, which is what is returned. */
static int64_t tell(struct thread *t)
{
	struct segment_shard *shard = t->shard;
	int64_t change = shard->live - shard->flushed;

	account_tell_free(t);
	shard->flushed = shard->live;
	if (likely(alone()))
		return memprof.head->live += change;
	return __atomic_add_fetch(&memprof.head->live, change, __ATOMIC_RELAXED);
}

/* @live is more than was ever live, or as much; @leave_it: from here it goes down. */
static void new_peak(int64_t live, bool leave_it)
{
	struct segment_header *head = memprof.head;

	if (leave_it && likely(alone()))
		head->peak_epoch++;
	else if (leave_it)
		__atomic_add_fetch(&head->peak_epoch, 1, __ATOMIC_RELAXED);
	head->peak_ns = now_ns(CLOCK_REALTIME_COARSE);
	if (unlikely(live > LARGE_HEAP && !large)) {
		large = true;
		table_expect_much();
	}
}

/*
 * What a thread does when its live bytes have left [low, high]. A process with one thread looks at
 * each byte above its peak, so its peak is exact; with more, a thread looks each
 * SEGMENT_PEAK_WINDOW bytes.
 *
 * While a process with one thread goes from peak to peak, no row needs to be kept: it is at its
 * peak, until something is freed (account_leave_peak()).
 */
COLD void account_peak(struct thread *t)
{
	struct segment_header *head = memprof.head;
	int64_t live = tell(t), peak = __atomic_load_n(&head->peak, __ATOMIC_RELAXED);
	int64_t window = SEGMENT_PEAK_WINDOW;

	if (account_alone(t)) {
		t->at_peak = live >= peak;
		/* At the peak, every free is looked at. */
		t->low = t->at_peak ? INT64_MAX : t->shard->live - window;
		t->high = t->shard->live + (t->at_peak ? window : MIN(window, peak - live));
		if (t->at_peak) {
			head->peak = live;
			new_peak(live, false);
			/* A thread that begins looks the other way round. */
			if (unlikely(!alone()))
				__atomic_thread_fence(__ATOMIC_SEQ_CST);
			if (unlikely(!memprof.alone))
				account_leave_peak(t);
		}
		return;
	}
	if (unlikely(t->at_peak))
		account_leave_peak(t);
	while (live > peak)
		if (__atomic_compare_exchange_n(&head->peak, &peak, live, false, __ATOMIC_RELAXED,
						__ATOMIC_RELAXED)) {
			new_peak(live, true);
			break;
		}
	t->low = t->shard->live - window;
	t->high = t->shard->live + window;
	if (t->shared) {
		/* Others move it too: each call looks. */
		t->low = INT64_MAX;
		t->high = INT64_MIN;
	}
}

/* A second thread begins: from here others free too what the first one has. */
COLD void account_not_alone(void)
{
	struct segment_header *head = memprof.head;

	if (!memprof.alone)
		return;
	memprof.alone = false;
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (__atomic_load_n(&head->live, __ATOMIC_RELAXED) >=
	    __atomic_load_n(&head->peak, __ATOMIC_RELAXED))
		new_peak(head->live, true);
}

/* This thread was at its peak, and something will be freed. */
COLD void account_leave_peak(struct thread *t)
{
	struct segment_header *head = memprof.head;
	int64_t live = tell(t), peak = __atomic_load_n(&head->peak, __ATOMIC_RELAXED);

	t->at_peak = false;
	t->high = t->shard->live;
	t->low = t->shard->live - SEGMENT_PEAK_WINDOW;
	if (likely(alone())) {
		if (live >= peak) {
			head->peak = live;
			new_peak(live, true);
		}
		return;
	}
	while (live >= peak)
		if (__atomic_compare_exchange_n(&head->peak, &peak, live, false, __ATOMIC_RELAXED,
						__ATOMIC_RELAXED)) {
			new_peak(live, true);
			break;
		}
}
