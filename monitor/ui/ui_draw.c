/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* How text comes onto the screen: styles, cells, numbers, pages. */
#include "lib/base.h"
#include "monitor/ui/ui_screen.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <wchar.h>

/* Foregrounds on the terminal's own background: -1 is its own foreground. */
static const struct look {
	attr_t mono, attrs;
	short color;
} looks[STYLE_COUNT] = {
	[STYLE_NORMAL] = {A_NORMAL, A_NORMAL, -1},
	[STYLE_TITLE] = {A_BOLD, A_BOLD, COLOR_CYAN},
	[STYLE_HEADER] = {A_REVERSE, A_REVERSE, COLOR_GREEN},
	[STYLE_SORTED] = {A_REVERSE | A_BOLD, A_REVERSE | A_BOLD, COLOR_CYAN},
	[STYLE_CURSOR] = {A_REVERSE, A_REVERSE, -1},
	[STYLE_DIM] = {A_DIM, A_DIM, -1},
	[STYLE_LABEL] = {A_NORMAL, A_NORMAL, COLOR_CYAN},
	[STYLE_NOTICE] = {A_BOLD, A_BOLD, COLOR_YELLOW},
	[STYLE_GROWS] = {A_BOLD, A_BOLD, COLOR_YELLOW},
	[STYLE_LOSS] = {A_REVERSE | A_BOLD, A_REVERSE | A_BOLD, COLOR_RED},
	[STYLE_ERROR] = {A_BOLD | A_UNDERLINE, A_BOLD | A_UNDERLINE, COLOR_RED},
	[STYLE_BAR] = {A_NORMAL, A_NORMAL, COLOR_GREEN},
};

void draw_start(const struct ui *u)
{
	if (u->o.mono || !has_colors())
		return;
	start_color();
	use_default_colors();
	for (int i = 0; i < STYLE_COUNT; i++)
		init_pair((short)(i + 1), looks[i].color, -1);
}

attr_t draw_attr(const struct ui *u, enum style s)
{
	if (u->o.mono || !has_colors())
		return looks[s].mono;
	return looks[s].attrs | (looks[s].color < 0 ? 0 : (attr_t)COLOR_PAIR(s + 1));
}

/* The character at @s: its bytes, and its cells in @cells; 0 at the end. */
static size_t next_char(const char *s, int *cells, wchar_t *wide)
{
	mbstate_t state = {0};
	size_t n = mbrtowc(wide, s, strlen(s), &state);

	if (n == 0) {
		*cells = 0;
		return 0;
	}
	if (n == (size_t)-1 || n == (size_t)-2) { /* not of this locale: a byte, shown as '?' */
		*wide = L'?';
		*cells = 1;
		return 1;
	}
	*cells = wcwidth(*wide);
	if (*cells < 0) {
		*wide = L'?';
		*cells = 1;
	}
	return n;
}

static size_t utf8_length(unsigned char first)
{
	return first < 0x80 ? 1 : first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc0 ? 2 : 1;
}

/* A locale without UTF-8 gets one '?' for each character that it does not have. */
static size_t narrow_char(const char *s, int *cells, wchar_t *wide)
{
	static const struct {
		const char *of;
		wchar_t as;
	} arrows[] = {{"↑", L'^'}, {"↓", L'v'}, {"←", L'<'}, {"→", L'>'}};
	size_t n = MIN(utf8_length((unsigned char)*s), strlen(s));

	*cells = n != 0;
	*wide = n == 1 && (unsigned char)*s < 0x80 ? (wchar_t)*s : L'?';
	for (size_t i = 0; i < ARRAY_SIZE(arrows); i++)
		if (!strncmp(s, arrows[i].of, strlen(arrows[i].of)))
			*wide = arrows[i].as;
	return n;
}

static size_t any_char(const char *s, int *cells, wchar_t *wide)
{
	return MB_CUR_MAX > 1 ? next_char(s, cells, wide) : narrow_char(s, cells, wide);
}

int ui_print(struct ui *u, int y, int x, int cells, enum style base, const char *text)
{
	int used = 0;

	if (y < 0 || y >= u->height || x < 0 || x >= u->width)
		return 0;
	cells = MIN(cells, u->width - x);
	move(y, x);
	attrset(draw_attr(u, base));
	while (*text) {
		wchar_t wide[2] = {0};
		size_t n;
		int w;

		if (*text >= STYLE_MARK(0) && *text <= STYLE_END) {
			if (*text == STYLE_END)
				attrset(draw_attr(u, base));
			else if (*text <= STYLE_MARK(STYLE_COUNT - 1))
				attrset(draw_attr(u, (enum style)(*text - STYLE_MARK(0))));
			text++;
			continue;
		}
		n = any_char(text, &w, wide);
		if (!n || used + w > cells)
			break;
		addnwstr(wide, 1);
		used += w;
		text += n;
	}
	attrset(A_NORMAL);
	return used;
}

void ui_fill(struct ui *u, int y, int x, int cells, enum style base, const char *text)
{
	int used = ui_print(u, y, x, cells, base, text);

	attrset(draw_attr(u, base));
	for (; used < cells && x + used < u->width; used++)
		mvaddch(y, x + used, ' ');
	attrset(A_NORMAL);
}

