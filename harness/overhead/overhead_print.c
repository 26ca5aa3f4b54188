/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The tables a person sees after `beebench overhead`. */
#include "lib/base.h"
#include "harness/overhead/overhead.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/record.h"
#include "lib/format.h"
#include "lib/names.h"
#include "lib/strbuf.h"

enum { FIRST_WIDTH = 16, COLUMN_WIDTH = 24 };

static struct json_object *find(struct json_object *records, const char *monitor, const char *event)
{
	struct json_object *o;

	record_foreach_type (records, o, "overhead") {
		if (!strcmp(record_str(o, "monitor", ""), monitor) &&
		    !strcmp(record_str(o, "event", ""), event))
			return o;
	}
	return NULL;
}

/* Pads by columns on the screen, not bytes: all text here is ASCII. */
static void cell(FILE *out, int width, const char *text)
{
	fprintf(out, " %*s", width, text);
}

static void interval_cell(FILE *out, struct json_object *o, const char *path, double scale,
			  double offset)
{
	struct strbuf sb = STRBUF_INIT;
	struct stats_interval iv;

	if (o && !strcmp(record_str(o, "status", ""), "skip")) {
		strbuf_addstr(&sb, "skip");
	} else if (!record_interval(o, path, &iv)) {
		strbuf_addstr(&sb, "-");
	} else {
		iv.centre -= offset;
		iv.low -= offset;
		iv.high -= offset;
		format_interval(&sb, &iv, scale);
	}
	cell(out, COLUMN_WIDTH, sb.s);
	strbuf_release(&sb);
}

/* Each sentence once, however many records carry it. */
static void print_notes(struct json_object *records, const char *type, FILE *out)
{
	struct names told = {0};
	struct json_object *o, *w;

	record_foreach_type (records, o, type) {
		struct strbuf line = STRBUF_INIT;

		record_foreach (record_get(o, "warnings"), w) {
			strbuf_reset(&line);
			strbuf_addf(&line, "%s, %s: %s", record_str(o, "monitor", "?"),
				    record_str(o, "event", record_str(o, "workload", "?")),
				    record_text(w));
			if (names_find(&told, record_text(w)) == told.n)
				fprintf(out, "  note: %s\n", line.s);
			names_add(&told, record_text(w));
		}
		if (!strcmp(record_str(o, "status", ""), "skip")) {
			strbuf_reset(&line);
			strbuf_addf(&line, "%s: %s", record_str(o, "monitor", "?"),
				    record_str(o, "reason", "?"));
			if (names_find(&told, line.s) == told.n)
				fprintf(out, "  skip: %s\n", line.s);
			names_add(&told, line.s);
		}
		strbuf_release(&line);
	}
	names_release(&told);
}

static void print_base(struct json_object *records, const struct names *monitors,
		       const struct names *events, FILE *out)
{
	fprintf(out, "%-*s", FIRST_WIDTH, "untouched");
	for (size_t e = 0; e < events->n; e++) {
		struct strbuf sb = STRBUF_INIT;
		double base_ns = NAN;

		for (size_t m = 0; m < monitors->n && !isfinite(base_ns); m++)
			base_ns =
				record_num(find(records, monitors->v[m], events->v[e]), "base_ns");
		format_number(&sb, base_ns);
		cell(out, COLUMN_WIDTH, sb.s);
		strbuf_release(&sb);
	}
	fputc('\n', out);
}

/* What the monitor costs above the one that was named for that, where one was. */
static void print_above(struct json_object *records, const char *monitor,
			const struct names *events, FILE *out)
{
	struct json_object *o = find(records, monitor, events->v[0]);
	const char *above = record_str(o, "above", NULL);
	struct strbuf name = STRBUF_INIT;

	if (above) {
		strbuf_addf(&name, " above %s", above);
		fprintf(out, "%-*.*s", FIRST_WIDTH, FIRST_WIDTH, name.s);
		for (size_t e = 0; e < events->n; e++)
			interval_cell(out, find(records, monitor, events->v[e]), "above_ns", 1, 0);
		fputc('\n', out);
	}
	strbuf_release(&name);
}

