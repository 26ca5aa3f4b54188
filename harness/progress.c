/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The bar and the lines of progress, and the estimate of the time left. */
#include "lib/base.h"
#include "harness/progress.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "lib/printable.h"
#include "lib/strbuf.h"

enum { PHASES_MAX = 32, LINE_SECONDS = 5, BAR_CELLS = 24 };

struct phase {
	char name[32];
	unsigned int steps; /* planned; grows when more are taken */
	unsigned int begun; /* steps that began: all but the newest are finished */
	double step_seconds;
	uint64_t start_ns;
};

struct progress {
	enum progress_mode mode;
	FILE *out;
	uint64_t (*now_ns)(void);
	struct phase phases[PHASES_MAX];
	unsigned int nphases, current;
	bool named; /* progress_begin() is used: only it moves to the next phase */
	bool colour, drawn;
	uint64_t step_ns, line_ns;
};

static bool env_set(const char *name)
{
	const char *v = getenv(name);

	return v && *v;
}

static bool can_draw(FILE *out)
{
	const char *term = getenv("TERM");

	return isatty(fileno(out)) && term && strcmp(term, "dumb");
}

static void clear_for_log(void *arg)
{
	progress_clear(arg);
}

struct progress *progress_new_on(enum progress_mode mode, FILE *out, uint64_t (*now_ns)(void))
{
	struct progress *p = calloc(1, sizeof(*p));

	if (!p)
		abort();
	if (mode == PROGRESS_AUTO)
		mode = can_draw(out) ? PROGRESS_BAR : PROGRESS_LINES;
	p->mode = mode;
	p->out = out;
	p->now_ns = now_ns ? now_ns : clock_ns;
	p->colour = mode == PROGRESS_BAR && !env_set("NO_COLOR");
	if (mode == PROGRESS_BAR)
		log_before_line(clear_for_log, p);
	return p;
}

struct progress *progress_new(enum progress_mode mode)
{
	return progress_new_on(mode, stderr, NULL);
}

void progress_plan(struct progress *p, const char *phase, unsigned int steps,
		   double seconds_per_step)
{
	struct phase *ph;
	unsigned int i = p->current;

	while (i < p->nphases && (p->phases[i].begun || strcmp(p->phases[i].name, phase)))
		i++;
	if (i == PHASES_MAX)
		return;
	ph = &p->phases[i];
	p->nphases = MAX(p->nphases, i + 1);
	snprintf(ph->name, sizeof(ph->name), "%s", phase);
	ph->steps = steps;
	ph->step_seconds = seconds_per_step > 0 ? seconds_per_step : 0;
}

void progress_begin(struct progress *p, const char *phase)
{
	for (unsigned int i = p->named ? p->current + 1 : p->current; i < p->nphases; i++) {
		if (strcmp(p->phases[i].name, phase))
			continue;
		p->current = i;
		break;
	}
	p->named = true;
}

/* Seconds left of a phase: a step's length is the plan's, corrected by the steps that ended. */
static double phase_left(const struct progress *p, const struct phase *ph, uint64_t now)
{
	double ended = ph->begun ? ph->begun - 1.0 : 0, step = ph->step_seconds, left;

	if (ended > 0) {
		double spent = (double)(p->step_ns - ph->start_ns) / NSEC_PER_SEC;

		step = (ph->step_seconds + spent) / (1 + ended);
	}
	left = step * (ph->steps - ended);
	if (ph->begun)
		left -= MIN((double)(now - p->step_ns) / NSEC_PER_SEC, step);
	return left > 0 ? left : 0;
}

double progress_seconds_left(const struct progress *p)
{
	double left = 0;
	uint64_t now = p->now_ns();

	for (unsigned int i = p->current; i < p->nphases; i++)
		left += phase_left(p, &p->phases[i], now);
	return left;
}

/* Share of all planned time that is behind us, in [0, 1]. */
static double share_done(const struct progress *p, double left)
{
	double all = 0;

	for (unsigned int i = 0; i < p->nphases; i++)
		all += p->phases[i].steps * p->phases[i].step_seconds;
	return all > 0 ? fmax(0, fmin(1, 1 - left / fmax(all, left))) : 0;
}

