/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Section of a report: does a monitor do exactly what its own definition says? */
#include "lib/base.h"
#include "harness/report/report_sections.h"
#include "lib/format.h"
#include "lib/names.h"
#include "lib/strbuf.h"
#include "harness/record.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { MISMATCHES_SHOWN = 20 };

static bool status_is(struct json_object *trial, const char *status)
{
	return !strcmp(record_str(trial, "status", ""), status);
}

/* What was done beside a monitor, in the words of what it watches. */
enum made { MADE_CALLS, MADE_RECORDS, MADE_TIME, MADE_BLOCKS, MADE_COUNT };

static const char *const made_titles[MADE_COUNT] = {"mmap / munmap / brk", "sides recorded",
						    "CPU time", "blocks allocated"};

/* The finding that has the threads' own clocks as its truth. */
static struct json_object *cpu_time(struct json_object *trial)
{
	struct json_object *a;

	record_foreach (record_get(trial, "accuracy"), a)
		if (!strcmp(record_str(a, "metric", ""), "cpu_time"))
			return a;
	return NULL;
}

/* MADE_COUNT: nobody knows. */
static enum made made_of(struct json_object *trial)
{
	if (record_get(trial, "truth.recorded"))
		return MADE_RECORDS;
	if (cpu_time(trial))
		return MADE_TIME;
	if (record_get(trial, "truth.made.allocs"))
		return MADE_BLOCKS;
	return record_get(trial, "truth.calls") ? MADE_CALLS : MADE_COUNT;
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

static void add_made(struct json_object *trial, enum made made, struct strbuf *out)
{
	switch (made) {
	case MADE_CALLS: add_calls(trial, out); break;
	case MADE_RECORDS: format_count(out, record_u64(trial, "truth.recorded", 0)); break;
	case MADE_TIME: format_duration(out, record_num(cpu_time(trial), "truth")); break;
	case MADE_BLOCKS: format_count(out, record_u64(trial, "truth.made.allocs", 0)); break;
	case MADE_COUNT: break;
	}
}

static void verdict_cell(struct doc *d, struct json_object *trial)
{
	const char *verdict = record_str(trial, "conformance.verdict", "none");
	uint64_t wrong = record_u64(trial, "conformance.mismatches", 0);

	if (!trial)
		doc_cell(d, TONE_DIM, "%s", "");
	else if (record_true(trial, "vacuous"))
		doc_cell(d, TONE_DIM, "nothing to compare");
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
	else if (!strcmp(verdict, "skipped"))
		doc_cell(d, TONE_WARN, "%llu skipped",
			 (unsigned long long)record_u64(trial, "conformance.skipped_runs", 0));
	else if (!strcmp(verdict, "exact"))
		doc_cell(d, TONE_GOOD, "exact");
	else if (!strcmp(verdict, "bounded"))
		doc_cell(d, TONE_GOOD, "in bounds");
	else
		doc_cell(d, TONE_DIM, "-");
}

/* What was done in a row, for the monitors that watch that. */
static void made_cell(struct doc *d, const struct trial_grid *g, size_t row, enum made made)
{
	struct strbuf text = STRBUF_INIT;

	for (size_t m = 0; m < g->monitors.n && !text.len; m++)
		if (made_of(trial_grid_cell(g, row, m)) == made)
			add_made(trial_grid_cell(g, row, m), made, &text);
	doc_cell(d, TONE_PLAIN, "%s", text.s);
	strbuf_release(&text);
}

static void conformance_table(struct doc *d, const struct trial_grid *g)
{
	bool shown[MADE_COUNT + 1] = {false};

	for (size_t i = 0; i < g->rows.n * g->monitors.n; i++)
		shown[made_of(g->cells[i])] = true;
	shown[MADE_CALLS] |= !shown[MADE_RECORDS] && !shown[MADE_TIME] && !shown[MADE_BLOCKS];
	doc_table(d);
	doc_column(d, false, "workload");
	for (enum made made = 0; made < MADE_COUNT; made++)
		if (shown[made])
			doc_column(d, true, "%s", made_titles[made]);
	for (size_t m = 0; m < g->monitors.n; m++)
		doc_column(d, false, "%s", g->monitors.v[m]);
	for (size_t r = 0; r < g->rows.n; r++) {
		doc_cell(d, TONE_PLAIN, "%s", g->labels[r]);
		for (enum made made = 0; made < MADE_COUNT; made++)
			if (shown[made])
				made_cell(d, g, r, made);
		for (size_t m = 0; m < g->monitors.n; m++)
			verdict_cell(d, trial_grid_cell(g, r, m));
	}
}

static void conformance_sentence(struct doc *d, const struct run_file *run)
{
	uint64_t judged = 0, exact = 0, racy = 0, skipped = 0, bounded = 0, counters = 0,
		 events = 0, sampled = 0, exactly;
	struct strbuf sb = STRBUF_INIT;
	struct json_object *o;

	record_foreach_type (run->records, o, "trial") {
		const char *verdict = record_str(o, "conformance.verdict", "none");
		uint64_t n = record_times(o);

		judged += strcmp(verdict, "none") ? n : 0;
		exact += strcmp(verdict, "exact") ? 0 : n;
		racy += strcmp(verdict, "racy") ? 0 : n;
		skipped += strcmp(verdict, "skipped") ? 0 : n;
		if (!strcmp(verdict, "bounded"))
			*(record_get(o, "truth.made") ? &sampled : &bounded) += n;
		counters += record_u64(o, "conformance.counters", 0);
		events += record_u64(o, "conformance.events_expected", 0);
	}
	if (!judged) {
		doc_text(d, TONE_PLAIN, "No trial could be judged.");
		return;
	}
	exactly = judged - bounded - sampled;
	if (exactly) {
		strbuf_addf(&sb,
			    "Does a monitor do exactly what its own definition says? In %llu of "
			    "%llu judged trials it does: ",
			    (unsigned long long)exact, (unsigned long long)exactly);
		format_count(&sb, counters);
		strbuf_addstr(&sb, " counters and ");
		format_count(&sb, events);
		strbuf_addstr(&sb, " events were held against what the calls made predict.");
	}
	if (racy)
		strbuf_addf(&sb,
			    " In %llu more, updates of a shared key were lost, as the monitor's "
			    "manifest says they may be.",
			    (unsigned long long)racy);
	if (skipped)
		strbuf_addf(&sb,
			    " In %llu more, the kernel skipped runs of the monitor's programs, "
			    "which explains what is missing: no fault of the monitor "
			    "(docs/linux7.md).",
			    (unsigned long long)skipped);
	if (bounded)
		strbuf_addf(
			&sb,
			"%sIn %llu trials of a CPU monitor its sums lie within the bounds that the "
			"threads' own clocks set.",
			sb.len ? " " : "", (unsigned long long)bounded);
	if (sampled)
		strbuf_addf(&sb,
			    "%sIn %llu trials of a profiler that takes samples its estimates and "
			    "error bars lie within what chance explains.",
			    sb.len ? " " : "", (unsigned long long)sampled);
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

/* What is said alike of many keys: the text without its numbers. */
static void add_shape(struct strbuf *out, const char *text)
{
	for (; *text; text++)
		if (*text >= '0' && *text <= '9') {
			strbuf_addch(out, '#');
			text += strspn(text, "0123456789abcdefx") - 1;
		} else {
			strbuf_addch(out, *text);
		}
}

/* Lines that differ in their numbers only are one, with how many there are. */
struct alike {
	struct names shapes;
	struct alike_line {
		char *first;
		size_t n;
	} * v;
};

static void alike_add(struct alike *a, const char *line)
{
	struct strbuf shape = STRBUF_INIT;
	size_t i, n = a->shapes.n;

	add_shape(&shape, line);
	i = names_add(&a->shapes, shape.s);
	if (i == n && !(n & (n - 1)))
		a->v = realloc(a->v, (n ? 2 * n : 1) * sizeof(*a->v));
	if (!a->v)
		abort();
	if (i == n)
		a->v[i] = (struct alike_line){strdup(line), 0};
	a->v[i].n++;
	strbuf_release(&shape);
}

static void alike_addf(struct alike *a, const char *fmt, ...) PRINTF_LIKE(2, 3);
static void alike_addf(struct alike *a, const char *fmt, ...)
{
	struct strbuf line = STRBUF_INIT;
	va_list ap;

	va_start(ap, fmt);
	strbuf_vaddf(&line, fmt, ap);
	va_end(ap);
	alike_add(a, line.s);
	strbuf_release(&line);
}

/* A record keeps some of its mismatches and counts them all: 2018 alike are one line. */
static void mismatch_items(struct doc *d, const struct run_file *run, const struct trial_grid *g)
{
	struct json_object *o, *m, *id;
	struct alike lines = {0};

	record_foreach_type (run->records, o, "trial") {
		const char *monitor = record_str(o, "monitor", "?"),
			   *beside = trial_grid_label(g, o);
		size_t told = record_count(o, "mismatches");
		uint64_t all = record_u64(o, "conformance.mismatches", 0);

		record_foreach (record_get(o, "mismatches"), m)
			alike_addf(&lines, "%s beside %s: %s", monitor, beside,
				   record_str(m, "text", "?"));
		if (told && all > told)
			alike_addf(&lines, "%s beside %s: %llu more were found and not kept",
				   monitor, beside, (unsigned long long)(all - told));
		record_foreach (record_get(o, "identities"), id) {
			if (!record_get(id, "holds") || record_true(id, "holds"))
				continue;
			told++;
			alike_addf(&lines, "%s beside %s: %s does not hold: %llu, not %llu",
				   monitor, beside, record_str(id, "name", "an identity"),
				   (unsigned long long)record_u64(id, "left", 0),
				   (unsigned long long)record_u64(id, "right", 0));
		}
		if (status_is(o, "fail") && !told)
			alike_addf(&lines, "%s beside %s: %s", monitor, beside,
				   record_str(o, "reason", "failed"));
	}
	for (size_t i = 0; i < lines.shapes.n; i++) {
		if (i < MISMATCHES_SHOWN && lines.v[i].n > 1)
			doc_item(d, "%s (and %zu more like it)", lines.v[i].first,
				 lines.v[i].n - 1);
		else if (i < MISMATCHES_SHOWN)
			doc_item(d, "%s", lines.v[i].first);
		free(lines.v[i].first);
	}
	if (lines.shapes.n > MISMATCHES_SHOWN)
		doc_item(d, "and %zu more kinds, in run.json", lines.shapes.n - MISMATCHES_SHOWN);
	names_release(&lines.shapes);
	free(lines.v);
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
