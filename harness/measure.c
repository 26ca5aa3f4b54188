/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * How a measure is run: its parameters are read, its steps planned, it runs, and what its records
 * come to is an exit code. Whoever runs one (the command line, `run`, `compare`, `calibrate`)
 * does it here. A signal asks all of them to end: it sets a flag that everybody who waits looks at.
 */
#include "lib/base.h"
#include "harness/measure.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "collector/collect.h"
#include "harness/progress.h"
#include "harness/record.h"
#include "lib/log.h"
#include "lib/stops.h"

/* From a signal on: how often waits are cut short, and how often until the process ends anyway. */
enum { AGAIN_MS = 200, PATIENCE = 40 };

static volatile sig_atomic_t interrupted;
static timer_t again;
static bool has_again;

/* No SA_RESTART: a wait ends at once, and whoever waits asks run_interrupted(). One that begins
 * later, or waits for what never comes, is cut short like it: the signal comes again and again. */
static void on_signal(int sig)
{
	static const struct itimerspec soon = {.it_value.tv_nsec = AGAIN_MS * NSEC_PER_MSEC,
					       .it_interval.tv_nsec = AGAIN_MS * NSEC_PER_MSEC};

	if (sig == SIGALRM) {
		/* What is left behind names us, and is swept by the next command. */
		if (++interrupted > PATIENCE)
			_exit(EXIT_INCONCLUSIVE);
	} else if (!interrupted) {
		interrupted = 1;
		if (has_again)
			timer_settime(again, 0, &soon, NULL);
	}
}

void run_catch_signals(void)
{
	struct sigaction sa = {.sa_handler = on_signal};
	struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGALRM};

	has_again = !timer_create(CLOCK_MONOTONIC, &event, &again);
	stops_catch(on_signal);
	sigaction(SIGALRM, &sa, NULL);
	signal(SIGPIPE, SIG_IGN);
}

bool run_interrupted(void)
{
	return interrupted != 0;
}

const char *const *run_chosen(const char *const *list, const char *const *otherwise)
{
	return list && list[0] ? list : otherwise;
}

const char *const *run_monitors(const struct run *run)
{
	static const char *const none[] = {NULL};
	static char **shipped; /* looked up once; they live as long as the process */

	if (run->monitors && run->monitors[0])
		return run->monitors;
	if (!shipped)
		shipped = monitor_names();
	return shipped ? (const char *const *)shipped : none;
}

const struct measure_ops *measure_find(const char *name)
{
	for (const struct measure_ops *const *m = measure_list; *m; m++)
		if (!strcmp((*m)->name, name))
			return *m;
	return NULL;
}

static void plan(const struct measure_ops *m, const void *params, struct run *run)
{
	double seconds_per_step = 1;
	unsigned int steps = m->steps ? m->steps(run, params, &seconds_per_step) : 0;

	progress_plan(run->progress, m->name, steps, seconds_per_step);
}

void measure_plan(const struct measure_ops *m, struct run *run)
{
	void *params = calloc(1, m->params_size + 1);

	if (!params)
		return;
	param_defaults(m->params, params);
	plan(m, params, run);
	free(params);
}

int measure_run(const struct measure_ops *m, const char *spec, struct run *run)
{
	struct strbuf why = STRBUF_INIT;
	void *params = calloc(1, m->params_size + 1);
	int err = -ENOMEM;

	if (!params)
		goto out;
	param_defaults(m->params, params);
	err = param_parse(m->params, m->name, spec, params);
	if (err)
		goto out;
	if (m->supported && m->supported(&why)) {
		log_err("%s cannot run here: %s", m->name, why.s);
		err = -ENOTSUP;
		goto out;
	}
	plan(m, params, run);
	progress_begin(run->progress, m->name);
	err = m->run(run, params);
	progress_clear(run->progress);
	/* The monitor has told its own name, as a warning: for verify it is no more. */
	if (err == -ECANCELED)
		log_err("%s: a script that ends itself while it is measured cannot be measured; "
			"leave its exit() out",
			m->name);
out:
	strbuf_release(&why);
	free(params);
	return err;
}

