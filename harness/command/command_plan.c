/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * beebench plan: the cells of a project's suites as lines, and in the forms in which engines take a
 * matrix. The ids are the same everywhere and always, so that a list made here is good there.
 */
#include "lib/base.h"
#include "harness/command/commands.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/command/cli.h"
#include "harness/record.h"
#include "harness/record_put.h"
#include "harness/suite/cell_result.h"
#include "harness/suite/suite_cells.h"
#include "lib/log.h"
#include "lib/opt.h"
#include "lib/printable.h"
#include "lib/strbuf.h"
#include "lib/suggest.h"

/* The most jobs that one matrix may have: of GitHub, and of GitLab's parallel:matrix. */
enum { GITHUB_JOBS = 256, GITLAB_JOBS = 200 };

struct plan_options {
	const char *format, *missing;
	bool cells, json, build;
};

#define ROW(letter, name, arg, help, kind, field)                                                  \
	{                                                                                          \
		letter, name, arg, help, kind, offsetof(struct plan_options, field)                \
	}
static const struct opt options[] = {
	ROW(0, "cells", NULL, "every cell, a line each (that is what is printed in any case)",
	    OPT_FLAG, cells),
	ROW('f', "format", "FORMAT",
	    "tsv (default), json, ids, github (a matrix for fromJSON), gitlab (a job with a "
	    "matrix)",
	    OPT_STRING, format),
	ROW(0, "json", NULL, "a JSON object a line: --format json", OPT_FLAG, json),
	ROW(0, "missing", "DIR", "only cells that have no verdict in the folder DIR yet",
	    OPT_STRING, missing),
	ROW(0, "build", NULL, "run what builds the project first: 'run --cell' does not", OPT_FLAG,
	    build),
	{0},
};

/* A field of TSV: what would end it is written as C writes it. It is read on terminals too. */
static void put_field(const char *s, char end)
{
	struct strbuf escaped = STRBUF_INIT, shown = STRBUF_INIT;

	for (s = s ? s : "-"; *s; s++) {
		const char *at = strchr("\tt\nn\rr\\\\", *s);

		if (at && (at - "\tt\nn\rr\\\\") % 2 == 0)
			strbuf_addf(&escaped, "\\%c", at[1]);
		else
			strbuf_addch(&escaped, *s);
	}
	printable_add_line(&shown, escaped.s);
	printf("%s%c", shown.s, end);
	strbuf_release(&escaped);
	strbuf_release(&shown);
}

static void print_tsv(const struct suite_cells *c)
{
	for (size_t i = 0; i < c->n; i++) {
		const struct suite_cell *cell = &c->cell[i];

		put_field(cell->id, '\t');
		put_field(cell->suite->name, '\t');
		put_field(cell->measure, '\t');
		put_field(cell->monitor, '\t');
		put_field(cell->kernel, '\t');
		put_field(cell->workload, '\t');
		put_field(cell->event, '\n');
	}
}

static void print_json(const struct suite_cells *c)
{
	for (size_t i = 0; i < c->n; i++) {
		struct json_object *o = suite_cell_json(&c->cell[i]);

		record_put_json(o, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE, stdout);
		json_object_put(o);
	}
}

static void print_ids(const struct suite_cells *c)
{
	for (size_t i = 0; i < c->n; i++)
		puts(c->cell[i].id);
}

/* The ids as at most @jobs texts of as many words each as it takes. */
static struct json_object *groups(const struct suite_cells *c, size_t jobs)
{
	struct json_object *list = json_object_new_array();
	size_t each = (c->n + jobs - 1) / jobs;

	for (size_t i = 0; i < c->n; i += each) {
		struct strbuf ids = STRBUF_INIT;

		for (size_t k = i; k < c->n && k < i + each; k++)
			strbuf_addf(&ids, "%s%s", k > i ? " " : "", c->cell[k].id);
		record_add_str(list, ids.s);
		strbuf_release(&ids);
	}
	return list;
}

static void print_github(const struct suite_cells *c)
{
	struct json_object *o = json_object_new_object();

	record_put(o, "cells", groups(c, GITHUB_JOBS));
	record_put_json(o, JSON_C_TO_STRING_PLAIN, stdout);
	json_object_put(o);
}

