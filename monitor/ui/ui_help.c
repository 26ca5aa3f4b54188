/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The help: every key, every column, and what the marks mean. */
#include "lib/base.h"
#include "monitor/ui/ui_screen.h"

#include "monitor/view/column.h"

enum { KEY_CELLS = 15, COLUMN_CELLS = 11 };

static void heading(struct page *p, const char *text)
{
	if (p->lines)
		page_line(p);
	style_begin(&p->text, STYLE_NOTICE);
	strbuf_addstr(&p->text, text);
	style_end(&p->text);
	page_line(p);
}

static void entry(struct page *p, const char *name, int cells, const char *text)
{
	strbuf_addstr(&p->text, "  ");
	style_begin(&p->text, STYLE_LABEL);
	strbuf_addf(&p->text, "%s%*s", name, MAX(cells - ui_cells(name), 1), "");
	style_end(&p->text);
	strbuf_addstr(&p->text, text);
	page_line(p);
}

static void line(struct page *p, const char *text)
{
	strbuf_addf(&p->text, "  %s", text);
	page_line(p);
}

static void build(struct page *p)
{
	static const char *const marks[] = {
		"~251494   an approximation; exact as soon as the row is on the screen",
		"-         not known: no permission, not offered by this monitor, not yet",
		"dimmed    a process that has ended, or a parent that does not match the filter",
	};
	static const char *const queries[] = {
		"rss > 1GiB and (name ~ ^postgres or user = www) and not state = Z",
		"= != < <= > >=  compare; ~ !~ match a regular expression; rss = ? is not known",
		"and or not ( )  && || !; a bare word is looked for in the name",
		"sum(rss) > 1GiB: of the line's group; in a tree with all that is below it",
		"B K M G, KiB MiB GiB: sizes; /s /min: rates; ms s min h: times; % of one CPU",
	};

	page_reset(p);
	heading(p, "Keys");
	for (const struct ui_key *k = ui_keys; k->action != KEY_ACT_NONE; k++)
		if (k->label && k->help)
			entry(p, k->label, KEY_CELLS, k->help);
	heading(p, "Mouse");
	line(p, "a title: sort by it; a row: choose it, twice: its detail; the wheel scrolls");
	heading(p, "Columns");
	for (const struct column *c = columns; c->key; c++)
		entry(p, c->title, COLUMN_CELLS, c->help);
	heading(p, "Marks");
	for (size_t i = 0; i < ARRAY_SIZE(marks); i++)
		line(p, marks[i]);
	heading(p, "Filters");
	for (size_t i = 0; i < ARRAY_SIZE(queries); i++)
		line(p, queries[i]);
}

static int open_screen(struct ui *u)
{
	build(&u->help);
	u->help.top = 0;
	return 0;
}

static void draw(struct ui *u)
{
	ui_fill(u, 0, 0, u->width, STYLE_TITLE, "Help - Esc: back  q: quit");
	page_draw(u, &u->help, 1, u->height - 2);
}

static void status(struct ui *u, struct strbuf *left, struct strbuf *right)
{
	strbuf_addstr(left, "PgDn: more");
	strbuf_addf(right, "line %zu/%zu", u->help.top + 1, u->help.lines);
}

static void scroll_by(struct ui *u, enum key_action action)
{
	u->dirty |= page_scroll(&u->help, action, u->height - 2);
}

const struct screen help_screen = {
	.name = "help",
	.bit = KEY_IN_HELP,
	.open = open_screen,
	.draw = draw,
	.go = scroll_by,
	.status = status,
};
