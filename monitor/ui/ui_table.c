/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The process table, flat or as a tree: which rows are on the screen, and how they look. */
#include "lib/base.h"
#include "monitor/ui/ui_table.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "monitor/view/column.h"

/* --- the view --- */

static bool row_is(const struct proc_row *r, uint32_t pid, uint64_t start_ns)
{
	return r->pid == pid && r->start_ns == start_ns;
}

/* Exact may be what was read, while the peak was not: it costs a file more. */
bool row_wants_refining(const struct proc_row *r)
{
	return !(r->flags & (ROW_ENDED | ROW_KERNEL | ROW_HIDDEN)) &&
	       (!(r->flags & ROW_EXACT) || isnan(r->v[FIELD_PEAK]));
}

static const struct proc_row *line_row(struct ui *u, size_t line)
{
	return &u->frame->rows[u->table.view.lines[line].row];
}

/* After the order has changed: the cursor goes with its process when it follows. */
static void place_cursor(struct ui *u)
{
	struct table *t = &u->table;

	for (size_t i = 0; t->follow && i < t->view.n; i++) {
		if (!row_is(line_row(u, i), t->pid, t->start_ns))
			continue;
		t->cursor = i;
		return;
	}
	if (t->follow && !frame_find(u->frame, t->pid)) {
		char text[64];

		snprintf(text, sizeof(text), "process %u has ended; no longer following", t->pid);
		ui_tell(u, text);
		t->follow = false;
	}
	t->cursor = t->view.n ? MIN(t->cursor, t->view.n - 1) : 0;
}

static void scroll_to_cursor(struct table *t)
{
	size_t lines = (size_t)MAX(t->lines, 1);

	if (t->cursor < t->top)
		t->top = t->cursor;
	if (t->cursor >= t->top + lines)
		t->top = t->cursor - lines + 1;
	t->top = MIN(t->top, t->view.n > lines ? t->view.n - lines : 0);
}

static void build(struct ui *u)
{
	struct table *t = &u->table;

	t->opts.query = t->query;
	if (view_build(&t->view, u->frame, &t->opts)) {
		t->view.n = 0;
		ui_tell(u, "no memory for the table");
	}
	t->stale = false;
	place_cursor(u);
	scroll_to_cursor(t);
}

const struct proc_row *table_row(struct ui *u)
{
	struct table *t = &u->table;

	if (u->frame && t->stale)
		build(u); /* keys come faster than the screen is drawn */
	return u->frame && t->cursor < t->view.n ? line_row(u, t->cursor) : NULL;
}

/* Reads what the visible rows really have; true when something was read. */
static bool refine_visible(struct ui *u)
{
	struct table *t = &u->table;
	size_t n = 0, lines = (size_t)MAX(t->lines, 0);

	if (t->visible_cap < lines) {
		uint32_t *more = realloc(t->visible, lines * sizeof(*more));

		if (!more)
			return false;
		t->visible = more;
		t->visible_cap = lines;
	}
	for (size_t i = t->top; i < t->view.n && i < t->top + lines; i++) {
		const struct proc_row *r = line_row(u, i);

		if (row_wants_refining(r))
			t->visible[n++] = t->view.lines[i].row;
	}
	/* A screen that stands still shows that moment, not this one. */
	if (!n || u->kept)
		return false;
	source_refine(u->o.source, u->frame, t->visible, n);
	return true;
}

/* The order was made of approximations: once a frame it is made again of what was read. */
static void build_and_refine(struct ui *u)
{
	struct table *t = &u->table;

	if (t->stale)
		build(u);
	else
		scroll_to_cursor(t);
	if (refine_visible(u) && (t->fresh || t->opts.tree)) {
		build(u);
		refine_visible(u);
	}
	t->fresh = false;
}

/* --- drawing --- */

static void draw_titles(struct ui *u)
{
	struct table *t = &u->table;

	ui_fill(u, t->title_line, 0, u->width, STYLE_HEADER, "");
	for (size_t i = 0; i < t->layout.n; i++) {
		const struct column *c = t->layout.columns[i];
		bool sorted = c == t->opts.sort;
		struct strbuf text = STRBUF_INIT;
		const char *mark =
			t->opts.descending ? (u->o.ascii ? "v" : "▼") : (u->o.ascii ? "^" : "▲");
		int blank = t->layout.width[i] - (int)strlen(c->title);

		if (sorted && blank > 0 && !column_is_number(c))
			strbuf_addf(&text, "%s%s", c->title, mark);
		else if (sorted && blank > 0)
			strbuf_addf(&text, "%*s%s%s", blank - 1, "", mark, c->title);
		else if (column_is_number(c))
			strbuf_addf(&text, "%*s%s", MAX(blank, 0), "", c->title);
		else
			strbuf_addstr(&text, c->title);
		ui_fill(u, t->title_line, t->layout.x[i], t->layout.width[i],
			sorted ? STYLE_SORTED : STYLE_HEADER, text.s);
		strbuf_release(&text);
	}
}

