/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The data of the pictures of a calibration: every run that its figures come from. */
#include "lib/base.h"
#include "harness/report/plot_data.h"
#include "lib/strbuf.h"
#include "harness/record.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The record of that part, or NULL. */
static struct json_object *find(const struct run_file *run, const char *part)
{
	struct json_object *o;

	record_foreach_type (run->records, o, "calibrate")
		if (!strcmp(record_str(o, "part", ""), part))
			return o;
	return NULL;
}

struct run_row {
	struct stats_interval iv;
	bool unclean, beyond;
	double margin_ns;
};

static int by_centre(const void *a, const void *b)
{
	double x = ((const struct run_row *)a)->iv.centre;
	double y = ((const struct run_row *)b)->iv.centre;

	return (x > y) - (x < y);
}

/* Runs of a record in the order of what they read; those without a figure are left out. */
static struct run_row *rows_of(struct json_object *record, const char *path, size_t *n)
{
	struct run_row *rows = calloc(record_count(record, "runs") + 1, sizeof(*rows));
	struct json_object *r;

	*n = 0;
	if (!rows)
		return NULL;
	record_foreach (record_get(record, "runs"), r) {
		struct run_row *row = &rows[*n];

		if (!record_interval(r, path, &row->iv) || !isfinite(row->iv.centre))
			continue;
		row->unclean = record_get(r, "void") != NULL;
		row->beyond = !strcmp(record_str(r, "verdict", ""), "beyond");
		row->margin_ns = record_num(r, "margin_ns");
		++*n;
	}
	qsort(rows, *n, sizeof(*rows), by_centre);
	return rows;
}

int plot_calibrate_aa_data(const struct run_file *run, struct strbuf *out)
{
	struct json_object *record = find(run, "aa");
	size_t n = 0;
	struct run_row *rows = rows_of(record, "diff_ns", &n);

	strbuf_addstr(out, "# The gate's decision on equal objects, run by run, sorted:\n"
			   "# row difference_ns low high margin_ns alarm(1 yes) void(1 yes)\n");
	for (size_t i = 0; i < n; i++) {
		strbuf_addf(out, "%zu", i);
		plot_interval(out, &rows[i].iv, 1);
		plot_value(out, rows[i].margin_ns);
		strbuf_addf(out, " %d %d\n", rows[i].beyond, rows[i].unclean);
	}
	free(rows);
	return (int)n;
}

int plot_calibrate_coverage_data(const struct run_file *run, struct strbuf *out)
{
	struct json_object *o;
	int points = 0, blocks = 0;

	strbuf_addstr(out,
		      "# Intervals of A against A, run by run, sorted. A block is a regime; its "
		      "first line is the share that holds 0, in %, with its interval:\n"
		      "# \"regime\" share low high\n"
		      "# row difference_ns low high misses(1 yes)\n");
	record_foreach_type (run->records, o, "calibrate") {
		struct stats_interval share;
		struct run_row *rows;
		size_t n;

		if (!record_get(o, "regime") || !record_interval(o, "coverage", &share))
			continue;
		strbuf_addstr(out, blocks++ ? "\n\n" : "");
		plot_word(out, record_str(o, "regime", "?"));
		plot_interval(out, &share, 100);
		strbuf_addch(out, '\n');
		rows = rows_of(o, "aa_ns", &n);
		for (size_t i = 0; i < n; i++) {
			strbuf_addf(out, "%zu", i);
			plot_interval(out, &rows[i].iv, 1);
			strbuf_addf(out, " %d\n", rows[i].iv.low > 0 || rows[i].iv.high < 0);
			points++;
		}
		free(rows);
	}
	return points;
}

