/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A line being typed at the bottom of the screen, with what is wrong in it underlined. */
#include "lib/base.h"
#include "monitor/ui/ui_screen.h"

#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#define CTRL(c) ((c)&0x1f)

enum { PROMPT_LINES = 3, PROMPT_BYTES = PROMPT_CELLS * 4 + 1 };

/* What was typed, in the locale's bytes, up to character @n. */
static void prompt_bytes(const struct prompt *p, size_t n, char *out)
{
	mbstate_t state = {0};
	size_t len = 0;

	for (size_t i = 0; i < n; i++) {
		size_t got = wcrtomb(out + len, p->text[i], &state);

		len += got == (size_t)-1 ? 0 : got;
	}
	out[len] = '\0';
}

static void check(struct ui *u)
{
	struct prompt *p = &u->prompt;
	char text[PROMPT_BYTES];

	prompt_bytes(p, p->length, text);
	p->wrong = !p->check(u, text, &p->error);
}

void prompt_open(struct ui *u, const char *label, const char *hint, const char *text,
		 bool (*checks)(struct ui *, const char *, struct query_error *),
		 void (*take)(struct ui *, const char *))
{
	struct prompt *p = &u->prompt;
	mbstate_t state = {0};
	size_t n;

	*p = (struct prompt){
		.open = true, .label = label, .hint = hint, .check = checks, .take = take};
	n = mbsrtowcs(p->text, &text, PROMPT_CELLS - 1, &state);
	p->length = n == (size_t)-1 ? 0 : n;
	p->at = p->length;
	check(u);
	u->dirty = true;
}

static void remove_range(struct prompt *p, size_t from, size_t to)
{
	wmemmove(p->text + from, p->text + to, p->length - to);
	p->length -= to - from;
	p->at = from;
}

static void insert(struct prompt *p, wchar_t c)
{
	if (p->length + 1 >= PROMPT_CELLS || wcwidth(c) < 0)
		return;
	wmemmove(p->text + p->at + 1, p->text + p->at, p->length - p->at);
	p->text[p->at++] = c;
	p->length++;
}

static size_t word_before(const struct prompt *p)
{
	size_t at = p->at;

	while (at && p->text[at - 1] == L' ')
		at--;
	while (at && p->text[at - 1] != L' ')
		at--;
	return at;
}

enum edit {
	EDIT_NONE,
	EDIT_LEFT,
	EDIT_RIGHT,
	EDIT_HOME,
	EDIT_END,
	EDIT_BACKSPACE,
	EDIT_DELETE,
	EDIT_KILL_BEFORE,
	EDIT_KILL_AFTER,
	EDIT_KILL_WORD,
	EDIT_TAKE,
	EDIT_LEAVE,
};

static enum edit edit_of(wint_t code, bool function)
{
	static const struct {
		bool function;
		wint_t code;
		enum edit edit;
	} edits[] = {
		{true, KEY_LEFT, EDIT_LEFT},
		{true, KEY_RIGHT, EDIT_RIGHT},
		{true, KEY_HOME, EDIT_HOME},
		{true, KEY_END, EDIT_END},
		{true, KEY_BACKSPACE, EDIT_BACKSPACE},
		{true, KEY_DC, EDIT_DELETE},
		{true, KEY_ENTER, EDIT_TAKE},
		{false, CTRL('b'), EDIT_LEFT},
		{false, CTRL('f'), EDIT_RIGHT},
		{false, CTRL('a'), EDIT_HOME},
		{false, CTRL('e'), EDIT_END},
		{false, CTRL('h'), EDIT_BACKSPACE},
		{false, 127, EDIT_BACKSPACE},
		{false, CTRL('d'), EDIT_DELETE},
		{false, CTRL('u'), EDIT_KILL_BEFORE},
		{false, CTRL('k'), EDIT_KILL_AFTER},
		{false, CTRL('w'), EDIT_KILL_WORD},
		{false, '\n', EDIT_TAKE},
		{false, '\r', EDIT_TAKE},
		{false, 27, EDIT_LEAVE},
	};

