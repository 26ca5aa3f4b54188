/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The data files of the pictures: blocks of lines that begin with the name of their series.
 *
 * A maker for each picture appends its text to a strbuf and returns the number of points; the table
 * at the end says which records each is made from. Words are quoted for gnuplot, which knows no
 * escape that works everywhere; a number that is none is NaN.
 */
#include "lib/base.h"
#include "harness/report/plot.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/record.h"
#include "harness/report/record_pair.h"
#include "harness/report/report_grid.h"
#include "lib/format.h"
#include "lib/log.h"
#include "lib/names.h"
#include "lib/printable.h"
#include "lib/strbuf.h"

/* A quoted word. */
static void put_word(struct strbuf *out, const char *word)
{
	struct strbuf clean = STRBUF_INIT;

	printable_add_line(&clean, word);
	strbuf_addch(out, '"');
	for (const char *s = clean.s; *s; s++)
		strbuf_addch(out, *s == '"' ? '\'' : *s == '\\' ? '/' : *s);
	strbuf_addch(out, '"');
	strbuf_release(&clean);
}

/* A number, NaN as gnuplot reads it. */
static void put_value(struct strbuf *out, double v)
{
	if (isfinite(v))
		strbuf_addf(out, " %.9g", v);
	else
		strbuf_addstr(out, " NaN");
}

/* Centre, low and high, @scale times; an interval that is none is drawn without length. */
static void put_interval(struct strbuf *out, const struct stats_interval *i, double scale)
{
	put_value(out, i->centre * scale);
	put_value(out, (isfinite(i->low) ? i->low : i->centre) * scale);
	put_value(out, (isfinite(i->high) ? i->high : i->centre) * scale);
}

/* With several kernels or comparisons, paths that are equal in both leave no room for the others.
 */
enum { ROWS_MAX = 32 };

/* "memmon: brk, 6.12": what tells it from the other rows. */
static void add_label(struct strbuf *out, const struct pair *pair, bool several, const char *what)
{
	const char *slash = strrchr(pair->name[1], '/');

	if (several)
		strbuf_addf(out, "%s: ", slash ? slash + 1 : pair->name[1]);
	strbuf_addstr(out, what);
}

/* A row for each event: B less A, a second load of A less A, the margin. What is void says so. */
static int time_rows(const struct pair *pair, int row, bool several, struct strbuf *out)
{
	struct json_object *o;
	int rows = 0;

	record_foreach_type (pair->records, o, "sharp") {
		const char *event = record_str(o, "event", "?");
		struct stats_interval difference, aa;
		struct strbuf label = STRBUF_INIT;

		if (o != pair_exchanged(pair, record_str(o, "event", "")) ||
		    !record_interval(o, "diff_ns", &difference))
			continue;
		record_interval(o, "aa_ns", &aa);
		strbuf_addf(out, "%d", row + rows++);
		put_interval(out, &difference, 1);
		put_interval(out, &aa, 1);
		put_value(out, record_num(o, "margin_ns"));
		add_label(&label, pair, several, event);
		if (strcmp(record_str(o, "status", "ok"), "ok"))
			strbuf_addf(&label, " (%s)", record_str(o, "status", "?"));
		strbuf_addch(out, ' ');
		put_word(out, label.s);
		strbuf_addch(out, '\n');
		strbuf_release(&label);
	}
	return rows;
}

/* What was counted: all kernels and paths of the run. */
struct counted {
	struct pairs pairs;
	struct names kernels, paths;
	bool several;	/* comparisons */
	bool differing; /* only what differs is drawn */
};

/* A row for each path and kernel that both have a figure for. */
static int instruction_rows(const struct counted *c, const struct pair *pair, size_t side, int row,
			    struct strbuf *out)
{
	int rows = 0;

	for (size_t k = 0; k < c->kernels.n; k++) {
		for (size_t p = 0; p < c->paths.n; p++) {
			double v[2];
			struct strbuf label = STRBUF_INIT;

			for (size_t i = 0; i < 2; i++)
				v[i] = pair_added(pair, i, c->kernels.v[k], c->paths.v[p]);
			if (isnan(v[0]) || isnan(v[1]) || (c->differing && v[0] == v[1]))
				continue;
			add_label(&label, pair, c->several, c->paths.v[p]);
			if (c->kernels.n > 1) {
				strbuf_addstr(&label, ", ");
				format_kernel(&label, c->kernels.v[k]);
			}
			strbuf_addf(out, "%d", row + rows++);
			put_value(out, v[side]);
			strbuf_addch(out, ' ');
			put_word(out, label.s);
			strbuf_addch(out, '\n');
			strbuf_release(&label);
		}
	}
	return rows;
}

