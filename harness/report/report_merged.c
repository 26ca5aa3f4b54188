/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Section of a report about the machines of a merged run: which there are, where they differ, and
 * what they say together of times, which are never mixed. What all machines say alike is in the
 * other sections.
 */
#include "lib/base.h"
#include "harness/report/report_sections.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/record.h"
#include "harness/result_merged.h"
#include "lib/format.h"
#include "lib/names.h"
#include "lib/strbuf.h"

enum { ROWS_SHOWN = 40, UNFINISHED_SHOWN = 10 };

static void count_cell(struct doc *d, enum doc_tone tone, uint64_t n, uint64_t of)
{
	struct strbuf sb = STRBUF_INIT;

	format_count(&sb, n);
	if (of) {
		strbuf_addstr(&sb, " of ");
		format_count(&sb, of);
	}
	doc_cell(d, tone, "%s", sb.s);
	strbuf_release(&sb);
}

/* "node3, node7, .." of a list that has @n in all. */
static void names_cell(struct doc *d, struct json_object *list, uint64_t n)
{
	struct strbuf sb = STRBUF_INIT;
	struct json_object *o;

	record_foreach (list, o)
		strbuf_addf(&sb, "%s%s", sb.len ? ", " : "", record_text(o));
	if (n > record_length(list))
		strbuf_addstr(&sb, ", ..");
	doc_cell(d, TONE_PLAIN, "%s", sb.s);
	strbuf_release(&sb);
}

/* What the merge's end says of cells. */
static void cells(struct doc *d, struct json_object *end)
{
	static const struct {
		const char *path, *one, *many;
	} rows[] = {{"cells.missing", "cell has no result", "cells have no result"},
		    {"cells.not_run", "cell could be run nowhere", "cells could be run nowhere"},
		    {"cells.differ", "cell came out in two ways", "cells came out in two ways"}};
	struct json_object *o;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct json_object *list = record_get(end, rows[i].path);
		struct strbuf ids = STRBUF_INIT;

		record_foreach (list, o)
			if (o_i < UNFINISHED_SHOWN)
				strbuf_addf(&ids, "%s%s", o_i ? ", " : "", record_text(o));
		if (record_length(list))
			doc_text(d, TONE_BAD, "%zu %s: %s%s.", record_length(list),
				 record_length(list) == 1 ? rows[i].one : rows[i].many, ids.s,
				 record_length(list) > UNFINISHED_SHOWN ? ", .." : "");
		strbuf_release(&ids);
	}
}

/* Machines of one kernel and one CPU model are one row. */
static void kinds_table(struct doc *d, struct json_object *list)
{
	struct names kinds = {0}, *machines;
	uint64_t *runs;
	struct json_object *o;

	machines = calloc(record_length(list) + 1, sizeof(*machines));
	runs = calloc(record_length(list) + 1, sizeof(*runs));
	if (!machines || !runs)
		abort();
	record_foreach (list, o) {
		struct json_object *h = record_get(o, "header");
		struct strbuf key = STRBUF_INIT;
		size_t at;

		strbuf_addf(&key, "%s (%s)\t%s", record_str(h, "host.kernel", "?"),
			    record_str(h, "host.machine", "?"), record_str(h, "host.cpu", "?"));
		at = names_add(&kinds, key.s);
		names_add(&machines[at], result_machine(h));
		runs[at]++;
		strbuf_release(&key);
	}
	doc_table(d);
	doc_column(d, false, "kernel");
	doc_column(d, false, "CPU");
	doc_column(d, true, "machines");
	doc_column(d, true, "runs");
	for (size_t i = 0; i < kinds.n; i++) {
		size_t kernel = strcspn(kinds.v[i], "\t");

		doc_cell(d, TONE_PLAIN, "%.*s", (int)kernel, kinds.v[i]);
		doc_cell(d, TONE_PLAIN, "%s", kinds.v[i] + kernel + 1);
		count_cell(d, TONE_PLAIN, machines[i].n, 0);
		count_cell(d, TONE_PLAIN, runs[i], 0);
		names_release(&machines[i]);
	}
	free(machines);
	free(runs);
	names_release(&kinds);
}

