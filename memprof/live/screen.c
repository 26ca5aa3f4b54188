/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The screen: a head of totals, a table, a line of keys. The keys are those of memmon where they
 * mean the same. A key is a row of a table, from which the help is made.
 */
#include "lib/base.h"
#include "memprof/live/screen.h"

#include <limits.h>
#include <locale.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wctype.h>

#include "lib/clock.h"
#include "lib/format.h"
#include "lib/log.h"
#include "lib/stops.h"
#include "monitor/ui/ui_term.h"
#include "monitor/view/column.h"

enum { HEAD = 5, FILTER_MAX = 200, ESCAPE = 27, CTRL_L = 12 };

struct screen {
	struct watched_model *m;
	struct profile_alerts *alerts;
	uint64_t interval_ns, next_ns; /* when the next look is due */
	size_t cursor, top;	       /* lines */
	int height, width;
	struct term_input input;
	bool paused, helping, asking, quit;
	char filter[FILTER_MAX]; /* being typed */
	char note[160];
};

static volatile sig_atomic_t ended;

static void on_end(int sig UNUSED)
{
	ended = 1;
}

/* --- keys ---------------------------------------------------------------------------------------
 */

static size_t rows(const struct screen *s)
{
	return s->height > HEAD + 1 ? (size_t)(s->height - HEAD - 1) : 1;
}

static void move_to(struct screen *s, int64_t line)
{
	size_t n;

	watched_lines(s->m, &n);
	line = MIN(line, (int64_t)n - 1);
	s->cursor = (size_t)MAX(line, (int64_t)0);
	if (s->cursor < s->top)
		s->top = s->cursor;
	if (s->cursor >= s->top + rows(s))
		s->top = s->cursor - rows(s) + 1;
}

static void up(struct screen *s)
{
	move_to(s, (int64_t)s->cursor - 1);
}

static void down(struct screen *s)
{
	move_to(s, (int64_t)s->cursor + 1);
}

static void page_up(struct screen *s)
{
	move_to(s, (int64_t)s->cursor - (int64_t)rows(s));
}

static void page_down(struct screen *s)
{
	move_to(s, (int64_t)s->cursor + (int64_t)rows(s));
}

static void first(struct screen *s)
{
	move_to(s, 0);
}

static void last(struct screen *s)
{
	move_to(s, INT64_MAX);
}

static void set_view(struct screen *s, enum watched_view view)
{
	watched_set_view(s->m, view);
	first(s);
}

static void detail(struct screen *s)
{
	watched_set_detail(s->m, s->cursor);
	first(s);
}

static void back(struct screen *s)
{
	char why[8];

	if (s->helping)
		s->helping = false;
	else if (watched_view(s->m) != LIVE_FUNCTIONS)
		set_view(s, LIVE_FUNCTIONS);
	else
		watched_set_filter(s->m, "", why, sizeof(why));
	first(s);
}

/* The next figure that the profile has, to the left or right. */
static void turn_value(struct screen *s, int by)
{
	size_t value = watched_value(s->m);

	for (int i = 0; i < REPORT_VALUES; i++) {
		value = (value + (size_t)(REPORT_VALUES + by)) % REPORT_VALUES;
		watched_set_value(s->m, value);
		if (watched_value(s->m) == value)
			break;
	}
	first(s);
}

static void value_left(struct screen *s)
{
	turn_value(s, -1);
}

static void value_right(struct screen *s)
{
	turn_value(s, 1);
}

static void turn_round(struct screen *s)
{
	watched_reverse(s->m);
	first(s);
}

static void ask_filter(struct screen *s)
{
	s->asking = true;
	snprintf(s->filter, sizeof(s->filter), "%s", watched_filter(s->m));
}

static void no_filter(struct screen *s)
{
	char why[8];

	watched_set_filter(s->m, "", why, sizeof(why));
	first(s);
}

static void tree(struct screen *s)
{
	set_view(s, watched_view(s->m) == LIVE_TREE ? LIVE_FUNCTIONS : LIVE_TREE);
}

static void stacks(struct screen *s)
{
	set_view(s, watched_view(s->m) == LIVE_STACKS ? LIVE_FUNCTIONS : LIVE_STACKS);
}

static void pause_it(struct screen *s)
{
	s->paused = !s->paused;
}

static void longer(struct screen *s)
{
	s->interval_ns = MIN(s->interval_ns * 2, 60 * NSEC_PER_SEC);
}

static void shorter(struct screen *s)
{
	s->interval_ns = MAX(s->interval_ns / 2, NSEC_PER_SEC / 8);
}

static void help(struct screen *s)
{
	s->helping = !s->helping;
}

