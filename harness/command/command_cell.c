/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * beebench run --cell: one cell of the suites becomes one file. What is done already is not done
 * again, so that an engine may start a cell as often as it likes, on any machine.
 */
#include "lib/base.h"
#include "harness/command/commands.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/command/cli.h"
#include "harness/measure.h"
#include "harness/progress.h"
#include "harness/record.h"
#include "harness/record_put.h"
#include "harness/result.h"
#include "harness/suite/cell_result.h"
#include "harness/suite/suite_cells.h"
#include "lib/clock.h"
#include "lib/log.h"

struct cell_run {
	const struct cli *cli;
	const struct suite_cell *cell;
	const char *dir;
	struct suite suite;	/* that comes to this cell alone */
	struct suite_file file; /* that has this suite alone */
	struct json_object *header;
	struct strbuf path, aside;
};

/* Of a project's own monitor: has somebody built it? */
static int check_built(const struct cell_run *c, const struct suite_file *f)
{
	char *path = suite_monitor_path(f, c->cell->monitor);
	const char *build = c->cell->suite->build ? c->cell->suite->build : f->build;
	int err = suite_is_path(c->cell->monitor) && access(path, R_OK) ? -errno : 0;

	if (err)
		log_err_sys(err, "no %s for the cell %s; %s%s%s", path, c->cell->id,
			    build ? "build it before cells are started: 'beebench plan --build' "
				    "runs '"
				  : "is it on this machine",
			    build ? build : "", build ? "'" : "?");
	free(path);
	return err;
}

/* Half a file is kept under another name. */
static int set_aside(const struct cell_run *c, const char *why)
{
	struct strbuf other = STRBUF_INIT;
	int err = 0;

	strbuf_addf(&other, "%s.%s.broken", c->path.s, result_run_id());
	if (rename(c->path.s, other.s) && errno != ENOENT)
		err = -errno;
	if (err)
		log_err_sys(err, "%s: %s; it cannot be put aside", c->path.s, why);
	else
		log_warn("%s: %s; it is kept as %s, and the cell is done again", c->path.s, why,
			 other.s);
	strbuf_release(&other);
	return err;
}

/* Returns an exit code where there is nothing left to do, else -1. */
static int look(const struct cell_run *c)
{
	struct strbuf why = STRBUF_INIT;
	int code = -1, exit = EXIT_USAGE;

	switch (cell_result_look(c->path.s, c->cell->id, c->header, &exit, &why)) {
	case CELL_DONE:
		log_info("%s is done already", c->cell->id);
		code = exit;
		break;
	case CELL_BROKEN:
		if (set_aside(c, why.s))
			code = EXIT_USAGE;
		break;
	case CELL_OTHER: log_info("%s: %s; it is done again", c->path.s, why.s); break;
	case CELL_WITHOUT: log_info("%s had no verdict; it is tried again", c->cell->id); break;
	case CELL_MISSING: break;
	}
	strbuf_release(&why);
	return code;
}

/* Did anything come of it that says more than that it was tried? */
static bool has_records(struct sink *sink)
{
	struct json_object *o;

	record_foreach (sink_records(sink), o)
		if (!record_is(o, "run") && !record_is(o, "suite"))
			return true;
	return false;
}

/* The first error is why the rest could not be. */
static void hear(void *arg, enum log_level level, const char *line)
{
	struct strbuf *first = arg;

	if (level == LOG_ERROR && !first->len)
		strbuf_add(first, line, strcspn(line, "\n"));
}

/* What could not even begin has a record too: merge knows by it that the cell was tried, and why
 * nothing came of it. */
static int emit_not_run(const struct cell_run *c, struct sink *sink, const char *reason)
{
	struct json_object *o = record_new("cell");

	record_put_str(o, "monitor", c->cell->monitor);
	record_put_str(o, "kernel",
		       c->cell->kernel ? c->cell->kernel
				       : record_str(c->header, "host.kernel", "?"));
	record_put_str(o, "measure", c->cell->measure);
	record_put_str(o, "status", "skip");
	record_put_str(o, "reason", *reason ? reason : "no reason was given");
	return sink_emit(sink, o);
}

