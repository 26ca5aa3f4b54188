/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The keys: which means what on which screen, and what the help says of it. */
#include "lib/base.h"
#include "monitor/ui/ui_keys.h"

#include <curses.h>

#define CTRL(c)	   ((c)&0x1f)
#define ESCAPE_KEY 27

const struct ui_key ui_keys[] = {
	{{'q', 'Q'}, KEY_ACT_QUIT, KEY_IN_ALL, "q Ctrl-C", "quit"},
	{{ESCAPE_KEY}, KEY_ACT_BACK, KEY_IN_ALL, "Esc", "back; in the table: forget a filter"},
	{{'h', '?', KEY_F(1)}, KEY_ACT_HELP, KEY_IN_ALL, "h ?", "this help, and back"},
	{{KEY_UP, 'k'}, KEY_ACT_UP, KEY_IN_ALL, "↑ ↓  k j", "one line up, down"},
	{{KEY_DOWN, 'j'}, KEY_ACT_DOWN, KEY_IN_ALL, NULL, NULL},
	{{KEY_PPAGE, CTRL('b')}, KEY_ACT_PAGE_UP, KEY_IN_ALL, "PgUp PgDn", "a page up, down"},
	{{KEY_NPAGE, CTRL('f')}, KEY_ACT_PAGE_DOWN, KEY_IN_ALL, NULL, NULL},
	{{KEY_HOME, 'g'},
	 KEY_ACT_FIRST,
	 KEY_IN_ALL,
	 "Home End  g G",
	 "to the first, the last line"},
	{{KEY_END, 'G'}, KEY_ACT_LAST, KEY_IN_ALL, NULL, NULL},
	{{'\n', '\r', KEY_ENTER},
	 KEY_ACT_OPEN,
	 KEY_IN_TABLE | KEY_IN_MENU,
	 "Enter",
	 "the process in detail"},
	{{KEY_LEFT},
	 KEY_ACT_SORT_LEFT,
	 KEY_IN_TABLE,
	 "← →",
	 "sort by the column to the left, right"},
	{{KEY_RIGHT}, KEY_ACT_SORT_RIGHT, KEY_IN_TABLE, NULL, NULL},
	{{'r', 'I'}, KEY_ACT_INVERT, KEY_IN_TABLE, "r I", "turn the order round"},
	{{'s'}, KEY_ACT_SORT_MENU, KEY_IN_TABLE, "s", "choose the column to sort by"},
	{{'/', 'f', KEY_F(4)},
	 KEY_ACT_FILTER,
	 KEY_IN_LISTS,
	 "/ f",
	 "filter: rss > 1GiB and name ~ ^postgres"},
	{{'\\'}, KEY_ACT_UNFILTER, KEY_IN_LISTS, "\\", "no filter"},
	{{'t', KEY_F(5)}, KEY_ACT_TREE, KEY_IN_TABLE, "t", "tree, with the sums of what is below"},
	{{'b', KEY_F(6)},
	 KEY_ACT_GROUP,
	 KEY_IN_TABLE,
	 "b",
	 "sums by name, by user, by cgroup; Enter: its processes"},
	{{'\t', 'm', KEY_F(2)},
	 KEY_ACT_OTHER,
	 KEY_IN_TABLE,
	 "Tab m",
	 "columns of memory (memmon) or of CPU time (cpumon)"},
	{{' '},
	 KEY_ACT_SPACE,
	 KEY_IN_VIEWS,
	 "Space",
	 "fold, unfold a branch of the tree; elsewhere pause"},
	{{'F'}, KEY_ACT_FOLLOW, KEY_IN_TABLE, "F", "the cursor stays with its process"},
	{{'p'},
	 KEY_ACT_PAUSE,
	 KEY_IN_VIEWS,
	 "p",
	 "pause: the screen stands still, counting goes on"},
	{{'+', '='}, KEY_ACT_SLOWER, KEY_IN_VIEWS, "+ -", "a longer, a shorter interval"},
	{{'-'}, KEY_ACT_FASTER, KEY_IN_VIEWS, NULL, NULL},
	{{'i', KEY_F(3)},
	 KEY_ACT_SEARCH,
	 KEY_IN_TABLE,
	 "i",
	 "search a name: the cursor goes there while you type"},
	{{'c', ' '}, KEY_ACT_SHOW_COLUMN, KEY_IN_MENU, "c", "in the list of columns: shown or not"},
	{{'<', KEY_LEFT},
	 KEY_ACT_COLUMN_LEFT,
	 KEY_IN_MENU,
	 "< >",
	 "in the list of columns: further to the left, to the right"},
	{{'>', KEY_RIGHT}, KEY_ACT_COLUMN_RIGHT, KEY_IN_MENU, NULL, NULL},
	{{'n'}, KEY_ACT_TOP, KEY_IN_TABLE, "n", "how many processes at most"},
	{{'e'}, KEY_ACT_EVENTS, KEY_IN_VIEWS, "e", "events: single calls as they happen, and back"},
	{{'1', '2', '3', '4'},
	 KEY_ACT_TYPE,
	 KEY_IN_EVENTS,
	 "1 2 3 4",
	 "events: mmap, munmap, brk, mremap shown or not"},
	{{'>'}, KEY_ACT_BIGGER, KEY_IN_EVENTS, "> <", "events: only larger sizes, smaller too"},
	{{'<'}, KEY_ACT_SMALLER, KEY_IN_EVENTS, NULL, NULL},
	{{'r'}, KEY_ACT_AGAIN, KEY_IN_DETAIL, "r", "detail: read PSS, USS and swap again"},
	{{'u'}, KEY_ACT_HUMAN, KEY_IN_VIEWS, "u", "1258291 (kB) instead of 1.2G"},
	{{'K'}, KEY_ACT_KERNEL, KEY_IN_TABLE, "K", "kernel threads too"},
	{{'['},
	 KEY_ACT_STEP_BACK,
	 KEY_IN_VIEWS,
	 "[ ]",
	 "of a recording: a frame back, on; pause with p"},
	{{']'}, KEY_ACT_STEP_ON, KEY_IN_VIEWS, NULL, NULL},
	{{'}'},
	 KEY_ACT_TO_NEXT,
	 KEY_IN_VIEWS,
	 "} $",
	 "of a recording: to the next alert or growth, to its end"},
	{{'$'}, KEY_ACT_TO_END, KEY_IN_VIEWS, NULL, NULL},
	{{'@'},
	 KEY_ACT_TO_TIME,
	 KEY_IN_VIEWS,
	 "@",
	 "of a recording: to a time, as in 12:58:03 or +90"},
	{{CTRL('l')}, KEY_ACT_REDRAW, KEY_IN_ALL, "Ctrl-L", "draw everything again"},
	{{0}, KEY_ACT_NONE, 0, NULL, NULL},
};

enum key_action ui_key_find(int code, unsigned int screen)
{
	for (const struct ui_key *k = ui_keys; k->action != KEY_ACT_NONE; k++) {
		if (!(k->screens & screen))
			continue;
		for (size_t i = 0; i < ARRAY_SIZE(k->codes) && k->codes[i]; i++)
			if (k->codes[i] == code)
				return k->action;
	}
	return KEY_ACT_NONE;
}

void ui_keys_list(struct strbuf *out)
{
	for (const struct ui_key *k = ui_keys; k->action != KEY_ACT_NONE; k++)
		if (k->label && k->help)
			strbuf_addf(out, "%s\t%s\n", k->label, k->help);
}
