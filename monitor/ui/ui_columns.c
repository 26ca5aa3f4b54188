/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Which columns the table has, and where. What the user has chosen, else what the tool shows by
 * default and then, while there is room, whatever else the frame has. Both tools' columns can be
 * shown: the choice of the other's is kept beside.
 */
#include "lib/base.h"
#include "monitor/ui/ui_screen.h"

#include <string.h>

#include "monitor/view/column.h"

enum { GROUP_CELLS_MAX = 25 };

bool table_is_number(const struct column *c)
{
	return c->kind == COLUMN_NUMBER || c->kind == COLUMN_PID || c->kind == COLUMN_PPID;
}

static size_t place_of(const struct table *t, const struct column *c)
{
	size_t i = 0;

	while (i < t->nchosen && t->chosen[i] != c)
		i++;
	return i;
}

/* The latest frame has something for it. */
static bool offered(const struct ui *u, const struct column *c)
{
	if (c->kind == COLUMN_TEXT)
		return !source_recorded(u->o.source);
	if (c->kind == COLUMN_VERDICT)
		return u->frame->fields & FIELD_BIT(FIELD_RSS);
	return c->kind != COLUMN_NUMBER || u->frame->fields & 1ULL << field_made_of(c->field);
}

/* What the other tool shows is there where this machine has it. */
static bool by_default(const struct ui *u, const struct column *c)
{
	bool readable = column_reads(c) && !source_recorded(u->o.source);

	return column_shown(c, u->table.shows, view_lines(&u->table.opts)) &&
	       (offered(u, c) || readable || (u->table.shows == u->o.tool && !column_reads(c)));
}

/* What costs more than a small file is there by choice. */
static bool fills_room(const struct ui *u, const struct column *c)
{
	return offered(u, c) && !(column_reads(c) & ~(unsigned int)(READ_TIMES | READ_FAULTS)) &&
	       !(c->kind == COLUMN_NUMBER &&
		 (c->field == FIELD_PROCESSES || c->field == FIELD_UNCOUNTED));
}

size_t table_columns(const struct ui *u, const struct column **out, size_t max)
{
	const struct table *t = &u->table;
	size_t n = 0;

	for (; n < t->nchosen && n < max; n++)
		out[n] = t->chosen[n];
	if (n)
		return n;
	for (int pass = 0; pass < 2; pass++)
		for (const struct column *c = columns; c->key && n < max; c++)
			if (by_default(u, c) == !pass && (!pass || fills_room(u, c)))
				out[n++] = c;
	return n;
}

size_t table_all_columns(const struct ui *u, const struct column **out, size_t max)
{
	size_t n = table_columns(u, out, max), there_are = n;

	for (const struct column *c = columns; c->key && n < max; c++) {
		bool there = false;

		for (size_t i = 0; i < there_are; i++)
			there |= out[i] == c;
		if (!there && (by_default(u, c) || offered(u, c) ||
			       (column_reads(c) && !source_recorded(u->o.source))))
			out[n++] = c;
	}
	return n;
}

unsigned int table_sum_reads(const struct ui *u)
{
	const struct table *t = &u->table;
	unsigned int reads = 0;

	if (view_lines(&t->opts) == LINES_PROCESSES)
		return 0;
	for (const struct column *c = columns; c->key; c++)
		if (t->nchosen ? place_of(t, c) < t->nchosen : by_default(u, c))
			reads |= column_reads(c);
	return reads & (READ_SHARES | READ_TIMES | READ_FAULTS);
}

void table_other(struct ui *u)
{
	struct table *t = &u->table;
	struct table_choice now = {
		.nchosen = t->nchosen, .sort = t->opts.sort, .descending = t->opts.descending};

	memcpy(now.chosen, t->chosen, sizeof(now.chosen));
	memcpy(t->chosen, t->other.chosen, sizeof(t->chosen));
	t->nchosen = t->other.nchosen;
	t->opts.sort = t->other.sort;
	t->opts.descending = t->other.descending;
	t->other = now;
	t->shows = t->shows == TOOL_MEMMON ? TOOL_CPUMON : TOOL_MEMMON;
}

/* From now on the user has said which there are. */
static void begin_choice(struct ui *u)
{
	struct table *t = &u->table;

	for (size_t i = 0; !t->nchosen && i < t->layout.n; i++)
		t->chosen[i] = t->layout.columns[i];
	if (!t->nchosen)
		t->nchosen = t->layout.n;
}

bool table_shows(const struct ui *u, const struct column *c)
{
	const struct table *t = &u->table;

	if (t->nchosen)
		return place_of(t, c) < t->nchosen;
	for (size_t i = 0; i < t->layout.n; i++)
		if (t->layout.columns[i] == c)
			return true;
	return false;
}

void table_choose(struct ui *u, const struct column *c)
{
	struct table *t = &u->table;
	size_t at;

	begin_choice(u);
	at = place_of(t, c);
	if (at == t->nchosen && t->nchosen < ARRAY_SIZE(t->chosen)) {
		t->chosen[t->nchosen++] = c;
	} else if (at < t->nchosen && t->nchosen > 1) {
		t->nchosen--;
		memmove(t->chosen + at, t->chosen + at + 1, (t->nchosen - at) * sizeof(*t->chosen));
	}
	u->dirty = true;
}

void table_move_column(struct ui *u, const struct column *c, int step)
{
	struct table *t = &u->table;
	size_t at, to;

	begin_choice(u);
	at = place_of(t, c);
	if (at == t->nchosen || (step < 0 && !at) || (step > 0 && at + 1 == t->nchosen))
		return;
	to = step < 0 ? at - 1 : at + 1;
	t->chosen[at] = t->chosen[to];
	t->chosen[to] = c;
	u->dirty = true;
}

/* What the deepest line of a tree needs before its name, or the longest name of a group more. */
static int more_name_cells(const struct ui *u, const struct column *name)
{
	const struct table *t = &u->table;
	int most = 0;

	for (size_t i = 0; t->opts.group && i < t->view.n; i++)
		most = MAX(most, ui_cells(t->view.groups.frame.rows[t->view.lines[i].row].group));
	if (t->opts.group)
		return MIN(MAX(most - name->width, 0), GROUP_CELLS_MAX);
	for (size_t i = 0; t->opts.tree && i < t->view.n; i++)
		most = MAX(most, t->view.lines[i].depth);
	return t->opts.tree ? MIN(BRANCH_CELLS * most + 1, TREE_CELLS_MAX) : 0;
}

void table_layout(struct ui *u)
{
	struct layout *l = &u->table.layout;
	const struct column *sort = u->table.opts.sort;
	const struct column *all[ARRAY_SIZE(l->columns)];
	size_t n = table_columns(u, all, ARRAY_SIZE(all));
	bool sort_placed = u->table.nchosen && !table_shows(u, sort), full = false;
	int x = 0;

	l->n = 0;
	for (size_t i = 0; i < n; i++) {
		const struct column *c = all[i];
		int width = c->width + (c->kind == COLUMN_NAME ? more_name_cells(u, c) : 0);
		int reserve = sort_placed || c == sort ? 0 : sort->width + 1;

		if (c != sort && (full || x + width + reserve > u->width)) {
			/* Nothing that is there by default, or by choice, is left out for something
			 * after it. */
			full |= by_default(u, c) || u->table.nchosen;
			continue;
		}
		l->columns[l->n] = c;
		l->x[l->n] = x;
		l->width[l->n++] = width;
		x += width + 1;
		sort_placed |= c == sort;
	}
}