int plot_calibrate_linearity_data(const struct run_file *run, struct strbuf *out)
{
	struct json_object *record = find(run, "linearity"), *r;
	double intercept = record_num(record, "intercept");
	struct stats_interval slope = {NAN, NAN, NAN, NAN};
	int points = 0;

	record_interval(record, "slope", &slope);
	strbuf_addstr(out, "# Injected multiplications and what they read, core cycles. The first "
			   "block is the line:\n# intercept slope low high r2\n"
			   "# multiplies cycles low high residual\n\"line\"");
	plot_value(out, intercept);
	plot_interval(out, &slope, 1);
	plot_value(out, record_num(record, "r2"));
	strbuf_addstr(out, "\n\n\n\"points\" cycles low high residual\n");
	record_foreach (record_get(record, "runs"), r) {
		double n = record_num(r, "multiplies");
		struct stats_interval iv;

		if (!record_interval(r, "diff_cycles", &iv) || !isfinite(iv.centre))
			continue;
		strbuf_addf(out, "%.0f", n);
		plot_interval(out, &iv, 1);
		plot_value(out, iv.centre - intercept - slope.centre * n);
		strbuf_addch(out, '\n');
		points++;
	}
	return points;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* How long decisions took: the share of a part's runs that were decided after so many seconds. */
static int decided(struct json_object *record, const char *name, int blocks, struct strbuf *out)
{
	size_t n = record_count(record, "runs"), done = 0, counted = 0;
	double *at = calloc(n + 1, sizeof(*at));
	struct json_object *r;

	record_foreach (record_get(record, "runs"), r) {
		if (!at || record_get(r, "void"))
			continue;
		counted++;
		if (strcmp(record_str(r, "verdict", ""), "undecided"))
			at[done++] = record_num(r, "seconds");
	}
	if (!done) {
		free(at);
		return 0;
	}
	qsort(at, done, sizeof(*at), by_value);
	strbuf_addstr(out, blocks ? "\n\n" : "");
	plot_word(out, name);
	strbuf_addstr(out, " decided\n0 0\n");
	for (size_t i = 0; i < done; i++)
		strbuf_addf(out, "%.4f %.4g\n", at[i], 100.0 * (double)(i + 1) / (double)counted);
	free(at);
	return (int)done;
}

int plot_calibrate_time_data(const struct run_file *run, struct strbuf *out)
{
	static const struct {
		const char *part, *name;
	} series[] = {
		{"clear", "one more map lookup"},
		{"aa", "equal objects"},
		{"power", "about +1.25 ns, against 0"},
	};
	int points = 0, blocks = 0;

	strbuf_addstr(out, "# Share of the runs decided after so long, in %. A block is a case:\n"
			   "# seconds share\n");
	for (size_t i = 0; i < ARRAY_SIZE(series); i++) {
		int n = decided(find(run, series[i].part), series[i].name, blocks, out);

		blocks += n > 0;
		points += n;
	}
	return points;
}

bool plot_calibrate_time_has(const struct run_file *run)
{
	struct strbuf data = STRBUF_INIT;
	bool has = plot_calibrate_time_data(run, &data) > 0;

	strbuf_release(&data);
	return has;
}

int plot_calibrate_rare_data(const struct run_file *run, struct strbuf *out)
{
	struct json_object *record = find(run, "rare"), *e;
	struct stats_interval mean;
	int points = 0;

	if (!record_interval(record, "rare.diff_ns", &mean))
		return 0;
	strbuf_addstr(out,
		      "# What each estimator reads of a slow path that one event in 256 takes, "
		      "ns. The first block is what it costs:\n"
		      "# expected_ns\n# row ns low high \"estimator\"\n\"expected\"");
	plot_value(out, record_num(record, "expected_ns"));
	strbuf_addstr(out, "\n\n\n\"estimators\" ns low high estimator\n0");
	plot_interval(out, &mean, 1);
	strbuf_addstr(out, " \"beebench: mean below a fixed cut\"\n");
	record_foreach (record_get(record, "estimators"), e) {
		double ns = record_num(e, "ns");
		struct stats_interval iv = {ns, ns, ns, NAN};

		strbuf_addf(out, "%d", ++points);
		plot_interval(out, &iv, 1);
		strbuf_addch(out, ' ');
		plot_word(out, record_str(e, "name", "?"));
		strbuf_addch(out, '\n');
	}
	return points + 1;
}
