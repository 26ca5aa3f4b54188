/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The keys: one table from key to action to help text, for the screens, the help and the man page.
 */
#ifndef MONITOR_UI_KEYS_H
#define MONITOR_UI_KEYS_H

#include "lib/strbuf.h"

enum key_action {
	KEY_ACT_NONE,
	KEY_ACT_QUIT,
	KEY_ACT_BACK,
	KEY_ACT_HELP,
	KEY_ACT_UP, /* from here to KEY_ACT_LAST: moves */
	KEY_ACT_DOWN,
	KEY_ACT_PAGE_UP,
	KEY_ACT_PAGE_DOWN,
	KEY_ACT_FIRST,
	KEY_ACT_LAST,
	KEY_ACT_OPEN,
	KEY_ACT_SORT_LEFT,
	KEY_ACT_SORT_RIGHT,
	KEY_ACT_INVERT,
	KEY_ACT_SORT_MENU,
	KEY_ACT_FILTER,
	KEY_ACT_UNFILTER,
	KEY_ACT_TREE,
	KEY_ACT_GROUP,
	KEY_ACT_OTHER,
	KEY_ACT_SPACE,
	KEY_ACT_FOLLOW,
	KEY_ACT_PAUSE,
	KEY_ACT_SLOWER,
	KEY_ACT_FASTER,
	KEY_ACT_TOP,
	KEY_ACT_SEARCH,
	KEY_ACT_SHOW_COLUMN,
	KEY_ACT_COLUMN_LEFT,
	KEY_ACT_COLUMN_RIGHT,
	KEY_ACT_EVENTS,
	KEY_ACT_HUMAN,
	KEY_ACT_KERNEL,
	KEY_ACT_AGAIN,
	KEY_ACT_TYPE, /* which of them is the key's number */
	KEY_ACT_BIGGER,
	KEY_ACT_SMALLER,
	KEY_ACT_REDRAW,
	KEY_ACT_STEP_BACK,
	KEY_ACT_STEP_ON,
	KEY_ACT_TO_NEXT,
	KEY_ACT_TO_END,
	KEY_ACT_TO_TIME,
};

/* Screens, as bits: where a key means what. */
enum key_screen {
	KEY_IN_TABLE = 1 << 0,
	KEY_IN_EVENTS = 1 << 1,
	KEY_IN_DETAIL = 1 << 2,
	KEY_IN_HELP = 1 << 3,
	KEY_IN_MENU = 1 << 4,
	KEY_IN_LISTS = KEY_IN_TABLE | KEY_IN_EVENTS,
	KEY_IN_VIEWS = KEY_IN_LISTS | KEY_IN_DETAIL,
	KEY_IN_ALL = KEY_IN_VIEWS | KEY_IN_HELP | KEY_IN_MENU,
};

struct ui_key {
	int codes[4]; /* as ncurses gives them; 0: no more */
	enum key_action action;
	unsigned int screens; /* enum key_screen */
	const char *label;    /* "PgUp", NULL: as the line before */
	const char *help;     /* NULL: not listed */
};

extern const struct ui_key ui_keys[]; /* ended by an action KEY_ACT_NONE */

/* What the key @code means in @screen (one bit). */
enum key_action ui_key_find(int code, unsigned int screen);

/* Appends "LABEL\tHELP\n" for each key that is listed, for the man page. */
void ui_keys_list(struct strbuf *out);

#endif
