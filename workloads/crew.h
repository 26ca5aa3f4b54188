/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Threads of a workload, the main one among them: made before the first barrier, let loose together
 * inside the window, held after their work (a thread that ends gives back its stack with munmap()
 * or madvise()), joined after the second barrier.
 */
#ifndef WORKLOADS_CREW_H
#define WORKLOADS_CREW_H

#include "workloads/workload.h"

struct crew;

struct crew_member {
	struct workload_run *run;
	struct ledger_lane *lane;
	uint64_t number; /* 0: the main thread */
	void *shared;	 /* what crew_hire() was given */
};

/* A member's work inside the window. Returns 0 or -errno. */
typedef int (*crew_fn)(const struct crew_member *m);

/*
 * In warm_up(): makes @n - 1 threads named "wl-thread-N", each with a lane for @entries calls.
 * Returns 0 or -errno, with nothing left behind.
 */
int crew_hire(struct crew **out, struct workload_run *run, uint64_t n, uint64_t entries, crew_fn fn,
	      void *shared);
/* In run(): all work at the same time; returns when all have finished: 0, or the -errno of one that
 * failed. */
int crew_work(struct crew *c);
/*
 * In run(), after crew_work(): the threads but the main one end, without giving back their stacks
 * (that is done in crew_dismiss()), so that no call of theirs is unknown. Returns once none of them
 * is left.
 */
void crew_end(struct crew *c);
/* In finish(): joins the threads and frees. Accepts NULL. */
void crew_dismiss(struct crew *c);

#endif
