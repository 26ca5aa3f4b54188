/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* beebench run: all measures one after the other, then pictures and report, in a folder of their
 * own. */
#include "lib/base.h"
#include "harness/command/commands.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/command/beside.h"
#include "harness/command/cli.h"
#include "harness/measure.h"
#include "harness/progress.h"
#include "harness/report/report.h"
#include "harness/result.h"
#include "harness/suite/suite.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/strbuf.h"

/* In this order; --quick has no time to boot a guest. Guests count what no load changes, and so run
 * beside the first, which mostly waits for the kernel. */
static const struct {
	const char *name;
	bool quick, beside;
} order[] = {{"verify", true, false},
	     {"overhead", true, false},
	     {"ringbuf", true, false},
	     {"exact", false, true}};

/* The measure at place @i; NULL when it takes no part. */
static const struct measure_ops *chosen(size_t i, bool quick)
{
	if (quick && !order[i].quick)
		return NULL;
	return measure_find(order[i].name);
}

/* BASE/ID. */
static int make_run_folder(const char *base, const char *id, struct strbuf *dir)
{
	int err = command_make_folder(base);

	strbuf_addf(dir, "%s/%s", base, id);
	/* This one is ours alone. */
	if (!err && mkdir(dir->s, 0777)) {
		err = -errno;
		log_err_sys(err, "cannot make the run's folder %s", dir->s);
	}
	return err;
}

/* Of suites each is planned as it comes. */
static void plan_measures(struct run *run, struct beside *beside)
{
	for (size_t i = 0; i < ARRAY_SIZE(order); i++) {
		const struct measure_ops *m = chosen(i, run->quick);

		if (m && order[i].beside)
			beside_start(beside, m, run);
		if (m && m != beside->measure)
			measure_plan(m, run);
	}
}

static int run_one(const struct measure_ops *m, struct run *run, struct beside *beside)
{
	int err, waited;

	if (m == beside->measure)
		return beside_take(beside, run->sink);
	err = measure_run(m, NULL, run);
	/* What comes next is timed. */
	waited = beside_wait(beside);
	return err ? err : waited;
}

/* @suites: those of the project, NULL: everything that there is. */
static int each_measure(const struct cli *cli, const struct suite_file *suites, struct run *run,
			struct beside *beside)
{
	int code = EXIT_OK, any_ran = 0;

	for (size_t i = 0; i < ARRAY_SIZE(order); i++) {
		const struct measure_ops *m = chosen(i, run->quick);
		int err;

		if (!m || (suites && !command_has_suite(cli, suites, m->name)))
			continue;
		err = suites ? command_run_suites(cli, suites, m, run) : run_one(m, run, beside);
		if (err != -ENOSPC && run_interrupted())
			return EXIT_INCONCLUSIVE;
		if (err == -EPERM || err == -ENOTSUP)
			continue;
		any_ran = 1;
		code = exit_worse(code, measure_exit_code(NULL, sink_records(run->sink), err));
		if (err == -ENOSPC || err == -EIO)
			return EXIT_USAGE;
	}
	return any_ran ? code : EXIT_SKIP;
}

static int run_measures(const struct cli *cli, const struct suite_file *suites, struct run *run)
{
	struct beside beside = {.child = SUBPROC_INIT, .records = -1, .words = -1};
	int code;

	if (!suites)
		plan_measures(run, &beside);
	code = each_measure(cli, suites, run, &beside);
	beside_end(&beside);
	return code;
}

static int print_report(const char *dir, const char *format)
{
	struct run_file *file = NULL;
	int err = run_file_read(&file, dir);

	for (const struct reporter_ops *const *r = reporter_list; !err && *r; r++)
		if (!strcmp((*r)->name, format))
			err = (*r)->render(file, stdout);
	run_file_release(file);
	return err;
}

/* BASE/latest leads to the newest run; whatever else is called so stays. */
static void point_latest(const char *base, const char *id)
{
	struct strbuf link = STRBUF_INIT, aside = STRBUF_INIT;
	struct stat st;

	strbuf_addf(&link, "%s/latest", base);
	strbuf_addf(&aside, "%s/.latest-%s", base, id);
	if ((lstat(link.s, &st) || S_ISLNK(st.st_mode)) &&
	    (symlink(id, aside.s) || rename(aside.s, link.s))) {
		log_dbg("no link %s: %s", link.s, strerror(errno));
		unlink(aside.s);
	}
	strbuf_release(&link);
	strbuf_release(&aside);
}