/* The next profile; whether something has fired or begun to grow by it. */
static bool look(struct screen *s)
{
	bool grew = watched_trend(s->m, NULL) == VERDICT_GROWING, fired = false;
	int got;

	s->next_ns = clock_ns() + s->interval_ns;
	got = watched_refresh(s->m);
	if (!got && watched_source(s->m)->go)
		snprintf(s->note, sizeof(s->note), "the recording ends here; q: quit");
	if (got > 0)
		fired = profile_alerts_check(s->alerts, watched_profile(s->m), true);
	if (fired)
		snprintf(s->note, sizeof(s->note), "%s", profile_alerts_latest(s->alerts));
	return fired || (!grew && watched_trend(s->m, NULL) == VERDICT_GROWING);
}

/* In a recording; elsewhere it is said that it is none. */
static bool go(struct screen *s, int64_t by)
{
	const struct watched_source *source = watched_source(s->m);

	if (!source->go)
		snprintf(s->note, sizeof(s->note), "this is no recording");
	else if (!source->go(source->arg, by))
		snprintf(s->note, sizeof(s->note), "%s",
			 by < 0 ? "the recording begins here" : "the recording ends here");
	return source->go != NULL;
}

static void step_back(struct screen *s)
{
	if (go(s, -2))
		look(s);
}

static void step_on(struct screen *s)
{
	if (go(s, 0))
		look(s);
}

static void to_end(struct screen *s)
{
	if (go(s, INT32_MAX))
		look(s);
}

static void to_next(struct screen *s)
{
	const struct watched_source *source = watched_source(s->m);

	if (!go(s, 0))
		return;
	while (!look(s) && source->go(source->arg, 0))
		;
}

static void redraw(struct screen *s UNUSED)
{
	clearok(stdscr, TRUE);
}

static void quit(struct screen *s)
{
	s->quit = true;
}

static const struct {
	int keys[3];
	const char *name, *help; /* NULL: told with the one before */
	void (*act)(struct screen *s);
} keys[] = {
	{{'q'}, "q", "quit", quit},
	{{ESCAPE}, "Esc", "back; in the table: forget a filter", back},
	{{'h', '?'}, "h ?", "this help, and back", help},
	{{KEY_UP, 'k'}, "Up Down k j", "one line up, down", up},
	{{KEY_DOWN, 'j'}, NULL, NULL, down},
	{{KEY_PPAGE}, "PgUp PgDn", "a page up, down", page_up},
	{{KEY_NPAGE}, NULL, NULL, page_down},
	{{KEY_HOME, 'g'}, "Home End g G", "to the first, the last line", first},
	{{KEY_END, 'G'}, NULL, NULL, last},
	{{KEY_ENTER, '\r', '\n'}, "Enter", "the stacks that the function is in", detail},
	{{KEY_LEFT}, "Left Right", "order by the figure before, after", value_left},
	{{KEY_RIGHT}, NULL, NULL, value_right},
	{{'r', 'I'}, "r I", "turn the order round", turn_round},
	{{'/', 'f'}, "/ f", "filter: a regular expression on names", ask_filter},
	{{'\\'}, "\\", "no filter", no_filter},
	{{'t'}, "t", "the call tree, and back", tree},
	{{'s'}, "s", "whole stacks, and back", stacks},
	{{'p', ' '}, "p Space", "pause: the screen stands still", pause_it},
	{{'+'}, "+ -", "a longer, a shorter interval", longer},
	{{'-'}, NULL, NULL, shorter},
	{{'['}, "[ ]", "of a recording: a look back, on; pause with p", step_back},
	{{']'}, NULL, NULL, step_on},
	{{'}'}, "} $", "of a recording: to the next alert or growth, to its end", to_next},
	{{'$'}, NULL, NULL, to_end},
	{{CTRL_L}, "Ctrl-L", "draw everything again", redraw},
};

/* --- drawing ------------------------------------------------------------------------------------
 */

static void put(const struct screen *s, int row, const char *text, int attributes)
{
	struct strbuf cut = STRBUF_INIT;

	if (row >= s->height)
		return;
	column_text(text, s->width, &cut);
	attrset(attributes);
	move(row, 0);
	clrtoeol();
	addstr(cut.s);
	attrset(A_NORMAL);
	strbuf_release(&cut);
}

static void add_amount(struct strbuf *out, size_t value, uint64_t v)
{
	if (!strcmp(report_values[value].unit, "bytes"))
		format_bytes(out, (double)v);
	else
		format_count(out, v);
}

static void add_known(struct strbuf *out, const struct profile *p, const char *what, size_t blocks,
		      size_t bytes)
{
	strbuf_addf(out, "%s%s ", out->len ? "   " : "", what);
	if (!report_value_known(bytes, p)) {
		strbuf_addch(out, '-');
		return;
	}
	add_amount(out, bytes, report_value_of(bytes, &p->total));
	strbuf_addstr(out, " in ");
	add_amount(out, blocks, report_value_of(blocks, &p->total));
}

