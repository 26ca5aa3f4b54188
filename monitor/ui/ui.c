/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The screen's life: takes the terminal, hands keys to the screen that is shown, gives it back. */
#include "lib/base.h"
#include "monitor/ui/ui.h"

#include <langinfo.h>
#include <locale.h>
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "monitor/ui/ui_screen.h"
#include "monitor/view/column.h"

enum { NOTE_S = 5, NOTE_LINES = 4, KEYS_AT_ONCE = 1024, WHEEL_LINES = 3, ESCAPE_MS = 25 };

/* A program has one terminal; so a second ui_close() finds what it looks for. */
static struct ui the_ui;

static const struct screen *shown(const struct ui *u)
{
	return u->stack[u->depth - 1];
}

/* --- life --- */

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

int ui_open(struct ui **out, const struct ui_options *opts)
{
	struct ui *u = &the_ui;

	*out = NULL;
	if (u->open)
		return -EBUSY;
	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		return terminal_missing();
	setlocale(LC_CTYPE, "");
	*u = (struct ui){.o = *opts, .interval_s = opts->interval_s, .dirty = true};
	u->term = newterm(NULL, stdout, stdin);
	if (!u->term)
		return terminal_missing();
	if (!can_place_cursor()) {
		endwin();
		delscreen(u->term);
		return terminal_missing();
	}
	u->open = true;
	if (strcmp(nl_langinfo(CODESET), "UTF-8"))
		u->o.ascii = true;
	take_terminal(u);
	table_init(u);
	u->stack[u->depth++] = &table_screen;
	*out = u;
	return 0;
}

void ui_close(struct ui *u)
{
	if (!u || !u->open)
		return;
	while (u->depth > 1)
		ui_pop(u);
	u->open = false;
	mousemask(0, NULL);
	curs_set(1);
	endwin();
	/* What was said last may be why the screen goes. */
	if (u->note[0] && u->note_said && !u->dead)
		fprintf(stderr, "%s\n", u->note);
	delscreen(u->term);
	table_release(&u->table);
	events_release(&u->events);
	page_release(&u->detail.page);
	page_release(&u->help);
	frame_copy_free(u->kept);
	u->kept = NULL;
}

/* --- between screens --- */

void ui_push(struct ui *u, const struct screen *s)
{
	if (u->depth == SCREENS_DEEP || (s->open && s->open(u)))
		return;
	u->stack[u->depth++] = s;
	u->dirty = true;
}

void ui_pop(struct ui *u)
{
	if (u->depth <= 1)
		return;
	if (shown(u)->close)
		shown(u)->close(u);
	u->depth--;
	u->dirty = true;
}

void ui_toggle_screen(struct ui *u, const struct screen *s)
{
	for (size_t i = 1; i < u->depth; i++) {
		if (u->stack[i] != s)
			continue;
		while (u->depth > i)
			ui_pop(u);
		return;
	}
	ui_push(u, s);
}

static void tell_screens(struct ui *u)
{
	for (size_t i = 0; i < u->depth; i++)
		if (u->stack[i]->frame)
			u->stack[i]->frame(u);
}

void ui_frame(struct ui *u, struct frame *f)
{
	u->latest = f;
	if (u->kept) {
		u->held++;
		return;
	}
	u->frame = f;
	u->dirty = true;
	tell_screens(u);
}

static void resume(struct ui *u)
{
	char text[96];

	frame_copy_free(u->kept);
	u->kept = NULL;
	u->frame = u->latest;
	u->table.stale = true;
	if (!u->held)
		return;
	snprintf(text, sizeof(text), "%llu frame%s passed meanwhile", (unsigned long long)u->held,
		 u->held == 1 ? "" : "s");
	u->held = 0;
	tell_screens(u);
	ui_tell(u, text);
}

void ui_pause(struct ui *u, int arg UNUSED)
{
	u->dirty = true;
	if (u->kept) {
		resume(u);
		return;
	}
	if (!u->frame)
		return;
	u->kept = frame_copy(u->frame);
	if (u->kept)
		u->frame = u->kept;
	else
		ui_tell(u, "no memory to pause");
}

/* --- keys that mean the same everywhere --- */

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
	if (action != KEY_ACT_NONE && !run_binding(u, shown(u)->bindings, action, code))
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
	} else if (e.bstate & BUTTON1_PRESSED && shown(u)->mouse) {
		shown(u)->mouse(u, &e);
		u->dirty = true;
	}
}

static void key(struct ui *u, wint_t code, bool function)
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
		act(u, ui_key_find((int)code, shown(u)->bit), (int)code);
	}
}

/* --- the terminal --- */

