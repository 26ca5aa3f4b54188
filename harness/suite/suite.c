/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Reads beebench.json, and makes runs of its suites.
 *
 * The file is found from the working folder upwards, as git finds its own. It is read strictly: a
 * field that is none, a wrong type, a measure that there is not are errors with file, line and
 * column. Paths in it are seen from its folder, so that a suite is the same wherever in the project
 * it is started from.
 */
#include "lib/base.h"
#include "harness/suite/suite.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "collector/json_at.h"
#include "harness/measure.h"
#include "harness/suite/build.h"
#include "harness/timing/timed_event.h"
#include "lib/log.h"
#include "lib/strbuf.h"
#include "lib/suggest.h"

#define SEE "docs/ci.md"

/* --- the members of a suite --- */

static int read_monitors(void *arg, const struct json_at *at, struct json_object *o)
{
	return json_at_strings(at, o, &((struct suite *)arg)->monitors);
}

static int read_workloads(void *arg, const struct json_at *at, struct json_object *o)
{
	return json_at_strings(at, o, &((struct suite *)arg)->workloads);
}

static int read_kernels(void *arg, const struct json_at *at, struct json_object *o)
{
	return json_at_strings(at, o, &((struct suite *)arg)->kernels);
}

static int read_events(void *arg, const struct json_at *at, struct json_object *o)
{
	struct suite *s = arg;
	int err = json_at_strings(at, o, &s->events);

	for (size_t i = 0; i < s->events.n && !err; i++)
		if (timed_event_find(s->events.v[i]) < 0)
			err = json_at_bad(at, "no event \"%s\"; there are " TIMED_EVENT_NAMES,
					  s->events.v[i]);
	return err;
}

/* What a suite may ask for: measures of -m, and the gate, which `beebench gate` runs. */
static const char *const measures[] = {"verify", "overhead", "ringbuf", "exact", "gate"};

bool suite_has_measure(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(measures); i++)
		if (!strcmp(measures[i], name))
			return true;
	return false;
}

static int check_measure(const struct json_at *at, const char *word)
{
	const char *near;

	if (suite_has_measure(word))
		return 0;
	near = suggest_nearest(word, measures, ARRAY_SIZE(measures));
	if (near)
		return json_at_bad(at, "no measure \"%s\"; did you mean \"%s\"?", word, near);
	return json_at_bad(
		at, "no measure \"%s\"; there are verify, overhead, ringbuf, exact and gate", word);
}

static int read_measures(void *arg, const struct json_at *at, struct json_object *o)
{
	struct suite *s = arg;
	int err = json_at_strings(at, o, &s->measures);

	for (size_t i = 0; i < s->measures.n && !err; i++)
		err = check_measure(at, s->measures.v[i]);
	return err;
}

static int read_suite_build(void *arg, const struct json_at *at, struct json_object *o)
{
	return json_at_string(at, o, &((struct suite *)arg)->build);
}

static int read_seconds(void *arg, const struct json_at *at, struct json_object *o)
{
	double v = json_object_get_double(o);

	if (!json_object_is_type(o, json_type_int) && !json_object_is_type(o, json_type_double))
		return json_at_wrong_type(at, "a number", o);
	if (!(v > 0 && v <= 86400))
		return json_at_bad(at, "%s is out of range: above 0 to 86400 s is allowed",
				   json_object_get_string(o));
	((struct suite *)arg)->seconds = v;
	return 0;
}

static int read_quick(void *arg, const struct json_at *at, struct json_object *o)
{
	if (!json_object_is_type(o, json_type_boolean))
		return json_at_wrong_type(at, "true or false", o);
	((struct suite *)arg)->quick = json_object_get_boolean(o);
	return 0;
}

/* {"overhead": "slowdown=no,block_us=1000"}: what they mean the measure itself says. */
static int read_options(void *arg, const struct json_at *at, struct json_object *o)
{
	struct suite *s = arg;

	if (!json_object_is_type(o, json_type_object))
		return json_at_wrong_type(at, "an object", o);
	json_object_object_foreach (o, key, val) {
		struct json_at here = {at->file, at->text, at, key};
		struct suite_options one = {.measure = measure_find(key)};
		int err = check_measure(&here, key);

		if (!err && !one.measure)
			err = json_at_bad(&here, "its options stand in the policy");
		if (!err)
			err = json_at_string(&here, val, &one.text);
		if (err)
			return err;
		s->options = reallocarray(s->options, s->noptions + 1, sizeof(*s->options));
		if (!s->options)
			abort();
		s->options[s->noptions++] = one;
	}
	return 0;
}