static void print_gitlab(const struct suite_cells *c)
{
	struct json_object *list = groups(c, GITLAB_JOBS), *o;

	puts("cells:\n  extends: .beebench-cells\n  parallel:\n    matrix:\n"
	     "      - BEEBENCH_CELLS:");
	record_foreach (list, o)
		printf("          - %s\n", json_object_to_json_string(o));
	json_object_put(list);
}

static const struct {
	const char *name;
	void (*print)(const struct suite_cells *c);
} formats[] = {{"tsv", print_tsv},
	       {"json", print_json},
	       {"ids", print_ids},
	       {"github", print_github},
	       {"gitlab", print_gitlab}};

/* Index of the form, or -EINVAL after saying what there is. */
static int find_format(const struct plan_options *o)
{
	const char *names[ARRAY_SIZE(formats)], *near,
		*wanted = o->format ? o->format
			  : o->json ? "json"
				    : "tsv";

	for (size_t i = 0; i < ARRAY_SIZE(formats); i++) {
		names[i] = formats[i].name;
		if (!strcmp(names[i], wanted))
			return (int)i;
	}
	near = suggest_nearest(wanted, names, ARRAY_SIZE(names));
	log_err("plan: no format '%s'; %s%s%s", wanted,
		near ? "did you mean '" : "there are tsv, json, ids, github and gitlab",
		near ? near : "", near ? "'?" : "");
	return -EINVAL;
}

/* Leaves those out that are done in @dir. What is half there is missing, and is said by the start
 * that does it. */
static void leave_missing(struct suite_cells *c, const char *dir)
{
	size_t n = 0;

	for (size_t i = 0; i < c->n; i++) {
		struct strbuf path = STRBUF_INIT, why = STRBUF_INIT;
		int code;

		cell_result_path(&path, dir, c->cell[i].id);
		if (cell_result_look(path.s, c->cell[i].id, NULL, &code, &why) == CELL_DONE)
			free(c->cell[i].id);
		else
			c->cell[n++] = c->cell[i];
		strbuf_release(&path);
		strbuf_release(&why);
	}
	c->n = n;
}

static int plan(const struct plan_options *o, const char *const *chosen)
{
	struct suite_file f = {0};
	struct suite_cells cells = {0};
	int format = find_format(o), found = format < 0 ? format : suite_file_find(&f);
	int code = EXIT_USAGE;

	if (!found)
		log_err("plan: there is no " SUITE_FILE
			" here or above, which would have suites (docs/fleet.md)");
	if (found <= 0 || suite_check_names(&f, chosen) ||
	    (o->build && suite_file_build(&f, chosen, NULL)))
		goto out;
	suite_cells_list(&cells, &f, chosen);
	if (!cells.n) {
		log_err("%s: the suites ask for nothing that 'run' does: a gate is "
			"'beebench gate'",
			f.path);
		goto out;
	}
	if (o->missing)
		leave_missing(&cells, o->missing);
	/* An empty matrix is none to an engine. */
	if (!cells.n)
		log_info("every cell has its verdict in %s", o->missing);
	if (cells.n || !strcmp(formats[format].name, "github"))
		formats[format].print(&cells);
	code = EXIT_OK;
out:
	suite_cells_release(&cells);
	suite_file_release(&f);
	return code;
}

int command_plan(int argc, char *argv[])
{
	struct plan_options o = {0};
	char **words = calloc((size_t)argc + 1, sizeof(*words));
	int n, code = EXIT_USAGE, err;

	if (!words)
		abort();
	err = opt_parse_words(options, "beebench plan", argc, argv, &o, words, &n);
	if (err == OPT_HELP) {
		puts("usage: beebench plan [SUITE..] --cells\n"
		     "The cells of the suites of beebench.json (docs/fleet.md): id, suite, "
		     "measure, "
		     "monitor, kernel,\nworkload, event. 'beebench run --cell ID --out DIR' does "
		     "one.\n");
		opt_print(options, stdout);
		code = EXIT_OK;
	} else if (!err) {
		code = plan(&o, (const char *const *)words);
	}
	free(words);
	return code;
}
