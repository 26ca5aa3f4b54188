/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* beebench gate: is B dearer than A? A verdict that CI can act on. */
#include "lib/base.h"
#include "harness/command/commands.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/command/cli.h"
#include "harness/compare/policy.h"
#include "harness/gate/base.h"
#include "harness/gate/choose.h"
#include "harness/gate/gate.h"
#include "harness/gate/tree.h"
#include "harness/suite/build.h"
#include "harness/suite/suite.h"
#include "harness/measure.h"
#include "harness/progress.h"
#include "harness/record.h"
#include "harness/report/report.h"
#include "harness/record_put.h"
#include "harness/result.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/suggest.h"
#include "collector/collect.h"
#include "collector/registry.h"

/* Where a project keeps its policy: the first that is there, from where beebench is started. */
static const char *const default_policies[] = {"gate.json", "results/gate.json"};

struct gate_options {
	const char *base, *head, *policy, *format, *out, *build;
	struct opt_list lanes, monitors, events, kernels, objects, suites;
	double seconds;
	uint64_t seed;
	bool json, quiet, verbose;
};

#define ROW(letter, name, arg, help, kind, field)                                                  \
	{                                                                                          \
		letter, name, arg, help, kind, offsetof(struct gate_options, field)                \
	}
static const struct opt options[] = {
	ROW('b', "base", "A",
	    "what B is held against: a monitor's name, an object, a Honey source, or a git "
	    "revision, whose objects are built (default: what CI names, or the merge base)",
	    OPT_STRING, base),
	ROW(0, "head", "B", "what is judged: likewise; of a revision the current build", OPT_STRING,
	    head),
	ROW('m', "monitor", "MON,..", "with a revision: these instead of the policy's", OPT_LIST,
	    monitors),
	ROW(0, "build", "CMD",
	    "what builds a project's objects, here and in a work tree of the revision (default: "
	    "beebench.json's)",
	    OPT_STRING, build),
	ROW(0, "object", "FILE,..", "the project's objects that are judged, as CMD makes them",
	    OPT_LIST, objects),
	ROW(0, "suite", "NAME,..", "suites of beebench.json (default: those with the measure gate)",
	    OPT_LIST, suites),
	ROW('p', "policy", "FILE",
	    "limits and lanes (default: beebench.json's, gate.json or results/gate.json)",
	    OPT_STRING, policy),
	ROW('l', "lane", "LANE,..", "static, exact, time: these are run, whatever the policy says",
	    OPT_LIST, lanes),
	ROW('e', "event", "EV,..", "events of the time lane: mmap, munmap, brk, other", OPT_LIST,
	    events),
	ROW('k', "kernel", "K,..", "kernels of the exact lane: 6.12, 6.1/arm64, all, or a path",
	    OPT_LIST, kernels),
	ROW('t', "time", "SECONDS", "budget of the time lane", OPT_DOUBLE, seconds),
	ROW('s', "seed", "N", "seed of everything random (default 1)", OPT_U64, seed),
	ROW('f', "format", "FORMAT",
	    "text (default), markdown, junit, github, json, or another of "
	    "'beebench list reporters'",
	    OPT_STRING, format),
	ROW(0, "out", "DIR", "keep records, report and pictures there", OPT_STRING, out),
	ROW(0, "json", NULL, "one JSON object on stdout, as --format json", OPT_FLAG, json),
	ROW('q', "quiet", NULL, "no progress on stderr", OPT_FLAG, quiet),
	ROW('v', "verbose", NULL, "say more on stderr", OPT_FLAG, verbose),
	{0},
};

/* Options in the form the lanes take them. */
struct gate_command {
	struct gate_options o;
	struct gate_policy policy;
	/* Owned */
	const char **lanes, **monitors, **events, **kernels, **objects, **suites;
	struct suite_file suite; /* of the project; no suites: there is none, or it is not asked */
	const struct reporter_ops *reporter; /* NULL: text or json */
	struct run run;
};

