/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Calls hyperfine and reads what it exports.
 *
 * It is asked for few runs and its JSON alone. What it is given is quoted once for its own words,
 * which are a shell's without expansion; what must be a shell's is handed to `sh -c`, so that both
 * releases do the same with it.
 */
#include "lib/base.h"
#include "harness/timing/hyperfine.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "harness/record.h"
#include "lib/clock.h"
#include "lib/leftover.h"
#include "lib/log.h"
#include "lib/strbuf.h"
#include "lib/why.h"

enum { TAIL_LINES = 20, WAIT_MS = 100, GRACE_MS = 500, VERSION_MS = 5000, PARAMETERS_MAX = 8 };

/* --- its JSON --- */

/* Of schema 2: the value of @metric of a measurement, in seconds. */
static double metric(struct json_object *measurement, const char *name)
{
	struct strbuf path = STRBUF_INIT;
	double v;

	strbuf_addf(&path, "%s.value", name);
	v = record_num(measurement, path.s);
	strbuf_release(&path);
	return v;
}

static void add_run(struct hyperfine_result *r, double wall_s)
{
	r->wall_s = reallocarray(r->wall_s, r->n + 1, sizeof(*r->wall_s));
	if (!r->wall_s)
		abort();
	r->wall_s[r->n++] = wall_s;
}

static void read_runs(struct json_object *o, struct hyperfine_result *r)
{
	struct json_object *m;
	double cpu_s = 0;

	record_foreach (record_get(o, "times"), m)
		add_run(r, record_num(m, NULL));
	if (r->n) {
		r->cpu_s = record_num(o, "user") + record_num(o, "system");
		return;
	}
	record_foreach (record_get(o, "measurements"), m) {
		add_run(r, metric(m, "time_wall_clock"));
		cpu_s += metric(m, "time_user") + metric(m, "time_system");
	}
	r->cpu_s = r->n ? cpu_s / (double)r->n : NAN;
}

/* {"x": "4K"}, and of schema 2 {"x": {"value": "4K"}} */
static char *read_parameters(struct json_object *o)
{
	struct strbuf out = STRBUF_INIT;

	if (json_object_is_type(o, json_type_object)) {
		json_object_object_foreach (o, key, val) {
			struct json_object *v = record_get(val, "value");

			strbuf_addf(&out, "%s%s=%s", out.len ? " " : "", key,
				    record_text(v ? v : val));
		}
	}
	return strbuf_detach(&out);
}

static int read_result(struct json_object *o, struct hyperfine_result *r, struct strbuf *why)
{
	r->command = strdup(record_str(o, "command", "?"));
	r->parameters = read_parameters(record_get(o, "parameters"));
	read_runs(o, r);
	if (!r->n) {
		why_err(why, "hyperfine's JSON has no run of '%s'", r->command);
		return -EINVAL;
	}
	for (size_t i = 0; i < r->n; i++)
		if (!isfinite(r->wall_s[i]) || r->wall_s[i] < 0) {
			why_err(why, "hyperfine's JSON has a run of '%s' without its time",
				r->command);
			return -EINVAL;
		}
	return 0;
}

int hyperfine_parse(const char *text, struct hyperfine_results *out, struct strbuf *why)
{
	struct json_object *doc = json_tokener_parse(text), *o;
	size_t n = record_count(doc, "results");
	int err = 0;

	*out = (struct hyperfine_results){.v = calloc(n + 1, sizeof(*out->v))};
	if (!out->v)
		abort();
	if (!doc)
		why_err(why, "hyperfine exported no JSON");
	else if (!n)
		why_err(why, "hyperfine's JSON has no results");
	record_foreach (record_get(doc, "results"), o)
		if (!err)
			err = read_result(o, &out->v[out->n++], why);
	json_object_put(doc);
	return !n ? -EINVAL : err;
}

void hyperfine_results_release(struct hyperfine_results *r)
{
	for (size_t i = 0; i < r->n; i++) {
		free(r->v[i].command);
		free(r->v[i].parameters);
		free(r->v[i].wall_s);
	}
	free(r->v);
	*r = (struct hyperfine_results){0};
}

/* --- how it is called --- */

static void quote_word(const char *word, struct strbuf *out)
{
	strbuf_addch(out, '\'');
	for (; *word; word++) {
		if (*word == '\'')
			strbuf_addstr(out, "'\\''");
		else
			strbuf_addch(out, *word);
	}
	strbuf_addch(out, '\'');
}

void hyperfine_quote(const char *const *argv, struct strbuf *out)
{
	for (size_t i = 0; argv[i]; i++) {
		if (i)
			strbuf_addch(out, ' ');
		quote_word(argv[i], out);
	}
}

int hyperfine_check(const struct hyperfine_pass *pass)
{
	size_t n = 0;

	for (const char *const *p = pass->parameters; p && *p; p++, n++) {
		const char *eq = strchr(*p, '=');

		if (eq && eq != *p && eq[1])
			continue;
		log_err("--parameter-list takes VAR=VALUE,.., not '%s'", *p);
		return -EINVAL;
	}
	if (n > PARAMETERS_MAX) {
		log_err("--parameter-list was given %zu times; %d are taken", n, PARAMETERS_MAX);
		return -EINVAL;
	}
	return 0;
}

/* Words of a command line that live as long as it. */
struct words {
	const char *argv[64];
	char *own[3 + PARAMETERS_MAX];
	size_t n, nown;
};

static void add_shell(struct words *w, const char *option, const char *command)
{
	struct strbuf quoted = STRBUF_INIT;

	if (!command)
		return;
	strbuf_addstr(&quoted, "sh -c ");
	quote_word(command, &quoted);
	w->argv[w->n++] = option;
	w->argv[w->n++] = w->own[w->nown++] = strbuf_detach(&quoted);
}