	for (size_t i = 0; i < ARRAY_SIZE(edits); i++)
		if (edits[i].function == function && edits[i].code == code)
			return edits[i].edit;
	return EDIT_NONE;
}

static void take(struct ui *u)
{
	struct prompt *p = &u->prompt;
	char text[PROMPT_BYTES];

	if (p->wrong)
		return;
	p->open = false;
	prompt_bytes(p, p->length, text);
	p->take(u, text);
}

void prompt_key(struct ui *u, wint_t code, bool function)
{
	struct prompt *p = &u->prompt;

	u->dirty = true;
	switch (edit_of(code, function)) {
	case EDIT_LEFT: p->at -= p->at > 0; break;
	case EDIT_RIGHT: p->at += p->at < p->length; break;
	case EDIT_HOME: p->at = 0; break;
	case EDIT_END: p->at = p->length; break;
	case EDIT_BACKSPACE:
		if (p->at)
			remove_range(p, p->at - 1, p->at);
		break;
	case EDIT_DELETE:
		if (p->at < p->length)
			remove_range(p, p->at, p->at + 1);
		break;
	case EDIT_KILL_BEFORE: remove_range(p, 0, p->at); break;
	case EDIT_KILL_AFTER: p->length = p->at; break;
	case EDIT_KILL_WORD: remove_range(p, word_before(p), p->at); break;
	case EDIT_TAKE: take(u); return;
	case EDIT_LEAVE: p->open = false; return;
	case EDIT_NONE:
		if (!function)
			insert(p, (wchar_t)code);
		break;
	}
	check(u);
}

/* The first character shown, so that the cursor is on the screen. */
static size_t first_shown(const struct prompt *p, int room)
{
	size_t first = 0;
	int cells = 0;

	for (size_t i = 0; i < p->at; i++)
		cells += MAX(wcwidth(p->text[i]), 0);
	for (; cells >= room && first < p->at; first++)
		cells -= MAX(wcwidth(p->text[first]), 0);
	return first;
}

void prompt_draw(struct ui *u)
{
	const struct prompt *p = &u->prompt;
	int y = u->height - PROMPT_LINES, x, cursor;
	char head[64], before[PROMPT_BYTES];
	size_t first;

	ui_fill(u, y, 0, u->width, p->wrong ? STYLE_NOTICE : STYLE_DIM,
		p->wrong ? p->error.text : p->hint);
	ui_fill(u, y + 1, 0, u->width, STYLE_NORMAL, "");
	ui_fill(u, y + 2, 0, u->width, STYLE_NORMAL, "");
	snprintf(head, sizeof(head), "%s: ", p->label);
	x = ui_print(u, y + 1, 0, u->width, STYLE_LABEL, head);
	cursor = x;
	first = first_shown(p, u->width - x);
	for (size_t i = first; i <= p->length && x < u->width; i++) {
		wchar_t one[2] = {i < p->length ? p->text[i] : L' ', 0};
		bool wrong;

		if (i == p->at)
			cursor = x;
		prompt_bytes(p, i, before);
		wrong = p->wrong && strlen(before) >= p->error.at &&
			strlen(before) < p->error.at + MAX(p->error.length, (size_t)1);
		attrset(draw_attr(u, wrong ? STYLE_ERROR : STYLE_NORMAL));
		mvaddnwstr(y + 1, x, one, 1);
		for (int w = MAX(wcwidth(one[0]), 0); w > 0; w--, x++)
			if (wrong)
				mvaddch(y + 2, x, '^' | A_BOLD);
	}
	attrset(A_NORMAL);
	ui_print(u, y + 2, MAX(u->width - 26, 0), 26, STYLE_DIM, "Enter: take it  Esc: leave");
	move(y + 1, MIN(cursor, u->width - 1));
}