static int choose_lanes(struct gate_policy *p, const char *const *lanes)
{
	const char *near;
	size_t i;

	if (!*lanes)
		return 0;
	for (i = 0; i < GATE_LANES; i++)
		p->on[i] = GATE_OFF;
	for (; *lanes; lanes++) {
		for (i = 0; i < GATE_LANES && strcmp(gate_lane_names[i], *lanes) != 0; i++)
			;
		if (i < GATE_LANES) {
			p->on[i] = GATE_ON;
			continue;
		}
		near = suggest_nearest(*lanes, gate_lane_names, GATE_LANES);
		log_err("no lane '%s'; %s%s%s", *lanes,
			near ? "did you mean '" : "there are static, exact, time", near ? near : "",
			near ? "'?" : "");
		return -EINVAL;
	}
	return 0;
}

/* The first of default_policies that is there, seen from the project. */
static int find_policy(struct gate_command *c)
{
	int err = 1;

	for (size_t i = 0; err == 1 && i < ARRAY_SIZE(default_policies); i++) {
		struct strbuf path = STRBUF_INIT;

		strbuf_addf(&path, "%s%s", c->suite.n ? c->suite.root : "", default_policies[i]);
		if (!access(path.s, F_OK))
			err = policy_read(&c->policy, path.s);
		strbuf_release(&path);
	}
	return err == 1 ? 0 : err;
}

static int choose_policy(struct gate_command *c)
{
	int err = 0;

	if (!c->o.policy && c->suite.has_policy) {
		/* It changes its owner. */
		c->policy = c->suite.policy;
		c->suite.policy = (struct gate_policy){0};
	} else {
		policy_defaults(&c->policy);
		err = c->o.policy ? policy_read(&c->policy, c->o.policy) : find_policy(c);
	}
	if (!err)
		err = choose_lanes(&c->policy, c->lanes);
	if (!err)
		err = cli_check_events(c->events);
	if (!err && c->events[0])
		policy_set_list(&c->policy.events, c->events);
	return err;
}

static int choose_format(struct gate_command *c)
{
	c->o.json = c->o.json || (c->o.format && !strcmp(c->o.format, "json"));
	if (c->o.json || !c->o.format || !strcmp(c->o.format, "text"))
		return 0;
	c->reporter = command_reporter(c->o.format);
	return c->reporter ? 0 : -EINVAL;
}

static int check_names(const struct gate_options *o)
{
	if (!o->base && o->head) {
		log_err("gate: --base is missing: what is B held against? Name a monitor, an "
			"object or a git revision");
		return -EINVAL;
	}
	if (o->head && o->monitors.n) {
		log_err("gate: --head names what is judged, and so does --monitor; give one of "
			"them");
		return -EINVAL;
	}
	if ((o->objects.n || o->suites.n || o->build) && (o->head || o->monitors.n)) {
		log_err("gate: --%s is of a project with objects of its own, --%s of beebench's; "
			"give one of them",
			o->objects.n  ? "object"
			: o->suites.n ? "suite"
				      : "build",
			o->head ? "head" : "monitor");
		return -EINVAL;
	}
	if (o->objects.n && o->suites.n) {
		log_err("gate: --object names what is judged, and so does --suite; give one of "
			"them");
		return -EINVAL;
	}
	return 0;
}

/* The project's file, where what is judged is not named otherwise. */
static int find_suite(struct gate_command *c)
{
	int found;

	if (c->o.head || c->o.monitors.n)
		return 0;
	found = suite_file_find(&c->suite);
	if (found < 0)
		return found;
	if (!found && (c->o.suites.n || (c->o.build && !c->o.objects.n))) {
		log_err("gate: there is no " SUITE_FILE " here: %s",
			c->o.suites.n ? "it would have the suites of --suite (docs/ci.md)"
				      : "name what --build makes with --object FILE");
		return -EINVAL;
	}
	return found ? suite_check_names(&c->suite, c->suites) : 0;
}