static void unfinished(struct doc *d, struct json_object *list)
{
	struct strbuf ids = STRBUF_INIT;
	struct json_object *o;
	size_t n = 0;

	record_foreach (list, o) {
		if (record_get(o, "end"))
			continue;
		if (n++ < UNFINISHED_SHOWN)
			strbuf_addf(&ids, "%s%s", ids.len ? ", " : "",
				    record_str(o, "header.id", "?"));
	}
	if (n)
		doc_text(d, TONE_BAD, "%zu of them %s cut short and %s unfinished: %s%s.", n,
			 n == 1 ? "was" : "were", n == 1 ? "stays" : "stay", ids.s,
			 n > UNFINISHED_SHOWN ? ", .." : "");
	strbuf_release(&ids);
}

/* How a check came out, in a word, and why where that is told. */
static void outcome_cell(struct doc *d, struct json_object *o)
{
	const char *status = record_str(o, "status", "?"), *reason = record_str(o, "reason", NULL);
	const char *verdict =
		record_str(o, "conformance.verdict", record_str(o, "verdict", status));
	enum status s = record_status(o);

	if (s == STATUS_FAIL)
		doc_cell(d, TONE_BAD, "%s", strcmp(verdict, "mismatch") ? verdict : "WRONG");
	else if (s == STATUS_OK)
		doc_cell(d, TONE_GOOD, "%s", verdict);
	else
		doc_cell(d, TONE_WARN, "%s%s%s", status, reason ? ": " : "", reason ? reason : "");
}

static void rows_of_outcomes(struct doc *d, const struct run_file *run, const struct trial_grid *g,
			     size_t *rows)
{
	struct json_object *o;

	record_foreach (run->records, o) {
		struct strbuf what = STRBUF_INIT;

		if (record_u64(o, "met.outcomes", 1) < 2 || (*rows)++ >= ROWS_SHOWN)
			continue;
		record_subject(o, g, &what);
		doc_cell(d, TONE_PLAIN, "%s", what.s);
		outcome_cell(d, o);
		count_cell(d, TONE_PLAIN, record_u64(o, "met.runs", 0),
			   record_u64(o, "met.of_runs", 0));
		count_cell(d, TONE_PLAIN, record_u64(o, "met.machines", 0),
			   record_u64(o, "met.of_machines", 0));
		names_cell(d, record_get(o, "met.on"), record_u64(o, "met.machines", 0));
		strbuf_release(&what);
	}
}

static void rows_of_figures(struct doc *d, const struct run_file *run, uint64_t machines,
			    size_t *rows)
{
	struct json_object *o, *v;

	record_foreach_type (run->records, o, "agreement") {
		uint64_t usual = record_u64(o, "instructions", 0);

		if (record_status(o) != STATUS_FAIL)
			continue;
		record_foreach (record_get(o, "values"), v) {
			uint64_t n = record_u64(v, "instructions", 0);
			struct strbuf sb = STRBUF_INIT;

			if ((*rows)++ >= ROWS_SHOWN)
				continue;
			format_count(&sb, n);
			doc_cell(d, TONE_PLAIN, "%s at %s on Linux %s",
				 record_str(o, "monitor", "?"), record_str(o, "path", "?"),
				 record_str(o, "kernel", "?"));
			doc_cell(d, n == usual ? TONE_PLAIN : TONE_BAD, "%s instructions", sb.s);
			count_cell(d, TONE_PLAIN, record_u64(v, "runs", 0),
				   record_u64(o, "runs", 0));
			if (record_get(v, "machines"))
				count_cell(d, TONE_PLAIN, record_u64(v, "machines", 0),
					   record_u64(o, "machines", machines));
			else
				doc_cell(d, TONE_DIM, "-");
			names_cell(d, record_get(v, "on"), record_u64(v, "machines", 0));
			strbuf_release(&sb);
		}
	}
}