static int read_suite(struct suite *s, const struct json_at *at, struct json_object *o)
{
	static const struct json_member members[] = {
		{"monitors", read_monitors}, {"workloads", read_workloads},
		{"measures", read_measures}, {"build", read_suite_build},
		{"events", read_events},     {"kernels", read_kernels},
		{"seconds", read_seconds},   {"quick", read_quick},
		{"options", read_options}};
	int err = json_at_members(at, o, members, ARRAY_SIZE(members), s, SEE);

	if (!err && !s->monitors.n)
		err = json_at_bad(at, "has no \"monitors\": what is measured?");
	if (!err && !s->measures.n)
		names_add(&s->measures, "verify");
	return err;
}

/* --- the members of the file --- */

static int read_schema(void *arg UNUSED, const struct json_at *at, struct json_object *o)
{
	if (!json_object_is_type(o, json_type_int))
		return json_at_wrong_type(at, "a number", o);
	if (json_object_get_int64(o) != SUITE_SCHEMA)
		return json_at_bad(at, "%lld is not known; this beebench reads schema %d",
				   (long long)json_object_get_int64(o), SUITE_SCHEMA);
	return 0;
}

static int read_build(void *arg, const struct json_at *at, struct json_object *o)
{
	return json_at_string(at, o, &((struct suite_file *)arg)->build);
}

static int read_results(void *arg, const struct json_at *at, struct json_object *o)
{
	return json_at_string(at, o, &((struct suite_file *)arg)->results);
}

static int read_history(void *arg, const struct json_at *at, struct json_object *o)
{
	return json_at_string(at, o, &((struct suite_file *)arg)->history);
}

static void add_below(const struct suite_file *f, const char *path, struct strbuf *out)
{
	strbuf_addf(out, "%s%s", *path == '/' ? "" : f->root, path);
}

/* The policy itself, or the file that holds it. */
static int read_policy(void *arg, const struct json_at *at, struct json_object *o)
{
	struct suite_file *f = arg;
	struct strbuf path = STRBUF_INIT;
	char *name = NULL;
	int err;

	f->has_policy = true;
	if (json_object_is_type(o, json_type_object))
		return policy_read_object(&f->policy, at, o);
	if (!json_object_is_type(o, json_type_string))
		return json_at_wrong_type(at, "an object, or the name of a file", o);
	err = json_at_string(at, o, &name);
	if (!err) {
		add_below(f, name, &path);
		err = policy_read(&f->policy, path.s);
	}
	strbuf_release(&path);
	free(name);
	return err;
}

static int read_suites(void *arg, const struct json_at *at, struct json_object *o)
{
	struct suite_file *f = arg;

	if (!json_object_is_type(o, json_type_object))
		return json_at_wrong_type(at, "an object", o);
	if (!json_object_object_length(o))
		return json_at_bad(at, "is empty: name a suite and its monitors");
	f->suites = calloc((size_t)json_object_object_length(o), sizeof(*f->suites));
	if (!f->suites)
		abort();
	json_object_object_foreach (o, key, val) {
		struct json_at here = {at->file, at->text, at, key};
		struct suite *s = &f->suites[f->n++];
		int err;

		s->name = strdup(key);
		err = read_suite(s, &here, val);
		if (err)
			return err;
	}
	return 0;
}

static int read_document(struct suite_file *f, const struct json_at *top, struct json_object *doc)
{
	static const struct json_member members[] = {
		{"schema", read_schema},   {"build", read_build},   {"results", read_results},
		{"history", read_history}, {"policy", read_policy}, {"suites", read_suites}};
	struct json_object *schema;
	int err;

	if (json_object_is_type(doc, json_type_object) &&
	    !json_object_object_get_ex(doc, "schema", &schema))
		return json_at_bad(top, "\"schema\": %d is missing", SUITE_SCHEMA);
	err = json_at_members(top, doc, members, ARRAY_SIZE(members), f, SEE);
	if (!err && !f->n)
		err = json_at_bad(top, "has no \"suites\": what is measured?");
	return err;
}

