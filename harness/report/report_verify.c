/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Sections of a report about being right: conformance, accuracy, losses, what was not judged. */
#include "lib/base.h"
#include "harness/report/report_sections.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MISMATCHES_SHOWN = 20, FINDINGS_SHOWN = 30 };

/* A `gate` record has no place below: its verdict and reason stand on top of the report. */
static bool status_is(struct json_object *trial, const char *status)
{
	return !record_is(trial, "gate") && !strcmp(record_str(trial, "status", ""), status);
}

/* Calls as "1,009 / 1,009 / 0". */
static void add_calls(struct json_object *trial, struct strbuf *out)
{
	static const char *const paths[] = {"truth.calls.mmap", "truth.calls.munmap",
					    "truth.calls.brk"};

	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		struct json_object *v = record_get(trial, paths[i]);

		strbuf_addstr(out, i ? " / " : "");
		if (v)
			format_count(out, json_object_get_uint64(v));
		else
			strbuf_addch(out, '-');
	}
}

static void verdict_cell(struct doc *d, struct json_object *trial)
{
	const char *verdict = record_str(trial, "conformance.verdict", "none");
	uint64_t wrong = record_u64(trial, "conformance.mismatches", 0);

	if (!trial)
		doc_cell(d, TONE_DIM, "%s", "");
	else if (status_is(trial, "skip") || status_is(trial, "void"))
		doc_cell(d, status_is(trial, "void") ? TONE_WARN : TONE_DIM, "%s",
			 record_str(trial, "status", ""));
	else if (!strcmp(verdict, "mismatch") && wrong)
		doc_cell(d, TONE_BAD, "%llu WRONG", (unsigned long long)wrong);
	else if (!strcmp(verdict, "mismatch"))
		doc_cell(d, TONE_BAD, "WRONG");
	else if (status_is(trial, "fail"))
		doc_cell(d, TONE_BAD, "FAIL");
	else if (!strcmp(verdict, "racy"))
		doc_cell(d, TONE_WARN, "%llu lost",
			 (unsigned long long)record_u64(trial, "conformance.lost_updates", 0));
	else if (!strcmp(verdict, "exact"))
		doc_cell(d, TONE_GOOD, "exact");
	else if (!strcmp(verdict, "bounded"))
		doc_cell(d, TONE_GOOD, "in bounds");
	else
		doc_cell(d, TONE_DIM, "-");
}

static void conformance_table(struct doc *d, const struct trial_grid *g)
{
	doc_table(d);
	doc_column(d, false, "workload");
	doc_column(d, true, "mmap / munmap / brk");
	for (size_t m = 0; m < g->monitors.n; m++)
		doc_column(d, false, "%s", g->monitors.v[m]);
	for (size_t r = 0; r < g->rows.n; r++) {
		struct strbuf calls = STRBUF_INIT;

		for (size_t m = 0; m < g->monitors.n && !calls.len; m++)
			if (record_get(trial_grid_cell(g, r, m), "truth.calls"))
				add_calls(trial_grid_cell(g, r, m), &calls);
		doc_cell(d, TONE_PLAIN, "%s", g->labels[r]);
		doc_cell(d, TONE_PLAIN, "%s", calls.s);
		for (size_t m = 0; m < g->monitors.n; m++)
			verdict_cell(d, trial_grid_cell(g, r, m));
		strbuf_release(&calls);
	}
}

static void conformance_sentence(struct doc *d, const struct run_file *run)
{
	uint64_t judged = 0, exact = 0, racy = 0, bounded = 0, counters = 0, events = 0;
	struct strbuf sb = STRBUF_INIT;
	struct json_object *o;

	record_foreach_type (run->records, o, "trial") {
		const char *verdict = record_str(o, "conformance.verdict", "none");

		judged += strcmp(verdict, "none") != 0;
		exact += !strcmp(verdict, "exact");
		racy += !strcmp(verdict, "racy");
		bounded += !strcmp(verdict, "bounded");
		counters += record_u64(o, "conformance.counters", 0);
		events += record_u64(o, "conformance.events_expected", 0);
	}
	if (!judged) {
		doc_text(d, TONE_PLAIN, "No trial could be judged.");
		return;
	}
	strbuf_addf(
		&sb,
		"Does a monitor do exactly what its own definition says? In %llu of %llu judged "
		"trials it does: ",
		(unsigned long long)exact, (unsigned long long)(judged - bounded));
	format_count(&sb, counters);
	strbuf_addstr(&sb, " counters and ");
	format_count(&sb, events);
	strbuf_addstr(&sb, " events were held against what the calls made predict.");
	if (racy)
		strbuf_addf(&sb,
			    " In %llu more, updates of a shared key were lost, as the monitor's "
			    "manifest says they may be.",
			    (unsigned long long)racy);
	if (bounded)
		strbuf_addf(
			&sb,
			" In %llu trials of a CPU monitor its sums lie within the bounds that the "
			"threads' own clocks set.",
			(unsigned long long)bounded);
	doc_text(d, TONE_PLAIN, "%s", sb.s);
	strbuf_release(&sb);
}

