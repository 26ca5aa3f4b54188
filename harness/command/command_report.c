/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* beebench report: a finished run in another form. */
#include "lib/base.h"
#include "harness/command/commands.h"

#include <string.h>

#include "harness/report/report.h"
#include "harness/result.h"
#include "lib/log.h"
#include "lib/opt.h"
#include "lib/suggest.h"

struct report_options {
	const char *format;
	bool write;
};

static const struct opt options[] = {
	{'f', "format", "FORMAT",
	 "text (default), markdown, html, json, junit, sarif, github, openmetrics, bpftrace, "
	 "hyperfine, "
	 "benchstat, "
	 "github-action-benchmark",
	 OPT_STRING, offsetof(struct report_options, format)},
	{0, "write", NULL, "write report.md, report.html and plots/ into RUN again", OPT_FLAG,
	 offsetof(struct report_options, write)},
	{0},
};

const struct reporter_ops *command_reporter(const char *name)
{
	const char *names[32], *near;
	size_t n = 0;

	for (const struct reporter_ops *const *r = reporter_list; *r && n < ARRAY_SIZE(names);
	     r++) {
		if (!strcmp((*r)->name, name))
			return *r;
		names[n++] = (*r)->name;
	}
	near = suggest_nearest(name, names, n);
	log_err("no report format '%s'%s%s%s", name,
		near ? "; did you mean '" : "; see 'beebench list reporters'", near ? near : "",
		near ? "'?" : "");
	return NULL;
}

/* Up to two runs; options may stand before, between and after them. Returns as opt_parse(). */
static int parse(int argc, char *argv[], struct report_options *o, const char *runs[2])
{
	size_t n = 0;
	int rest, err = opt_parse(options, "beebench report", argc, argv, o, &rest, NULL);

	while (!err && rest < argc) {
		if (n == 2) {
			log_err("report: unexpected word '%s'; one run, or two that are held "
				"against each other",
				argv[rest]);
			return -EINVAL;
		}
		runs[n++] = argv[rest];
		argv += rest;
		argc -= rest;
		err = opt_parse(options, "beebench report", argc, argv, o, &rest, NULL);
	}
	if (!err && !n) {
		log_err("report: which run? give a folder of results/runs");
		return -EINVAL;
	}
	return err;
}

static int report_one(const char *format, const char *run)
{
	const struct reporter_ops *reporter = command_reporter(format);
	struct run_file *file = NULL;
	int err = reporter ? run_file_read(&file, run) : -EINVAL;

	if (!err)
		err = reporter->render(file, stdout);
	run_file_release(file);
	return err;
}

/* By its id: a folder and a link to it are one. */
static bool is_same_run(const struct run_file *a, const struct run_file *b)
{
	const char *id = record_str(a->header, "id", "");

	return *id && !strcmp(id, record_str(b->header, "id", ""));
}

int command_report_two(const char *a, const char *b, bool judge)
{
	struct run_file *runs[2] = {NULL, NULL};
	struct two_runs all = {0};
	struct doc d = {0};
	int err;

	report_end_on_signals();
	err = run_file_read(&runs[0], a);
	if (!err)
		err = run_file_read(&runs[1], b);
	if (!err && is_same_run(runs[0], runs[1]))
		log_warn("%s and %s are the same run (%s), which cannot differ from itself", a, b,
			 record_str(runs[0]->header, "id", ""));
	if (!err) {
		all = report_two(&d, runs[0], runs[1]);
		doc_print(&d, stdout);
		doc_release(&d);
	}
	run_file_release(runs[0]);
	run_file_release(runs[1]);
	if (err)
		return EXIT_USAGE;
	if (!all.held)
		log_err("nothing to compare: the runs have no verdict and no figure in common");
	return !all.held ? EXIT_INCONCLUSIVE : judge && all.changed ? EXIT_BAD : EXIT_OK;
}

int command_report(int argc, char *argv[])
{
	struct report_options o = {.format = "text"};
	const char *runs[2] = {NULL, NULL};
	int err;

	report_end_on_signals();
	err = parse(argc, argv, &o, runs);
	if (err == OPT_HELP) {
		printf("usage: beebench report [options] RUN [RUN]\nRUN is a folder of "
		       "results/runs, or its run.json. Two are held against each other, as "
		       "text.\n\n");
		opt_print(options, stdout);
		return EXIT_OK;
	}
	if (err)
		return EXIT_USAGE;
	if (runs[1] && (o.write || strcmp(o.format, "text") != 0)) {
		log_err("report: two runs are held against each other as text only");
		return EXIT_USAGE;
	}
	if (runs[1])
		return command_report_two(runs[0], runs[1], false);
	if (o.write)
		return report_write_all(runs[0]) ? EXIT_USAGE : EXIT_OK;
	return report_one(o.format, runs[0]) ? EXIT_USAGE : EXIT_OK;
}