static int prepare(struct gate_command *c)
{
	int err = check_names(&c->o);

	c->lanes = cli_split(&c->o.lanes);
	c->monitors = cli_split(&c->o.monitors);
	c->events = cli_split(&c->o.events);
	c->kernels = cli_kernels(&c->o.kernels);
	c->objects = cli_split(&c->o.objects);
	c->suites = cli_split(&c->o.suites);
	if (!c->lanes || !c->monitors || !c->events || !c->kernels || !c->objects || !c->suites)
		return -ENOMEM;
	if (!err)
		err = choose_format(c);
	if (!err)
		err = find_suite(c);
	if (!err)
		err = choose_policy(c);
	c->run.kernels = c->kernels;
	c->run.seconds = c->o.seconds;
	c->run.seed = c->o.seed;
	return err;
}

static void release(struct gate_command *c)
{
	policy_release(&c->policy);
	free(c->lanes);
	free(c->monitors);
	free(c->events);
	free(c->kernels);
	free(c->objects);
	free(c->suites);
	suite_file_release(&c->suite);
}

static int exit_code(enum gate_verdict verdict)
{
	/* Where nothing was judged nothing has passed. */
	static const int codes[] = {[GATE_SKIP] = EXIT_INCONCLUSIVE,
				    [GATE_PASS] = EXIT_OK,
				    [GATE_INCONCLUSIVE] = EXIT_INCONCLUSIVE,
				    [GATE_ENVIRONMENT] = EXIT_USAGE,
				    [GATE_REGRESSION] = EXIT_BAD};

	return codes[verdict];
}

/* The records without the first and the last, which a file has and a list has not. */
static struct json_object *between(struct json_object *all)
{
	struct json_object *list = json_object_new_array(), *o;

	record_foreach (all, o)
		if (!record_is(o, "run") && !record_is(o, "end"))
			json_object_array_add(list, json_object_get(o));
	return list;
}

static void print_json(struct json_object *records, enum gate_verdict verdict, int code)
{
	struct json_object *o = json_object_new_object();

	record_put_i64(o, "schema", RESULT_SCHEMA);
	record_put_str(o, "command", "gate");
	record_put_str(o, "status", exit_word(code));
	record_put_str(o, "verdict", gate_verdict_names[verdict]);
	record_put(o, "records", json_object_get(records));
	record_put_json(o, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE, stdout);
	json_object_put(o);
}

static int render(const struct gate_command *c, struct json_object *records, int code, int argc,
		  char *argv[], uint64_t elapsed_ns)
{
	const char *status = run_outcome(code);
	struct run_file file = {.header = result_run_header(argc, argv, false, c->o.seed),
				.records = records,
				.end = result_end(records, status, code, elapsed_ns),
				.dir = c->o.out};
	int err = c->reporter->render(&file, stdout);

	json_object_put(file.header);
	json_object_put(file.end);
	return err;
}

/* Prints the result. Returns the exit code, which is the verdict's unless stdout would not take
 * it. */
static int show(const struct gate_command *c, enum gate_verdict verdict, int argc, char *argv[],
		uint64_t elapsed_ns)
{
	struct json_object *records = between(sink_records(c->run.sink));
	int code = exit_code(verdict), err = 0;

	if (c->o.json)
		print_json(records, verdict, code);
	else if (c->reporter)
		err = render(c, records, code, argc, argv, elapsed_ns);
	else
		command_print(gate_print, records);
	json_object_put(records);
	return err ? EXIT_USAGE : code;
}

/* Neither a monitor nor a revision. */
static int unknown_base(const char *name)
{
	char **names = monitor_names();
	const char *near, *cure = gate_shallow_cure(".");
	size_t n = 0;

	while (names && names[n])
		n++;
	near = suggest_nearest(name, (const char *const *)names, n);
	log_err("--base %s is no monitor, no file and no git revision%s%s%s%s%s", name,
		near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "",
		cure && !near ? " here; this clone has no whole history: " : "",
		cure && !near ? cure : "");
	free(names);
	return -ENOENT;
}

static bool is_object(const char *name)
{
	struct strbuf ignored = STRBUF_INIT;
	char *path = NULL;
	bool there;

	there = !registry_find(name, &path, &ignored);
	strbuf_release(&ignored);
	free(path);
	return there;
}

