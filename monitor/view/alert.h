/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Alerts: a query that, when a process comes to match it, runs a command or decides the exit code.
 * It fires once for a process until it matches no more (and once more after), not in every frame.
 */
#ifndef MONITOR_ALERT_H
#define MONITOR_ALERT_H

#include "monitor/frame.h"
#include "monitor/view/column.h"
#include "monitor/view/query.h"

struct alerts;

struct alert_hit {
	const char *query; /* its text */
	uint32_t pid;	   /* ROW_UNKNOWN: of a group */
	char name[64];
	uint64_t time_ns;
};

enum { ALERT_COMMANDS = 8 };

/* Queries are about the columns of @table; NULL: memmon's and cpumon's. 0 or -ENOMEM. */
int alerts_new(struct alerts **out, const struct column *table);
/*
 * Adds a query; @command NULL: only the exit code. It is run by sh -c in a session of its own, with
 * the process's figures in its environment: BEEBENCH_PID, _PPID, _UID (not of a group), _NAME,
 * _QUERY, _VERDICT and each number that is known by its name, BEEBENCH_RSS_KB, _MMAP, .. (of
 * another table: by its key). Names are data, never part of the command. Its input and output are
 * /dev/null, and its stderr too where ours is a terminal, which may show a screen. At most one runs
 * for a process and query, and
 * ALERT_COMMANDS in all: what is more is counted as dropped. 0, -ENOMEM, or -EINVAL after the query
 * was explained.
 */
int alerts_add(struct alerts *a, const char *query, const char *command);
/* The same of an option's "QUERY" or "QUERY=>COMMAND". */
int alerts_add_option(struct alerts *a, const char *text);
/* Looks at a frame: returns how many fired now, or -ENOMEM; reaps commands that have ended. */
int alerts_check(struct alerts *a, const struct frame *f);
/* For who waits for all children: @child, which ended with @status as of wait(2), was a command of
 * these; how many run. @a NULL: none. */
bool alerts_ended(struct alerts *a, pid_t child, int status);
size_t alerts_running(const struct alerts *a);
unsigned int alerts_reads(const struct alerts *a); /* as query_reads(); NULL: none */
size_t alerts_fired(const struct alerts *a);	   /* since the start */
size_t alerts_dropped(const struct alerts *a); /* commands not run because others were running */
size_t alerts_failed(const struct alerts *a);  /* commands that could not start or ended with
						  another code than 0 */
/* An expression of one of them took too long and matches nothing any more. */
bool alerts_gave_up(const struct alerts *a);
const struct alert_hit *alerts_latest(const struct alerts *a); /* or NULL; until the next check */
void alerts_free(
	struct alerts *a); /* accepts NULL; commands under way are left to end by themselves */

#endif