/* Both blocks of instructions. Returns the rows of one. */
static int instruction_blocks(const struct counted *c, struct strbuf *out)
{
	int rows = 0;

	for (size_t side = 0; side < 2; side++) {
		rows = 0;
		strbuf_addstr(out, "\n\n");
		put_word(out, c->several ? side ? "B" : "A" : c->pairs.v[0].name[side]);
		strbuf_addstr(out, " added path\n");
		for (size_t i = 0; i < c->pairs.n; i++)
			rows += instruction_rows(c, &c->pairs.v[i], side, rows, out);
	}
	return rows;
}

static int lanes_data(const struct run_file *run, struct strbuf *out)
{
	struct counted c = {0};
	struct json_object *o;
	int points = 0, rows;
	size_t end;

	strbuf_addstr(out, "# Two monitors compared. The first block is the time lane, ns; then a "
			   "block for each monitor, instructions:\n"
			   "# row B-A low high A/A low high margin \"event\"\n"
			   "# row added \"path\"\n");
	pairs_find(&c.pairs, run->records);
	c.several = c.pairs.n > 1;
	if (!c.pairs.n)
		return 0;
	record_foreach_type (run->records, o, "exact") {
		names_add(&c.kernels, record_str(o, "kernel", ""));
		names_add(&c.paths, record_str(o, "path", ""));
	}
	strbuf_addstr(out, "\"time\" B-A low high A/A low high margin event\n");
	for (size_t i = 0; i < c.pairs.n; i++)
		points += time_rows(&c.pairs.v[i], points, c.several, out);
	end = out->len;
	rows = instruction_blocks(&c, out);
	if (rows > ROWS_MAX) {
		out->len = end;
		c.differing = true;
		rows = instruction_blocks(&c, out);
	}
	names_release(&c.kernels);
	names_release(&c.paths);
	pairs_release(&c.pairs);
	return points + 2 * rows;
}

static bool lanes_has(const struct run_file *run)
{
	struct strbuf data = STRBUF_INIT;
	bool has = lanes_data(run, &data) > 0;

	strbuf_release(&data);
	return has;
}

/* The record of that part, or NULL. */
static struct json_object *find_part(const struct run_file *run, const char *part)
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

static int calibrate_aa_data(const struct run_file *run, struct strbuf *out)
{
	struct json_object *record = find_part(run, "aa");
	size_t n = 0;
	struct run_row *rows = rows_of(record, "diff_ns", &n);

	strbuf_addstr(out, "# The gate's decision on equal objects, run by run, sorted:\n"
			   "# row difference_ns low high margin_ns alarm(1 yes) void(1 yes)\n");
	for (size_t i = 0; i < n; i++) {
		strbuf_addf(out, "%zu", i);
		put_interval(out, &rows[i].iv, 1);
		put_value(out, rows[i].margin_ns);
		strbuf_addf(out, " %d %d\n", rows[i].beyond, rows[i].unclean);
	}
	free(rows);
	return (int)n;
}

static int calibrate_coverage_data(const struct run_file *run, struct strbuf *out)
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
		put_word(out, record_str(o, "regime", "?"));
		put_interval(out, &share, 100);
		strbuf_addch(out, '\n');
		rows = rows_of(o, "aa_ns", &n);
		for (size_t i = 0; i < n; i++) {
			strbuf_addf(out, "%zu", i);
			put_interval(out, &rows[i].iv, 1);
			strbuf_addf(out, " %d\n", rows[i].iv.low > 0 || rows[i].iv.high < 0);
			points++;
		}
		free(rows);
	}
	return points;
}

