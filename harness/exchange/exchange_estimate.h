/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The estimators of the exchange lane, as pure functions: from the blocks of one load of the
 * objects to one value, and from loads to intervals. A load is the unit: two loads of one object
 * differ by a nanosecond, and an interval from the blocks of one load does not know that.
 */
#ifndef HARNESS_EXCHANGE_ESTIMATE_H
#define HARNESS_EXCHANGE_ESTIMATE_H

#include "harness/timing/estimate.h"
#include "lib/base.h"

enum { EXCHANGE_ARMS_MAX = 4, EXCHANGE_ROUNDS = 40, EXCHANGE_CALLS = 256, EXCHANGE_SKIP = 8 };

/* A call slower than this is cut: tight keeps interrupts out, loose preemption only. ns. */
extern const double exchange_cut_ns[CUTS];
#define EXCHANGE_ROUND_TRIM 0.25
#define EXCHANGE_LOAD_TRIM  0.10

/* A block of EXCHANGE_CALLS calls: ticks a call below each cut (NAN: none was), and calls cut. */
struct exchange_block {
	float ticks[CUTS];
	uint32_t cut[CUTS];
};

/* From the stamps t[0] .. t[n] around n calls. */
struct exchange_block exchange_block_estimate(const uint64_t *t, unsigned int n,
					      const uint64_t cut_ticks[CUTS]);

/* What one load says of arm @x against arm @y, ns a call: the 25 % trimmed mean of the differences
 * of each round. NAN when no round has both. */
double exchange_load_effect(const struct exchange_block (*blocks)[EXCHANGE_ARMS_MAX],
			    unsigned int rounds, unsigned int x, unsigned int y, enum cut cut,
			    double ns_per_tick);

/*
 * Calls parted into two modes: those that woke the consumer, which take microseconds, and all
 * others. Sums over a load, of the calls below the loose cut.
 */
struct exchange_split {
	uint64_t calls, woke;	       /* @woke of them took longer than the threshold */
	double fast_ticks, woke_ticks; /* their times, added up */
};

void exchange_split_add(struct exchange_split *s, const uint64_t *t, unsigned int n,
			uint64_t woke_ticks, uint64_t loose_ticks);

/* What one load says of a monitor whose consumer is awake, against the empty program, ns a call:
 * total = program + waking, and waking = share x what a wake-up takes. */
struct exchange_whole {
	double total, program, waking;
	double share; /* of the calls, more than of the empty program's */
};

/* NANs where an arm has no call of the fast mode. */
struct exchange_whole exchange_load_whole(const struct exchange_split *arm,
					  const struct exchange_split *empty, double ns_per_tick);

/*
 * The mean over loads. The interval is the wider of two: loads as independent, and means of
 * stretches of loads, which know that a mode may last longer than a load. Stretches are the turns,
 * where there are EXCHANGE_TURNS_MIN or more: @turn says of each load which it is of, ascending
 * (NULL: all of one). Else there are ten of them.
 */
enum { EXCHANGE_TURNS_MIN = 4 };
struct stats_interval exchange_whole_interval(const struct samples *loads,
					      const struct samples *turn);

/* Counts of calls by duration in steps of a quarter of a doubling, for two modes that lie far from
 * each other. */
enum { EXCHANGE_MODES = 128 };
unsigned int exchange_mode_of(uint64_t ticks);
double exchange_mode_ticks(unsigned int mode); /* its lower end */
/*
 * The threshold between two modes: where the counts, over the logarithm of the duration, part best
 * into two groups (Otsu 1979). 0: there is one group only, or what is beyond is less than a call in
 * a thousand.
 */
uint64_t exchange_modes_part(const uint64_t counts[EXCHANGE_MODES]);

/* Loads to a result. */
struct exchange_result {
	struct stats_interval mean;    /* over loads: trimmed mean, Yuen's interval */
	struct stats_interval anytime; /* the same centre, valid however often it was looked at */
	struct stats_interval epochs; /* over means of epochs: knows that the clock drifts; infinite
					 with fewer than 4 */
	struct stats_interval reported; /* the wider of mean and epochs, about mean's centre */
	double load_low,
		load_high; /* what one load may see: quantiles 0.025 and 0.975 over loads */
};

/* @at_s: when each load was measured, s; epochs are a second long at least. */
struct exchange_result exchange_summarise(const struct samples *effect, const struct samples *at_s);

enum exchange_verdict { EXCHANGE_UNDECIDED, EXCHANGE_WITHIN, EXCHANGE_BEYOND };
/*
 * Is the effect beyond @margin? One-sided on each side at @alpha, anytime-valid: call it after each
 * ten loads if you like. Never decides before EXCHANGE_LOADS_MIN loads.
 */
/* Looks are planned around EXCHANGE_LOADS_TUNED loads: a second's worth. */
enum { EXCHANGE_LOADS_MIN = 40, EXCHANGE_LOADS_TUNED = 100 };
enum exchange_verdict exchange_decide(const struct samples *effect, double margin, double alpha);

/* Counts of calls by duration, @EXCHANGE_BUCKET ticks a bucket; the last takes all that is longer.
 */
enum { EXCHANGE_BUCKET = 4, EXCHANGE_BUCKETS = 4096 };
/* Quantile @q in ticks, linear inside the bucket; NAN when it lies in the last. */
double exchange_histogram_quantile(const uint64_t *counts, double q);

#endif
