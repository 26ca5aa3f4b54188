/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Measures by the suites of a project's beebench.json, for commands that were told no monitor. */
#include "lib/base.h"
#include "harness/command/commands.h"

#include "harness/command/cli.h"
#include "harness/measure.h"
#include "harness/record_put.h"
#include "harness/result.h"
#include "harness/suite/suite.h"
#include "lib/log.h"

bool command_has_suite(const struct cli *cli, const struct suite_file *f, const char *measure)
{
	for (size_t i = 0; i < f->n; i++)
		if (suite_is_chosen(&f->suites[i], cli->suite_names, measure))
			return true;
	return false;
}

int command_find_suites(const struct cli *cli, const char *measure, struct suite_file *f)
{
	bool by_command = cli->nparsed && cli->parsed[0].command;
	int found;

	*f = (struct suite_file){0};
	if (cli->monitors.n || by_command) {
		if (!cli->suites.n)
			return 0;
		log_err("--suite says what is measured, and so does %s; give one of them",
			cli->monitors.n ? "--monitor" : "the command");
		return -EINVAL;
	}
	found = suite_file_find(f);
	if (found <= 0) {
		if (!found && cli->suites.n)
			log_err("there is no " SUITE_FILE " here that would have the suites of "
				"--suite (docs/ci.md)");
		return !found && cli->suites.n ? -EINVAL : found;
	}
	if (suite_check_names(f, cli->suite_names))
		return -EINVAL;
	if (measure && !command_has_suite(cli, f, measure)) {
		log_err("%s has no suite%s with the measure %s; add it to \"measures\" of one, or "
			"name monitors with -m",
			f->path, cli->suites.n ? " of that name" : "", measure);
		return -EINVAL;
	}
	return 1;
}

static int emit_suite(struct run *run, const struct suite *s, const char *measure)
{
	struct json_object *o = record_new("suite"), *list = json_object_new_array();

	record_put_str(o, "suite", s->name);
	record_put_str(o, "measure", measure);
	for (size_t i = 0; i < s->monitors.n; i++)
		record_add_str(list, s->monitors.v[i]);
	record_put(o, "monitors", list);
	return sink_emit(run->sink, o);
}

int command_run_suites(const struct cli *cli, const struct suite_file *f,
		       const struct measure_ops *m, struct run *run)
{
	int first = 0, err = 0;

	for (size_t i = 0; i < f->n && err != -EINTR; i++) {
		const struct suite *s = &f->suites[i];
		struct suite_run made;

		if (!suite_is_chosen(s, cli->suite_names, m->name))
			continue;
		err = suite_run_make(&made, f, s, run);
		if (!err)
			err = emit_suite(run, s, m->name);
		if (!err)
			err = measure_run(m, cli->params ? cli->params : suite_options_of(s, m),
					  &made.run);
		suite_run_release(&made);
		first = first && err != -EINTR ? first : err;
	}
	return first;
}