static int calibrate_linearity_data(const struct run_file *run, struct strbuf *out)
{
	struct json_object *record = find_part(run, "linearity"), *r;
	double intercept = record_num(record, "intercept");
	struct stats_interval slope = {NAN, NAN, NAN, NAN};
	int points = 0;

	record_interval(record, "slope", &slope);
	strbuf_addstr(out, "# Injected multiplications and what they read, core cycles. The first "
			   "block is the line:\n# intercept slope low high r2\n"
			   "# multiplies cycles low high residual\n\"line\"");
	put_value(out, intercept);
	put_interval(out, &slope, 1);
	put_value(out, record_num(record, "r2"));
	strbuf_addstr(out, "\n\n\n\"points\" cycles low high residual\n");
	record_foreach (record_get(record, "runs"), r) {
		double n = record_num(r, "multiplies");
		struct stats_interval iv;

		if (!record_interval(r, "diff_cycles", &iv) || !isfinite(iv.centre))
			continue;
		strbuf_addf(out, "%.0f", n);
		put_interval(out, &iv, 1);
		put_value(out, iv.centre - intercept - slope.centre * n);
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
	put_word(out, name);
	strbuf_addstr(out, " decided\n0 0\n");
	for (size_t i = 0; i < done; i++)
		strbuf_addf(out, "%.4f %.4g\n", at[i], 100.0 * (double)(i + 1) / (double)counted);
	free(at);
	return (int)done;
}

static int calibrate_time_data(const struct run_file *run, struct strbuf *out)
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
		int n = decided(find_part(run, series[i].part), series[i].name, blocks, out);

		blocks += n > 0;
		points += n;
	}
	return points;
}

static bool calibrate_time_has(const struct run_file *run)
{
	struct strbuf data = STRBUF_INIT;
	bool has = calibrate_time_data(run, &data) > 0;

	strbuf_release(&data);
	return has;
}

static int calibrate_rare_data(const struct run_file *run, struct strbuf *out)
{
	struct json_object *record = find_part(run, "rare"), *e;
	struct stats_interval mean;
	int points = 0;

	if (!record_interval(record, "rare.diff_ns", &mean))
		return 0;
	strbuf_addstr(out,
		      "# What each estimator reads of a slow path that one event in 256 takes, "
		      "ns. The first block is what it costs:\n"
		      "# expected_ns\n# row ns low high \"estimator\"\n\"expected\"");
	put_value(out, record_num(record, "expected_ns"));
	strbuf_addstr(out, "\n\n\n\"estimators\" ns low high estimator\n0");
	put_interval(out, &mean, 1);
	strbuf_addstr(out, " \"beebench: mean below a fixed cut\"\n");
	record_foreach (record_get(record, "estimators"), e) {
		double ns = record_num(e, "ns");
		struct stats_interval iv = {ns, ns, ns, NAN};

		strbuf_addf(out, "%d", ++points);
		put_interval(out, &iv, 1);
		strbuf_addch(out, ' ');
		put_word(out, record_str(e, "name", "?"));
		strbuf_addch(out, '\n');
	}
	return points + 1;
}

enum { METRIC_WIDTH = 26 };

/* What a cell of the accuracy picture says. */
enum cell_kind { CELL_RIGHT, CELL_FINDING, CELL_NONE, CELL_WRONG };

/*
 * The finding with the largest error in percent, or, when the truth of all is 0 and no percentage
 * says anything, the first; NULL when there is none. False when nothing was compared.
 */
static bool worst_finding(struct json_object *trial, struct json_object **worst)
{
	struct json_object *a;
	double most = -1;
	bool any = false;

	*worst = NULL;
	record_foreach (record_get(trial, "accuracy"), a) {
		double pct = fabs(record_num(a, "error_pct"));

		any = true;
		if (record_num(a, "error") == 0)
			continue;
		if (!*worst || (isfinite(pct) && pct > most))
			*worst = a;
		if (isfinite(pct) && pct > most)
			most = pct;
	}
	return any;
}

static void finding_words(struct json_object *a, struct strbuf *value, struct strbuf *metric)
{
	double pct = record_num(a, "error_pct"), captured = record_num(a, "captured");

	if (isfinite(pct)) {
		format_percent(value, pct);
	} else {
		if (!strcmp(record_str(a, "unit", ""), "bytes"))
			format_bytes(value, captured);
		else
			format_number(value, captured);
		strbuf_addstr(value, ", not 0");
	}
	for (const char *s = record_str(a, "metric", ""); *s; s++)
		strbuf_addch(metric, *s == '_' ? ' ' : *s);
	if (metric->len > METRIC_WIDTH) {
		metric->len = METRIC_WIDTH - 2;
		metric->s[metric->len] = '\0';
		strbuf_addstr(metric, "..");
	}
}