void ui_fill_words(struct ui *u, int y, int x, int cells, enum style base, const char *text)
{
	struct strbuf sb = STRBUF_INIT;

	strbuf_addstr(&sb, text);
	while (ui_cells(sb.s) > cells) {
		char *end = NULL;

		for (char *at = strstr(sb.s, "  "); at; at = strstr(at + 2, "  "))
			end = at;
		if (!end)
			break;
		*end = '\0';
	}
	ui_fill(u, y, x, cells, base, sb.s);
	strbuf_release(&sb);
}

int ui_cells(const char *text)
{
	int cells = 0;

	while (*text) {
		wchar_t wide;
		int w;

		if (*text >= STYLE_MARK(0) && *text <= STYLE_END) {
			text++;
			continue;
		}
		text += any_char(text, &w, &wide);
		cells += w;
	}
	return cells;
}

size_t ui_bytes(const char *text, int cells)
{
	const char *at = text;

	while (*at) {
		wchar_t wide;
		int w;
		size_t n = any_char(at, &w, &wide);

		if (w > cells)
			break;
		cells -= w;
		at += n;
	}
	return (size_t)(at - text);
}

void style_begin(struct strbuf *sb, enum style s)
{
	strbuf_addch(sb, STYLE_MARK(s));
}

void style_end(struct strbuf *sb)
{
	strbuf_addch(sb, STYLE_END);
}

void add_kb(struct strbuf *sb, double kb)
{
	static const char *const units[] = {"kB", "MiB", "GiB", "TiB", "PiB"};
	size_t unit = 0;

	if (isnan(kb)) {
		strbuf_addch(sb, '-');
		return;
	}
	for (; fabs(kb) >= 1024 && unit + 1 < ARRAY_SIZE(units); unit++)
		kb /= 1024;
	strbuf_addf(sb, unit && fabs(kb) < 100 ? "%.1f %s" : "%.0f %s", kb, units[unit]);
}

void add_number(struct strbuf *sb, double v)
{
	static const char units[] = {'k', 'M', 'G', 'T', 'P'};
	size_t unit = 0;

	if (isnan(v)) {
		strbuf_addch(sb, '-');
		return;
	}
	if (fabs(v) < 99999.5) {
		strbuf_addf(sb, fabs(v) < 9.95 && v != floor(v) ? "%.1f" : "%.0f", v);
		return;
	}
	for (v /= 1000; fabs(v) >= 1000 && unit + 1 < ARRAY_SIZE(units); unit++)
		v /= 1000;
	strbuf_addf(sb, fabs(v) < 100 ? "%.1f%c" : "%.0f%c", v, units[unit]);
}

void add_clock(struct strbuf *sb, uint64_t realtime_ns, bool micros)
{
	time_t s = (time_t)(realtime_ns / NSEC_PER_SEC);
	struct tm tm;

	if (!localtime_r(&s, &tm)) {
		strbuf_addch(sb, '-');
		return;
	}
	strbuf_addf(sb, "%02d:%02d:%02d", tm.tm_hour, tm.tm_min, tm.tm_sec);
	if (micros)
		strbuf_addf(sb, ".%06u",
			    (unsigned int)(realtime_ns % NSEC_PER_SEC / NSEC_PER_USEC));
}

void page_reset(struct page *p)
{
	if (!p->text.s)
		p->text = (struct strbuf)STRBUF_INIT;
	strbuf_reset(&p->text);
	p->lines = 0;
}

void page_line(struct page *p)
{
	strbuf_addch(&p->text, '\n');
	p->lines++;
}

void page_draw(struct ui *u, struct page *p, int y, int lines)
{
	char *line = p->text.s;

	p->top = MIN(p->top, p->lines > (size_t)MAX(lines, 0) ? p->lines - (size_t)lines : 0);
	for (size_t i = 0; i < p->lines; i++) {
		char *end = strchr(line, '\n');

		if (i >= p->top && i < p->top + (size_t)MAX(lines, 0)) {
			*end = '\0';
			ui_print(u, y++, 0, u->width, STYLE_NORMAL, line);
			*end = '\n';
		}
		line = end + 1;
	}
}

bool page_scroll(struct page *p, enum key_action action, int lines)
{
	size_t page = (size_t)MAX(lines, 1);
	size_t last = p->lines > page ? p->lines - page : 0;
	size_t top = list_move(p->top, last + 1, page, action);

	if (top == p->top)
		return false;
	p->top = top;
	return true;
}

void page_release(struct page *p)
{
	if (p->text.s)
		strbuf_release(&p->text);
}

size_t list_move(size_t at, size_t n, size_t page, enum key_action action)
{
	size_t last = n ? n - 1 : 0;

	page = page > 1 ? page - 1 : 1; /* a line of the old page stays in sight */
	switch (action) {
	case KEY_ACT_UP: return at ? at - 1 : 0;
	case KEY_ACT_DOWN: return MIN(at + 1, last);
	case KEY_ACT_PAGE_UP: return at > page ? at - page : 0;
	case KEY_ACT_PAGE_DOWN: return MIN(at + page, last);
	case KEY_ACT_FIRST: return 0;
	case KEY_ACT_LAST: return last;
	default: return MIN(at, last);
	}
}