static void add_parameters(struct words *w, const char *const *parameters)
{
	for (; parameters && *parameters; parameters++) {
		const char *eq = strchr(*parameters, '=');
		char *name = strndup(*parameters, (size_t)(eq - *parameters));

		w->argv[w->n++] = "--parameter-list";
		w->argv[w->n++] = w->own[w->nown++] = name;
		w->argv[w->n++] = eq + 1;
	}
}

/* The file that it exports to. */
static int make_export(struct hyperfine *h)
{
	struct strbuf path = STRBUF_INIT;
	int fd;

	leftover_template(&path, "");
	snprintf(h->export, sizeof(h->export), "%s", path.s);
	strbuf_release(&path);
	fd = mkstemp(h->export);
	if (fd < 0) {
		int err = -errno;

		log_err_sys(err, "cannot make the file %s", h->export);
		h->export[0] = '\0';
		return err;
	}
	close(fd);
	return 0;
}

int hyperfine_start(struct hyperfine *h, const char *command, unsigned int runs,
		    const struct hyperfine_pass *pass, bool show, int (*child)(void *arg),
		    void *arg)
{
	struct subproc_opts opts = SUBPROC_OPTS_INIT;
	struct words w = {.argv = {"hyperfine", "-N", "--warmup", "0", "--runs"}, .n = 5};
	char number[16], path[4096];
	int err = subproc_find_program("hyperfine", path, sizeof(path));

	*h = (struct hyperfine)HYPERFINE_INIT;
	if (err) {
		log_err("hyperfine is not installed, which times whole commands; "
			"sudo apt-get install hyperfine");
		return -ENOENT;
	}
	err = make_export(h);
	if (err)
		return err;
	h->said_fd = memfd_create("hyperfine", MFD_CLOEXEC);
	snprintf(number, sizeof(number), "%u", runs);
	w.argv[w.n++] = number;
	w.argv[w.n++] = "--export-json";
	w.argv[w.n++] = h->export;
	if (show) {
		w.argv[w.n++] = "--show-output";
	} else {
		w.argv[w.n++] = "--style";
		w.argv[w.n++] = "none";
	}
	add_shell(&w, "--prepare", pass->prepare);
	add_shell(&w, "--setup", pass->setup);
	add_shell(&w, "--cleanup", pass->cleanup);
	add_parameters(&w, pass->parameters);
	w.argv[w.n++] = "--";
	w.argv[w.n++] = command;
	opts.argv = w.argv;
	opts.child = child;
	opts.arg = arg;
	opts.stdout_fd = opts.stderr_fd = h->said_fd;
	err = subproc_start(&h->proc, &opts);
	for (size_t i = 0; i < w.nown; i++)
		free(w.own[i]);
	return err;
}

/* The last lines of what it said. */
static void add_said(const struct hyperfine *h, struct strbuf *out)
{
	struct strbuf path = STRBUF_INIT, text = STRBUF_INIT;
	const char *at;
	int lines = 0;

	strbuf_addf(&path, "/proc/self/fd/%d", h->said_fd);
	if (h->said_fd < 0 || strbuf_read_file(&text, path.s))
		strbuf_addstr(&text, "nothing");
	while (text.len && strchr(" \n", text.s[text.len - 1]))
		text.s[--text.len] = '\0';
	at = text.s + text.len;
	while (at > text.s && (at[-1] != '\n' || lines++ < TAIL_LINES))
		at--;
	strbuf_addstr(out, at);
	strbuf_release(&path);
	strbuf_release(&text);
}

int hyperfine_finish(struct hyperfine *h, struct hyperfine_results *out, struct strbuf *why)
{
	struct strbuf text = STRBUF_INIT;
	int err;

	*out = (struct hyperfine_results){0};
	if (h->proc.status) {
		add_said(h, why);
		return -ECANCELED;
	}
	err = strbuf_read_file(&text, h->export);
	if (err)
		why_err_sys(why, err, "cannot read %s", h->export);
	else
		err = hyperfine_parse(text.s, out, why);
	strbuf_release(&text);
	return err;
}

void hyperfine_release(struct hyperfine *h)
{
	if (h->proc.pid && !h->proc.reaped)
		subproc_kill(&h->proc, GRACE_MS);
	subproc_release(&h->proc);
	if (h->said_fd >= 0)
		close(h->said_fd);
	if (h->export[0])
		unlink(h->export);
	*h = (struct hyperfine)HYPERFINE_INIT;
}

int hyperfine_run(const char *command, unsigned int runs, const struct hyperfine_pass *pass,
		  struct hyperfine_results *out, struct strbuf *why)
{
	struct hyperfine h = HYPERFINE_INIT;
	int err = hyperfine_start(&h, command, runs, pass, false, NULL, NULL);

	*out = (struct hyperfine_results){0};
	if (!err)
		do
			err = subproc_wait(&h.proc, WAIT_MS);
		while (err == -ETIMEDOUT);
	if (!err)
		err = hyperfine_finish(&h, out, why);
	hyperfine_release(&h);
	return err;
}

char *hyperfine_version(void)
{
	const char *const argv[] = {"hyperfine", "--version", NULL};
	struct strbuf out = STRBUF_INIT, err = STRBUF_INIT;
	char path[4096];
	int code = subproc_find_program("hyperfine", path, sizeof(path));

	if (!code)
		code = subproc_capture(argv, VERSION_MS, &out, &err);
	out.s[strcspn(out.s, "\n")] = '\0';
	strbuf_release(&err);
	if (!code && out.len)
		return strbuf_detach(&out);
	strbuf_release(&out);
	return NULL;
}
