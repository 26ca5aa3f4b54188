/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The terminal: taken, looked after while it may stop, change or die, given back; and what comes
 * from it. ncurses knows the keys of the terminal's description. Everything else that begins with
 * an escape (focus reports, pasted text, Alt with a key, keys of other terminals) is swallowed
 * whole: its bytes must not act as keys. An escape that nothing follows is the key.
 */
#include "lib/base.h"
#include "monitor/ui/ui_term.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wctype.h>

#include <term.h>

#include "lib/clock.h"
#include "lib/log.h"

enum { ESCAPE_MS = 25, ESCAPE = 27, CSI_8BIT = 0x9b };
/* Text that is being pasted comes without such a pause. */
#define PASTE_PAUSE_NS NSEC_PER_SEC

static volatile sig_atomic_t continued;

static void on_continue(int sig UNUSED)
{
	continued = 1;
}

/* Prints why not, and returns -errno. */
static int terminal_missing(const char *instead)
{
	const char *term = getenv("TERM");

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) {
		log_err("%s is not a terminal; %s", isatty(STDIN_FILENO) ? "stdout" : "stdin",
			instead);
		return -ENOTTY;
	}
	log_err("the terminal '%s' (TERM) is not known here or cannot place its cursor; set TERM "
		"to what it is (xterm-256color, linux, ..), or %s",
		term ? term : "", instead);
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

/* That pasted text comes between marks; without them it would act as keys. Terminals with a mouse
 * know such requests or pass over them. */
static void ask_for_paste(bool on)
{
	const char *mouse = tigetstr("kmous");

	if (!mouse || mouse == (char *)-1)
		return;
	putp(on ? "\033[?2004h" : "\033[?2004l");
	fflush(stdout);
}

static void take_terminal(bool mouse)
{
	cbreak();
	noecho();
	nonl();
	nodelay(stdscr, TRUE);
	keypad(stdscr, TRUE);
	more_keys();
	set_escdelay(ESCAPE_MS);
	curs_set(0);
	if (mouse) {
		mousemask(BUTTON1_PRESSED | BUTTON4_PRESSED | BUTTON5_PRESSED, NULL);
		mouseinterval(0);
	}
	ask_for_paste(true);
}

/* A TERM that is not known here (a newer terminal's, over ssh) most likely understands what all of
 * its kind do. */
static SCREEN *take_for_another(void)
{
	static const char *const names[] = {"xterm-256color", "xterm", "screen", "vt100", "ansi"};
	const char *term = getenv("TERM");

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		SCREEN *s = newterm(names[i], stdout, stdin);

		if (!s)
			continue;
		log_warn("the terminal '%s' (TERM) is not known here and is taken for %s",
			 term ? term : "", names[i]);
		return s;
	}
	return NULL;
}

int term_open(SCREEN **term, bool mouse, const char *instead)
{
	struct sigaction sa = {.sa_handler = on_continue};

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		return terminal_missing(instead);
	*term = newterm(NULL, stdout, stdin);
	if (!*term)
		*term = take_for_another();
	if (!*term)
		return terminal_missing(instead);
	if (!can_place_cursor()) {
		endwin();
		delscreen(*term);
		return terminal_missing(instead);
	}
	take_terminal(mouse);
	sigaction(SIGCONT, &sa, NULL);
	return 0;
}

