/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The benchmark of memmon_fast's promises (`make bench-fast`): what an event costs against the
 * seeds' monitor in the same run, that nothing is lost at a rate, and that what is lost is counted.
 */
#ifndef HARNESS_BENCH_FAST_H
#define HARNESS_BENCH_FAST_H

#include <json-c/json.h>

#include "harness/timing/estimate.h"
#include "harness/timing/loop.h"
#include "lib/base.h"
#include "collector/collect.h"

/* --- what an event costs (bench_fast_cost.c) --- */

/* How records are taken while calls are timed. */
enum cost_consumer {
	CONSUMER_NONE,	/* there are none */
	CONSUMER_WOKEN, /* sleeps in epoll until the monitor wakes it */
	CONSUMER_TIMED, /* comes every 200 us, so that nobody is woken */
	CONSUMER_BOTH,	/* comes every 10 ms, and when the monitor wakes it */
};

/* Where the calls are made. */
enum cost_setting {
	COST_ONE,      /* one producer; the consumer on the other CPU */
	COST_TWO,      /* a producer on each of two CPUs; rings are emptied between the blocks */
	COST_TWO_LIVE, /* the same, and the consumer takes its time from them */
	COST_SETTINGS,
};

extern const char *const cost_setting_names[COST_SETTINGS];

/* An arm, and what its interval's centre may be at most in a setting; 0: nothing is promised. */
struct cost_arm {
	const char *name, *monitor; /* NULL: nothing is attached */
	enum cost_consumer consumer;
	bool no_events; /* switched off: counters alone */
	double limit_ns[COST_SETTINGS];
};

enum { COST_ARMS = 6, COST_FLOOR = 1, COST_TRIGGERS = 2 };
extern const struct cost_arm cost_arms[COST_ARMS];
extern const char *const cost_triggers[COST_TRIGGERS]; /* of timed_events */

struct cost_cell {
	/* ns a call, less the mean of before and after: one a round. NAN where it does not count,
	 * because somebody else was attached to system calls meanwhile; all of them. */
	struct samples added[CUTS], rough[CUTS];
	struct block_stat subs[CUTS];
	uint64_t records;
};

struct cost {
	struct cost_cell cell[COST_ARMS][COST_SETTINGS][COST_TRIGGERS];
	struct samples base_ns[COST_SETTINGS][COST_TRIGGERS];
	struct block_stat base_subs[COST_SETTINGS][COST_TRIGGERS][CUTS];
	uint64_t lost[COST_ARMS]; /* records, in all settings together */
	int cpus[2];		  /* of the producers; the consumer's is the second */
	bool two; /* there are two CPUs: else only what one producer does is measured */
	bool realtime;
	unsigned int rounds;
	unsigned int crowded; /* rounds of an arm that do not count */
	bool rough; /* too few were alone: all are taken, and held against a base that is dearer */
};

/* Measures for about @seconds, at least 4 rounds; twice as long where others keep being attached.
 * Returns 0, -EINTR, or -errno after saying why; release @c in any case. */
int cost_measure(struct cost *c, double seconds, uint64_t seed);
void cost_release(struct cost *c);
/* The interval of a cell, by the cut that suits it (bench_fast_interval.c). */
struct stats_interval cost_interval(const struct cost *c, size_t arm, enum cost_setting s,
				    size_t trigger);
/* The same less what an empty program at the same place costs (arm COST_FLOOR), round by round. */
struct stats_interval cost_above_floor(const struct cost *c, size_t arm, enum cost_setting s,
				       size_t trigger);

/* --- whether all arrives (bench_fast_rate.c) --- */

struct rate {
	uint64_t produced, wrong; /* calls made; calls that did not work */
	uint64_t counted;	  /* by the monitor, for the process */
	uint64_t consumed, bad;	  /* records; those that are not of these calls */
	uint64_t ring_full;
	double seconds, target_per_s; /* 0: as fast as it could */
	double behind_s;	      /* the most that the producer was late */
	double consumer_pct;	      /* CPU of the consumer, of one core */
	uint64_t polls;		      /* that brought something */
	uint64_t ring_bytes;
	uint32_t rings;
};

/*
 * One producer on @cpus[0] makes @per_s calls a second (0: as many as it can) for @seconds, watched
 * by @monitor; the consumer on @cpus[1] takes the records meanwhile, or not before the end
 * (@stopped). Returns 0, -EINTR, or -errno after saying why.
 */
int rate_measure(struct rate *r, const char *monitor, const int cpus[2], double per_s,
		 double seconds, bool stopped);
/* Produced, counted, consumed and lost close, and nothing was wrong. */
bool rate_closes(const struct rate *r);

/* --- how records are taken (bench_fast_cost.c) --- */

/* One pass: waits as the consumer does, at most some ms, and takes what is there. Returns records
 * or -errno. */
int bench_take(struct monitor *m, enum cost_consumer how, monitor_event_fn fn, void *arg);

#endif