int suite_file_parse(struct suite_file *f, const char *path, const char *text)
{
	const char *slash = strrchr(path, '/');
	const struct json_at top = {.file = path, .text = text, .columns = true};
	struct json_object *doc = NULL;
	int err;

	*f = (struct suite_file){.path = strdup(path)};
	f->root = strndup(path, slash ? (size_t)(slash - path) + 1 : 0);
	policy_defaults(&f->policy);
	err = json_at_parse_top(&top, &doc);
	if (!err)
		err = read_document(f, &top, doc);
	json_object_put(doc);
	return err;
}

int suite_file_find(struct suite_file *f)
{
	struct strbuf dir = STRBUF_INIT, path = STRBUF_INIT, text = STRBUF_INIT;
	struct stat here, before = {0};
	int err = -ENOENT;

	*f = (struct suite_file){0};
	/* A step upwards from "/" is "/" again. */
	while (!stat(dir.len ? dir.s : ".", &here) &&
	       (here.st_ino != before.st_ino || here.st_dev != before.st_dev)) {
		strbuf_reset(&path);
		strbuf_addf(&path, "%s" SUITE_FILE, dir.s);
		err = strbuf_read_file(&text, path.s);
		if (err != -ENOENT)
			break;
		strbuf_reset(&path);
		strbuf_addf(&path, "%s.git", dir.s);
		if (!access(path.s, F_OK))
			break;
		before = here;
		strbuf_addstr(&dir, "../");
	}
	if (err && err != -ENOENT)
		log_err_sys(err, "cannot read %s", path.s);
	if (err)
		err = err == -ENOENT ? 0 : err;
	else
		err = suite_file_parse(f, path.s, text.s) ? -EINVAL : 1;
	strbuf_release(&dir);
	strbuf_release(&path);
	strbuf_release(&text);
	return err;
}

static void suite_release(struct suite *s)
{
	for (size_t i = 0; i < s->noptions; i++)
		free(s->options[i].text);
	free(s->options);
	free(s->name);
	free(s->build);
	names_release(&s->monitors);
	names_release(&s->workloads);
	names_release(&s->measures);
	names_release(&s->events);
	names_release(&s->kernels);
}

void suite_file_release(struct suite_file *f)
{
	for (size_t i = 0; i < f->n; i++)
		suite_release(&f->suites[i]);
	free(f->suites);
	free(f->path);
	free(f->root);
	free(f->build);
	free(f->results);
	free(f->history);
	policy_release(&f->policy);
	*f = (struct suite_file){0};
}

/* --- suites as runs --- */

bool suite_is_chosen(const struct suite *s, const char *const *chosen, const char *measure)
{
	bool named = !chosen || !*chosen;

	for (; chosen && *chosen && !named; chosen++)
		named = !strcmp(*chosen, s->name);
	return named && (!measure || names_find(&s->measures, measure) < s->measures.n);
}