static void draw_head(const struct screen *s)
{
	const struct profile *p = watched_profile(s->m);
	struct strbuf line = STRBUF_INIT;

	strbuf_addf(&line, "memprof live   %s (%u)", p->nprocesses ? p->processes[0].comm : "-",
		    p->nprocesses ? p->processes[0].pid : 0);
	if (p->nprocesses > 1)
		strbuf_addf(&line, " and %zu more", p->nprocesses - 1);
	if (p->nprocesses)
		strbuf_addf(&line, ", %s", p->processes[0].ended);
	if (p->end_ns > p->start_ns) {
		strbuf_addstr(&line, "   ");
		format_duration(&line, (double)(p->end_ns - p->start_ns));
	}
	strbuf_addstr(&line, p->mode == PROFILE_SAMPLED ? "   sampled" : "");
	strbuf_addstr(&line, watched_source(s->m)->go ? "   REPLAY" : "");
	strbuf_addstr(&line, s->paused ? "   paused" : "");
	if (profile_alerts_fired(s->alerts))
		strbuf_addf(&line, "   alerts %zu", profile_alerts_fired(s->alerts));
	put(s, 0, line.s, A_BOLD);
	strbuf_reset(&line);
	add_known(&line, p, "live", VALUE_LIVE_BLOCKS, VALUE_LIVE);
	add_known(&line, p, "allocated", VALUE_ALLOCS, VALUE_BYTES);
	add_known(&line, p, "peak", VALUE_PEAK_BLOCKS, VALUE_PEAK);
	put(s, 1, line.s, A_NORMAL);
	strbuf_reset(&line);
	strbuf_addstr(&line, "live bytes: ");
	watched_trend(s->m, &line);
	put(s, 2, line.s, A_NORMAL);
	strbuf_reset(&line);
	strbuf_addf(&line, "%s by %s", watched_view_names[watched_view(s->m)],
		    report_values[watched_value(s->m)].title);
	if (*watched_filter(s->m))
		strbuf_addf(&line, "   filter: %s%s", watched_filter(s->m),
			    watched_filter_gave_up(s->m) ? " (takes too long, matches nothing)"
							 : "");
	if (watched_wrong(s->m))
		strbuf_addf(&line, "   %s", watched_wrong(s->m));
	put(s, 3, line.s, A_NORMAL);
	strbuf_release(&line);
}

static void draw_line(const struct screen *s, int row, const struct watched_line *l, bool cursor)
{
	struct strbuf text = STRBUF_INIT, cell = STRBUF_INIT;
	size_t value = watched_value(s->m);
	const uint64_t amounts[] = {l->self, l->all};

	for (size_t i = 0; i < 2; i++) {
		strbuf_reset(&cell);
		if (amounts[i])
			add_amount(&cell, value, amounts[i]);
		strbuf_addf(&text, "%11s ", cell.s);
	}
	strbuf_reset(&cell);
	if (l->grown) {
		strbuf_addch(&cell, l->grown > 0 ? '+' : '-');
		add_amount(&cell, value, (uint64_t)(l->grown > 0 ? l->grown : -l->grown));
	}
	strbuf_addf(&text, "%11s ", cell.s);
	strbuf_reset(&cell);
	if (l->allocs)
		format_count(&cell, l->allocs);
	strbuf_addf(&text, "%13s  %*s%s", cell.s, (int)MIN(l->depth, 40U), "", l->name);
	put(s, row, text.s, cursor ? A_REVERSE : A_NORMAL);
	strbuf_release(&text);
	strbuf_release(&cell);
}

static void draw_help(const struct screen *s)
{
	int row = HEAD - 1;

	for (size_t i = 0; i < ARRAY_SIZE(keys) && row < s->height - 1; i++) {
		char line[120];

		if (!keys[i].name)
			continue;
		snprintf(line, sizeof(line), "  %-14s %s", keys[i].name, keys[i].help);
		put(s, row++, line, A_NORMAL);
	}
}

static void draw_table(const struct screen *s)
{
	const struct watched_line *lines;
	char title[120];
	size_t n;

	snprintf(title, sizeof(title), "%11s %11s %11s %13s  %s", "SELF", "ALL", "GROWN",
		 "ALLOCATIONS", "FUNCTION");
	put(s, HEAD - 1, title, A_REVERSE);
	lines = watched_lines(s->m, &n);
	for (size_t i = 0; i < rows(s) && s->top + i < n; i++)
		draw_line(s, HEAD + (int)i, &lines[s->top + i], s->top + i == s->cursor);
	if (!n)
		put(s, HEAD, "  nothing", A_NORMAL);
}