static void time_left(double seconds, char *buf, size_t size)
{
	if (seconds < 1)
		snprintf(buf, size, "about done");
	else if (seconds < 90)
		snprintf(buf, size, "%.0f s left", ceil(seconds));
	else
		snprintf(buf, size, "%u min %02u s left", (unsigned int)seconds / 60,
			 (unsigned int)seconds % 60);
}

static size_t terminal_columns(const struct progress *p)
{
	struct winsize ws;

	if (!ioctl(fileno(p->out), TIOCGWINSZ, &ws) && ws.ws_col >= 20)
		return ws.ws_col;
	return 80;
}

static void draw_bar(struct progress *p, const char *text, double left)
{
	const struct phase *ph = &p->phases[p->current];
	char bar[BAR_CELLS + 1], when[48];
	struct strbuf raw = STRBUF_INIT, sb = STRBUF_INIT;
	unsigned int full = (unsigned int)(share_done(p, left) * BAR_CELLS);
	size_t room = terminal_columns(p) - 1;

	memset(bar, '-', BAR_CELLS);
	memset(bar, '=', full);
	bar[BAR_CELLS] = '\0';
	time_left(left, when, sizeof(when));
	strbuf_addf(&raw, "  %s  %s %u/%u: %s", when, ph->name, ph->begun, ph->steps, text);
	printable_add_line(&sb, raw.s);
	if (room > BAR_CELLS + 2 && sb.len > room - BAR_CELLS - 2)
		sb.s[room - BAR_CELLS - 2] = '\0';
	fprintf(p->out, "\r\033[K[%s%s%s]%s", p->colour ? "\033[32m" : "", bar,
		p->colour ? "\033[0m" : "", sb.s);
	fflush(p->out);
	p->drawn = true;
	strbuf_release(&raw);
	strbuf_release(&sb);
}

static void draw_line(struct progress *p, const char *text, double left)
{
	const struct phase *ph = &p->phases[p->current];
	struct strbuf raw = STRBUF_INIT, line = STRBUF_INIT;
	uint64_t now = p->now_ns();
	char when[48];

	if (ph->begun > 1 && now - p->line_ns < LINE_SECONDS * NSEC_PER_SEC)
		return;
	p->line_ns = now;
	time_left(left, when, sizeof(when));
	strbuf_addf(&raw, "%s %u/%u: %s (%s)", ph->name, ph->begun, ph->steps, text, when);
	printable_add_line(&line, raw.s);
	strbuf_addch(&line, '\n');
	printable_put(p->out, line.s);
	fflush(p->out);
	strbuf_release(&raw);
	strbuf_release(&line);
}

void progress_step(struct progress *p, const char *fmt, ...)
{
	struct strbuf text = STRBUF_INIT;
	struct phase *ph;
	double left;
	va_list ap;

	if (p->mode == PROGRESS_NONE)
		return;
	if (!p->nphases)
		progress_plan(p, "step", 1, 0);
	ph = &p->phases[p->current];
	if (!p->named && ph->begun >= ph->steps && p->current + 1 < p->nphases)
		ph = &p->phases[++p->current];
	va_start(ap, fmt);
	strbuf_vaddf(&text, fmt, ap);
	va_end(ap);
	p->step_ns = p->now_ns();
	if (!ph->begun++)
		ph->start_ns = p->step_ns;
	ph->steps = MAX(ph->steps, ph->begun);
	left = progress_seconds_left(p);
	if (p->mode == PROGRESS_BAR)
		draw_bar(p, text.s, left);
	else
		draw_line(p, text.s, left);
	strbuf_release(&text);
}

void progress_clear(struct progress *p)
{
	if (!p->drawn)
		return;
	fputs("\r\033[K", p->out);
	fflush(p->out);
	p->drawn = false;
}

void progress_free(struct progress *p)
{
	if (!p)
		return;
	progress_clear(p);
	if (p->mode == PROGRESS_BAR)
		log_before_line(NULL, NULL);
	free(p);
}