/* Trials of a guest say nothing of the machine in the header. */
static void guest_sentence(struct doc *d, const struct run_file *run)
{
	struct strbuf kernels = STRBUF_INIT;
	struct names seen = {0};
	struct json_object *o;

	record_foreach_type (run->records, o, "trial")
		if (record_true(o, "guest") && record_get(o, "kernel"))
			names_add(&seen, record_str(o, "kernel", ""));
	for (size_t i = 0; i < seen.n; i++)
		strbuf_addf(&kernels, "%s%s", i ? ", " : "", seen.v[i]);
	if (seen.n)
		doc_text(d, TONE_PLAIN, "In a guest of one CPU: Linux %s.", kernels.s);
	strbuf_release(&kernels);
	names_release(&seen);
}

static void mismatch_items(struct doc *d, const struct run_file *run, const struct trial_grid *g)
{
	struct json_object *o, *m, *id;
	size_t shown = 0, all = 0;

	record_foreach_type (run->records, o, "trial") {
		record_foreach (record_get(o, "mismatches"), m) {
			if (all++ < MISMATCHES_SHOWN)
				doc_item(d, "%s beside %s: %s", record_str(o, "monitor", "?"),
					 trial_grid_label(g, o), record_str(m, "text", "?"));
		}
		record_foreach (record_get(o, "identities"), id) {
			if (!record_get(id, "holds") || record_true(id, "holds"))
				continue;
			if (all++ < MISMATCHES_SHOWN)
				doc_item(d, "%s beside %s: %s does not hold: %llu, not %llu",
					 record_str(o, "monitor", "?"), trial_grid_label(g, o),
					 record_str(id, "name", "an identity"),
					 (unsigned long long)record_u64(id, "left", 0),
					 (unsigned long long)record_u64(id, "right", 0));
		}
		if (status_is(o, "fail") && all == shown && all++ < MISMATCHES_SHOWN)
			doc_item(d, "%s beside %s: %s", record_str(o, "monitor", "?"),
				 trial_grid_label(g, o), record_str(o, "reason", "failed"));
		shown = all;
	}
	if (all > MISMATCHES_SHOWN)
		doc_item(d, "and %zu more, in run.json", all - MISMATCHES_SHOWN);
}

void report_conformance(struct doc *d, const struct run_file *run, const struct trial_grid *g)
{
	if (!g->rows.n)
		return;
	doc_heading(d, 2, "Conformance");
	guest_sentence(d, run);
	conformance_sentence(d, run);
	conformance_table(d, g);
	mismatch_items(d, run, g);
}

/* One accuracy finding; monitors that found the same are one. */
struct finding {
	struct json_object *o;
	const char *label;
	struct strbuf monitors;
	double pct; /* absolute; -1: the truth is 0 */
	size_t order;
};

