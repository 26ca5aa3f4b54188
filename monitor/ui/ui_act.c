/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a key or the mouse does: on the screen that is shown, or the same on all. */
#include "lib/base.h"
#include "monitor/ui/ui_screen.h"

enum { WHEEL_LINES = 3 };

static void quit(struct ui *u, int arg UNUSED)
{
	u->wish = UI_QUIT;
}

static void back(struct ui *u, int arg UNUSED)
{
	ui_pop(u);
}

static void help(struct ui *u, int arg UNUSED)
{
	ui_toggle_screen(u, &help_screen);
}

static void menu(struct ui *u, int arg UNUSED)
{
	ui_toggle_screen(u, &menu_screen);
}

static void events(struct ui *u, int arg UNUSED)
{
	if (u->o.tool == TOOL_MEMMON)
		ui_toggle_screen(u, &events_screen);
	else
		ui_tell(u, "a CPU monitor has no events");
}

static void human(struct ui *u, int arg UNUSED)
{
	u->human = !u->human;
	u->detail.stale = true;
	u->dirty = true;
}

static void redraw(struct ui *u, int arg UNUSED)
{
	clearok(stdscr, TRUE);
	u->dirty = true;
}

static void change_interval(struct ui *u, int step)
{
	static const double steps[] = {0.1, 0.2, 0.5, 1, 2, 3, 5, 10, 20, 30, 60, 300, 3600};
	size_t n = ARRAY_SIZE(steps), i = 0;

	if (step > 0) {
		while (i < n && steps[i] <= u->interval_s)
			i++;
		u->interval_s = i < n ? steps[i] : u->interval_s;
	} else {
		for (i = n; i && steps[i - 1] >= u->interval_s; i--)
			;
		u->interval_s = i ? steps[i - 1] : u->interval_s;
		/* The wait that is under way was planned for the longer one. */
		if (!u->kept && u->wish != UI_QUIT)
			u->wish = UI_SAMPLE;
	}
	u->dirty = true;
}

static const struct binding common[] = {
	{KEY_ACT_QUIT, quit, 0},
	{KEY_ACT_BACK, back, 0},
	{KEY_ACT_HELP, help, 0},
	{KEY_ACT_SORT_MENU, menu, 0},
	{KEY_ACT_EVENTS, events, 0},
	{KEY_ACT_FILTER, table_filter, 0},
	{KEY_ACT_UNFILTER, table_unfilter, 0},
	{KEY_ACT_PAUSE, ui_pause, 0},
	{KEY_ACT_SPACE, ui_pause, 0},
	{KEY_ACT_SLOWER, change_interval, 1},
	{KEY_ACT_FASTER, change_interval, -1},
	{KEY_ACT_HUMAN, human, 0},
	{KEY_ACT_REDRAW, redraw, 0},
	{KEY_ACT_NONE, NULL, 0},
};

static bool run_binding(struct ui *u, const struct binding *b, enum key_action action, int code)
{
	for (; b && b->fn; b++) {
		if (b->action != action)
			continue;
		b->fn(u, action == KEY_ACT_TYPE ? code - '0' : b->arg);
		return true;
	}
	return false;
}

static void act(struct ui *u, enum key_action action, int code)
{
	if (action >= KEY_ACT_UP && action <= KEY_ACT_LAST)
		ui_shown(u)->go(u, action);
	else if (action != KEY_ACT_NONE && !run_binding(u, ui_shown(u)->bindings, action, code))
		run_binding(u, common, action, code);
}

static void mouse(struct ui *u)
{
	MEVENT e;

	if (getmouse(&e) != OK || u->prompt.open)
		return;
	if (e.bstate & (BUTTON4_PRESSED | BUTTON5_PRESSED)) {
		for (int i = 0; i < WHEEL_LINES; i++)
			act(u, e.bstate & BUTTON4_PRESSED ? KEY_ACT_UP : KEY_ACT_DOWN, 0);
	} else if (e.bstate & BUTTON1_PRESSED && ui_shown(u)->mouse) {
		ui_shown(u)->mouse(u, &e);
		u->dirty = true;
	}
}

void ui_key(struct ui *u, wint_t code, bool function)
{
	if (u->note[0]) {
		u->note[0] = '\0';
		u->dirty = true;
	}
	if (function && code == KEY_RESIZE) {
		getmaxyx(stdscr, u->height, u->width);
		u->dirty = true;
	} else if (function && code == KEY_MOUSE) {
		mouse(u);
	} else if (u->prompt.open) {
		prompt_key(u, code, function);
	} else if (function || code < 0x80) {
		act(u, ui_key_find((int)code, ui_shown(u)->bit), (int)code);
	}
}