static bool runs_any(const struct cli *cli, const struct suite_file *suites)
{
	for (size_t i = 0; i < ARRAY_SIZE(order); i++)
		if (chosen(i, cli->quick) && command_has_suite(cli, suites, order[i].name))
			return true;
	return false;
}

/* A cell is what the file says of it. */
static int check_cell(const struct cli *cli, int found)
{
	const char *other = cli->monitors.n    ? "monitor"
			    : cli->workloads.n ? "workload"
			    : cli->events.n    ? "event"
			    : cli->kernels.n   ? "kernel"
			    : cli->means       ? "means"
			    : cli->params      ? "option"
			    : cli->seconds > 0 ? "time"
					       : NULL;

	if (other)
		log_err("--cell says what is measured, and so does --%s; a cell is measured as "
			"its suite says",
			other);
	else if (!found)
		log_err("--cell is of a project's suites: there is no " SUITE_FILE
			" here (docs/fleet.md)");
	return other || !found ? -EINVAL : 0;
}

/* Where the run's folder goes. */
static void find_base(const struct cli *cli, const struct suite_file *suites, struct strbuf *out)
{
	if (cli->out)
		strbuf_addstr(out, cli->out);
	else if (suites && suites->results)
		strbuf_addf(out, "%s%s", *suites->results == '/' ? "" : suites->root,
			    suites->results);
	else
		strbuf_addf(out, "%sresults/runs", suites ? suites->root : "");
}

int command_run(int argc, char *argv[])
{
	struct json_object *header = NULL, *id;
	struct strbuf base = STRBUF_INIT, dir = STRBUF_INIT, path = STRBUF_INIT;
	uint64_t start_ns = clock_ns();
	struct suite_file suites = {0};
	struct run run = {.whole = true};
	struct cli cli;
	int code, err, found;

	code = cli_parse(&cli, "run",
			 "everything that 'make bench' does: measures, pictures, report", 0, "",
			 argc, argv);
	if (code >= 0)
		goto out;
	code = EXIT_USAGE;
	if (cli.format && !command_reporter(cli.format))
		goto out;
	if (cli_check_taken(&cli, "run", ~0U) || cli_make_run(&cli, &run))
		goto out;
	found = command_find_suites(&cli, NULL, &suites);
	if (found < 0 || (cli.cell && check_cell(&cli, found)))
		goto out;
	/* Many that start at once would build in one folder: 'plan --build' does it before. */
	if (found && !cli.cell && suite_file_build(&suites, cli.suite_names, NULL))
		goto out;
	if (found && !runs_any(&cli, &suites)) {
		log_err("the suites of %s ask for nothing that 'run' does: a gate is "
			"'beebench gate'",
			suites.path);
		goto out;
	}
	run.whole = !found;
	find_base(&cli, found ? &suites : NULL, &base);
	if (cli.cell) {
		code = command_make_folder(base.s)
			       ? EXIT_USAGE
			       : command_cell(&cli, &suites, &run, base.s, argc, argv);
		goto out;
	}
	header = result_run_header(argc, argv, cli.quick, cli.seed);
	if (found)
		command_put_suite_objects(header, &cli, &suites, NULL, &run);
	else
		command_put_objects(header, &run);
	json_object_object_get_ex(header, "id", &id);
	if (make_run_folder(base.s, json_object_get_string(id), &dir))
		goto out;
	strbuf_addf(&path, "%s/run.json", dir.s);
	if (sink_open(&run.sink, path.s) || sink_emit(run.sink, json_object_get(header)))
		goto out;
	run.progress = progress_new(cli.quiet ? PROGRESS_NONE : PROGRESS_AUTO);
	code = run_measures(&cli, found ? &suites : NULL, &run);
	progress_free(run.progress);
	if (run_interrupted())
		log_warn("interrupted: what was measured until now is kept and marked");
	if (command_emit_end(run.sink, code, clock_ns() - start_ns) || sink_close(run.sink))
		code = EXIT_USAGE;
	run.sink = NULL;
	point_latest(base.s, json_object_get_string(id));
	err = report_write_all(dir.s);
	if (err && !run_interrupted())
		code = exit_worse(code, EXIT_USAGE);
	if (print_report(dir.s, cli.json ? "json" : cli.format ? cli.format : "text"))
		code = EXIT_USAGE;
	if (!cli.json && !cli.format)
		printf("%s\n", dir.s);
out:
	if (run.sink && sink_close(run.sink))
		code = EXIT_USAGE;
	json_object_put(header);
	strbuf_release(&base);
	strbuf_release(&dir);
	strbuf_release(&path);
	suite_file_release(&suites);
	cli_release(&cli);
	return code;
}
