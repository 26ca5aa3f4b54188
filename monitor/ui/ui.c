/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The screen's life. Screens lie on a stack, the last is shown; a key is the shown screen's, or one
 * that all have. A frame is given to every screen on the stack. While paused the screens look at a
 * copy of the frame, and counting goes on.
 */
#include "lib/base.h"
#include "monitor/ui/ui.h"

#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "monitor/ui/ui_screen.h"
#include "monitor/view/column.h"
#include "monitor/view/moment.h"

/* --- a frame that outlives the source's --- */

static size_t sized_rows(const struct frame *f)
{
	size_t n = 0;

	for (size_t i = 0; i < f->n; i++)
		n += f->rows[i].sizes != NULL;
	return n;
}

static size_t texted_rows(const struct frame *f)
{
	size_t n = 0;

	for (size_t i = 0; i < f->n; i++)
		n += f->rows[i].text != NULL;
	return n;
}

static size_t text_bytes(const struct frame *f)
{
	size_t n = texted_rows(f) * TEXT_COUNT * sizeof(char *);

	for (size_t i = 0; i < f->n; i++)
		for (size_t k = 0; f->rows[i].text && k < TEXT_COUNT; k++)
			n += f->rows[i].text[k] ? strlen(f->rows[i].text[k]) + 1 : 0;
	return n;
}

/* They are the source's, and go with its processes. */
static void copy_texts(const struct frame *f, struct frame *copy, char *block)
{
	const char **texts = (const char **)(void *)block;
	char *next = block + texted_rows(f) * TEXT_COUNT * sizeof(*texts);

	for (size_t i = 0; i < f->n; i++) {
		copy->rows[i].sum = NULL;
		if (!f->rows[i].text)
			continue;
		copy->rows[i].text = texts;
		for (size_t k = 0; k < TEXT_COUNT; k++) {
			const char *text = f->rows[i].text[k];
			size_t n = text ? strlen(text) + 1 : 0;

			*texts++ = text ? memcpy(next, text, n) : NULL;
			next += n;
		}
	}
}

static struct frame *frame_copy(const struct frame *f)
{
	size_t rows = f->n * sizeof(*f->rows), events = f->nevents * sizeof(*f->events);
	size_t row_sizes = SIZE_BUCKETS * sizeof(uint32_t), figures = FIELD_COUNT * sizeof(double);
	char *block = malloc(sizeof(*f) + rows + f->n * figures + events +
			     sized_rows(f) * row_sizes + text_bytes(f)),
	     *next;
	struct frame *copy = (struct frame *)(void *)block;

	if (!block)
		return NULL;
	*copy = *f;
	next = block + sizeof(*f);
	copy->rows = (struct proc_row *)(void *)next;
	next += rows;
	if (rows)
		memcpy(copy->rows, f->rows, rows);
	for (size_t i = 0; i < f->n; i++, next += figures) {
		copy->rows[i].v = (double *)(void *)next;
		for (size_t k = 0; k < FIELD_COUNT; k++)
			copy->rows[i].v[k] = row_value(&f->rows[i], (enum field)k);
	}
	copy->from = NULL;
	copy->events = (const struct frame_event *)(const void *)next;
	if (events)
		memcpy(next, f->events, events);
	next += events;
	for (size_t i = 0; i < f->n; i++) {
		if (!f->rows[i].sizes)
			continue;
		memcpy(next, f->rows[i].sizes, row_sizes);
		copy->rows[i].sizes = (const uint32_t *)(const void *)next;
		next += row_sizes;
	}
	copy_texts(f, copy, next);
	return copy;
}

static void frame_copy_free(struct frame *f)
{
	free(f);
}

static void resume(struct ui *u);

/* --- what keys do --- */

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

/* A recording goes frame by frame from now on. */
static void step_frame(struct ui *u, int wish)
{
	if (!source_recorded(u->o.source)) {
		ui_tell(u, "only a recording can be stepped through");
		return;
	}
	u->stepping = true;
	if (u->kept)
		resume(u);
	u->wish = (enum ui_action)wish;
}

static bool check_time(struct ui *u, const char *text, struct query_error *e)
{
	struct moment m;

	if (!*text || !moment_parse(text, u->frame ? u->frame->time_ns : 0, &m))
		return true;
	*e = (struct query_error){.length = strlen(text)};
	snprintf(e->text, sizeof(e->text),
		 "no time; give 12:58:03, +SECONDS after the begin, or "
		 "2026-11-30T12:58:03");
	return false;
}

static void take_time(struct ui *u, const char *text)
{
	struct moment m;

	if (!*text || moment_parse(text, u->frame ? u->frame->time_ns : 0, &m))
		return;
	u->goal_ns = moment_ns(&m, source_begin_ns(u->o.source));
	step_frame(u, UI_TO_TIME);
}

