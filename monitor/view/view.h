/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which rows of a frame are shown, in which order: filter, sort, top, tree. Pure. */
#ifndef MONITOR_VIEW_H
#define MONITOR_VIEW_H

#include "monitor/frame.h"
#include "monitor/view/column.h"
#include "monitor/view/query.h"

struct view_options {
	const struct column *sort;
	bool descending;
	size_t top;		   /* at most so many; 0: all */
	const struct query *query; /* NULL: everything; borrowed */
	bool tree; /* children below their parent; a parent of a match is shown, dimmed. Siblings
		    * stand by the column with all below them, and @top counts lines */
	bool kernel_threads; /* show them too */
};

struct view_line {
	uint32_t row; /* index into frame.rows */
	uint16_t depth;
	bool last;     /* of its siblings: for drawing the branch */
	bool context;  /* does not match, is here for its children */
	bool folded;   /* has children that are not shown */
	uint64_t open; /* bit d: the ancestor at depth d has more siblings below (depth < 64) */
};

struct view {
	struct view_line *lines; /* owned */
	size_t n, cap;
	size_t matched; /* rows that match, before @top */
	/* Tree, else NULL: of line i with all matches below it, folded ones too (a context line
	 * itself does not count); NAN only where nothing is known. Ages are the oldest, windows the
	 * shortest, the rest adds up: memory that processes share counts once for each, and PEAK is
	 * an upper bound, as they need not have peaked together. */
	double (*sums)[FIELD_COUNT];
	const struct column *const
		*columns;   /* to be shown, ended by NULL; borrowed; NULL: default */
	unsigned int texts; /* bits 1 << enum row_text: those that JSON has */
	uint32_t *folded;   /* pids whose children are hidden; owned, sorted */
	size_t nfolded;
	/* scratch of view_build(), reused */
	void *work;
	size_t work_bytes;
};

/* Fills @v (zeroed before first use). Sorting is stable by pid; selecting the top of many rows does
 * not sort the rest. 0 or -ENOMEM. */
int view_build(struct view *v, const struct frame *f, const struct view_options *opts);
/* Folds or unfolds the children of @pid from the next view_build() on. */
void view_fold(struct view *v, uint32_t pid, bool folded);
void view_release(struct view *v);

#endif