/* What poll(2) says of a terminal without waiting: nothing, there is input, or it has gone. */
static int look(int fd, short events)
{
	struct pollfd p = {.fd = fd, .events = events};

	if (poll(&p, 1, 0) < 0)
		return 0;
	return p.revents & (POLLHUP | POLLERR | POLLNVAL) ? -EIO : p.revents & events;
}

/* Readable, but nothing to read: the end of a terminal that went without a hang-up. */
static bool at_end(void)
{
	int bytes = 0;

	return look(STDIN_FILENO, POLLIN) && !ioctl(STDIN_FILENO, FIONREAD, &bytes) && !bytes;
}

int ui_input(struct ui *u)
{
	size_t n = 0;
	int ready = look(STDIN_FILENO, POLLIN);

	if (u->dead || ready < 0) {
		u->dead = true;
		return -EIO;
	}
	u->wish = UI_NOTHING;
	for (; n < KEYS_AT_ONCE && u->wish != UI_QUIT; n++) {
		wint_t code;
		int kind = get_wch(&code);

		if (kind == ERR)
			break;
		key(u, code, kind == KEY_CODE_YES);
	}
	if (!n && ready && at_end()) {
		u->dead = true;
		return -EIO;
	}
	if (u->wish == UI_NOTHING && u->dirty)
		u->wish = UI_DRAW;
	return (int)u->wish;
}

/* In case its signal went to somebody else. */
static void check_size(struct ui *u)
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

static void check_note(struct ui *u)
{
	const struct alert_hit *hit = u->o.alerts ? alerts_latest(u->o.alerts) : NULL;

	if (hit && hit->time_ns != u->alert_ns) {
		char text[sizeof(u->note)];

		u->alert_ns = hit->time_ns;
		snprintf(text, sizeof(text), "alert: %u %s: %s", hit->pid, hit->name, hit->query);
		ui_tell(u, text);
	}
	if (u->note[0] && clock_ns() >= u->note_until_ns) {
		u->note[0] = '\0';
		u->dirty = true;
	}
}

/* On as many lines as it takes, over what is above. */
static void draw_note(struct ui *u)
{
	int lines = MIN((ui_cells(u->note) + u->width - 1) / u->width, NOTE_LINES);
	const char *text = u->note;

	for (int i = 0; i < lines; i++) {
		ui_fill(u, u->height - lines + i, 0, u->width, STYLE_NOTICE, text);
		text += ui_bytes(text, u->width);
	}
}

static void draw_status(struct ui *u)
{
	struct strbuf left = STRBUF_INIT, right = STRBUF_INIT;
	int y = u->height - 1, cells;

	if (shown(u)->status)
		shown(u)->status(u, &left, &right);
	cells = ui_cells(right.s);
	ui_fill_words(u, y, 0, MAX(u->width - cells - 1, 0), STYLE_DIM, left.s);
	ui_print(u, y, MAX(u->width - cells, 0), cells, STYLE_NORMAL, right.s);
	strbuf_release(&left);
	strbuf_release(&right);
}

static void draw_all(struct ui *u)
{
	erase();
	if (u->width < MIN_WIDTH || u->height < MIN_HEIGHT) {
		char text[80];

		snprintf(text, sizeof(text), "too small: %dx%d, needs %dx%d", u->width, u->height,
			 MIN_WIDTH, MIN_HEIGHT);
		ui_print(u, 0, 0, u->width, STYLE_NORMAL, text);
		curs_set(0);
		return;
	}
	shown(u)->draw(u);
	if (u->note[0])
		draw_note(u);
	else
		draw_status(u);
	if (u->prompt.open)
		prompt_draw(u);
	curs_set(u->prompt.open ? 1 : 0);
}

int ui_draw(struct ui *u)
{
	if (!u->dead) {
		check_size(u);
		check_note(u);
	}
	if (!u->dead && u->dirty) {
		u->dirty = false;
		draw_all(u);
		refresh();
		u->dead = look(STDOUT_FILENO, POLLOUT) < 0;
	}
	return u->dead ? -EIO : 0;
}

double ui_interval(const struct ui *u)
{
	return u->interval_s;
}

bool ui_paused(const struct ui *u)
{
	return u->kept != NULL;
}

void ui_tell(struct ui *u, const char *text)
{
	struct strbuf sb = STRBUF_INIT;

	column_text(text, (int)sizeof(u->note) / 4 - 1, &sb);
	snprintf(u->note, sizeof(u->note), "%s", sb.s);
	strbuf_release(&sb);
	u->note_said = false;
	u->note_until_ns = clock_ns() + NOTE_S * NSEC_PER_SEC;
	u->dirty = true;
}

void ui_note(struct ui *u, const char *text)
{
	ui_tell(u, text);
	u->note_said = true;
}