static bool same_finding(const struct finding *f, struct json_object *o, const char *label)
{
	static const char *const keys[] = {"metric", "truth", "captured"};

	if (strcmp(f->label, label))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (!json_object_equal(record_get(f->o, keys[i]), record_get(o, keys[i])))
			return false;
	return true;
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
	struct json_object *o, *a;

	*n = *right = 0;
	record_foreach_type (run->records, o, "trial") {
		const char *label = trial_grid_label(g, o),
			   *monitor = record_str(o, "monitor", "?");

		record_foreach (record_get(o, "accuracy"), a) {
			double pct = record_num(a, "error_pct");
			size_t i = 0;

			if (record_num(a, "error") == 0) {
				++*right;
				continue;
			}
			while (i < *n && !same_finding(&all[i], a, label))
				i++;
			if (i == *n) {
				all = realloc(all, ++*n * sizeof(*all));
				if (!all)
					abort();
				all[i] = (struct finding){a, label, STRBUF_INIT,
							  isfinite(pct) ? fabs(pct) : -1, i};
			}
			strbuf_addf(&all[i].monitors, "%s%s", all[i].monitors.len ? ", " : "",
				    monitor);
		}
	}
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
		if (status_is(o, "fail"))
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

static const struct {
	const char *path, *text;
} loss_kinds[] = {
	{"losses.ring_full", "ring full"},     {"losses.map_full", "map full"},
	{"losses.lost_events", "lost events"}, {"losses.recursion_misses", "recursion misses"},
	{"losses.bad_records", "bad records"},
};

void report_losses(struct doc *d, const struct run_file *run, const struct trial_grid *g)
{
	size_t held = 0, broken = 0, lossy = 0;
	struct json_object *o, *id;

	record_foreach_type (run->records, o, "trial")
		held += record_count(o, "identities");
	if (!held)
		return;
	held = 0;
	doc_heading(d, 2, "Losses");
	doc_table(d);
	doc_column(d, false, "workload");
	doc_column(d, false, "monitor");
	for (size_t k = 0; k < ARRAY_SIZE(loss_kinds); k++)
		doc_column(d, true, "%s", loss_kinds[k].text);
	record_foreach_type (run->records, o, "trial") {
		uint64_t sum = 0;

		record_foreach (record_get(o, "identities"), id) {
			held += record_true(id, "holds");
			broken += record_get(id, "holds") && !record_true(id, "holds");
		}
		for (size_t k = 0; k < ARRAY_SIZE(loss_kinds); k++)
			sum += record_u64(o, loss_kinds[k].path, 0);
		if (!sum)
			continue;
		lossy++;
		doc_cell(d, TONE_PLAIN, "%s", trial_grid_label(g, o));
		doc_cell(d, TONE_PLAIN, "%s", record_str(o, "monitor", "?"));
		for (size_t k = 0; k < ARRAY_SIZE(loss_kinds); k++) {
			struct strbuf sb = STRBUF_INIT;

			format_number(&sb, record_num(o, loss_kinds[k].path));
			doc_cell(d, TONE_PLAIN, "%s", sb.s);
			strbuf_release(&sb);
		}
	}
	if (held + broken)
		doc_text(d, broken ? TONE_BAD : TONE_PLAIN,
			 "%s %zu of %zu loss identities hold (what was seen is what was counted, "
			 "filtered or lost).",
			 lossy ? "Trials not named here lost nothing." : "No trial lost anything.",
			 held, held + broken);
}

/* Trials that give no verdict, by reason. */
static void reasons(struct doc *d, const struct run_file *run, const struct trial_grid *g,
		    const char *status)
{
	struct names seen = {0};
	struct json_object *o;

	record_foreach (run->records, o) {
		if (status_is(o, status))
			names_add(&seen, record_str(o, "reason", "no reason given"));
	}
	for (size_t i = 0; i < seen.n; i++) {
		struct strbuf list = STRBUF_INIT;
		struct names who = {0};

		record_foreach (run->records, o) {
			struct strbuf subject = STRBUF_INIT;

			if (!status_is(o, status) ||
			    strcmp(record_str(o, "reason", "no reason given"), seen.v[i]))
				continue;
			record_subject(o, g, &subject);
			names_add(&who, subject.s);
			strbuf_release(&subject);
		}
		for (size_t w = 0; w < who.n; w++)
			strbuf_addf(&list, "%s%s", w ? ", " : "", who.v[w]);
		doc_item(d, "%s: %s (%s)", status, seen.v[i], list.s);
		strbuf_release(&list);
		names_release(&who);
	}
	names_release(&seen);
}

void report_skips(struct doc *d, const struct run_file *run, const struct trial_grid *g)
{
	struct json_object *o;
	bool any = false;

	record_foreach (run->records, o)
		any |= status_is(o, "skip") || status_is(o, "void");
	if (!any)
		return;
	doc_heading(d, 2, "Not judged");
	reasons(d, run, g, "skip");
	reasons(d, run, g, "void");
}
