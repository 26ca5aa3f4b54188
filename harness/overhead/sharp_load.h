/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One load's worth of timed calls: a fresh child re-points the stub before every block. */
#ifndef HARNESS_SHARP_LOAD_H
#define HARNESS_SHARP_LOAD_H

#include "harness/overhead/sharp_estimate.h"
#include "lib/base.h"
#include "lib/rng.h"

struct sharp_job {
	int event;  /* index into loop_events: what is called */
	int map_fd; /* of the stub */
	unsigned int arms;
	int program_fd[SHARP_ARMS_MAX]; /* what the stub is pointed to for each arm */
	double ns_per_tick;		/* of cycles_now() */
	int cpu;			/* the child's */
	bool realtime;
	struct rng rng; /* order of the arms in each round */
};

/* What the child measured; in memory shared with it. */
struct sharp_outcome {
	volatile uint32_t done; /* 1: all rounds are there */
	int32_t err;		/* of a re-pointing that failed, or 0 */
	uint32_t wrong;		/* calls that did not end as the trigger does */
	double ns_per_tick;
	double gauge_ticks; /* 600 core cycles, in ticks: trimmed mean over blocks */
	double busy_share;  /* of the time, inside timed calls */
	struct sharp_block blocks[SHARP_ROUNDS][SHARP_ARMS_MAX];
	uint64_t histogram[SHARP_ARMS_MAX][SHARP_BUCKETS];
};

struct sharp_child;

/* Starts the child, which begins at once. @out is shared memory of sharp_outcome_new(). Returns 0
 * or -errno after saying why. */
int sharp_child_start(struct sharp_child **child, const struct sharp_job *job,
		      struct sharp_outcome *out);
/* 1: it has ended well; 0: not yet after @timeout_ms; -EINTR; -errno after saying why. */
int sharp_child_wait(struct sharp_child *child, int timeout_ms);
/* Ends it if need be. Accepts NULL. */
void sharp_child_stop(struct sharp_child *child);

/* NULL after saying why. */
struct sharp_outcome *sharp_outcome_new(void);
void sharp_outcome_free(struct sharp_outcome *out);

#endif
