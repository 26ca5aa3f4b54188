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

int history_new(struct history **out, const struct trend_rule *rule); /* 0 or -ENOMEM */
/* Fills in the fields from FIELD_MMAP_RATE on and the verdict of every row, and
 * losses.history_full. When more than HISTORY_SAMPLES frames have passed every second sample is
 * dropped and from then on every second one taken, so that the window grows and its beginning
 * stays. 0 or -ENOMEM. */
int history_update(struct history *h, struct frame *f);
/* RSS of the process in bytes and when (s before the latest), oldest first. Returns how many, at
 * most HISTORY_SAMPLES. */
size_t history_rss(const struct history *h, const struct proc_row *row, double *bytes,
		   double *age_s);
/* Latest rates of calls (mmap + munmap + brk per s), for a second sparkline; as history_rss(). */
size_t history_calls(const struct history *h, const struct proc_row *row, double *per_s);
/* The whole trend of a row, for the words. */
void history_trend(const struct history *h, const struct proc_row *row, struct trend *out);
size_t history_bytes(const struct history *h); /* memory it takes */
void history_free(struct history *h);	       /* accepts NULL */

#endif
