/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* account.h: the peak. */
#include "lib/base.h"

#include <time.h>

#include "memprof/preload/account.h"
#include "memprof/preload/table.h"

enum { LARGE_HEAP = 2 << 20 };
static bool large;

static uint64_t now_ns(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (uint64_t)t.tv_sec * NSEC_PER_SEC + (uint64_t)t.tv_nsec;
}

/*
 * Adds what this shard's heap has changed by to the process's, and begins a new epoch when there
 * was never more. A process with one thread looks at each byte above its peak, so its peak is
 * exact; with more, a thread looks each SEGMENT_PEAK_WINDOW bytes.
 */
COLD void account_peak(struct thread *t)
{
	struct segment_header *head = memprof.head;
	struct segment_shard *shard = t->shard;
	int64_t change = shard->live - shard->flushed, live, peak, window = SEGMENT_PEAK_WINDOW;

	shard->flushed = shard->live;
	live = __atomic_add_fetch(&head->live, change, __ATOMIC_RELAXED);
	peak = __atomic_load_n(&head->peak, __ATOMIC_RELAXED);
	while (live > peak)
		if (__atomic_compare_exchange_n(&head->peak, &peak, live, false, __ATOMIC_RELAXED,
						__ATOMIC_RELAXED)) {
			peak = live;
			__atomic_add_fetch(&head->peak_epoch, 1, __ATOMIC_RELAXED);
			head->peak_ns = now_ns(CLOCK_REALTIME_COARSE);
			if (unlikely(peak > LARGE_HEAP && !large)) {
				large = true;
				table_expect_much();
			}
		}
	t->low = shard->live - window;
	if (head->nshards == 1 && peak - live < window)
		window = peak - live;
	t->high = shard->live + window;
	if (t->shared) {
		/* Others move it too: each call looks. */
		t->low = INT64_MAX;
		t->high = INT64_MIN;
	}
}
