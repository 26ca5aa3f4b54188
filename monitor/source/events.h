/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The records of the ring between two frames: the latest of them, and what they say of each
 * process. Memory is taken when the first comes. */
#ifndef MONITOR_SOURCE_EVENTS_H
#define MONITOR_SOURCE_EVENTS_H

#include "monitor/frame.h"
#include "monitor/source/rows.h"
#include "monitor/source/source.h"

struct events;

int events_new(struct events **out); /* 0 or -ENOMEM */
void events_add(struct events *e, const struct event *record);
/* Gives rows their histograms, and @f the events since the call before; names are filled in from
 * the rows. @count_brk: the number of brk records becomes FIELD_BRK, as no counter says it. */
void events_frame(struct events *e, struct frame *f, struct rows *rows, bool count_brk);
/* The row leaves: its histogram goes. */
void events_leave(struct events *e, const struct proc_row *row);
/* As source_keep_events(). */
void events_keep(struct events *e, source_keep_fn keep, void *arg);
uint64_t events_seen(const struct events *e);
bool events_no_memory(const struct events *e);
void events_free(struct events *e); /* accepts NULL */

/* The bucket of a size: frame.h says which. */
unsigned int events_bucket(uint64_t size);

#endif