static void to_time(struct ui *u, int arg UNUSED)
{
	if (source_recorded(u->o.source))
		prompt_open(u, "go to", "12:58:03, or +SECONDS after the begin", "", check_time,
			    take_time);
	else
		ui_tell(u, "only a recording can be stepped through");
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
	{KEY_ACT_STEP_BACK, step_frame, UI_BACK},
	{KEY_ACT_STEP_ON, step_frame, UI_SAMPLE},
	{KEY_ACT_TO_NEXT, step_frame, UI_TO_NEXT},
	{KEY_ACT_TO_END, step_frame, UI_TO_END},
	{KEY_ACT_TO_TIME, to_time, 0},
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

static void ui_key(struct ui *u, wint_t code, bool function)
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

/* --- screens, frames, keys --- */

enum { NOTE_S = 5, NOTE_LINES = 4, KEYS_AT_ONCE = 1024 };

/* A program has one terminal; so a second ui_close() finds what it looks for. */
static struct ui the_ui;

const struct screen *ui_shown(const struct ui *u)
{
	return u->stack[u->depth - 1];
}

/* --- life --- */

int ui_open(struct ui **out, const struct ui_options *opts)
{
	struct ui *u = &the_ui;
	int err;

	*out = NULL;
	if (u->open)
		return -EBUSY;
	setlocale(LC_CTYPE, "");
	*u = (struct ui){
		.o = *opts, .interval_s = opts->interval_s, .human = !opts->plain, .dirty = true};
	err = term_open(&u->term, true, "use --batch");
	if (err)
		return err;
	draw_start(u);
	getmaxyx(stdscr, u->height, u->width);
	u->open = true;
	if (strcmp(nl_langinfo(CODESET), "UTF-8"))
		u->o.ascii = true;
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
	term_leave();
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
	if (ui_shown(u)->close)
		ui_shown(u)->close(u);
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
	if (u->kept || u->stepping) {
		u->stepping = false;
		if (u->kept)
			resume(u);
		return;
	}
	if (!u->frame)
		return;
	u->kept = frame_copy(u->frame);
	u->table.stale = true; /* names of groups are the copy's */
	if (u->kept)
		u->frame = u->kept;
	else
		ui_tell(u, "no memory to pause");
}

/* --- keys in, screens out --- */

int ui_input(struct ui *u)
{
	int ready = term_look(STDIN_FILENO, POLLIN);

	if (u->dead || ready < 0) {
		u->dead = true;
		return -EIO;
	}
	u->wish = UI_NOTHING;
	u->input.any = false;
	for (size_t n = 0; n < KEYS_AT_ONCE && u->wish != UI_QUIT; n++) {
		wint_t code;
		bool function;

		if (!term_key(&u->input, u->prompt.open, &code, &function))
			break;
		ui_key(u, code, function);
	}
	if (!u->input.any && ready && term_at_end()) {
		u->dead = true;
		return -EIO;
	}
	if (u->wish == UI_NOTHING && u->dirty)
		u->wish = UI_DRAW;
	return (int)u->wish;
}

static void check_note(struct ui *u)
{
	const struct alert_hit *hit = u->o.alerts ? alerts_latest(u->o.alerts) : NULL;

	if (hit && hit->time_ns != u->alert_ns) {
		char text[sizeof(u->note)];

		u->alert_ns = hit->time_ns;
		if (hit->pid == ROW_UNKNOWN)
			snprintf(text, sizeof(text), "alert: %s: %s", hit->name, hit->query);
		else
			snprintf(text, sizeof(text), "alert: %u %s: %s", hit->pid, hit->name,
				 hit->query);
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

	if (ui_shown(u)->status)
		ui_shown(u)->status(u, &left, &right);
	cells = ui_cells(right.s);
	ui_fill_words(u, y, 0, MAX(u->width - cells - 1, 0), STYLE_DIM, left.s);
	ui_print(u, y, MAX(u->width - cells, 0), cells, STYLE_NORMAL, right.s);
	strbuf_release(&left);
	strbuf_release(&right);
}

/* Where one line would be cut it takes two. */
static void draw_too_small(struct ui *u)
{
	struct strbuf is = STRBUF_INIT, needs = STRBUF_INIT;

	strbuf_addf(&is, "too small: %dx%d", u->width, u->height);
	strbuf_addf(&needs, "needs %dx%d", MIN_WIDTH, MIN_HEIGHT);
	if ((int)(is.len + 2 + needs.len) <= u->width || u->height < 2)
		strbuf_addf(&is, ", %s", needs.s);
	else
		ui_print(u, 1, 0, u->width, STYLE_NORMAL, needs.s);
	ui_print(u, 0, 0, u->width, STYLE_NORMAL, is.s);
	curs_set(0);
	strbuf_release(&is);
	strbuf_release(&needs);
}

static void draw_all(struct ui *u)
{
	erase();
	if (u->width < MIN_WIDTH || u->height < MIN_HEIGHT) {
		draw_too_small(u);
		return;
	}
	ui_shown(u)->draw(u);
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
		u->dirty |= term_check_stop();
		u->dirty |= term_check_size(&u->height, &u->width);
		check_note(u);
	}
	if (!u->dead && u->dirty) {
		u->dirty = false;
		draw_all(u);
		refresh();
		u->dead = term_look(STDOUT_FILENO, POLLOUT) < 0;
	}
	return u->dead ? -EIO : 0;
}

void ui_choice(const struct ui *u, enum tool tool, const struct column **sort, bool *descending,
	       const struct column **chosen)
{
	const struct table *t = &u->table;
	bool shown = t->shows == tool;
	const struct column *const *from = shown ? t->chosen : t->other.chosen;
	size_t n = shown ? t->nchosen : t->other.nchosen;

	*sort = shown ? t->opts.sort : t->other.sort;
	*descending = shown ? t->opts.descending : t->other.descending;
	for (size_t i = 0; i < n; i++)
		chosen[i] = from[i];
	memset(chosen + n, 0, (ARRAY_SIZE(t->chosen) + 1 - n) * sizeof(*chosen));
}

bool ui_plain(const struct ui *u)
{
	return !u->human;
}

uint64_t ui_goal_ns(const struct ui *u)
{
	return u->goal_ns;
}

double ui_interval(const struct ui *u)
{
	return u->interval_s;
}

bool ui_paused(const struct ui *u)
{
	return u->kept != NULL || u->stepping;
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
