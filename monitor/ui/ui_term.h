/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The terminal of a screen by ncurses, and what comes from it: of memmon's, cpumon's, memprof's. */
#ifndef MONITOR_UI_TERM_H
#define MONITOR_UI_TERM_H

#include "lib/base.h" /* curses has wide characters only with its feature macros */

#include <curses.h>
#include <wchar.h>

/* Where in a sequence of the terminal we are. */
enum seq_state { SEQ_NONE, SEQ_ESCAPE, SEQ_CONTROL, SEQ_STRING, SEQ_MORE };

struct term_input {
	enum seq_state state;
	char text[8]; /* parameters of a control sequence */
	size_t length;
	unsigned int more; /* characters that still belong to it */
	bool pasting;
	bool alone;	    /* the latest stood at the end of what had come */
	bool any;	    /* something came since it was set to false */
	uint64_t latest_ns; /* of the latest character */
};

/* Takes the terminal; the locale is set. The caller deletes *@term behind term_leave(). @mouse:
 * presses and the wheel come as KEY_MOUSE. @instead ("use --batch") is what to do without a
 * terminal. 0, or -ENOTTY, -EINVAL after saying why. */
int term_open(SCREEN **term, bool mouse, const char *instead);
/* Leaves it as it was. */
void term_leave(void);
/* What poll(2) says of a terminal without waiting: 0, events, or -EIO: it has gone. */
int term_look(int fd, short events);
/* Readable, but nothing to read: the end of a terminal that went without a hang-up. */
bool term_at_end(void);
/* The next key that is there, as get_wch() gives it; false: none. What is no key is swallowed, and
 * pasted text too unless a line is being typed (@typing). */
bool term_key(struct term_input *in, bool typing, wint_t *code, bool *function);
/* Takes it back after the program was stopped; true: it was, all is to be drawn again. */
bool term_check_stop(void);
/* Takes over its size, in case the signal of a change went to somebody else; true: it changed. */
bool term_check_size(int *height, int *width);

#endif
