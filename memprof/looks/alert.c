/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A profile becomes a frame of memmon's, a row for each process, whose fields are those that come
 * nearest; the table of columns gives them memprof's names. A process is known again by its pid and
 * start; the live bytes of each are kept for its trend, and of too many every second goes.
 */
#include "lib/base.h"
#include "memprof/looks/alert.h"

#include <stdlib.h>
#include <string.h>

#include "lib/log.h"
#include "lib/printable.h"
#include "lib/strbuf.h"
#include "monitor/view/alert.h"
#include "monitor/view/trend.h"

enum { POINTS = 2 * TREND_SAMPLES };

#define NUMBER(k, u, f, h)                                                                         \
	{                                                                                          \
		.key = (k), .title = (k), .help = (h), .kind = COLUMN_NUMBER, .unit = (u),         \
		.field = (f)                                                                       \
	}
#define OTHER(k, kd, h)                                                                            \
	{                                                                                          \
		.key = (k), .title = (k), .help = (h), .kind = (kd)                                \
	}

static const struct column profile_columns[] = {
	OTHER("pid", COLUMN_PID, "process id"),
	OTHER("ppid", COLUMN_PPID, "parent's process id"),
	OTHER("name", COLUMN_NAME, "name of the process (comm)"),
	{.key = "command",
	 .title = "command",
	 .help = "command line",
	 .kind = COLUMN_TEXT,
	 .text = TEXT_COMMAND},
	{.key = "cgroup",
	 .title = "cgroup",
	 .help = "control group",
	 .kind = COLUMN_TEXT,
	 .text = TEXT_CGROUP},
	NUMBER("live", UNIT_BYTES, FIELD_USAGE, "bytes allocated and not freed"),
	NUMBER("blocks", UNIT_NONE, FIELD_FAULTS, "blocks allocated and not freed"),
	NUMBER("allocs", UNIT_NONE, FIELD_MMAP, "blocks allocated"),
	NUMBER("bytes", UNIT_BYTES, FIELD_MMAP_BYTES, "bytes allocated"),
	NUMBER("frees", UNIT_NONE, FIELD_MUNMAP, "blocks freed"),
	NUMBER("freed", UNIT_BYTES, FIELD_MUNMAP_BYTES, "bytes freed"),
	NUMBER("peak", UNIT_BYTES, FIELD_PEAK, "bytes live when most were"),
	NUMBER("growth", UNIT_BYTES_PER_S, FIELD_TREND, "growth of the live bytes"),
	NUMBER("growth_low", UNIT_BYTES_PER_S, FIELD_TREND_LOW, "low end of its 95 % interval"),
	NUMBER("growth_high", UNIT_BYTES_PER_S, FIELD_TREND_HIGH, "high end of its interval"),
	NUMBER("window", UNIT_S, FIELD_TREND_WINDOW, "seconds over which growth is judged"),
	OTHER("verdict", COLUMN_VERDICT, "what the growth says, in memmon's words"),
	{.key = NULL},
};

/* What was live in a process, look by look. */
struct series {
	uint32_t pid;
	uint64_t start;
	size_t n;
	double t[POINTS], y[POINTS];
};

struct profile_alerts {
	struct alerts *alerts;
	struct series **series; /* owned, each too */
	size_t nseries, cap;
	struct strbuf latest;
};

int profile_alerts_open(struct profile_alerts **out, const struct opt_list *queries)
{
	struct profile_alerts *a;
	int err;

	*out = NULL;
	if (!queries->n)
		return 0;
	a = calloc(1, sizeof(*a));
	if (!a)
		return -ENOMEM;
	a->latest = (struct strbuf)STRBUF_INIT;
	err = alerts_new(&a->alerts, profile_columns);
	for (size_t i = 0; !err && i < queries->n; i++)
		err = alerts_add_option(a->alerts, queries->item[i]);
	if (err) {
		profile_alerts_close(a);
		return err;
	}
	*out = a;
	return 0;
}