static void print_events(struct json_object *records, FILE *out)
{
	struct names events = {0}, monitors = {0};
	struct json_object *o;

	record_foreach_type (records, o, "overhead") {
		names_add(&events, record_str(o, "event", "?"));
		names_add(&monitors, record_str(o, "monitor", "?"));
	}
	if (events.n) {
		fprintf(out, "Nanoseconds added to a call (95 %% interval)\n\n%-*s", FIRST_WIDTH,
			"");
		for (size_t e = 0; e < events.n; e++)
			cell(out, COLUMN_WIDTH, events.v[e]);
		fputc('\n', out);
		print_base(records, &monitors, &events, out);
		for (size_t m = 0; m < monitors.n; m++) {
			bool none = !strcmp(monitors.v[m], "none");

			fprintf(out, "%-*s", FIRST_WIDTH, none ? "none (A/A)" : monitors.v[m]);
			for (size_t e = 0; e < events.n; e++)
				interval_cell(out, find(records, monitors.v[m], events.v[e]),
					      "added_ns", 1, 0);
			fputc('\n', out);
			print_above(records, monitors.v[m], &events, out);
		}
		fputc('\n', out);
		print_notes(records, "overhead", out);
	}
	names_release(&events);
	names_release(&monitors);
}

/* Of what was exchanged: where it comes from. Three figures that add up with the floor. */
static void print_parts(struct json_object *records, FILE *out)
{
	static const char *const paths[] = {"floor_ns", "whole.program_ns", "whole.waking_ns"};
	struct json_object *o;
	bool first = true;

	record_foreach_type (records, o, "overhead") {
		struct stats_interval share, wake;

		if (!record_get(o, "whole.total_ns"))
			continue;
		if (first)
			fprintf(out,
				"\nOf that, in nanoseconds: being attached at all, the program, "
				"waking its consumer\n\n%-*s %-12s %*s %*s %*s\n",
				FIRST_WIDTH, "", "", COLUMN_WIDTH, "attached", COLUMN_WIDTH,
				"program", COLUMN_WIDTH, "waking");
		first = false;
		fprintf(out, "%-*s %-12s", FIRST_WIDTH, record_str(o, "monitor", "?"),
			record_str(o, "event", "?"));
		for (size_t i = 0; i < ARRAY_SIZE(paths); i++)
			interval_cell(out, o, paths[i], 1, 0);
		if (record_interval(o, "whole.woke_share", &share) &&
		    record_interval(o, "whole.wake_up_ns", &wake))
			fprintf(out, "  %.3g %% of the calls, %.0f ns each", 100 * share.centre,
				wake.centre);
		fputc('\n', out);
	}
}

static double number_below(struct json_object *o, const char *path, const char *key)
{
	struct strbuf sb = STRBUF_INIT;
	double v;

	strbuf_addf(&sb, "%s.%s", path, key);
	v = record_num(o, sb.s);
	strbuf_release(&sb);
	return v;
}

static void exchange_row(struct json_object *o, const char *name, const char *path, FILE *out)
{
	struct strbuf cycles = STRBUF_INIT, one = STRBUF_INIT;
	double low, high;

	fprintf(out, "%-10s %-34s", record_str(o, "event", "?"), name);
	interval_cell(out, o, path, 1, 0);
	strbuf_addf(&cycles, "%s.cycles", path);
	interval_cell(out, o, cycles.s, 1, 0);
	low = number_below(o, path, "one_load_low");
	high = number_below(o, path, "one_load_high");
	if (isfinite(low) && isfinite(high))
		strbuf_addf(&one, "%.1f .. %.1f", low, high);
	else
		strbuf_addch(&one, '-');
	cell(out, COLUMN_WIDTH, one.s);
	fputc('\n', out);
	strbuf_release(&cycles);
	strbuf_release(&one);
}

/* What the mean does not say: B's share of A's cost, and where in the distribution the difference
 * is. */
static void exchange_details(struct json_object *o, FILE *out)
{
	static const char *const shifts[][2] = {
		{"p50", "median"}, {"p90", "p90"}, {"p99", "p99"}, {"p99_9", "p99.9"}};
	struct stats_interval ratio;
	const char *comma = "";

	fprintf(out, "%-10s ", "");
	if (record_interval(o, "ratio", &ratio)) {
		fprintf(out, "%.3f of its cost [%.3f, %.3f]", ratio.centre, ratio.low, ratio.high);
		comma = "; ";
	}
	for (size_t i = 0; i < ARRAY_SIZE(shifts); i++) {
		double ns = number_below(o, "shift_diff_ns", shifts[i][0]);

		if (!isfinite(ns))
			continue;
		fprintf(out, "%s%s %+.1f ns", comma, shifts[i][1], ns);
		comma = ", ";
	}
	fputc('\n', out);
}

