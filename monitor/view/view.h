/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which rows of a frame are shown, in which order: filter, sort, top, tree. Pure. */
#ifndef MONITOR_VIEW_H
#define MONITOR_VIEW_H

#include "monitor/frame.h"
#include "monitor/view/column.h"
#include "monitor/view/query.h"
#include "monitor/view/sum.h"

struct view_options {
	const struct column *sort;
	bool descending;
	size_t top;		   /* at most so many; 0: all */
	const struct query *query; /* NULL: everything; borrowed */
	bool tree; /* children below their parent; a parent of a match is shown, dimmed. Siblings
		    * stand by the column with all below them, and @top counts lines */
	bool kernel_threads; /* show them too */
	enum group_by group; /* lines are groups of what matches; then there is no tree */
};

struct view_line {
	uint32_t row; /* index into view_frame()->rows */
	uint16_t depth;
	bool last : 1;	  /* of its siblings: for drawing the branch */
	bool context : 1; /* does not match, is here for its children */
	bool folded : 1;  /* has children that are not shown */
	uint64_t open;	  /* bit d: the ancestor at depth d has more siblings below (depth < 64) */
};

struct view {
	struct view_line *lines; /* owned */
	size_t n, cap;
	size_t matched;		/* lines there would be without @top */
	size_t processes;	/* that match */
	struct grouping groups; /* where @grouped: what lines are of */
	bool grouped;
	/* Tree, else NULL: of line i with all matches below it, folded ones too (a context line
	 * itself does not count), as sum.h has it. */
	double (*sums)[FIELD_COUNT];
	const struct column *const
		*columns;   /* to be shown, ended by NULL; borrowed; NULL: default */
	unsigned int reads; /* of enum row_read: those that JSON has */
	uint32_t *folded;   /* pids whose children are hidden; owned, sorted */
	size_t nfolded;
	/* scratch of view_build(), reused */
	void *work;
	size_t work_bytes;
};

/* Fills @v (zeroed before first use). Sorting is stable by pid; selecting the top of many rows does
 * not sort the rest. 0 or -ENOMEM. */
int view_build(struct view *v, const struct frame *f, const struct view_options *opts);
/* Whether a row is among those that make lines, by its query and kind. */
bool view_matches(const struct view_options *opts, const struct proc_row *row);
/* Line @line as it is shown: in a tree with the sums of what is below it. */
void view_row(const struct view *v, const struct frame *f, size_t line, struct proc_row *out);
bool view_has_children(const struct view *v, size_t line);
enum column_lines view_lines(const struct view_options *opts);
/* What the lines are of: @f, which the view was built of, or its groups. */
const struct frame *view_frame(const struct view *v, const struct frame *f);

/* What sum() in a query is of, for all rows of a frame. */
struct view_sums {
	struct grouping groups;
	double (*v)[FIELD_COUNT];
	size_t bytes;
	void *work;
	size_t work_bytes;
};

/* Gives the rows of @f the sums of their group, whether or not all of it matches, or in a tree
 * their own with all below them, for who matches queries from then on; they last until the next
 * call. @s is zeroed before the first. 0 or
 * -ENOMEM. */
int view_sum(struct view_sums *s, const struct frame *f, const struct view_options *opts);
void view_sums_release(struct view_sums *s);
/* Folds or unfolds the children of @pid from the next view_build() on. */
void view_fold(struct view *v, uint32_t pid, bool folded);
void view_release(struct view *v);

#endif