static int compare_objects(struct gate_command *c)
{
	if (c->o.monitors.n || c->o.build || c->o.objects.n) {
		log_err("gate: --%s goes with a git revision; --base %s is one monitor, so "
			"name the other with --head",
			c->o.monitors.n	 ? "monitor"
			: c->o.objects.n ? "object"
					 : "build",
			c->o.base);
		return -EINVAL;
	}
	if (!c->o.head) {
		log_err("gate: --head is missing: --base names a monitor, so name what is held "
			"against it");
		return -EINVAL;
	}
	return gate_lanes(&c->run, &c->policy, c->o.base, c->o.head);
}

/* What is judged: names of the project's files, seen from its root. */
static void find_files(const struct gate_command *c, struct names *files)
{
	if (c->objects[0])
		for (const char *const *o = c->objects; *o; o++)
			names_add(files, *o);
	else
		suite_file_monitors(&c->suite, c->suites,
				    c->suites[0] ? NULL : suite_gate(&c->suite), files);
}

static void find_commands(const struct gate_command *c, struct names *commands)
{
	if (c->o.build)
		names_add(commands, c->o.build);
	else if (c->suite.n)
		suite_file_commands(&c->suite, c->suites,
				    c->objects[0] || c->suites[0] ? NULL : suite_gate(&c->suite),
				    commands);
}

/* What is judged is what the sources say: the current objects are built by the same command. */
static int build_here(const char *root, const struct names *commands)
{
	int err = 0;

	for (size_t i = 0; i < commands->n && !err; i++)
		err = build_run(root, commands->v[i], "the current tree does not build", NULL);
	return err;
}

static int check_file(const struct names *commands, const char *path, const char *shown)
{
	if (!access(path, R_OK))
		return 0;
	if (commands->n)
		log_err("there is no %s after '%s': does another command make it?", shown,
			commands->v[commands->n - 1]);
	else
		log_err("there is no %s; say what makes it with --build CMD, or in " SUITE_FILE,
			shown);
	return -ENOENT;
}

/* Scripts, and monitors that ship with beebench, have no object that the revision could build. */
static bool is_built(const char *file)
{
	return suite_is_path(file) && !str_ends_with(file, ".bt") && !str_ends_with(file, ".json");
}

/* The path of a file of the project from here, to free(); never the name of a monitor that ships.
 */
static char *path_of(const char *root, const char *file)
{
	struct strbuf path = STRBUF_INIT;

	strbuf_addf(&path, "%s%s", *file == '/' ? "" : *root ? root : "./", file);
	return strbuf_detach(&path);
}

/* The objects of the project, each here and in the revision. */
static int compare_project(struct gate_command *c, struct gate_base *base, const char *why,
			   const char *root)
{
	struct names files = {0};
	struct gate_wanted *wanted;
	size_t n = 0;
	int err;

	find_commands(c, &base->commands);
	base->project = true;
	base->given = c->o.build != NULL;
	base->has_file = c->suite.n && !c->objects[0] && !c->suites[0];
	find_files(c, &files);
	wanted = calloc(files.n + 1, sizeof(*wanted));
	if (!wanted)
		abort();
	err = build_here(root, &base->commands);
	for (size_t i = 0; i < files.n && !err; i++) {
		if (!is_built(files.v[i])) {
			log_warn("%s is left out: it has no object that a revision builds",
				 files.v[i]);
			continue;
		}
		wanted[n].file = files.v[i];
		wanted[n].spec = path_of(root, files.v[i]);
		err = check_file(&base->commands, wanted[n++].spec, files.v[i]);
	}
	if (!err && !n)
		log_warn("none of the project's monitors is an object: nothing is judged");
	if (!err)
		err = gate_revision(&c->run, &c->policy, base, why, wanted, n);
	for (size_t i = 0; i < n; i++)
		free((char *)wanted[i].spec);
	free(wanted);
	names_release(&files);
	return err;
}