static void accuracy_cell(struct json_object *trial, size_t x, size_t y, const char *monitor,
			  const char *label, struct strbuf *out)
{
	struct strbuf value = STRBUF_INIT, metric = STRBUF_INIT;
	const char *status = record_str(trial, "status", "");
	enum cell_kind kind = CELL_NONE;
	struct json_object *worst;
	double pct = NAN;

	if (!strcmp(record_str(trial, "conformance.verdict", ""), "mismatch")) {
		kind = CELL_WRONG;
		strbuf_addstr(&value, "WRONG");
	} else if (!strcmp(status, "skip") || !strcmp(status, "void")) {
		strbuf_addstr(&value, status);
	} else if (trial && worst_finding(trial, &worst)) {
		kind = worst ? CELL_FINDING : CELL_RIGHT;
		pct = worst ? record_num(worst, "error_pct") : 0;
		if (worst && !isfinite(pct))
			pct = 1e9;
		if (worst)
			finding_words(worst, &value, &metric);
		else
			strbuf_addstr(&value, "0");
	} else if (trial) {
		strbuf_addch(&value, '-');
	}
	strbuf_addf(out, "%zu %zu %d", x, y, kind);
	put_value(out, isfinite(pct) ? fabs(pct) : -1);
	strbuf_addch(out, ' ');
	put_word(out, value.s);
	strbuf_addch(out, ' ');
	put_word(out, metric.s);
	strbuf_addch(out, ' ');
	put_word(out, monitor);
	strbuf_addch(out, ' ');
	put_word(out, label);
	strbuf_addch(out, '\n');
	strbuf_release(&value);
	strbuf_release(&metric);
}

static bool compared_anything(const struct trial_grid *g, size_t monitor)
{
	struct json_object *worst;

	for (size_t r = 0; r < g->rows.n; r++)
		if (worst_finding(trial_grid_cell(g, r, monitor), &worst) ||
		    !strcmp(record_str(trial_grid_cell(g, r, monitor), "conformance.verdict", ""),
			    "mismatch"))
			return true;
	return false;
}

static int accuracy_data(const struct run_file *run, struct strbuf *out)
{
	struct trial_grid g;
	int points = 0;

	strbuf_addstr(out,
		      "# Largest error of a monitor (x) beside a workload (y).\n"
		      "# x y kind(0 right, 1 finding, 2 not judged, 3 wrong) |error|_%(-1 none) "
		      "\"value\" \"metric\" \"monitor\" \"workload\"\n");
	trial_grid_build(&g, run);
	for (size_t m = 0, x = 0; m < g.monitors.n; m++) {
		if (!compared_anything(&g, m))
			continue;
		for (size_t r = 0; r < g.rows.n; r++) {
			accuracy_cell(trial_grid_cell(&g, r, m), x, r, g.monitors.v[m], g.labels[r],
				      out);
			points++;
		}
		x++;
	}
	trial_grid_release(&g);
	return points;
}

static int overhead_data(const struct run_file *run, struct strbuf *out)
{
	struct names events = {0}, monitors = {0};
	struct json_object *o;
	int points = 0;

	strbuf_addstr(out,
		      "# Nanoseconds a monitor adds to a call. The first block names the "
		      "events, then a block is a monitor:\n# event added_ns low high \"event\"\n");
	record_foreach_type (run->records, o, "overhead") {
		names_add(&events, record_str(o, "event", "?"));
		names_add(&monitors, record_str(o, "monitor", "?"));
	}
	strbuf_addstr(out, "\"events\" 0 0 0 event\n");
	for (size_t e = 0; e < events.n; e++) {
		strbuf_addf(out, "%zu 0 0 0 ", e);
		put_word(out, events.v[e]);
		strbuf_addch(out, '\n');
	}
	for (size_t m = 0; m < monitors.n; m++) {
		strbuf_addstr(out, "\n\n");
		put_word(out, monitors.v[m]);
		strbuf_addstr(out, " added low high event\n");
		record_foreach_type (run->records, o, "overhead") {
			const char *event = record_str(o, "event", "?");
			struct stats_interval i;

			if (strcmp(record_str(o, "monitor", "?"), monitors.v[m]) ||
			    !record_interval(o, "added_ns", &i))
				continue;
			strbuf_addf(out, "%zu", names_find(&events, event));
			put_interval(out, &i, 1);
			strbuf_addch(out, ' ');
			put_word(out, event);
			strbuf_addch(out, '\n');
			points++;
		}
	}
	names_release(&events);
	names_release(&monitors);
	return points;
}

static void ring_series(struct json_object *o, struct strbuf *out)
{
	strbuf_addf(out, "%s, %s", record_str(o, "mode", "?"), record_str(o, "placement", "?"));
}

