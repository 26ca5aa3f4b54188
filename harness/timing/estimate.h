/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* From clock ticks to added nanoseconds, and how often to measure whom: pure functions. */
#ifndef HARNESS_OVERHEAD_ESTIMATE_H
#define HARNESS_OVERHEAD_ESTIMATE_H

#include "lib/base.h"
#include "lib/stats.h"

/* A growing array of doubles. */
struct samples {
	double *v; /* owned */
	size_t n, cap;
};

void samples_add(struct samples *s, double value); /* aborts when memory is exhausted */
void samples_release(struct samples *s);

/*
 * A sub-block slower than this was disturbed and does not count. The cuts are constants: a median
 * or a minimum would not see a slow path that one call in a hundred takes, and a cut that follows
 * the data would differ between arms. The tight one keeps interrupts and preemption out (64 us);
 * where a monitor itself is so slow at times (a wake-up that leaves a virtual machine takes
 * microseconds), the loose one keeps all but preemption (1 ms), in the arm and in its neighbours.
 */
enum cut { CUT_TIGHT, CUT_LOOSE, CUTS };
extern const double cut_sub_ns[CUTS]; /* ns, of a sub-block */

/* What a block says at one cut. */
struct block_stat {
	double ns; /* per call: mean of the sub-blocks kept; NAN when none was */
	uint64_t kept, cut;
};

/* The mean of the sub-blocks (of @calls each) that took at most @cut_ns. */
struct block_stat block_estimate(const uint32_t *ticks, uint32_t n, unsigned int calls,
				 double ns_per_tick, double cut_ns);

/* An arm is estimated with the loose cut when the tight one takes more of it, by this share, than
 * of the base: what a monitor does must not be cut away. So is a call that is slow by itself, of
 * which the tight one takes most in any arm. */
#define CUT_EXCESS 0.001
#define CUT_MOST   0.5
enum cut cut_choose(const struct block_stat *arm_tight, const struct block_stat *base_tight);

/* Centre and interval of paired differences: share cut at each end, nominal coverage. */
#define OVERHEAD_TRIM	    0.2
#define OVERHEAD_CONFIDENCE 0.95
struct stats_interval overhead_interval(const struct samples *s);
/*
 * The same for ratios, on their logarithms, so that twice and half are equally far from 1. All
 * values must be positive.
 */
struct stats_interval overhead_ratio_interval(const struct samples *s);

enum { PLAN_SAMPLES_MIN = 6 };

/*
 * Arm i costs @cost_s[i] seconds a time and takes part in every @stride[i]-th round. For a given
 * total, the sum of the variances is smallest when arms are measured in inverse proportion to the
 * square root of their cost; but each gets PLAN_SAMPLES_MIN samples where that can be had. Returns
 * the rounds that fit into @budget_s, at least 1.
 */
unsigned int plan_strides(const double *cost_s, size_t n, double budget_s, unsigned int *stride);

#endif
