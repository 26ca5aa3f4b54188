/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The list of columns to sort by. */
#include "lib/base.h"
#include "monitor/ui/ui_screen.h"

#include <stdio.h>

#include "monitor/view/column.h"

static int open_screen(struct ui *u)
{
	struct menu *m = &u->menu;

	if (!u->frame)
		return -EAGAIN;
	m->n = table_all_columns(u, m->columns, ARRAY_SIZE(m->columns));
	m->top = 0;
	for (m->cursor = 0; m->cursor < m->n; m->cursor++)
		if (m->columns[m->cursor] == u->table.opts.sort)
			return 0;
	m->cursor = 0;
	return 0;
}

static size_t menu_lines(const struct ui *u)
{
	return (size_t)MAX(u->height - 2, 1);
}

static void draw(struct ui *u)
{
	struct menu *m = &u->menu;
	size_t lines = menu_lines(u);

	ui_fill(u, 0, 0, u->width, STYLE_TITLE, "Sort by - Enter: choose  Esc: back");
	m->first_line = 1;
	if (m->cursor < m->top)
		m->top = m->cursor;
	if (m->cursor >= m->top + lines)
		m->top = m->cursor - lines + 1;
	for (size_t i = 0; i < lines && m->top + i < m->n; i++) {
		const struct column *c = m->columns[m->top + i];
		enum style s = m->top + i == m->cursor ? STYLE_CURSOR : STYLE_NORMAL;
		char text[160];

		snprintf(text, sizeof(text), "%c%-10s %s", table_shows(u, c) ? '*' : ' ', c->title,
			 c->help);
		ui_fill(u, m->first_line + (int)i, 0, u->width, s, text);
	}
}

static void move_cursor(struct ui *u, enum key_action action)
{
	u->menu.cursor = list_move(u->menu.cursor, u->menu.n, menu_lines(u), action);
	u->dirty = true;
}

static void choose(struct ui *u, int arg UNUSED)
{
	const struct column *c = u->menu.columns[u->menu.cursor];

	ui_pop(u);
	if (c != u->table.opts.sort)
		table_sort(u, c);
}

static void show_column(struct ui *u, int arg UNUSED)
{
	if (u->menu.cursor < u->menu.n)
		table_choose(u, u->menu.columns[u->menu.cursor]);
}

static void move_column(struct ui *u, int step)
{
	if (u->menu.cursor < u->menu.n)
		table_move_column(u, u->menu.columns[u->menu.cursor], step);
}

static void mouse(struct ui *u, const MEVENT *e)
{
	struct menu *m = &u->menu;
	size_t line;

	if (e->y < m->first_line || e->y >= u->height - 1)
		return;
	line = m->top + (size_t)(e->y - m->first_line);
	if (line < m->n) {
		m->cursor = line;
		choose(u, 0);
	}
}

static void status(struct ui *u, struct strbuf *left, struct strbuf *right)
{
	strbuf_addstr(left, "Enter: sort by it  c: shown or not  < >: its place");
	strbuf_addf(right, "%zu/%zu", u->menu.cursor + 1, u->menu.n);
}

static const struct binding bindings[] = {
	{KEY_ACT_OPEN, choose, 0},
	{KEY_ACT_SHOW_COLUMN, show_column, 0},
	{KEY_ACT_COLUMN_LEFT, move_column, -1},
	{KEY_ACT_COLUMN_RIGHT, move_column, 1},
	{KEY_ACT_NONE, NULL, 0},
};

const struct screen menu_screen = {
	.name = "sort",
	.bit = KEY_IN_MENU,
	.open = open_screen,
	.draw = draw,
	.go = move_cursor,
	.status = status,
	.mouse = mouse,
	.bindings = bindings,
};
