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
	 "text (default), markdown, html, json, junit, github, openmetrics, bpftrace, hyperfine, "
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

int command_report(int argc, char *argv[])
{
	struct report_options o = {.format = "text"};
	const struct reporter_ops *reporter;
	struct run_file *file = NULL;
	int rest, err;

	report_end_on_signals();
	err = opt_parse(options, "beebench report", argc, argv, &o, &rest, NULL);
	if (err == 0 && rest < argc) {
		int ignored;

		/* Options may also follow the run: "report RUN --format html". */
		err = opt_parse(options, "beebench report", argc - rest, argv + rest, &o, &ignored,
				NULL);
		if (!err && rest + ignored < argc) {
			log_err("report: unexpected word '%s'", argv[rest + ignored]);
			err = -EINVAL;
		}
	}
	if (err == OPT_HELP) {
		printf("usage: beebench report [options] RUN\nRUN is a folder of results/runs, or "
		       "its run.json.\n\n");
		opt_print(options, stdout);
		return EXIT_OK;
	}
	if (err)
		return EXIT_USAGE;
	if (rest >= argc) {
		log_err("report: which run? give a folder of results/runs");
		return EXIT_USAGE;
	}
	if (o.write)
		return report_write_all(argv[rest]) ? EXIT_USAGE : EXIT_OK;
	reporter = command_reporter(o.format);
	if (!reporter)
		return EXIT_USAGE;
	err = run_file_read(&file, argv[rest]);
	if (!err)
		err = reporter->render(file, stdout);
	run_file_release(file);
	return err ? EXIT_USAGE : EXIT_OK;
}