static void differences(struct doc *d, const struct run_file *run, const struct trial_grid *g,
			uint64_t machines)
{
	static const char *const titles[] = {"where they differ", "came out", "in runs",
					     "on machines", "which"};
	size_t rows = 0;

	doc_table(d);
	for (size_t i = 0; i < ARRAY_SIZE(titles); i++)
		doc_column(d, i == 2 || i == 3, "%s", titles[i]);
	rows_of_figures(d, run, machines, &rows);
	rows_of_outcomes(d, run, g, &rows);
	if (rows > ROWS_SHOWN)
		doc_text(d, TONE_DIM, "%zu more differ; --format json has them.",
			 rows - ROWS_SHOWN);
	else if (!rows)
		doc_text(d, TONE_GOOD,
			 "Every check came out the same wherever it was made, and so did every "
			 "exact figure.");
}

static void extreme_cell(struct doc *d, struct json_object *o, const char *key)
{
	struct strbuf path = STRBUF_INIT, sb = STRBUF_INIT;

	strbuf_addf(&path, "%s.added_ns.centre", key);
	if (isfinite(record_num(o, path.s))) {
		strbuf_addf(&sb, "%.1f (", record_num(o, path.s));
		strbuf_reset(&path);
		strbuf_addf(&path, "%s.machine", key);
		strbuf_addf(&sb, "%s)", record_str(o, path.s, "?"));
	}
	doc_cell(d, sb.len ? TONE_PLAIN : TONE_DIM, "%s", sb.len ? sb.s : "-");
	strbuf_release(&path);
	strbuf_release(&sb);
}

static void times(struct doc *d, const struct run_file *run)
{
	static const char *const titles[] = {"monitor", "event",       "machines",
					     "runs",	"adds, ns",    "least",
					     "most",	"between, ns", "differ by machine, %"};
	struct json_object *o;
	bool any = false;

	record_foreach_type (run->records, o, "combined")
		any = true;
	if (!any)
		return;
	doc_text(d, TONE_PLAIN,
		 "Times of two machines are never mixed: each machine's are put together, then the "
		 "machines by a random-effects estimate. Of the spread that is seen, the last "
		 "column is the share that lies between machines.");
	doc_table(d);
	for (size_t i = 0; i < ARRAY_SIZE(titles); i++)
		doc_column(d, i > 1, "%s", titles[i]);
	record_foreach_type (run->records, o, "combined") {
		doc_cell(d, TONE_PLAIN, "%s", record_str(o, "monitor", "?"));
		doc_cell(d, TONE_PLAIN, "%s", record_str(o, "event", "?"));
		count_cell(d, TONE_PLAIN, record_u64(o, "machines", 0), 0);
		count_cell(d, TONE_PLAIN, record_u64(o, "runs", 0), 0);
		cell_interval(d, o, "added_ns", 1);
		extreme_cell(d, o, "least");
		extreme_cell(d, o, "most");
		cell_number(d, record_num(o, "between_machines_sd_ns"), "");
		cell_number(d, round(record_num(o, "heterogeneity_pct")), "");
	}
}

void report_merged(struct doc *d, const struct run_file *run, const struct trial_grid *g)
{
	struct json_object *list = record_get(run->header, "merged");
	uint64_t machines = record_u64(run->header, "host.machines", 0);

	if (!list)
		return;
	doc_heading(d, 2, "Machines");
	doc_text(d, TONE_PLAIN,
		 "%zu runs of %llu machines are merged here. A check stands once for each way in "
		 "which it came out, and what is told of it is of the first run in which it did; "
		 "so are rings, loads and what is loaded.",
		 record_length(list), (unsigned long long)machines);
	unfinished(d, list);
	cells(d, run->end);
	kinds_table(d, list);
	differences(d, run, g, machines);
	times(d, run);
}
