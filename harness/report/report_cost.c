/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Sections of a report about cost: overhead, slow-down, the collector, what is loaded. */
#include "lib/base.h"
#include "harness/report/report_doc.h"
#include "harness/report/report_sections.h"
#include "lib/format.h"
#include "lib/names.h"
#include "lib/strbuf.h"
#include "harness/record.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void collect(const struct run_file *run, const char *type, const char *key,
		    struct names *out)
{
	struct json_object *o;

	record_foreach_type (run->records, o, type)
		names_add(out, record_str(o, key, "?"));
}

/* Sentences the measure gave with its figures; one that several figures share is said once. */
static void warning_items(struct doc *d, const struct run_file *run)
{
	struct json_object *o, *w, **first = NULL;
	struct names said = {0};
	size_t *times = NULL;

	record_foreach_type (run->records, o, "overhead")
		record_foreach (record_get(o, "warnings"), w) {
			size_t n = said.n, i = names_add(&said, record_text(w));

			if (i == n && !(n & (n - 1))) {
				first = realloc(first,
						(n ? 2 * n : 1) * sizeof(struct json_object *));
				times = realloc(times, (n ? 2 * n : 1) * sizeof(*times));
			}
			if (!first || !times)
				abort();
			if (i == n) {
				first[i] = o;
				times[i] = 0;
			}
			times[i]++;
		}
	for (size_t i = 0; i < said.n; i++)
		if (times[i] > 1)
			doc_item(d, "%s", said.v[i]);
		else
			doc_item(d, "%s at %s: %s", record_str(first[i], "monitor", "?"),
				 record_str(first[i], "event", "?"), said.v[i]);
	names_release(&said);
	free(first);
	free(times);
}

/* What is called for each event. */
static void trigger_items(struct doc *d, const struct record_index *x, const struct names *events)
{
	for (size_t e = 0; e < events->n; e++) {
		const char *trigger =
			record_str(record_index_get(x, events->v[e], ""), "trigger", NULL);

		if (trigger)
			doc_item(d, "%s is timed with %s", events->v[e], trigger);
	}
}

/* An event that found no room in the ring cost less than one that did. */
static void lost_cell(struct doc *d, const struct record_index *x, const struct names *events,
		      const char *monitor)
{
	uint64_t lost = 0, all = 0;
	bool known = false;

	for (size_t e = 0; e < events->n; e++) {
		struct json_object *o = record_index_get(x, events->v[e], monitor);

		known |= record_get(o, "consumer.lost") != NULL;
		lost += record_u64(o, "consumer.lost", 0);
		all += record_u64(o, "consumer.lost", 0) + record_u64(o, "consumer.records", 0);
	}
	if (!known)
		doc_cell(d, TONE_DIM, "-");
	else if (lost)
		doc_cell(d, TONE_WARN, "%.2g", 100.0 * (double)lost / (double)all);
	else
		doc_cell(d, TONE_PLAIN, "0");
}

/* Monitors are rows: there may be many, and a page is not wide. */
static void overhead_table(struct doc *d, const struct record_index *x, const struct names *events,
			   const struct names *monitors)
{
	doc_table(d);
	doc_column(d, false, "adds, ns");
	for (size_t e = 0; e < events->n; e++)
		doc_column(d, true, "%s", events->v[e]);
	doc_column(d, true, "lost, %%");
	doc_cell(d, TONE_DIM, "nothing attached");
	for (size_t e = 0; e < events->n; e++)
		cell_number(d, record_num(record_index_get(x, events->v[e], "\n"), "base_ns"), "");
	doc_cell(d, TONE_DIM, "-");
	for (size_t m = 0; m < monitors->n; m++) {
		struct json_object *any = record_index_get(x, "", monitors->v[m]);

		doc_cell(d, TONE_PLAIN, "%s%s", monitors->v[m],
			 record_true(any, "aa") ? " (A/A)" : "");
		for (size_t e = 0; e < events->n; e++)
			cell_interval(d, record_index_get(x, events->v[e], monitors->v[m]),
				      "added_ns", 1);
		lost_cell(d, x, events, monitors->v[m]);
	}
}

