/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Many processes as one: how a field of several makes one figure, and groups of those that have a
 * name, a user or a control group in common.
 *
 * Most fields add up. Ages take the oldest, limits and windows the least. PEAK is an upper bound:
 * they need not have peaked together. RSS is one too: what processes share counts for each of them.
 * PSS is what they really take: the kernel has divided each page by how many share it, so that the
 * parts of those that share it add up to the page. USS is what would come free if all of them but
 * no other process ended, less what they share among themselves. A sum of PSS or USS that lacks the
 * part of a process is not known.
 */
#ifndef MONITOR_SUM_H
#define MONITOR_SUM_H

#include "monitor/frame.h"

/* What @row brings to a sum of its field @f, which has @value. */
double sum_part(const struct proc_row *row, enum field f, double value);
/* Both together, either may be NAN: nothing yet. */
double sum_add(enum field f, double a, double b);
/* Of several it is their sum; else the most or the least of them. */
bool sum_adds(enum field f);
/* NAN of what lacks a part. */
double sum_done(double sum);
/* The flags of a line that is not exact as soon as one of its processes is not. */
void sum_flags(struct proc_row *to, const struct proc_row *part);

enum group_by { GROUP_BY_NOTHING, GROUP_BY_NAME, GROUP_BY_USER, GROUP_BY_CGROUP, GROUP_BYS };

extern const char *const group_by_names[GROUP_BYS]; /* "none", "name", "user", "cgroup" */

/* What is read of rows before they are grouped: of enum row_read. */
unsigned int group_reads(enum group_by by);
/* What a process has in common with others of its group; not ours. */
const char *group_of(enum group_by by, const struct proc_row *row);

struct grouping {
	enum group_by by;
	struct frame frame; /* rows are groups, without a pid; in an order that lasts; see below */
	uint32_t *of_row;   /* the group of each row of the frame they were made of; UINT32_MAX: of
			     * none */
	struct proc_row *group;		 /* owned: frame.rows */
	double (*v)[FIELD_COUNT];	 /* owned: their figures */
	const char *(*text)[TEXT_COUNT]; /* owned: what texts they have in common */
	size_t cap, rows_cap, slots;
	uint32_t *slot; /* scratch */
};

typedef bool (*sum_member_fn)(void *arg, const struct proc_row *row);

/*
 * Groups the rows of @f for which @member is true (NULL: all). g->frame is as @f, but of groups: a
 * row has no pid, its start_ns tells it from others from frame to frame, its verdict is the worst,
 * and what not all have in common is not known. Names and texts are those of @f. @g is zeroed
 * before the first. 0 or -ENOMEM.
 */
int grouping_make(struct grouping *g, const struct frame *f, enum group_by by, sum_member_fn member,
		  void *arg);
void grouping_release(struct grouping *g);

#endif
