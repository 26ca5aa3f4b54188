/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What history.c keeps of a process that does something: its RSS over time, at most HISTORY_SAMPLES
 * points whose spacing doubles as they fill, its latest rates of calls, and its trend. Pure.
 */
#ifndef MONITOR_SERIES_H
#define MONITOR_SERIES_H

#include "monitor/view/history.h"

struct series_point {
	float t; /* s since the process was first seen */
	uint32_t kb;
};

struct series {
	struct series_point *points;	  /* owned; NULL: its RSS has never changed */
	uint32_t n, cap, stride;	  /* every @stride-th frame is a point */
	uint32_t calls_at, ncalls, quiet; /* next place, how many, frames since the last call */
	float *calls;			  /* owned ring of HISTORY_SAMPLES; NULL: none lately */
	uint32_t judged_n, judged_kb;	  /* points and RSS when @trend was made; 0: it was not */
	bool stale;			  /* there is more to judge since */
	struct trend trend;
};

/* Those below return 0 or -ENOMEM and print nothing. */

/* The points of @frames frames, evenly over @span_s, of a process that always had @kb. */
int series_unfold(struct series *s, uint32_t frames, uint32_t kb, double span_s);
/* Frame number @frame (from 0) of the process; becomes a point or not. */
int series_add(struct series *s, uint32_t frame, double t, uint32_t kb);
/* One more rate of calls; after HISTORY_SAMPLES frames without any the ring is given back. */
int series_calls(struct series *s, double per_s);

/* Room for HISTORY_SAMPLES each; @y in bytes. Returns how many. */
size_t series_points(const struct series *s, double *t, double *y);
/* The trend of all points there are, without remembering it. */
void series_judge(const struct series *s, const struct trend_rule *rule, struct trend *out);
size_t series_bytes(const struct series *s);
void series_free(struct series *s); /* accepts NULL */

#endif