/* beebench's own monitors. */
static int compare_monitors(struct gate_command *c, struct gate_base *base, const char *why)
{
	const char *const one[] = {c->o.head, NULL};
	const char *const *specs = c->o.head	    ? one
				   : c->monitors[0] ? c->monitors
						    : c->policy.monitors.v;
	struct gate_wanted wanted[POLICY_LIST_MAX] = {0};
	size_t n = 0;

	for (; specs[n] && n < POLICY_LIST_MAX; n++)
		wanted[n].spec = specs[n];
	return gate_revision(&c->run, &c->policy, base, why, wanted, n);
}

static int compare_revision(struct gate_command *c)
{
	const char *root = c->suite.n ? c->suite.root : "";
	struct choice choice = {0};
	struct gate_base base = {0};
	int err = 0;

	if (!c->o.base)
		err = gate_choose_base(&choice, root);
	if (!err)
		err = gate_base_find(&base, c->o.base ? c->o.base : choice.rev, root);
	if (err == -ENOENT)
		unknown_base(c->o.base);
	if (!err && (c->suite.n || c->objects[0]))
		err = compare_project(c, &base, choice.why ? choice.why : "named with --base",
				      root);
	else if (!err)
		err = compare_monitors(c, &base, choice.why ? choice.why : "named with --base");
	gate_base_release(&base);
	choice_release(&choice);
	return err;
}

static int compare(struct gate_command *c)
{
	int err = gate_lock();

	if (err)
		return err;
	return c->o.base && is_object(c->o.base) ? compare_objects(c) : compare_revision(c);
}

static int gate(struct gate_command *c, int argc, char *argv[])
{
	struct json_object *header = NULL;
	uint64_t start_ns = clock_ns();
	int code = EXIT_USAGE, err;

	if (prepare(c))
		return EXIT_USAGE;
	if (command_keeps(c->o.out))
		header = result_run_header(argc, argv, false, c->o.seed);
	if (command_open_sink(c->o.out, header, &c->run.sink))
		return EXIT_USAGE;
	c->run.progress = progress_new(c->o.quiet ? PROGRESS_NONE : PROGRESS_AUTO);
	err = compare(c);
	progress_free(c->run.progress);
	if (err && run_interrupted())
		err = -EINTR;
	if (err == -EINTR)
		code = show(c, GATE_INCONCLUSIVE, argc, argv, clock_ns() - start_ns);
	else if (!err)
		code = show(c, gate_verdict_of(sink_records(c->run.sink)), argc, argv,
			    clock_ns() - start_ns);
	if (c->o.out && command_emit_end(c->run.sink, code, clock_ns() - start_ns))
		code = EXIT_USAGE;
	if (c->o.out && report_write_all(c->o.out))
		log_warn("the report in %s is not whole; see above", c->o.out);
	if (err == -EINTR)
		log_warn("interrupted: there is no verdict");
	return code;
}

int command_gate(int argc, char *argv[])
{
	struct gate_command c = {.o = {.seed = 1}};
	int rest, code, err = opt_parse(options, "beebench gate", argc, argv, &c.o, &rest, NULL);

	if (err == OPT_HELP) {
		puts("usage: beebench gate --base A --head B [options]\n"
		     "       beebench gate [--base REV] [--build CMD --object FILE] [options]\n"
		     "Is B dearer than A? Limits are in the policy (docs/ci.md). Exit codes: 0 "
		     "pass, 1 regression,\n2 environment or usage, 3 inconclusive.\n");
		opt_print(options, stdout);
		return EXIT_OK;
	}
	if (err)
		return EXIT_USAGE;
	if (rest < argc) {
		log_err("gate: unexpected word '%s'; monitors go behind --base and --head",
			argv[rest]);
		return EXIT_USAGE;
	}
	log_init("beebench", c.o.verbose ? LOG_DEBUG : LOG_INFO);
	code = gate(&c, argc, argv);
	if (c.run.sink && sink_close(c.run.sink))
		code = EXIT_USAGE;
	release(&c);
	return code;
}
