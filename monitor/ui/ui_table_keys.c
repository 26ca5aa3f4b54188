/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What keys and the mouse do in the process table: the cursor, the order, the filter, the tree. */
#include "lib/base.h"
#include "monitor/ui/ui_table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "monitor/view/column.h"

/* Who follows goes on to the process at the cursor. */
static void follow_cursor(struct ui *u)
{
	struct table *t = &u->table;

	if (t->follow && table_row(u)) {
		t->pid = table_row(u)->pid;
		t->start_ns = table_row(u)->start_ns;
	}
}

void table_move(struct ui *u, enum key_action action)
{
	struct table *t = &u->table;

	if (!table_row(u))
		return;
	t->cursor = list_move(t->cursor, t->view.n, (size_t)MAX(t->lines, 1), action);
	follow_cursor(u);
	u->dirty = true;
}

static void restale(struct ui *u)
{
	u->table.stale = true;
	u->dirty = true;
}

void table_sort(struct ui *u, const struct column *c)
{
	struct table *t = &u->table;

	if (c == t->opts.sort)
		t->opts.descending = !t->opts.descending;
	else
		t->opts.descending = c->kind == COLUMN_NUMBER || c->kind == COLUMN_VERDICT;
	t->opts.sort = c;
	restale(u);
}

static void sort_beside(struct ui *u, int step)
{
	const struct column *all[ARRAY_SIZE(u->table.layout.columns)];
	size_t n = table_columns(u, all, ARRAY_SIZE(all)), at = 0;

	while (at < n && all[at] != u->table.opts.sort)
		at++;
	if (n)
		table_sort(u, all[(step < 0 ? at + n - 1 : at + 1) % n]);
}

static void invert(struct ui *u, int arg UNUSED)
{
	table_sort(u, u->table.opts.sort);
}

static void toggle_tree(struct ui *u, int arg UNUSED)
{
	u->table.opts.tree = !u->table.opts.tree;
	restale(u);
}

static void toggle_kernel(struct ui *u, int arg UNUSED)
{
	u->table.opts.kernel_threads = !u->table.opts.kernel_threads;
	ui_tell(u, u->table.opts.kernel_threads ? "kernel threads are shown"
						: "kernel threads are not shown");
	restale(u);
}

static void fold(struct ui *u, int arg)
{
	struct table *t = &u->table;

	if (!t->opts.tree) {
		ui_pause(u, arg);
		return;
	}
	if (!table_row(u))
		return;
	view_fold(&t->view, table_row(u)->pid, !t->view.lines[t->cursor].folded);
	restale(u);
}

static void follow(struct ui *u, int arg UNUSED)
{
	struct table *t = &u->table;

	t->follow = !t->follow && table_row(u);
	follow_cursor(u);
	u->dirty = true;
}

static void open_detail(struct ui *u, int arg UNUSED)
{
	if (table_row(u))
		ui_push(u, &detail_screen);
}

static bool check_top(struct ui *u UNUSED, const char *text, struct query_error *e)
{
	if (strspn(text, "0123456789") == strlen(text) && strlen(text) < 8)
		return true;
	*e = (struct query_error){.at = 0, .length = strlen(text)};
	snprintf(e->text, sizeof(e->text), "a number below 10000000; 0 or nothing: all");
	return false;
}

static void take_top(struct ui *u, const char *text)
{
	u->table.opts.top = strtoul(text, NULL, 10);
	restale(u);
}

static void ask_top(struct ui *u, int arg UNUSED)
{
	char text[24];

	snprintf(text, sizeof(text), "%zu", u->table.opts.top);
	prompt_open(u, "show at most", "0: all processes", text, check_top, take_top);
}

static bool check_filter(struct ui *u UNUSED, const char *text, struct query_error *e)
{
	struct query *q = NULL;
	int err = query_parse(&q, text, e);

	query_free(q);
	return !err;
}

void table_take_filter(struct ui *u, const char *text)
{
	struct table *t = &u->table;
	struct query_error e;
	struct query *q = NULL;
	char *copy = text[strspn(text, " \t")] ? strdup(text) : NULL;

	if (copy && query_parse(&q, copy, &e)) {
		free(copy);
		return;
	}
	query_free(t->query);
	free(t->filter);
	t->query = q;
	t->filter = copy;
	restale(u);
	events_refilter(u);
}

void table_filter(struct ui *u, int arg UNUSED)
{
	prompt_open(u, "filter", "rss > 1GiB and (name ~ ^postgres or user = www)",
		    u->table.filter ? u->table.filter : "", check_filter, table_take_filter);
}

void table_unfilter(struct ui *u, int arg UNUSED)
{
	if (u->table.filter)
		table_take_filter(u, "");
}

void table_mouse(struct ui *u, const MEVENT *e)
{
	struct table *t = &u->table;

	if (e->y == t->title_line) {
		for (size_t i = 0; i < t->layout.n; i++)
			if (e->x >= t->layout.x[i] && e->x < t->layout.x[i] + t->layout.width[i])
				table_sort(u, t->layout.columns[i]);
	} else if (e->y >= t->first_line && e->y < t->first_line + t->lines) {
		size_t line = t->top + (size_t)(e->y - t->first_line);

		if (line >= t->view.n)
			return;
		if (line == t->cursor) {
			open_detail(u, 0);
			return;
		}
		t->cursor = line;
		table_move(u, KEY_ACT_NONE);
	}
}

const struct binding table_bindings[] = {
	{KEY_ACT_BACK, table_unfilter, 0},
	{KEY_ACT_OPEN, open_detail, 0},
	{KEY_ACT_SORT_LEFT, sort_beside, -1},
	{KEY_ACT_SORT_RIGHT, sort_beside, 1},
	{KEY_ACT_INVERT, invert, 0},
	{KEY_ACT_TREE, toggle_tree, 0},
	{KEY_ACT_KERNEL, toggle_kernel, 0},
	{KEY_ACT_SPACE, fold, 0},
	{KEY_ACT_FOLLOW, follow, 0},
	{KEY_ACT_TOP, ask_top, 0},
	{KEY_ACT_NONE, NULL, 0},
};
