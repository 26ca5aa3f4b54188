/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Section of a report: how far is what a monitor says from what really happened? */
#include "lib/base.h"
#include "harness/report/report_sections.h"
#include "lib/format.h"
#include "lib/names.h"
#include "lib/strbuf.h"
#include "harness/record.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { FINDINGS_SHOWN = 30 };

/* One accuracy finding; monitors that found the same are one. */
struct finding {
	struct json_object *o;
	const char *label;
	struct strbuf monitors;
	double pct; /* absolute; -1: the truth is 0 */
	size_t order;
};

/* What makes two findings one. */
static void add_identity(struct json_object *o, const char *label, struct strbuf *out)
{
	static const char *const keys[] = {"metric", "truth", "captured"};

	strbuf_addstr(out, label);
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		strbuf_addf(out, "\t%s", record_text(record_get(o, keys[i])));
}

/* Largest percentage first; then those whose truth is 0, as they came. */
static int by_size(const void *a, const void *b)
{
	const struct finding *f = a, *g = b;

	if (f->pct != g->pct)
		return f->pct < g->pct ? 1 : -1;
	return (f->order > g->order) - (f->order < g->order);
}

/* Gathers what is off; counts what is not in @right. The caller frees. */
static struct finding *findings(const struct run_file *run, const struct trial_grid *g, size_t *n,
				size_t *right)
{
	struct finding *all = NULL;
	struct names seen = {0};
	struct json_object *o, *a;

	*n = *right = 0;
	record_foreach_type (run->records, o, "trial") {
		const char *label = trial_grid_label(g, o),
			   *monitor = record_str(o, "monitor", "?");

		record_foreach (record_get(o, "accuracy"), a) {
			double pct = record_num(a, "error_pct");
			struct strbuf key = STRBUF_INIT;
			size_t i;

			if (record_num(a, "error") == 0) {
				++*right;
				continue;
			}
			add_identity(a, label, &key);
			i = names_add(&seen, key.s);
			strbuf_release(&key);
			if (i == *n) {
				/* Powers of two. */
				if (!(i & (i - 1)))
					all = realloc(all, (i ? 2 * i : 1) * sizeof(*all));
				if (!all)
					abort();
				++*n;
				all[i] = (struct finding){a, label, STRBUF_INIT,
							  isfinite(pct) ? fabs(pct) : -1, i};
			}
			strbuf_addf(&all[i].monitors, "%s%s", all[i].monitors.len ? ", " : "",
				    monitor);
		}
	}
	names_release(&seen);
	if (*n)
		qsort(all, *n, sizeof(*all), by_size);
	return all;
}

static void value_cell(struct doc *d, struct json_object *a, const char *key)
{
	const char *unit = record_str(a, "unit", "");
	struct strbuf sb = STRBUF_INIT;
	double v = record_num(a, key);

	if (!strcmp(unit, "bytes") && fabs(v) >= 1e6)
		format_bytes(&sb, v);
	else
		format_number(&sb, v);
	if (strcmp(unit, "bytes") || fabs(v) < 1e6)
		strbuf_addf(&sb, " %s", unit);
	doc_cell(d, TONE_PLAIN, "%s", sb.s);
	strbuf_release(&sb);
}

static void finding_row(struct doc *d, const struct finding *f)
{
	struct strbuf error = STRBUF_INIT;
	double pct = record_num(f->o, "error_pct");

	if (isfinite(pct))
		format_percent(&error, pct);
	else
		strbuf_addstr(&error, "truth is 0");
	doc_cell(d, TONE_PLAIN, "%s", f->label);
	doc_cell(d, TONE_PLAIN, "%s", f->monitors.s);
	doc_cell(d, TONE_PLAIN, "%s", record_str(f->o, "metric", "?"));
	value_cell(d, f->o, "truth");
	value_cell(d, f->o, "captured");
	doc_cell(d, TONE_WARN, "%s", error.s);
	doc_cell(d, TONE_DIM, "%s", record_str(f->o, "why", ""));
	strbuf_release(&error);
}

/* The monitors that are off nowhere, and in no check either. */
static void without_error(struct doc *d, const struct run_file *run)
{
	struct names exact = {0}, off = {0};
	struct strbuf list = STRBUF_INIT;
	struct json_object *o, *a;

	record_foreach_type (run->records, o, "trial") {
		if (!strcmp(record_str(o, "status", ""), "fail"))
			names_add(&off, record_str(o, "monitor", "?"));
		record_foreach (record_get(o, "accuracy"), a)
			names_add(record_num(a, "error") == 0 ? &exact : &off,
				  record_str(o, "monitor", "?"));
	}
	for (size_t i = 0; i < exact.n; i++) {
		bool is_off = false;

		for (size_t k = 0; k < off.n; k++)
			is_off |= !strcmp(exact.v[i], off.v[k]);
		if (!is_off)
			strbuf_addf(&list, "%s%s", list.len ? ", " : "", exact.v[i]);
	}
	if (list.len)
		doc_text(d, TONE_GOOD, "Exact throughout: %s.", list.s);
	strbuf_release(&list);
	names_release(&exact);
	names_release(&off);
}

void report_accuracy(struct doc *d, const struct run_file *run, const struct trial_grid *g)
{
	static const char *const titles[] = {"workload", "monitors", "what", "truth",
					     "captured", "error",    "why"};
	size_t n, right;
	struct finding *all = findings(run, g, &n, &right);

	if (!n && !right)
		return;
	doc_heading(d, 2, "Accuracy");
	if (!n) {
		doc_text(d, TONE_GOOD,
			 "How far is what a monitor says from what really happened? All %zu "
			 "comparisons are exact.",
			 right);
		return;
	}
	doc_text(d, TONE_PLAIN,
		 "How far is what a monitor says from what really happened? %zu comparisons are "
		 "without error; %zu are off, largest first. What is off here comes from how a "
		 "monitor defines its figures; faults of a program are under conformance.",
		 right, n);
	without_error(d, run);
	report_picture(d, run, "accuracy",
		       "Largest error of each monitor beside each workload, in percent");
	doc_table(d);
	for (size_t i = 0; i < ARRAY_SIZE(titles); i++)
		doc_column(d, i >= 3 && i <= 5, "%s", titles[i]);
	for (size_t i = 0; i < MIN(n, (size_t)FINDINGS_SHOWN); i++)
		finding_row(d, &all[i]);
	if (n > FINDINGS_SHOWN)
		doc_text(d, TONE_DIM, "%zu smaller findings are in run.json.", n - FINDINGS_SHOWN);
	for (size_t i = 0; i < n; i++)
		strbuf_release(&all[i].monitors);
	free(all);
}