static void draw_row(struct ui *u, size_t line, int y)
{
	struct table *t = &u->table;
	const struct view_line *l = &t->view.lines[line];
	struct proc_row row = u->frame->rows[l->row];
	enum style base = STYLE_NORMAL;
	struct strbuf cell = STRBUF_INIT;

	if (line == t->cursor)
		base = STYLE_CURSOR;
	else if (l->context || row.flags & ROW_ENDED)
		base = STYLE_DIM;
	ui_fill(u, y, 0, u->width, base, "");
	if (t->opts.tree && t->view.sums)
		cell_sums(u, line, &row);
	for (size_t i = 0; i < t->layout.n; i++) {
		const struct column *c = t->layout.columns[i];
		int width = t->layout.width[i];
		enum style s = base;

		strbuf_reset(&cell);
		if (c->kind == COLUMN_NAME)
			cell_name(u, line, width, &cell);
		else
			cell_text(u, c, &row, width, &cell);
		if (base == STYLE_NORMAL && c->kind == COLUMN_VERDICT &&
		    row.verdict == VERDICT_GROWING)
			s = STYLE_NOTICE;
		ui_print(u, y,
			 t->layout.x[i] + (column_is_number(c) ? width - ui_cells(cell.s) : 0),
			 width, s, cell.s);
	}
	strbuf_release(&cell);
}

static void draw(struct ui *u)
{
	struct table *t = &u->table;
	const char *title = u->o.tool == TOOL_MEMMON ? "Memory Monitor" : "CPU Monitor";
	char text[160];

	snprintf(text, sizeof(text),
		 "%s - q: quit  %s: scroll  h: help  s: sort  /: filter  t: tree", title,
		 u->o.ascii ? "up/down" : "↑/↓");
	t->title_line = header_draw(u, text, true);
	t->first_line = t->title_line + 1;
	t->lines = u->height - 1 - t->first_line;
	if (!u->frame)
		return;
	build_and_refine(u);
	table_layout(u);
	draw_titles(u);
	for (int i = 0; i < t->lines && t->top + (size_t)i < t->view.n; i++)
		draw_row(u, t->top + (size_t)i, t->first_line + i);
	if (!t->view.n)
		ui_print(u, t->first_line, 0, u->width, STYLE_NOTICE,
			 t->query ? "no process matches the filter; \\ forgets it"
				  : "no process to show");
}

static void status(struct ui *u, struct strbuf *left, struct strbuf *right)
{
	const struct table *t = &u->table;

	strbuf_addf(left, "Enter: detail  %s%s", u->o.tool == TOOL_MEMMON ? "e: events  " : "",
		    t->opts.tree ? "Space: fold  t: flat" : "p: pause  F: follow  u: units");
	if (!u->frame)
		return;
	strbuf_addf(right, "%zu/%zu", t->view.n ? t->cursor + 1 : 0, t->view.n);
	if (t->view.matched > t->view.n && !t->opts.tree)
		strbuf_addf(right, " of %zu (n: more)", t->view.matched);
}

/* --- life --- */

static void frame(struct ui *u)
{
	u->table.stale = true;
	u->table.fresh = true;
}

void table_init(struct ui *u)
{
	struct table *t = &u->table;

	t->opts = (struct view_options){.sort = u->o.sort,
					.descending = u->o.descending,
					.top = u->o.top,
					.tree = u->o.tree,
					.kernel_threads = u->o.kernel_threads};
	if (!t->opts.sort) {
		t->opts.sort = column_find(u->o.tool == TOOL_MEMMON ? "rss" : "tot", false);
		t->opts.descending = true;
	}
	t->stale = true;
	if (u->o.filter)
		table_take_filter(u, u->o.filter);
}

void table_release(struct table *t)
{
	view_release(&t->view);
	query_free(t->query);
	free(t->filter);
	free(t->visible);
}

const struct screen table_screen = {
	.name = "processes",
	.bit = KEY_IN_TABLE,
	.frame = frame,
	.draw = draw,
	.go = table_move,
	.status = status,
	.mouse = table_mouse,
	.bindings = table_bindings,
};