static void index_overhead(struct record_index *x, const struct run_file *run)
{
	struct json_object *o;

	record_foreach_type (run->records, o, "overhead") {
		const char *event = record_str(o, "event", ""),
			   *monitor = record_str(o, "monitor", "");

		record_index_add(x, event, monitor, o);
		record_index_add(x, event, "", o);
		record_index_add(x, "", monitor, o);
		/* The first that knows what a call takes with nothing attached. */
		if (isfinite(record_num(o, "base_ns")))
			record_index_add(x, event, "\n", o);
	}
}

void report_overhead(struct doc *d, const struct run_file *run)
{
	struct names events = {0}, monitors = {0};
	struct record_index x = {0};
	double confidence;

	collect(run, "overhead", "event", &events);
	collect(run, "overhead", "monitor", &monitors);
	index_overhead(&x, run);
	if (!events.n)
		goto out;
	confidence = record_num(record_index_get(&x, events.v[0], ""), "added_ns.confidence");
	doc_heading(d, 2, "Overhead");
	doc_text(
		d, TONE_PLAIN,
		"Nanoseconds that a monitor adds to a call, against the same call with nothing "
		"attached, which is the first row (%g %% interval); \"other\" is a syscall no "
		"monitor watches, and the A/A "
		"arm, where there is one, attaches nothing: it shows what this run takes for zero.",
		isfinite(confidence) ? 100 * confidence : 95);
	report_picture(d, run, "overhead", "Nanoseconds added to a call, by event and monitor");
	report_picture(d, run, "modes", "How long calls take, those that wake the consumer apart");
	overhead_table(d, &x, &events, &monitors);
	warning_items(d, run);
	trigger_items(d, &x, &events);
out:
	record_index_release(&x);
	names_release(&events);
	names_release(&monitors);
}

/* "memmon adds 312 ns to mmap, 131 ns to brk." for each monitor but the null ones. */
static void headline_overhead(struct strbuf *out, const struct run_file *run)
{
	struct names monitors = {0};
	struct json_object *o;

	collect(run, "overhead", "monitor", &monitors);
	for (size_t m = 0; m < monitors.n; m++) {
		const char *verb = " adds ";

		if (!strcmp(monitors.v[m], "none") || !strcmp(monitors.v[m], "nop"))
			continue;
		record_foreach_type (run->records, o, "overhead") {
			struct stats_interval i;

			if (strcmp(record_str(o, "monitor", ""), monitors.v[m]) ||
			    !record_interval(o, "added_ns", &i))
				continue;
			strbuf_addf(out, "%s%s", *verb == ' ' ? monitors.v[m] : "", verb);
			if (fabs(i.centre) < 10)
				strbuf_addf(out, "%.1f", i.centre);
			else
				format_number(out, round(i.centre));
			strbuf_addf(out, " ns to %s", record_str(o, "event", "?"));
			verb = ", ";
		}
		strbuf_addstr(out, *verb == ',' ? ". " : "");
	}
	names_release(&monitors);
}

/* The case of the highest rate. */
static void headline_ring(struct strbuf *out, const struct run_file *run)
{
	struct stats_interval i, most = {.centre = 0};
	struct json_object *o, *best = NULL;

	record_foreach_type (run->records, o, "ringbuf") {
		if (!record_interval(o, "rate_per_s", &i) || i.centre <= most.centre)
			continue;
		most = i;
		best = o;
	}
	if (!best)
		return;
	strbuf_addstr(out, "A ring carries up to ");
	format_si(out, most.centre, " records/s");
	strbuf_addf(out, " (%s, %s: ", record_str(best, "mode", "?"),
		    record_str(best, "placement", "?"));
	ring_label(best, out);
	strbuf_addstr(out, ").");
}

void report_headline(struct doc *d, const struct run_file *run)
{
	struct strbuf sb = STRBUF_INIT;

	headline_overhead(&sb, run);
	headline_ring(&sb, run);
	if (sb.len)
		doc_text(d, TONE_PLAIN, "%s", sb.s);
	strbuf_release(&sb);
}

