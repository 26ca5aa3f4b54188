/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Alerts: a query that, when a process comes to match it, runs a command or decides the exit code.
 * It fires once for a process until it matches no more (and once more after), not in every frame.
 */
#ifndef MONITOR_ALERT_H
#define MONITOR_ALERT_H

#include "monitor/frame.h"
#include "monitor/view/query.h"

struct alerts;

struct alert_hit {
	const char *query; /* its text */
	uint32_t pid;
	char name[16];
	uint64_t time_ns;
};

int alerts_new(struct alerts **out);
/* Adds a query; @command NULL: only the exit code. It is run by sh -c with BEEBENCH_PID, _NAME,
 * _QUERY, _RSS_KB, ... in its environment (names are data, never part of the command), at most one
 * a process and 8 at a time: more are counted and told. 0 or -EINVAL after the query was explained.
 */
int alerts_add(struct alerts *a, const char *query, const char *command);
/* Looks at a frame: returns how many fired now; reaps commands that have ended. */
int alerts_check(struct alerts *a, const struct frame *f);
size_t alerts_fired(const struct alerts *a);   /* since the start */
size_t alerts_dropped(const struct alerts *a); /* commands not run because 8 were running */
const struct alert_hit *alerts_latest(const struct alerts *a); /* or NULL; until the next check */
void alerts_free(
	struct alerts *a); /* accepts NULL; commands under way are left to end by themselves */

#endif