void profile_alerts_close(struct profile_alerts *a)
{
	if (!a)
		return;
	alerts_free(a->alerts);
	for (size_t i = 0; i < a->nseries; i++)
		free(a->series[i]);
	free(a->series);
	strbuf_release(&a->latest);
	free(a);
}

static struct series *series_of(struct profile_alerts *a, const struct proc_row *row)
{
	struct series *s;

	for (size_t i = 0; i < a->nseries; i++)
		if (a->series[i]->pid == row->pid && a->series[i]->start == row->start_ns)
			return a->series[i];
	if (a->nseries == a->cap) {
		a->cap = a->cap ? 2 * a->cap : 16;
		a->series = realloc(a->series, a->cap * sizeof(*a->series));
	}
	s = calloc(1, sizeof(*s));
	if (!a->series || !s)
		abort();
	s->pid = row->pid;
	s->start = row->start_ns;
	return a->series[a->nseries++] = s;
}

static void judge(struct profile_alerts *a, struct proc_row *row, double t_s)
{
	struct series *s = series_of(a, row);
	double t[POINTS];
	struct trend trend;

	/* The same moment again, or an earlier one of a recording: what comes later is not known.
	 */
	while (s->n && t_s <= s->t[s->n - 1])
		s->n--;
	if (s->n == POINTS) {
		for (size_t i = 0; i < POINTS / 2; i++) {
			s->t[i] = s->t[2 * i + 1];
			s->y[i] = s->y[2 * i + 1];
		}
		s->n = POINTS / 2;
	}
	s->t[s->n] = t_s;
	s->y[s->n++] = row->v[FIELD_USAGE];
	for (size_t i = 0; i < s->n; i++)
		t[i] = s->t[i] - s->t[0];
	trend_of(t, s->y, s->n, &trend_default, &trend);
	row->verdict = (uint8_t)trend.verdict;
	if (trend.verdict == VERDICT_TOO_EARLY)
		return;
	row->v[FIELD_TREND] = trend.slope;
	row->v[FIELD_TREND_LOW] = trend.low;
	row->v[FIELD_TREND_HIGH] = trend.high;
	row->v[FIELD_TREND_WINDOW] = trend.window_s;
}

static void add_values(struct proc_row *row, const struct profile *p,
		       const struct profile_values *v)
{
	row->v[FIELD_MMAP] += (double)v->allocs;
	row->v[FIELD_MMAP_BYTES] += (double)v->bytes;
	if (p->frees_known) {
		row->v[FIELD_MUNMAP] += (double)v->frees;
		row->v[FIELD_MUNMAP_BYTES] += (double)v->freed_bytes;
		row->v[FIELD_USAGE] += (double)v->live_bytes;
		row->v[FIELD_FAULTS] += (double)v->live_blocks;
	}
	if (p->peak_known)
		row->v[FIELD_PEAK] += (double)v->peak_bytes;
}

/* A row for each process that the profile has, and one more for the kernel's own, which is left
 * out where it has no stack. */
static void row_begin(struct proc_row *row, const struct profile *p,
		      const struct profile_process *of)
{
	*row = (struct proc_row){.ppid = ROW_UNKNOWN,
				 .uid = ROW_UNKNOWN,
				 .state = '?',
				 .v = row->v,
				 .text = row->text};
	for (size_t i = 0; i < FIELD_COUNT; i++)
		row->v[i] = NAN;
	row->v[FIELD_MMAP] = row->v[FIELD_MMAP_BYTES] = 0;
	if (p->frees_known)
		row->v[FIELD_MUNMAP] = row->v[FIELD_MUNMAP_BYTES] = row->v[FIELD_USAGE] =
			row->v[FIELD_FAULTS] = 0;
	if (p->peak_known)
		row->v[FIELD_PEAK] = 0;
	snprintf(row->name, sizeof(row->name), "%s", of ? of->comm : "kernel");
	if (!of)
		return;
	/* What has ended grows no more; its other figures stay. */
	row->state = *of->ended && strcmp(of->ended, "running") != 0 ? 'X' : 'R';
	row->pid = of->pid;
	row->ppid = of->parent ? of->parent : ROW_UNKNOWN;
	/* An image that exec() began is another program with a heap of its own. */
	row->start_ns = of->start_ticks * 1024 + of->generation;
	row->text[TEXT_COMMAND] = *of->command_line ? of->command_line : NULL;
	row->text[TEXT_CGROUP] = *of->cgroup ? of->cgroup : NULL;
}

