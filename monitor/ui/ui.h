/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The screen: ncurses, in this folder only. It draws frames and turns keys into changes of what is
 * shown; it owns neither the source nor the time. Screens: process table (also as a tree), events,
 * detail of one process, help.
 */
#ifndef MONITOR_UI_H
#define MONITOR_UI_H

#include "monitor/frame.h"
#include "monitor/source/source.h"
#include "monitor/view/alert.h"
#include "monitor/view/history.h"
#include "monitor/view/view.h"

struct ui;

/* A recording under way, as its owner keeps it up to date for the header. */
struct ui_recording {
	uint64_t bytes;
	int err;	   /* 0 while it goes on, else -errno of what ended it */
	const char *bound; /* NULL while it goes on, else what ended it as was wished */
};

/* What the screen is given; all borrowed for its life but for what it takes over, which is said. */
struct ui_options {
	enum tool tool;
	struct source *source;
	struct history *history;
	const struct ui_recording *recording; /* NULL: not recording */
	const struct alerts *alerts;	      /* NULL: none */
	double interval_s; /* shown; changed by keys, asked for by ui_interval() */
	const struct column *sort;
	bool descending;
	const char *filter; /* parsed already by who calls; NULL: none */
	size_t top;
	bool tree, kernel_threads;
	enum group_by group;
	bool plain;			     /* kB and bytes instead of 1.2G */
	const struct column *const *columns; /* in this order, ended by NULL; NULL: the default */
	const struct column *other_sort;     /* of the other tool's columns; NULL: the default */
	bool other_descending;
	const struct column *const *other_columns; /* as @columns */
	bool mono;				   /* NO_COLOR or --color=never */
	bool ascii;	     /* no line drawing, no blocks: LANG=C or --ascii */
	const char *serving; /* "127.0.0.1:9100" or NULL */
};

enum ui_action {
	UI_NOTHING,
	UI_DRAW,
	UI_SAMPLE,
	UI_BACK,
	UI_TO_END,
	UI_TO_NEXT,
	UI_TO_TIME,
	UI_QUIT
};

/* Takes the terminal. -ENOTTY: stdin or stdout is none; -EINVAL: TERM is not known; both are said,
 * with what to do. */
int ui_open(struct ui **out, const struct ui_options *opts);
/* A new frame, history_update()d; the screen refines the rows that it shows. Not drawn while
 * paused, but counted. */
void ui_frame(struct ui *u, struct frame *f);
/* Keys, mouse and resizes that are there now. Returns what is to be done; UI_SAMPLE: the user asked
 * for a frame at once. -EIO: the terminal has died. */
int ui_input(struct ui *u);
/* Draws what has changed; cheap when nothing has. -EIO: the terminal has died. */
int ui_draw(struct ui *u);
/* What the user has chosen by now of @tool's columns: for who keeps it. @columns: room for 65,
 * zeroed behind the last; empty where the default was left. */
void ui_choice(const struct ui *u, enum tool tool, const struct column **sort, bool *descending,
	       const struct column **columns);
bool ui_plain(const struct ui *u); /* the units are kB and bytes by now */
/* Where UI_TO_TIME wants to go: CLOCK_REALTIME in ns. */
uint64_t ui_goal_ns(const struct ui *u);
double ui_interval(const struct ui *u); /* s; as the user has set it */
bool ui_paused(const struct ui *u);
void ui_note(struct ui *u,
	     const char *text); /* one line at the bottom, until the next key or 5 s */
/* Gives the terminal back as it was. Accepts NULL. Safe to call twice; called before any last words
 * on stderr. */
void ui_close(struct ui *u);

#endif