static void print_exchange(struct json_object *records, FILE *out)
{
	struct json_object *o;
	bool first = true;

	record_foreach_type (records, o, "sharp") {
		const char *a = record_str(o, "monitor", "?"), *b = record_str(o, "other", NULL);
		struct strbuf name = STRBUF_INIT;

		if (first)
			fprintf(out,
				"\nThe programs alone, by a stub re-pointed between them (95 %% "
				"interval)\n\n%-10s %-34s %*s %*s %*s\n",
				"", "", COLUMN_WIDTH, "ns", COLUMN_WIDTH, "core cycles",
				COLUMN_WIDTH, "one load sees, ns");
		first = false;
		if (!strcmp(record_str(o, "status", ""), "void")) {
			fprintf(out, "%-10s void: %s\n", record_str(o, "event", "?"),
				record_str(o, "reason", "?"));
			strbuf_release(&name);
			continue;
		}
		exchange_row(o, "the same again (A/A)", "aa_ns", out);
		strbuf_addf(&name, "%s over empty", a);
		exchange_row(o, name.s, "a_ns", out);
		if (b) {
			strbuf_reset(&name);
			strbuf_addf(&name, "%s over empty", b);
			exchange_row(o, name.s, "b_ns", out);
			strbuf_reset(&name);
			strbuf_addf(&name, "%s less %s", b, a);
			exchange_row(o, name.s, "diff_ns", out);
			exchange_details(o, out);
		}
		strbuf_release(&name);
	}
	print_notes(records, "sharp", out);
}

static void print_slowdown(struct json_object *records, FILE *out)
{
	struct json_object *o;
	bool first = true;

	record_foreach_type (records, o, "slowdown") {
		if (strcmp(record_str(o, "status", ""), "ok"))
			continue;
		if (first)
			fprintf(out,
				"\nSlow-down of a real load, %% (95 %% interval)\n\n%-*s "
				"%-16s %*s %*s\n",
				FIRST_WIDTH, "", "load", COLUMN_WIDTH, "time", COLUMN_WIDTH,
				"CPU time");
		first = false;
		fprintf(out, "%-*s %-16s", FIRST_WIDTH, record_str(o, "monitor", "?"),
			record_str(o, "workload", "?"));
		interval_cell(out, o, "ratio", 100, 1);
		interval_cell(out, o, "cpu_ratio", 100, 1);
		fputc('\n', out);
	}
	print_notes(records, "slowdown", out);
}

static void print_collector(struct json_object *records, FILE *out)
{
	struct json_object *o;
	bool first = true;

	record_foreach_type (records, o, "collector") {
		struct strbuf cpu = STRBUF_INIT, each = STRBUF_INIT, rss = STRBUF_INIT;
		struct strbuf maps = STRBUF_INIT;

		if (first)
			fprintf(out, "\nThe collector itself\n\n%-*s %-16s %12s %14s %12s %12s\n",
				FIRST_WIDTH, "", "beside", "CPU, %", "ns per event", "resident",
				"maps");
		first = false;
		format_number(&cpu, record_num(o, "cpu_pct"));
		format_number(&each, record_num(o, "cpu_ns_per_event"));
		format_bytes(&rss, record_num(o, "rss_bytes"));
		format_bytes(&maps, record_num(o, "map_bytes"));
		fprintf(out, "%-*s %-16s %12s %14s %12s %12s\n", FIRST_WIDTH,
			record_str(o, "monitor", "?"), record_str(o, "workload", "?"), cpu.s,
			each.s, rss.s, maps.s);
		strbuf_release(&cpu);
		strbuf_release(&each);
		strbuf_release(&rss);
		strbuf_release(&maps);
	}
}

void overhead_print(struct json_object *records, FILE *out)
{
	print_events(records, out);
	print_parts(records, out);
	print_exchange(records, out);
	print_slowdown(records, out);
	print_collector(records, out);
}