void term_leave(void)
{
	ask_for_paste(false);
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

bool term_check_stop(void)
{
	if (!continued)
		return false;
	continued = 0;
	/* Whoever had the terminal meanwhile has left it as he likes it. */
	endwin();
	clearok(curscr, TRUE);
	refresh();
	ask_for_paste(true);
	return true;
}

/* --- what comes from it --- */

static void seq_begin(struct term_input *in, enum seq_state state)
{
	in->state = state;
	in->length = 0;
	in->more = 0;
}

/* After "ESC [": parameters and a last letter. Two kinds go on behind it. */
static void seq_control(struct term_input *in, wint_t c)
{
	bool bare = !in->length;

	if (c == ESCAPE) {
		seq_begin(in, SEQ_ESCAPE);
		return;
	}
	if (c >= 0x20 && c < 0x40) {
		if (in->length < sizeof(in->text) - 1)
			in->text[in->length++] = (char)c;
		return;
	}
	in->text[in->length] = '\0';
	if (c == '~' && !strcmp(in->text, "200"))
		in->pasting = true;
	else if (c == '~' && !strcmp(in->text, "201"))
		in->pasting = false;
	seq_begin(in, SEQ_NONE);
	/* A mouse of the old kind, a function key of the console. */
	in->more = bare && c == 'M' ? 3 : bare && c == '[' ? 1 : 0;
	in->state = in->more ? SEQ_MORE : SEQ_NONE;
}

static void seq_after_escape(struct term_input *in, wint_t c)
{
	seq_begin(in, c == '['					 ? SEQ_CONTROL
		      : c == 'O'				 ? SEQ_MORE
		      : c < 0x80 && strchr("P]_^X", (int)c) && c ? SEQ_STRING
		      : c == ESCAPE				 ? SEQ_ESCAPE
								 : SEQ_NONE); /* Alt with a key */
	in->more = c == 'O';
}

/* Takes a character; true: it is a key, or text between the marks of a paste. */
static bool seq_take(struct term_input *in, wint_t c)
{
	switch (in->state) {
	case SEQ_NONE:
		if (c == ESCAPE || c == CSI_8BIT)
			seq_begin(in, c == ESCAPE ? SEQ_ESCAPE : SEQ_CONTROL);
		return in->state == SEQ_NONE;
	case SEQ_ESCAPE: seq_after_escape(in, c); break;
	case SEQ_CONTROL: seq_control(in, c); break;
	case SEQ_MORE:
		if (!--in->more)
			in->state = SEQ_NONE;
		break;
	case SEQ_STRING: /* up to a bell, or ESC and a backslash */
		if (c == ESCAPE)
			seq_begin(in, SEQ_ESCAPE);
		else if (c == 7 || c == 0x9c)
			in->state = SEQ_NONE;
		break;
	}
	return false;
}

/* Nothing more waits in ncurses: true when nothing comes from the terminal either. */
static bool nothing_follows(void)
{
	struct pollfd p = {.fd = STDIN_FILENO, .events = POLLIN};

	return poll(&p, 1, ESCAPE_MS) <= 0 || !(p.revents & POLLIN);
}

static int bytes_waiting(void)
{
	int bytes = 0;

	return ioctl(STDIN_FILENO, FIONREAD, &bytes) ? 0 : bytes;
}

bool term_key(struct term_input *in, bool typing, wint_t *code, bool *function)
{
	for (;;) {
		bool last = bytes_waiting() == 1;
		int kind = get_wch(code);
		enum seq_state state = in->state;

		*function = kind == KEY_CODE_YES;
		if (kind == ERR) {
			if (state == SEQ_NONE)
				return false;
			if (!nothing_follows())
				continue;
			in->state = SEQ_NONE;
			*code = ESCAPE;
			if (state == SEQ_ESCAPE && !in->pasting)
				return true;
			return false;
		}
		in->any = true;
		if (*function) {
			/* Alt with a function key. */
			in->state = SEQ_NONE;
			if (*code == KEY_RESIZE || (state == SEQ_NONE && !in->pasting))
				return true;
			continue;
		}
		if (in->pasting && clock_ns() - in->latest_ns > PASTE_PAUSE_NS)
			in->pasting = false; /* its end got lost */
		in->latest_ns = clock_ns();
		/* Two keys, and not one with Alt, which come together. */
		if (state == SEQ_ESCAPE && in->alone && *code != '[' && *code != 'O') {
			unget_wch((wchar_t)*code);
			in->state = SEQ_NONE;
			*code = ESCAPE;
			return true;
		}
		if (!seq_take(in, *code)) {
			in->alone = last;
			continue;
		}
		/* Pasted text is for a line that is being typed. */
		if (!in->pasting || (typing && iswprint(*code)))
			return true;
	}
}

bool term_at_end(void)
{
	return term_look(STDIN_FILENO, POLLIN) && !bytes_waiting();
}

bool term_check_size(int *height, int *width)
{
	struct winsize size;

	if (!ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) && size.ws_row && size.ws_col &&
	    is_term_resized(size.ws_row, size.ws_col))
		resizeterm(size.ws_row, size.ws_col);
	if (getmaxy(stdscr) == *height && getmaxx(stdscr) == *width)
		return false;
	getmaxyx(stdscr, *height, *width);
	return true;
}
