/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The data files of the pictures: blocks of lines that begin with the name of their series. */
#include "lib/base.h"
#include "harness/report/plot.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/report/plot_data.h"
#include "harness/report/report_grid.h"
#include "lib/log.h"
#include "lib/format.h"
#include "lib/names.h"
#include "lib/strbuf.h"
#include "harness/record.h"

enum { METRIC_WIDTH = 26 };

void plot_word(struct strbuf *out, const char *s)
{
	strbuf_addch(out, '"');
	for (; *s; s++)
		strbuf_addch(out, *s == '"' ? '\'' : *s == '\\' ? '/' : *s == '\n' ? ' ' : *s);
	strbuf_addch(out, '"');
}

void plot_value(struct strbuf *out, double v)
{
	if (isfinite(v))
		strbuf_addf(out, " %.9g", v);
	else
		strbuf_addstr(out, " NaN");
}

void plot_interval(struct strbuf *out, const struct stats_interval *i, double scale)
{
	plot_value(out, i->centre * scale);
	plot_value(out, (isfinite(i->low) ? i->low : i->centre) * scale);
	plot_value(out, (isfinite(i->high) ? i->high : i->centre) * scale);
}

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
	plot_value(out, isfinite(pct) ? fabs(pct) : -1);
	strbuf_addch(out, ' ');
	plot_word(out, value.s);
	strbuf_addch(out, ' ');
	plot_word(out, metric.s);
	strbuf_addch(out, ' ');
	plot_word(out, monitor);
	strbuf_addch(out, ' ');
	plot_word(out, label);
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
		plot_word(out, events.v[e]);
		strbuf_addch(out, '\n');
	}
	for (size_t m = 0; m < monitors.n; m++) {
		strbuf_addstr(out, "\n\n");
		plot_word(out, monitors.v[m]);
		strbuf_addstr(out, " added low high event\n");
		record_foreach_type (run->records, o, "overhead") {
			const char *event = record_str(o, "event", "?");
			struct stats_interval i;

			if (strcmp(record_str(o, "monitor", "?"), monitors.v[m]) ||
			    !record_interval(o, "added_ns", &i))
				continue;
			strbuf_addf(out, "%zu", names_find(&events, event));
			plot_interval(out, &i, 1);
			strbuf_addch(out, ' ');
			plot_word(out, event);
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
				plot_word(out, series.v[s]);
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
					plot_interval(out, &i, scale);
					strbuf_reset(&word);
					ring_label(o, &word);
					strbuf_addch(out, ' ');
					plot_word(out, word.s);
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
		plot_word(out, series.v[s]);
		strbuf_addstr(out, " delivered\n");
		for (size_t i = 0; i < n; i++) {
			struct strbuf word = STRBUF_INIT;

			loss_series(points[i], &word);
			if (!strcmp(word.s, series.v[s])) {
				plot_value(out, record_num(points[i], "offered_per_s") * 1e-6);
				plot_value(out, record_num(points[i], "delivered_per_s") * 1e-6);
				strbuf_addch(out, '\n');
			}
			strbuf_release(&word);
		}
	}
	names_release(&series);
	free(points);
	return (int)n;
}

/* What each picture is made from. */
static const struct plot {
	const char *name, *type, *path;
	int (*data)(const struct run_file *run, struct strbuf *out);
	/* Where a type and a path do not tell whether there is something to draw. */
	bool (*has)(const struct run_file *run);
} plots[] = {
	{"lanes", NULL, NULL, plot_lanes_data, plot_lanes_has},
	{"accuracy", "trial", "accuracy", accuracy_data, NULL},
	{"overhead", "overhead", "event", overhead_data, NULL},
	{"ringbuf", "ringbuf", "mode", ringbuf_data, NULL},
	{"wakeup", "ringbuf", "wakeup_cost_ns", wakeup_data, NULL},
	{"losscurve", "losscurve", "delivered_per_s", losscurve_data, NULL},
	{"calibrate-aa", "calibrate", "false_alarms", plot_calibrate_aa_data, NULL},
	{"calibrate-coverage", "calibrate", "coverage", plot_calibrate_coverage_data, NULL},
	{"calibrate-time", "calibrate", NULL, plot_calibrate_time_data, plot_calibrate_time_has},
	{"calibrate-linearity", "calibrate", "slope", plot_calibrate_linearity_data, NULL},
	{"calibrate-rare", "calibrate", "estimators", plot_calibrate_rare_data, NULL},
};

const char *const plot_names[] = {"lanes",	    "accuracy",
				  "overhead",	    "ringbuf",
				  "wakeup",	    "losscurve",
				  "calibrate-aa",   "calibrate-coverage",
				  "calibrate-time", "calibrate-linearity",
				  "calibrate-rare", NULL};

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
