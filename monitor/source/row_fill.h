/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Fills the row of one process, for rows.c: what the kernel says of it becomes figures. */
#ifndef MONITOR_SOURCE_ROW_FILL_H
#define MONITOR_SOURCE_ROW_FILL_H

#include "monitor/source/rows.h"

/* A process that lives: all but its times, which need the whole pass. */
void row_take(const struct rows *r, struct proc_row *row, struct row_state *s,
	      const struct task_row *t);
/* The final figures of one that has ended. */
void row_take_end(const struct rows *r, struct proc_row *row, struct row_state *s,
		  const struct task_end *e);
/* The pass is over: its times, or that it is gone (@told: as rows_finish()). */
void row_finish(const struct rows *r, struct proc_row *row, struct row_state *s, bool told);

#endif