/* A ratio as the percentage above 1. */
static void ratio_cell(struct doc *d, struct json_object *o, const char *path)
{
	struct stats_interval i;
	struct strbuf sb = STRBUF_INIT;

	record_interval(o, path, &i);
	i.centre -= 1;
	i.low -= 1;
	i.high -= 1;
	format_interval(&sb, &i, 100);
	doc_cell(d, TONE_PLAIN, "%s", sb.s);
	strbuf_release(&sb);
}

void report_slowdown(struct doc *d, const struct run_file *run)
{
	struct json_object *o;
	bool first = true;

	record_foreach_type (run->records, o, "slowdown") {
		if (first) {
			doc_heading(d, 2, "Slow-down of a real load");
			doc_table(d);
			doc_column(d, false, "load");
			doc_column(d, false, "monitor");
			doc_column(d, true, "takes longer by, %%");
			doc_column(d, true, "more CPU time by, %%");
			doc_column(d, true, "rounds");
			first = false;
		}
		doc_cell(d, TONE_PLAIN, "%s", record_str(o, "workload", "?"));
		doc_cell(d, TONE_PLAIN, "%s", record_str(o, "monitor", "?"));
		ratio_cell(d, o, "ratio");
		ratio_cell(d, o, "cpu_ratio");
		cell_number(d, record_num(o, "rounds"), "");
	}
}

void report_collector(struct doc *d, const struct run_file *run)
{
	struct json_object *o;
	bool first = true;

	record_foreach_type (run->records, o, "collector") {
		if (first) {
			doc_heading(d, 2, "The collector's own cost");
			doc_table(d);
			doc_column(d, false, "monitor");
			doc_column(d, false, "workload");
			doc_column(d, true, "CPU, %% of a core");
			doc_column(d, true, "CPU per event");
			doc_column(d, true, "resident");
			doc_column(d, true, "maps");
			doc_column(d, true, "records");
			doc_column(d, true, "lost");
			doc_column(d, true, "polls");
			first = false;
		}
		doc_cell(d, TONE_PLAIN, "%s", record_str(o, "monitor", "?"));
		doc_cell(d, TONE_PLAIN, "%s", record_str(o, "workload", "?"));
		cell_number(d, record_num(o, "cpu_pct"), "");
		cell_number(d, record_num(o, "cpu_ns_per_event"), " ns");
		cell_bytes(d, record_num(o, "rss_bytes"));
		cell_bytes(d, record_num(o, "map_bytes"));
		cell_number(d, record_num(o, "records"), "");
		cell_number(d, record_num(o, "lost"), "");
		cell_number(d, record_num(o, "polls"), "");
	}
}

static void program_rows(struct doc *d, struct json_object *trial)
{
	struct json_object *p;

	record_foreach (record_get(trial, "cost.programs"), p) {
		doc_cell(d, TONE_PLAIN, "%s", record_str(trial, "monitor", "?"));
		doc_cell(d, TONE_PLAIN, "%s", record_str(p, "name", "?"));
		if (record_get(p, "attached") && !record_true(p, "attached"))
			doc_cell(d, TONE_WARN, "%s, not attached", record_str(p, "section", "?"));
		else
			doc_cell(d, TONE_PLAIN, "%s", record_str(p, "section", "?"));
		/* A BPF instruction is 8 bytes (include/uapi/linux/bpf.h, struct bpf_insn). */
		cell_number(d, record_num(p, "xlated_bytes") / 8, "");
		cell_bytes(d, record_num(p, "jited_bytes"));
		cell_number(d, record_num(p, "verified_insns"), "");
	}
}

void report_programs(struct doc *d, const struct run_file *run)
{
	static const char *const titles[] = {"monitor",	     "program",	     "section",
					     "instructions", "machine code", "verified"};
	struct names seen = {0};
	struct json_object *o;

	record_foreach_type (run->records, o, "trial") {
		size_t before = seen.n;

		if (!record_count(o, "cost.programs"))
			continue;
		names_add(&seen, record_str(o, "monitor", "?"));
		if (seen.n == before)
			continue;
		if (!before) {
			doc_heading(d, 2, "What is loaded");
			doc_table(d);
			for (size_t i = 0; i < ARRAY_SIZE(titles); i++)
				doc_column(d, i >= 3, "%s", titles[i]);
		}
		program_rows(d, o);
	}
	names_release(&seen);
}
