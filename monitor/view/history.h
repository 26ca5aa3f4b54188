/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What frames before say about the processes of this one: rates, CPU shares, the trend of RSS, the
 * points of a sparkline. Processes are told apart by pid and start; the ended are forgotten. Of a
 * process whose RSS never changed only its first and latest sample are kept, so that ten thousand
 * idle ones take little.
 */
#ifndef MONITOR_HISTORY_H
#define MONITOR_HISTORY_H

#include "monitor/frame.h"
#include "monitor/view/trend.h"

enum { HISTORY_SAMPLES = 64, HISTORY_PROCESSES = 65536 };

struct history;

/* @rule NULL: trend_default. 0 or -ENOMEM. */
int history_new(struct history **out, const struct trend_rule *rule);
/* Fills in the fields from FIELD_MMAP_RATE on and the verdict of every row, their bits in
 * frame.fields, and losses.history_full (rows of this frame). When more than HISTORY_SAMPLES frames
 * of a process have passed every second sample is dropped and from then on every second one taken,
 * so that the window grows and its beginning stays. Rates are over the time since the frame before
 * (CLOCK_MONOTONIC); of a process that started within it they count from 0; of a counter that ran
 * backwards there is none. A frame older than the one before (a recording wound back) begins anew.
 * 0 or -ENOMEM. */
int history_update(struct history *h, struct frame *f);
/* How many rows of the latest frame grow (VERDICT_GROWING). */
size_t history_growing(const struct history *h);
/* RSS of the process in bytes and when (s before the latest frame), oldest first. Returns how many,
 * at most HISTORY_SAMPLES; where it never changed, two. */
size_t history_rss(const struct history *h, const struct proc_row *row, double *bytes,
		   double *age_s);
/* Rates of calls (mmap + munmap + brk per s) of the latest HISTORY_SAMPLES frames, oldest first,
 * for a second sparkline; 0 where there were none. */
size_t history_calls(const struct history *h, const struct proc_row *row, double *per_s);
/* The whole trend of a row, for the words. */
void history_trend(const struct history *h, const struct proc_row *row, struct trend *out);
/*
 * What comes and goes nearly as often as frames do looks like slow growth in them. So processes
 * that seem to grow are looked at between frames too, at no fixed time: history_probes() says
 * which, at most @max, and history_probed() takes what was found (@rss_kb).
 */
struct history_probe {
	uint32_t pid;
	uint64_t start_ns;
	double rss_kb;
};
enum { HISTORY_PROBES = 64 };
size_t history_probes(const struct history *h, struct history_probe *out, size_t max);
void history_probed(struct history *h, const struct history_probe *p, uint64_t mono_ns);
size_t history_bytes(const struct history *h); /* memory it takes */
void history_free(struct history *h);	       /* accepts NULL */

#endif