static void draw(struct screen *s)
{
	char foot[FILTER_MAX + 40];

	getmaxyx(stdscr, s->height, s->width);
	move_to(s, (int64_t)s->cursor);
	erase();
	draw_head(s);
	if (s->helping)
		draw_help(s);
	else
		draw_table(s);
	if (s->asking)
		snprintf(foot, sizeof(foot), "filter: %s_", s->filter);
	else if (*s->note)
		snprintf(foot, sizeof(foot), "%s", s->note);
	else
		snprintf(foot, sizeof(foot),
			 "q: quit  h: help  Left Right: figure  /: filter  "
			 "Enter: stacks of  t: tree  s: stacks  p: pause");
	put(s, s->height - 1, foot, A_NORMAL);
	refresh();
}

/* --- input --------------------------------------------------------------------------------------
 */

static void type(struct screen *s, int key)
{
	size_t n = strlen(s->filter);
	char why[120] = "";

	if (key == KEY_BACKSPACE || key == 127 || key == 8) {
		/* A whole character: what follows its first byte begins with the bits 10. */
		while (n && ((unsigned char)s->filter[n - 1] & 0xc0) == 0x80)
			n--;
		s->filter[n ? n - 1 : 0] = '\0';
	} else if (key == ESCAPE) {
		s->asking = false;
	} else if (key == '\r' || key == '\n' || key == KEY_ENTER) {
		s->asking = false;
		if (watched_set_filter(s->m, s->filter, why, sizeof(why)))
			snprintf(s->note, sizeof(s->note), "no regular expression: %s", why);
		first(s);
	}
}

/* A character of the filter that is being typed, as the locale writes it. */
static void type_text(struct screen *s, wint_t c)
{
	char bytes[MB_LEN_MAX];
	int count = iswprint(c) ? wctomb(bytes, (wchar_t)c) : 0;
	size_t n = strlen(s->filter);

	if (count > 0 && n + (size_t)count < sizeof(s->filter)) {
		memcpy(s->filter + n, bytes, (size_t)count);
		s->filter[n + (size_t)count] = '\0';
	}
}

static void press(struct screen *s, int key)
{
	s->note[0] = '\0';
	if (s->asking) {
		type(s, key);
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		for (size_t k = 0; k < ARRAY_SIZE(keys[i].keys); k++)
			if (key && keys[i].keys[k] == key) {
				keys[i].act(s);
				return;
			}
}

/* Until something is typed, or the next look is due. */
static void wait_for(const struct screen *s)
{
	const struct watched_source *source = watched_source(s->m);
	struct pollfd in = {STDIN_FILENO, POLLIN, 0};

	while (!ended) {
		uint64_t now = clock_ns(), until = s->paused ? now + NSEC_PER_SEC : s->next_ns;
		int ms = until > now ? (int)MIN((until - now) / NSEC_PER_MSEC + 1, 60000ULL) : 0;
		int got;

		if (source->tick)
			ms = MIN(ms, source->tick_ms);
		got = poll(&in, 1, ms);
		if (source->tick)
			source->tick(source->arg);
		/* A terminal that has gone away is the end. */
		if (got > 0 && in.revents & (POLLHUP | POLLERR | POLLNVAL))
			ended = 1;
		if (got || clock_ns() >= until)
			break;
	}
}

static void loop(struct screen *s)
{
	while (!s->quit && !ended) {
		bool function;
		wint_t code;

		if (!s->paused && clock_ns() >= s->next_ns)
			look(s);
		while (!s->quit && term_key(&s->input, s->asking, &code, &function)) {
			if (s->asking && !function && iswprint(code))
				type_text(s, code);
			else if (function || code < 128)
				press(s, (int)code);
		}
		if (s->quit)
			break;
		term_check_stop();
		term_check_size(&s->height, &s->width);
		draw(s);
		wait_for(s);
	}
}

int screen_check(void)
{
	if (isatty(STDIN_FILENO) && isatty(STDOUT_FILENO))
		return 0;
	log_err("%s is not a terminal; 'memprof report' prints a profile",
		isatty(STDIN_FILENO) ? "stdout" : "stdin");
	return -ENOTTY;
}

int live_screen(struct watched_model *m, double interval_s, struct profile_alerts *alerts)
{
	struct screen s = {
		.m = m, .alerts = alerts, .interval_ns = (uint64_t)(interval_s * NSEC_PER_SEC)};
	SCREEN *term;
	int err;

	if (screen_check())
		return -ENOTTY;
	setlocale(LC_CTYPE, "");
	stops_catch(on_end);
	err = term_open(&term, false, "use 'memprof report'");
	if (err)
		return err;
	/* The first one is in the model since it was opened. */
	s.next_ns = clock_ns() + s.interval_ns;
	if (profile_alerts_check(alerts, watched_profile(m), true))
		snprintf(s.note, sizeof(s.note), "%s", profile_alerts_latest(alerts));
	loop(&s);
	term_leave();
	delscreen(term);
	return 0;
}