static int keep(struct cell_run *c, int code)
{
	const struct cell_new n = {.id = c->cell->id,
				   .run = result_run_id(),
				   .header = c->header,
				   .verdict = code != EXIT_SKIP && code != EXIT_USAGE};
	int err;

	strbuf_reset(&c->path);
	err = cell_result_place(c->aside.s, c->dir, &n, &c->path);
	if (!err)
		cell_result_sweep(c->dir, c->cell->id, c->header);
	return err;
}

static int measure(struct cell_run *c, struct run *run)
{
	const struct measure_ops *m = measure_find(c->cell->measure);
	struct strbuf said = STRBUF_INIT;
	uint64_t start_ns = clock_ns();
	int err, code;
	bool whole;

	if (sink_open(&run->sink, c->aside.s))
		return EXIT_USAGE;
	err = sink_emit(run->sink, json_object_get(c->header));
	run->progress = progress_new(c->cli->quiet ? PROGRESS_NONE : PROGRESS_AUTO);
	log_listen(hear, &said);
	err = err ? err : command_run_suites(c->cli, &c->file, m, run);
	log_listen(NULL, NULL);
	progress_free(run->progress);
	code = measure_exit_code(m, sink_records(run->sink), err);
	if (code == EXIT_SKIP && !has_records(run->sink) && emit_not_run(c, run->sink, said.s))
		err = -EIO;
	whole = err != -EINTR && err != -ENOSPC && err != -EIO && err != -EDQUOT &&
		has_records(run->sink);
	if (command_emit_end(run->sink, code, clock_ns() - start_ns))
		whole = false;
	if (sink_close(run->sink))
		whole = false;
	run->sink = NULL;
	strbuf_release(&said);
	if (whole && !keep(c, code))
		return code;
	unlink(c->aside.s);
	if (err == -EINTR)
		log_warn("interrupted: the cell %s has no result, and is done by its next start",
			 c->cell->id);
	else
		log_err("the cell %s has no result", c->cell->id);
	return err == -EINTR ? code : EXIT_USAGE;
}

static int tell(const struct cell_run *c)
{
	const struct reporter_ops *reporter =
		c->cli->json || c->cli->format
			? command_reporter(c->cli->json ? "json" : c->cli->format)
			: NULL;
	struct run_file *file = NULL;
	int err = 0;

	if (!reporter) {
		printf("%s\n", c->path.s);
		return 0;
	}
	err = run_file_read(&file, c->path.s);
	err = err ? err : reporter->render(file, stdout);
	run_file_release(file);
	return err;
}

int command_cell(const struct cli *cli, const struct suite_file *f, struct run *run,
		 const char *dir, int argc, char *argv[])
{
	struct cell_run c = {.cli = cli, .dir = dir, .path = STRBUF_INIT, .aside = STRBUF_INIT};
	struct suite_cells cells;
	int code = EXIT_USAGE;

	suite_cells_list(&cells, f, cli->suite_names);
	c.cell = suite_cells_find(&cells, f, cli->cell);
	if (!c.cell || check_built(&c, f))
		goto out;
	suite_cell_alone(c.cell, &c.suite);
	c.file = *f;
	c.file.suites = &c.suite;
	c.file.n = 1;
	c.header = result_run_header(argc, argv, cli->quick, cli->seed);
	record_put(c.header, "cell", suite_cell_json(c.cell));
	command_put_suite_objects(c.header, cli, &c.file, NULL, run);
	cell_result_path(&c.path, dir, c.cell->id);
	cell_result_aside(&c.aside, dir, c.cell->id, result_run_id());
	code = look(&c);
	if (code < 0)
		code = measure(&c, run);
	if (!access(c.path.s, R_OK) && tell(&c))
		code = EXIT_USAGE;
	suite_cell_release(&c.suite);
out:
	json_object_put(c.header);
	strbuf_release(&c.path);
	strbuf_release(&c.aside);
	suite_cells_release(&cells);
	return code;
}
