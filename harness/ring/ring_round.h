/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One round of one case: producers and consumer run for a while on their CPUs, then the books are
 * closed. */
#ifndef HARNESS_RING_ROUND_H
#define HARNESS_RING_ROUND_H

#include "harness/ring/ring_check.h"
#include "harness/ring/ring_rig.h"
#include "lib/base.h"
#include "lib/strbuf.h"

#define RING_CALM_PCT 3

/* How long the calling thread was ready to run and did not, so far; 0 where the kernel does not
 * say. */
uint64_t ring_thread_waited_ns(void);

/*
 * The calling thread goes ahead of what else runs on this machine, as far as that is allowed:
 * SCHED_FIFO when it is @alone on its CPU, else nice -20, which is still fair among our own threads
 * (a real-time policy would starve a consumer beside a producer). Back: to the normal policy and
 * @nice_was.
 */
void ring_step_forward(bool alone);
void ring_step_back(int nice_was);

struct ring_round_plan {
	uint64_t slice_ns;    /* how long producers produce */
	uint64_t offer_per_s; /* records a second that each producer tries to hold; 0: as fast as it
				 can */
};

struct ring_round {
	struct ring_books books[RINGLOAD_PRODUCERS];
	uint64_t produced, consumed, dropped, bad; /* over all producers */
	uint64_t counted;	/* by the counter of a monitor that was flooded */
	bool counts;		/* it has one */
	uint64_t reader_cpu_ns; /* of whoever took its records */
	uint64_t elapsed_ns;	/* from the start until the last record was taken */
	uint64_t produce_ns;	/* until the last producer stopped */
	uint64_t producing_ns;	/* that producers spent producing: CPU time, or, when they consume
				   too, time between clock reads */
	uint64_t waited_ns;	/* longest that one of the threads was kept from its CPU */
	bool disturbed; /* by more than RING_CALM_PCT of the round, though the threads had CPUs of
			   their own: somebody else ran there */
	bool accounted; /* all books close and no record was bad */
};

/*
 * Runs it; attaches before and detaches after where the case needs it. When the books do not close
 * @why (may be NULL) gets the reason, and that is no error: returns 0 or -errno after saying why.
 */
int ring_round_run(struct ring_rig *rig, const struct ring_round_plan *plan, struct ring_round *out,
		   struct strbuf *why);

#endif