/* Cases grouped into a block for each mode and placement; @path is the interval that is drawn. */
static int ring_cases(const struct run_file *run, const char *path, double scale,
		      struct strbuf *out)
{
	struct names series = {0};
	struct json_object *o;
	int points = 0;

	for (int pass = 0; pass < 2; pass++) {
		for (size_t s = 0; s < (pass ? series.n : 1); s++) {
			if (pass) {
				strbuf_addstr(out, s ? "\n\n" : "");
				put_word(out, series.v[s]);
				strbuf_addstr(out, " centre low high case\n");
			}
			record_foreach_type (run->records, o, "ringbuf") {
				struct strbuf word = STRBUF_INIT;
				struct stats_interval i;

				ring_series(o, &word);
				if (record_interval(o, path, &i) && !pass)
					names_add(&series, word.s);
				if (isfinite(i.centre) && pass && !strcmp(word.s, series.v[s])) {
					/* A gap of one row between groups. */
					strbuf_addf(out, "%zu", (size_t)points++ + s);
					put_interval(out, &i, scale);
					strbuf_reset(&word);
					ring_label(o, &word);
					strbuf_addch(out, ' ');
					put_word(out, word.s);
					strbuf_addch(out, '\n');
				}
				strbuf_release(&word);
			}
		}
	}
	names_release(&series);
	return points;
}

static int ringbuf_data(const struct run_file *run, struct strbuf *out)
{
	strbuf_addstr(out, "# Million records a second through a ring. A block is a mode and a "
			   "placement:\n# row M_per_s low high \"case\"\n");
	return ring_cases(run, "rate_per_s", 1e-6, out);
}

static int wakeup_data(const struct run_file *run, struct strbuf *out)
{
	strbuf_addstr(out, "# Nanoseconds that waking the consumer costs. A block is a mode and a "
			   "placement:\n# row ns low high \"case\"\n");
	return ring_cases(run, "wakeup_cost_ns", 1, out);
}

static void loss_series(struct json_object *o, struct strbuf *out)
{
	if (record_get(o, "monitor"))
		strbuf_addf(out, "%s, ", record_str(o, "monitor", "?"));
	strbuf_addf(out, "%s, %llu B in ", record_str(o, "consumer", "?"),
		    (unsigned long long)record_u64(o, "record_bytes", 0));
	format_bytes(out, record_num(o, "ring_bytes"));
}

static int by_offered(const void *a, const void *b)
{
	double x = record_num(*(struct json_object *const *)a, "offered_per_s");
	double y = record_num(*(struct json_object *const *)b, "offered_per_s");

	return (x > y) - (x < y);
}

static int losscurve_data(const struct run_file *run, struct strbuf *out)
{
	size_t n = 0, all = json_object_array_length(run->records);
	struct json_object **points = calloc(all + 1, sizeof(struct json_object *)), *o;
	struct names series = {0};

	if (!points)
		return -ENOMEM;
	strbuf_addstr(out, "# Million records a second, offered and delivered. A block is a "
			   "consumer:\n# offered_M delivered_M\n");
	record_foreach_type (run->records, o, "losscurve") {
		struct strbuf word = STRBUF_INIT;

		if (!(record_num(o, "offered_per_s") > 0 && record_num(o, "delivered_per_s") > 0))
			continue;
		points[n++] = o;
		loss_series(o, &word);
		names_add(&series, word.s);
		strbuf_release(&word);
	}
	/* A producer cannot always keep the rate it was asked for: points come in any order. */
	qsort(points, n, sizeof(struct json_object *), by_offered);
	for (size_t s = 0; s < series.n; s++) {
		strbuf_addstr(out, s ? "\n\n" : "");
		put_word(out, series.v[s]);
		strbuf_addstr(out, " delivered\n");
		for (size_t i = 0; i < n; i++) {
			struct strbuf word = STRBUF_INIT;

			loss_series(points[i], &word);
			if (!strcmp(word.s, series.v[s])) {
				put_value(out, record_num(points[i], "offered_per_s") * 1e-6);
				put_value(out, record_num(points[i], "delivered_per_s") * 1e-6);
				strbuf_addch(out, '\n');
			}
			strbuf_release(&word);
		}
	}
	names_release(&series);
	free(points);
	return (int)n;
}