int suite_check_names(const struct suite_file *f, const char *const *chosen)
{
	const char **names = calloc(f->n + 1, sizeof(*names)), *near;
	int err = 0;

	if (!names)
		abort();
	for (size_t i = 0; i < f->n; i++)
		names[i] = f->suites[i].name;
	for (; *chosen && !err; chosen++) {
		size_t i = 0;

		while (i < f->n && strcmp(names[i], *chosen) != 0)
			i++;
		if (i < f->n)
			continue;
		near = suggest_nearest(*chosen, names, f->n);
		log_err("%s has no suite '%s'%s%s%s", f->path, *chosen,
			near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
		err = -EINVAL;
	}
	free(names);
	return err;
}

bool suite_is_path(const char *monitor)
{
	return strchr(monitor, '/') || str_ends_with(monitor, ".o") ||
	       str_ends_with(monitor, ".ex") || str_ends_with(monitor, ".bt") ||
	       str_ends_with(monitor, ".json");
}

char *suite_monitor_path(const struct suite_file *f, const char *monitor)
{
	struct strbuf path = STRBUF_INIT;

	if (suite_is_path(monitor))
		add_below(f, monitor, &path);
	else
		strbuf_addstr(&path, monitor);
	return strbuf_detach(&path);
}

/* What the user named, or what the suite has: an array ended by NULL, a copy of which is @own. */
static const char *const *list_of(const char *const *given, const struct names *names,
				  const char ***own)
{
	if (!names->n || (given && *given))
		return given;
	*own = calloc(names->n + 1, sizeof(**own));
	if (!*own)
		abort();
	for (size_t i = 0; i < names->n; i++)
		(*own)[i] = names->v[i];
	return *own;
}

int suite_run_make(struct suite_run *made, const struct suite_file *f, const struct suite *s,
		   const struct run *run)
{
	int err = 0;

	*made = (struct suite_run){.run = *run};
	made->monitors = calloc(s->monitors.n + 1, sizeof(*made->monitors));
	made->workloads = calloc(s->workloads.n + 1, sizeof(*made->workloads));
	if (!made->monitors || !made->workloads)
		abort();
	for (size_t i = 0; i < s->monitors.n; i++)
		made->monitors[i] = suite_monitor_path(f, s->monitors.v[i]);
	for (size_t i = 0; i < s->workloads.n && !err; i++) {
		err = workload_parse(&made->workloads[i], s->workloads.v[i], run->seed);
		made->nworkloads += !err;
	}
	if (err)
		log_err("that is in %s, suite '%s', \"workloads\"", f->path, s->name);
	made->run.monitors = (const char *const *)made->monitors;
	made->run.events = list_of(run->events, &s->events, &made->events);
	made->run.kernels = list_of(run->kernels, &s->kernels, &made->kernels);
	if (!run->nworkloads) {
		made->run.workloads = made->workloads;
		made->run.nworkloads = made->nworkloads;
	}
	if (!(run->seconds > 0))
		made->run.seconds = s->seconds;
	made->run.quick = run->quick || s->quick;
	return err;
}

void suite_run_release(struct suite_run *made)
{
	for (size_t i = 0; made->monitors && made->monitors[i]; i++)
		free(made->monitors[i]);
	for (size_t i = 0; i < made->nworkloads; i++)
		workload_release(&made->workloads[i]);
	free(made->monitors);
	free(made->events);
	free(made->kernels);
	free(made->workloads);
	*made = (struct suite_run){0};
}

const char *suite_options_of(const struct suite *s, const struct measure_ops *m)
{
	for (size_t i = 0; i < s->noptions; i++)
		if (s->options[i].measure == m)
			return s->options[i].text;
	return NULL;
}

const char *suite_gate(const struct suite_file *f)
{
	for (size_t i = 0; i < f->n; i++)
		if (suite_is_chosen(&f->suites[i], NULL, "gate"))
			return "gate";
	return NULL;
}

void suite_file_commands(const struct suite_file *f, const char *const *chosen, const char *measure,
			 struct names *out)
{
	for (size_t i = 0; i < f->n; i++) {
		const struct suite *s = &f->suites[i];
		const char *command = s->build ? s->build : f->build;

		if (command && suite_is_chosen(s, chosen, measure))
			names_add(out, command);
	}
}

void suite_file_monitors(const struct suite_file *f, const char *const *chosen, const char *measure,
			 struct names *out)
{
	for (size_t i = 0; i < f->n; i++)
		for (size_t k = 0; k < f->suites[i].monitors.n; k++)
			if (suite_is_chosen(&f->suites[i], chosen, measure))
				names_add(out, f->suites[i].monitors.v[k]);
}

int suite_file_build(const struct suite_file *f, const char *const *chosen, const char *measure)
{
	struct strbuf what = STRBUF_INIT;
	struct names commands = {0};
	int err = 0;

	strbuf_addf(&what, "the project of %s does not build", f->path);
	suite_file_commands(f, chosen, measure, &commands);
	for (size_t i = 0; i < commands.n && !err; i++)
		err = build_run(f->root, commands.v[i], what.s, NULL);
	names_release(&commands);
	strbuf_release(&what);
	return err;
}