static bool is_judged(const struct measure_ops *m, struct json_object *record)
{
	struct json_object *type;

	if (!m || !m->judged || !json_object_object_get_ex(record, "type", &type))
		return true;
	for (const char *const *t = m->judged; *t; t++)
		if (!strcmp(*t, json_object_get_string(type)))
			return true;
	return false;
}

static bool same_word(struct json_object *x, struct json_object *y, const char *key)
{
	return !strcmp(record_str(x, key, ""), record_str(y, key, ""));
}

/* @o had nothing to compare, and neither had any other record of its kind and monitors: nobody
 * asked for nothing, and a pass would be believed. */
static bool is_vacuous(struct json_object *records, struct json_object *o)
{
	static const char *const keys[] = {"type", "monitor", "a", "b"};
	struct json_object *other;

	if (!record_true(o, "vacuous"))
		return false;
	record_foreach (records, other) {
		size_t k = 0;

		while (k < ARRAY_SIZE(keys) && same_word(o, other, keys[k]))
			k++;
		if (k == ARRAY_SIZE(keys) && record_status(other) == STATUS_OK)
			return false;
	}
	return true;
}

/* What was written is not all there: a fault, whatever ended the command. Not -EIO, which is also
 * how helpers fail that a signal cut short; a sink that failed says so when it is closed. */
static bool is_lost_output(int err)
{
	return err == -ENOSPC || err == -EDQUOT || err == -EFBIG;
}

int measure_exit_code(const struct measure_ops *m, struct json_object *records, int err)
{
	size_t n[STATUS_COUNT + 1] = {0}, unjudged = 0;
	struct json_object *o;
	bool vacuous = false, workload_failed = false, not_run = false;

	/* What a signal cut off can fail in any way. */
	if (err == -EINTR || (run_interrupted() && !is_lost_output(err)))
		return EXIT_INCONCLUSIVE;
	if (err == -ENOTSUP || err == -EPERM)
		return EXIT_SKIP;
	/* Some of the guests that were asked for cannot be had here. */
	not_run = err == -ENOPKG;
	if (err && !not_run)
		return EXIT_USAGE;
	record_foreach (records, o) {
		enum status s = record_status(o);

		n[s] += s == STATUS_OK || is_judged(m, o);
		unjudged += record_is_unjudged(o);
		workload_failed |= is_judged(m, o) && s == STATUS_VOID &&
				   !strcmp(record_str(o, "cause", ""), "workload");
		vacuous |= is_judged(m, o) && is_vacuous(records, o);
		/* A matrix is asked of all its cells. */
		not_run |= record_is(o, "cell") && s == STATUS_SKIP;
	}
	if (n[STATUS_FAIL])
		return EXIT_BAD;
	/* Not the monitor's fault, and a longer budget would not cure it. */
	if (workload_failed)
		return EXIT_USAGE;
	if (n[STATUS_VOID] || vacuous || (unjudged && n[STATUS_OK] == unjudged) ||
	    (not_run && n[STATUS_OK]))
		return EXIT_INCONCLUSIVE;
	return !n[STATUS_OK] && n[STATUS_SKIP] ? EXIT_SKIP : EXIT_OK;
}

const char *exit_word(int code)
{
	static const struct {
		int code;
		const char *word;
	} words[] = {{EXIT_OK, "ok"},
		     {EXIT_BAD, "fail"},
		     {EXIT_SKIP, "skip"},
		     {EXIT_INCONCLUSIVE, "inconclusive"}};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (words[i].code == code)
			return words[i].word;
	return "error";
}

int exit_worse(int a, int b)
{
	static const int rank[] = {EXIT_OK, EXIT_SKIP, EXIT_INCONCLUSIVE, EXIT_BAD, EXIT_USAGE};
	size_t ra = 0, rb = 0;

	while (rank[ra] != a)
		ra++;
	while (rank[rb] != b)
		rb++;
	return rank[MAX(ra, rb)];
}

const char *run_outcome(int code)
{
	return run_interrupted() ? "interrupted" : code == EXIT_OK ? "ok" : "failed";
}