static int by_pid(const void *a, const void *b)
{
	const struct proc_row *x = a, *y = b;

	if (x->pid != y->pid)
		return x->pid < y->pid ? -1 : 1;
	return (x->start_ns > y->start_ns) - (x->start_ns < y->start_ns);
}

static void tell(struct profile_alerts *a, int fired, bool quiet)
{
	const struct alert_hit *hit = alerts_latest(a->alerts);

	strbuf_reset(&a->latest);
	strbuf_addf(&a->latest, "alert: %u ", hit->pid);
	printable_add_line(&a->latest, hit->name);
	strbuf_addf(&a->latest, ": %s", hit->query);
	if (fired > 1)
		strbuf_addf(&a->latest, ", and %d more", fired - 1);
	if (!quiet)
		log_info("%s", a->latest.s);
}

size_t profile_alerts_check(struct profile_alerts *a, const struct profile *p, bool quiet)
{
	struct frame f = {.time_ns = p->end_ns};
	double(*v)[FIELD_COUNT];
	const char *(*text)[TEXT_COUNT];
	bool kernel = false;
	int fired;

	if (!a)
		return 0;
	f.rows = calloc(p->nprocesses + 1, sizeof(*f.rows));
	v = calloc(p->nprocesses + 1, sizeof(*v));
	text = calloc(p->nprocesses + 1, sizeof(*text));
	if (!f.rows || !v || !text)
		abort();
	for (size_t i = 0; i <= p->nprocesses; i++) {
		f.rows[i].v = v[i];
		f.rows[i].text = text[i];
		row_begin(&f.rows[i], p, i < p->nprocesses ? &p->processes[i] : NULL);
	}
	for (size_t i = 0; i < p->nstacks; i++) {
		uint32_t process = p->stacks[i].process;

		kernel |= process == PROFILE_NONE;
		add_values(&f.rows[process == PROFILE_NONE ? p->nprocesses : process], p,
			   &p->stacks[i].values);
	}
	f.n = p->nprocesses + kernel;
	qsort(f.rows, f.n, sizeof(*f.rows), by_pid);
	for (size_t i = 0; p->frees_known && i < f.n; i++)
		if (f.rows[i].state != 'X')
			judge(a, &f.rows[i], (double)p->end_ns / NSEC_PER_SEC);
	fired = alerts_check(a->alerts, &f);
	if (fired > 0)
		tell(a, fired, quiet);
	free(f.rows);
	free(v);
	free(text);
	if (fired < 0)
		abort();
	return (size_t)fired;
}

size_t profile_alerts_fired(const struct profile_alerts *a)
{
	return a ? alerts_fired(a->alerts) : 0;
}

const char *profile_alerts_latest(const struct profile_alerts *a)
{
	return a && a->latest.len ? a->latest.s : NULL;
}

bool profile_alerts_ended(struct profile_alerts *a, pid_t child, int status)
{
	return a && alerts_ended(a->alerts, child, status);
}

size_t profile_alerts_running(const struct profile_alerts *a)
{
	return a ? alerts_running(a->alerts) : 0;
}

int profile_alerts_exit(const struct profile_alerts *a, int code)
{
	if (!a)
		return code;
	if (alerts_failed(a->alerts))
		log_warn("%zu commands of alerts could not be run or failed",
			 alerts_failed(a->alerts));
	if (alerts_dropped(a->alerts))
		log_warn("%zu commands of alerts were not run: %d were running already",
			 alerts_dropped(a->alerts), ALERT_COMMANDS);
	return code == EXIT_OK && profile_alerts_fired(a) ? EXIT_BAD : code;
}
