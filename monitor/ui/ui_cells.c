/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Cells of the process table: which columns fit, and what stands in them. */
#include "lib/base.h"
#include "monitor/ui/ui_table.h"

#include <string.h>

enum { TREE_CELLS_MAX = 17, BRANCH_CELLS = 2 };

bool column_is_number(const struct column *c)
{
	return c->kind == COLUMN_NUMBER || c->kind == COLUMN_PID || c->kind == COLUMN_PPID;
}

static bool offered(const struct ui *u, const struct column *c)
{
	if (c->kind == COLUMN_VERDICT)
		return u->frame->fields & 1u << FIELD_RSS;
	return c->kind != COLUMN_NUMBER || u->frame->fields & 1u << field_made_of(c->field);
}

static bool by_default(const struct ui *u, const struct column *c)
{
	return u->o.tool == TOOL_MEMMON ? c->memmon : c->cpumon;
}

size_t table_columns(const struct ui *u, const struct column **out, size_t max)
{
	size_t n = 0;

	for (int pass = 0; pass < 2; pass++)
		for (const struct column *c = columns; c->key && n < max; c++)
			if (by_default(u, c) == !pass && (by_default(u, c) || offered(u, c)))
				out[n++] = c;
	return n;
}

/* What the deepest line needs before its name. */
static int tree_cells(const struct table *t)
{
	int deepest = 0;

	if (!t->opts.tree)
		return 0;
	for (size_t i = 0; i < t->view.n; i++)
		deepest = MAX(deepest, t->view.lines[i].depth);
	return MIN(BRANCH_CELLS * deepest + 1, TREE_CELLS_MAX);
}

void table_layout(struct ui *u)
{
	struct layout *l = &u->table.layout;
	const struct column *sort = u->table.opts.sort;
	const struct column *all[ARRAY_SIZE(l->columns)];
	size_t n = table_columns(u, all, ARRAY_SIZE(all));
	bool sort_placed = false, full = false;
	int x = 0;

	l->n = 0;
	for (size_t i = 0; i < n; i++) {
		const struct column *c = all[i];
		int width = c->width + (c->kind == COLUMN_NAME ? tree_cells(&u->table) : 0);
		int reserve = sort_placed || c == sort ? 0 : sort->width + 1;

		if (c != sort && (full || x + width + reserve > u->width)) {
			/* Nothing that is there by default is left out for something after it. */
			full |= by_default(u, c);
			continue;
		}
		l->columns[l->n] = c;
		l->x[l->n] = x;
		l->width[l->n++] = width;
		x += width + 1;
		sort_placed |= c == sort;
	}
}

static bool fits(const struct strbuf *text, size_t from, int width)
{
	return ui_cells(text->s + from) <= width;
}

void cell_text(const struct ui *u, const struct column *c, const struct proc_row *row, int width,
	       struct strbuf *out)
{
	size_t from = out->len;

	column_format(c, row, u->human, out);
	if (!column_is_number(c) || fits(out, from, width))
		return;
	out->len = from;
	out->s[from] = '\0';
	column_format(c, row, true, out);
	if (fits(out, from, width))
		return;
	out->len = from;
	out->s[from] = '\0';
	strbuf_addch(out, '#');
}

static void add_branch(const struct ui *u, const struct view_line *l, struct strbuf *out)
{
	const char *open = u->o.ascii ? "| " : "│ ", *last = u->o.ascii ? "`-" : "└─";
	const char *more = u->o.ascii ? "|-" : "├─";
	int room = (TREE_CELLS_MAX - 1) / BRANCH_CELLS;
	int skip = MAX(0, l->depth - room); /* the outermost go when it is too deep */

	for (int d = 1 + skip; d < l->depth; d++)
		strbuf_addstr(out, d < 64 && l->open >> d & 1 ? open : "  ");
	if (l->depth)
		strbuf_addstr(out, l->last ? last : more);
}

static bool has_children(const struct table *t, size_t line)
{
	const struct view_line *l = &t->view.lines[line];

	return l->folded || (line + 1 < t->view.n && l[1].depth > l->depth);
}

void cell_name(struct ui *u, size_t line, int width, struct strbuf *out)
{
	const struct table *t = &u->table;
	const struct view_line *l = &t->view.lines[line];
	const struct proc_row *row = &u->frame->rows[l->row];

	if (t->opts.tree)
		add_branch(u, l, out);
	if (l->folded)
		strbuf_addch(out, '+');
	column_text(row->name, width - ui_cells(out->s), out);
}

void cell_sums(struct ui *u, size_t line, struct proc_row *row)
{
	const struct table *t = &u->table;
	const struct view_line *l = t->view.lines;

	if (!has_children(t, line))
		return;
	memcpy(row->v, t->view.sums[line], sizeof(row->v));
	/* A sum is exact when all of it is; what is folded was not read. */
	if (l[line].folded)
		row->flags &= (uint8_t)~ROW_EXACT;
	for (size_t i = line + 1; i < t->view.n && l[i].depth > l[line].depth; i++)
		if (l[i].folded ||
		    !(u->frame->rows[l[i].row].flags & (ROW_EXACT | ROW_HIDDEN | ROW_KERNEL)))
			row->flags &= (uint8_t)~ROW_EXACT;
}