/* Of calls, in percent by each doubling's quarter: its steps are equal on a logarithmic axis. */
static void modes_panel(struct json_object *o, struct strbuf *out)
{
	struct strbuf word = STRBUF_INIT;
	struct json_object *row;
	double empty = 0, with = 0;

	strbuf_addf(&word, "%s, %s", record_str(o, "monitor", "?"), record_str(o, "event", "?"));
	put_value(out, record_num(o, "whole.threshold_ns"));
	strbuf_addstr(out, " 0 0 ");
	put_word(out, word.s);
	strbuf_addch(out, '\n');
	record_foreach (record_get(o, "whole.modes"), row) {
		empty += json_object_get_double(json_object_array_get_idx(row, 1));
		with += json_object_get_double(json_object_array_get_idx(row, 2));
	}
	record_foreach (record_get(o, "whole.modes"), row) {
		double ns = json_object_get_double(json_object_array_get_idx(row, 0));
		double of_empty = 100 / MAX(empty, 1) *
				  json_object_get_double(json_object_array_get_idx(row, 1));
		double of_with = 100 / MAX(with, 1) *
				 json_object_get_double(json_object_array_get_idx(row, 2));

		/* A call in ten thousand is no height that could be seen. */
		if (of_empty < 0.01 && of_with < 0.01)
			continue;
		put_value(out, ns);
		put_value(out, of_empty);
		put_value(out, of_with);
		strbuf_addstr(out, " -\n");
	}
	strbuf_release(&word);
}

/* Two modes, or none: a monitor that wakes nobody has nothing to show. */
static int modes_data(const struct run_file *run, struct strbuf *out)
{
	struct json_object *o;
	int panels = 0;

	strbuf_addstr(
		out, "# How long calls take beside a monitor whose consumer is awake. A block is a "
		     "monitor at an event; its first line is the threshold:\n# ns "
		     "empty_program_% monitor_% \"monitor, event\"\n");
	record_foreach_type (run->records, o, "overhead") {
		if (!record_true(o, "whole.two_modes"))
			continue;
		strbuf_addstr(out, panels++ ? "\n\n" : "");
		modes_panel(o, out);
	}
	return panels;
}

static bool modes_has(const struct run_file *run)
{
	struct strbuf data = STRBUF_INIT;
	bool has = modes_data(run, &data) > 0;

	strbuf_release(&data);
	return has;
}

/* What each picture is made from. */
static const struct plot {
	const char *name, *type, *path;
	int (*data)(const struct run_file *run, struct strbuf *out);
	/* Where a type and a path do not tell whether there is something to draw. */
	bool (*has)(const struct run_file *run);
} plots[] = {
	{"lanes", NULL, NULL, lanes_data, lanes_has},
	{"accuracy", "trial", "accuracy", accuracy_data, NULL},
	{"overhead", "overhead", "event", overhead_data, NULL},
	{"modes", "overhead", "whole", modes_data, modes_has},
	{"ringbuf", "ringbuf", "mode", ringbuf_data, NULL},
	{"wakeup", "ringbuf", "wakeup_cost_ns", wakeup_data, NULL},
	{"losscurve", "losscurve", "delivered_per_s", losscurve_data, NULL},
	{"calibrate-aa", "calibrate", "false_alarms", calibrate_aa_data, NULL},
	{"calibrate-coverage", "calibrate", "coverage", calibrate_coverage_data, NULL},
	{"calibrate-time", "calibrate", NULL, calibrate_time_data, calibrate_time_has},
	{"calibrate-linearity", "calibrate", "slope", calibrate_linearity_data, NULL},
	{"calibrate-rare", "calibrate", "estimators", calibrate_rare_data, NULL},
};

const char *const plot_names[] = {"lanes",
				  "accuracy",
				  "overhead",
				  "modes",
				  "ringbuf",
				  "wakeup",
				  "losscurve",
				  "calibrate-aa",
				  "calibrate-coverage",
				  "calibrate-time",
				  "calibrate-linearity",
				  "calibrate-rare",
				  NULL};

static const struct plot *find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(plots); i++)
		if (!strcmp(plots[i].name, name))
			return &plots[i];
	log_err("no picture '%s'", name);
	return NULL;
}

bool plot_has_data(const char *name, const struct run_file *run)
{
	const struct plot *p = find(name);
	struct json_object *o;

	if (!p)
		return false;
	if (p->has)
		return p->has(run);
	record_foreach_type (run->records, o, p->type) {
		struct json_object *v = record_get(o, p->path);

		if (v && (!json_object_is_type(v, json_type_array) || json_object_array_length(v)))
			return true;
	}
	return false;
}

int plot_data(const char *name, const struct run_file *run, struct strbuf *out)
{
	const struct plot *p = find(name);

	return p ? p->data(run, out) : -EINVAL;
}
