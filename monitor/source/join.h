/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Brings a monitor's counters to the processes they belong to. Monitors that count by thread are
 * summed; what a thread or process counted before it ended stays with its process; a number that
 * was given again does not inherit. Two kinds of tables: those whose keys leave by themselves, told
 * apart by monitor_take_ended() (JOIN_LEAVES), and those whose keys stay until they are forgotten
 * (JOIN_STAYS).
 *
 * Of one frame, in this order: join_begin(), rows' pass with join_thread() for each task,
 * join_orphans() before rows_finish(), join_taken() with what has ended, join_table().
 */
#ifndef MONITOR_SOURCE_JOIN_H
#define MONITOR_SOURCE_JOIN_H

#include "collector/collect.h"
#include "monitor/source/rows.h"

enum join_kind { JOIN_LEAVES, JOIN_STAYS };

struct join;

/* @info: which counters there are, and whether keys are threads. @forget: called for keys that will
 * not be needed any more (JOIN_STAYS), NULL: nobody. 0 or -ENOMEM. */
int join_new(struct join **out, const struct monitor_info *info, enum join_kind kind,
	     void (*forget)(void *arg, uint32_t key), void *arg);
/* Bits of frame.fields that the counters fill. */
uint64_t join_fields(const struct join *j);
/* Those of which a process that has counted nothing has 0. */
uint64_t join_zero(const struct join *j);

/* A record of the ring says that thread @tid is of process @tgid, called @comm ("": not told). */
void join_learn(struct join *j, uint32_t tid, uint32_t tgid, const char *comm);
void join_begin(struct join *j);
/* In the order of their numbers; of a monitor that counts by process only the leaders matter. */
void join_thread(struct join *j, const struct task_thread *t);
/* Processes that counted, ended and were never seen get their rows. @told: as rows_finish(). */
void join_orphans(struct join *j, struct rows *rows, bool told);
void join_taken(struct join *j, struct rows *rows, const struct counter_table *taken);
void join_table(struct join *j, struct rows *rows, const struct counter_table *table);

/* Calls of threads whose process nobody knew any more, since the start. */
uint64_t join_unattributed(const struct join *j);
/* Calls counted by the monitor since the start, of whomever; UINT64_MAX: it counts none. */
uint64_t join_calls(const struct join *j);
bool join_no_memory(const struct join *j); /* an allocation failed */
void join_free(struct join *j);		   /* accepts NULL */

#endif
