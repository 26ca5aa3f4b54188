/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The terminal: taken, looked after while it may change or die, given back. */
#include "lib/base.h"
#include "monitor/ui/ui_screen.h"

#include <poll.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "lib/log.h"

enum { ESCAPE_MS = 25 };

/* Prints why not, and returns -errno. */
static int terminal_missing(void)
{
	const char *term = getenv("TERM");

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) {
		log_err("%s is not a terminal; use --batch",
			isatty(STDIN_FILENO) ? "stdout" : "stdin");
		return -ENOTTY;
	}
	log_err("the terminal '%s' (TERM) is not known here or cannot place its cursor; set TERM "
		"to what it is (xterm-256color, linux, ..), or use --batch",
		term ? term : "");
	return -EINVAL;
}

static bool can_place_cursor(void)
{
	const char *cup = tigetstr("cup");

	return cup && cup != (char *)-1;
}

/* Terminals within terminals send what their own terminfo has, not what TERM says. */
static void more_keys(void)
{
	static const struct {
		const char *sequence;
		int code;
	} more[] = {
		{"\033[H", KEY_HOME},  {"\033OH", KEY_HOME},  {"\033[1~", KEY_HOME},
		{"\033[7~", KEY_HOME}, {"\033[F", KEY_END},   {"\033OF", KEY_END},
		{"\033[4~", KEY_END},  {"\033[8~", KEY_END},  {"\033[A", KEY_UP},
		{"\033OA", KEY_UP},    {"\033[B", KEY_DOWN},  {"\033OB", KEY_DOWN},
		{"\033[C", KEY_RIGHT}, {"\033OC", KEY_RIGHT}, {"\033[D", KEY_LEFT},
		{"\033OD", KEY_LEFT},
	};

	for (size_t i = 0; i < ARRAY_SIZE(more); i++)
		if (!key_defined(more[i].sequence))
			define_key(more[i].sequence, more[i].code);
}

static void take_terminal(struct ui *u)
{
	cbreak();
	noecho();
	nonl();
	nodelay(stdscr, TRUE);
	keypad(stdscr, TRUE);
	more_keys();
	set_escdelay(ESCAPE_MS);
	curs_set(0);
	draw_start(u);
	mousemask(BUTTON1_PRESSED | BUTTON4_PRESSED | BUTTON5_PRESSED, NULL);
	mouseinterval(0);
	getmaxyx(stdscr, u->height, u->width);
}

int term_open(struct ui *u)
{
	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		return terminal_missing();
	u->term = newterm(NULL, stdout, stdin);
	if (!u->term)
		return terminal_missing();
	if (!can_place_cursor()) {
		endwin();
		delscreen(u->term);
		return terminal_missing();
	}
	take_terminal(u);
	return 0;
}

void term_leave(void)
{
	mousemask(0, NULL);
	curs_set(1);
	endwin();
}

int term_look(int fd, short events)
{
	struct pollfd p = {.fd = fd, .events = events};

	if (poll(&p, 1, 0) < 0)
		return 0;
	return p.revents & (POLLHUP | POLLERR | POLLNVAL) ? -EIO : p.revents & events;
}

bool term_at_end(void)
{
	int bytes = 0;

	return term_look(STDIN_FILENO, POLLIN) && !ioctl(STDIN_FILENO, FIONREAD, &bytes) && !bytes;
}

void term_check_size(struct ui *u)
{
	struct winsize size;

	if (!ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) && size.ws_row && size.ws_col &&
	    is_term_resized(size.ws_row, size.ws_col))
		resizeterm(size.ws_row, size.ws_col);
	if (getmaxy(stdscr) != u->height || getmaxx(stdscr) != u->width) {
		getmaxyx(stdscr, u->height, u->width);
		u->dirty = true;
	}
}
