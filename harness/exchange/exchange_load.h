/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One load's worth of timed calls: a fresh child re-points the stubs before every block. */
#ifndef HARNESS_EXCHANGE_LOAD_H
#define HARNESS_EXCHANGE_LOAD_H

#include "harness/exchange/exchange_estimate.h"
#include "harness/timing/timed_event.h"
#include "lib/base.h"
#include "lib/rng.h"

/* Two calls for each stub, one that works and one that fails, and those beside them. */
enum { EXCHANGE_STUBS_MAX = 8, EXCHANGE_EVENTS_MAX = 2 * EXCHANGE_STUBS_MAX + 2 };

/* What is called, and which stubs may run meanwhile. */
struct exchange_call {
	int event; /* index into timed_events */
	unsigned int stubs[EXCHANGE_STUBS_MAX];
	unsigned int nstubs;
	uint64_t woke_ticks; /* a call that takes longer has woken the consumer; 0: not asked */
};

struct exchange_job {
	struct strbuf *why; /* where reasons go (lib/why.h) */
	struct exchange_call calls[EXCHANGE_EVENTS_MAX];
	unsigned int ncalls;
	unsigned int arms, rounds;
	int map_fd[EXCHANGE_STUBS_MAX]; /* of each stub */
	int program_fd[EXCHANGE_ARMS_MAX]
		      [EXCHANGE_STUBS_MAX]; /* what it is pointed to for each arm */
	double ns_per_tick;		    /* of cycles_now() */
	int cpu;			    /* the child's */
	bool realtime;
	struct rng rng; /* order of events and arms in each round */
};

/* What the child measured; in memory shared with it. */
struct exchange_outcome {
	volatile uint32_t done; /* 1: all rounds are there */
	int32_t err;		/* of a re-pointing that failed, or 0 */
	double ns_per_tick;
	double gauge_ticks; /* 600 core cycles, in ticks: trimmed mean over blocks */
	double busy_share;  /* of the time, inside timed calls */
	double seconds;	    /* all rounds took */
	/* Of each of job.calls: */
	struct {
		uint32_t wrong; /* calls that did not end as the trigger does */
		struct exchange_block blocks[EXCHANGE_ROUNDS][EXCHANGE_ARMS_MAX];
		uint64_t histogram[EXCHANGE_ARMS_MAX][EXCHANGE_BUCKETS];
		uint64_t modes[EXCHANGE_ARMS_MAX][EXCHANGE_MODES];
		struct exchange_split split[EXCHANGE_ARMS_MAX];
	} calls[EXCHANGE_EVENTS_MAX];
};

struct exchange_child;

/* Starts the child, which begins at once. @out is shared memory of exchange_outcome_new(). Returns
 * 0 or -errno after saying why. */
int exchange_child_start(struct exchange_child **child, const struct exchange_job *job,
			 struct exchange_outcome *out);
/* 1: it has ended well; 0: not yet after @timeout_ms; -EINTR; -errno after saying why. */
int exchange_child_wait(struct exchange_child *child, int timeout_ms, struct strbuf *why);
/* Ends it if need be. Accepts NULL. */
void exchange_child_stop(struct exchange_child *child);

/* NULL after saying why. */
struct exchange_outcome *exchange_outcome_new(struct strbuf *why);
void exchange_outcome_free(struct exchange_outcome *out);

#endif
