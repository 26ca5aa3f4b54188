/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Two saved runs held against each other: which verdicts changed, which counted figures, and on one
 * machine which times. Records of the two belong together when they are of the same things
 * (monitor, workload with its parameters, kernel, path, event). Times of two machines are not
 * compared: their difference says nothing of the monitors.
 */
#include "lib/base.h"
#include "harness/report/report.h"

#include <math.h>
#include <string.h>

#include "harness/record.h"
#include "harness/report/report_grid.h"
#include "lib/format.h"
#include "lib/strbuf.h"

/* Facts of the host that two runs of one machine have alike. */
static const char *const same_host[] = {"host.cpu",	     "host.cpus",	    "host.machine",
					"host.memory_bytes", "host.virtualisation", "host.kernel"};

static bool is_same_host(const struct run_file *a, const struct run_file *b)
{
	for (size_t i = 0; i < ARRAY_SIZE(same_host); i++)
		if (strcmp(record_text(record_get(a->header, same_host[i])),
			   record_text(record_get(b->header, same_host[i]))) != 0)
			return false;
	return true;
}

/* What a record is of; its type begins it. */
static void add_key(struct json_object *o, struct strbuf *out)
{
	static const char *const keys[] = {"monitor", "workload", "params", "command.argv",
					   "kernel",  "path",	  "event",  "other"};

	strbuf_addstr(out, record_str(o, "type", "?"));
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		strbuf_addf(out, "\t%s", record_text(record_get(o, keys[i])));
}

static struct json_object *find(const struct record_index *x, struct json_object *like)
{
	struct strbuf key = STRBUF_INIT;
	struct json_object *o;

	add_key(like, &key);
	o = record_index_get(x, key.s, "");
	strbuf_release(&key);
	return o;
}

static void index_run(struct record_index *x, const struct run_file *run)
{
	struct json_object *o;

	record_foreach (run->records, o) {
		struct strbuf key = STRBUF_INIT;

		add_key(o, &key);
		record_index_add(x, key.s, "", o);
		strbuf_release(&key);
	}
}

static void facts(struct doc *d, const struct run_file *a, const struct run_file *b)
{
	static const char *const paths[] = {"id", "started", "tool", "host.kernel", "host.cpu"};

	doc_table(d);
	doc_column(d, false, "run");
	doc_column(d, false, "A");
	doc_column(d, false, "B");
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		const char *dot = strrchr(paths[i], '.');

		doc_cell(d, TONE_DIM, "%s", dot ? dot + 1 : paths[i]);
		doc_cell(d, TONE_PLAIN, "%s", record_str(a->header, paths[i], "?"));
		doc_cell(d, TONE_PLAIN, "%s", record_str(b->header, paths[i], "?"));
	}
}

/* "exact", "void", "fail": what a trial came to, in a word. */
static const char *outcome(struct json_object *trial)
{
	const char *verdict = record_str(trial, "conformance.verdict", "none");
	const char *status = record_str(trial, "status", "?");

	return strcmp(verdict, "none") && !strcmp(status, "ok") ? verdict : status;
}

static enum doc_tone tone_of(const char *word)
{
	return !strcmp(word, "fail") || !strcmp(word, "mismatch") ? TONE_BAD
	       : !strcmp(word, "exact") || !strcmp(word, "ok")	  ? TONE_GOOD
								  : TONE_WARN;
}

static void verdicts(struct doc *d, const struct record_index *of_a, const struct run_file *b,
		     struct two_runs *all)
{
	struct json_object *o, *before;
	size_t both = 0, changed = 0;
	struct trial_grid g;

	trial_grid_build(&g, b);
	doc_heading(d, 2, "Verdicts");
	doc_table(d);
	doc_column(d, false, "workload");
	doc_column(d, false, "monitor");
	doc_column(d, false, "A");
	doc_column(d, false, "B");
	record_foreach_type (b->records, o, "trial") {
		before = find(of_a, o);
		both += before != NULL;
		if (!before || !strcmp(outcome(before), outcome(o)))
			continue;
		changed++;
		doc_cell(d, TONE_PLAIN, "%s", trial_grid_label(&g, o));
		doc_cell(d, TONE_PLAIN, "%s", record_str(o, "monitor", "?"));
		doc_cell(d, tone_of(outcome(before)), "%s", outcome(before));
		doc_cell(d, tone_of(outcome(o)), "%s", outcome(o));
	}
	if (both)
		doc_text(d, TONE_PLAIN, "Of %zu trials that both runs have, %zu ended otherwise.",
			 both, changed);
	else
		doc_text(d, TONE_PLAIN, "No trial that both runs have.");
	all->held += both;
	all->changed += changed;
	trial_grid_release(&g);
}

static void number_row(struct doc *d, struct json_object *o, const char *what, double x, double y)
{
	struct strbuf monitor = STRBUF_INIT, kernel = STRBUF_INIT;

	strbuf_addstr(&monitor, record_str(o, "monitor", "?"));
	if (record_get(o, "kernel")) {
		strbuf_addstr(&monitor, ", Linux ");
		format_kernel(&kernel, record_str(o, "kernel", ""));
		strbuf_addstr(&monitor, kernel.s);
	}
	doc_cell(d, TONE_PLAIN, "%s", monitor.s);
	doc_cell(d, TONE_PLAIN, "%s", what);
	cell_number(d, x, "");
	cell_number(d, y, "");
	cell_signed(d, y - x);
	strbuf_release(&monitor);
	strbuf_release(&kernel);
}

/* Figures that are the same on every machine: any difference is one. */
static void counted(struct doc *d, const struct record_index *of_a, const struct run_file *b,
		    struct two_runs *all)
{
	static const char *const fields[] = {"instructions",	"jited_bytes", "verifier_insns",
					     "verifier_states", "stack_bytes", "map_bytes"};
	struct json_object *o, *before;
	size_t both = 0, changed = 0;

	doc_heading(d, 2, "Counted");
	doc_table(d);
	doc_column(d, false, "monitor");
	doc_column(d, false, "of");
	doc_column(d, true, "A");
	doc_column(d, true, "B");
	doc_column(d, true, "B less A");
	record_foreach (b->records, o) {
		bool is_static = record_is(o, "static");

		before = is_static || record_is(o, "exact") ? find(of_a, o) : NULL;
		for (size_t i = 0; before && i < (is_static ? ARRAY_SIZE(fields) : 1); i++) {
			const char *field = is_static ? fields[i] : "added";
			double x = record_num(before, field), y = record_num(o, field);

			if (!isfinite(x) || !isfinite(y))
				continue;
			both++;
			if (x == y)
				continue;
			changed++;
			number_row(d, o, is_static ? field : record_str(o, "path", "?"), x, y);
		}
	}
	if (both)
		doc_text(d, TONE_PLAIN,
			 "Of %zu counted figures (instructions, what loading says) that both runs "
			 "have, %zu differ.",
			 both, changed);
	else
		doc_text(
			d, TONE_PLAIN,
			"No counted figure (instructions, what loading says) that both runs have.");
	all->held += both;
	all->changed += changed;
}

static void timed(struct doc *d, const struct record_index *of_a, const struct run_file *b,
		  bool same, struct two_runs *all)
{
	struct json_object *o, *before;
	size_t n = 0;

	doc_heading(d, 2, "Times");
	if (!same) {
		doc_text(d, TONE_WARN,
			 "The runs are of two machines, or of two kernels: their times are not "
			 "held against each other.");
		return;
	}
	doc_table(d);
	doc_column(d, false, "monitor");
	doc_column(d, false, "event");
	doc_column(d, true, "A adds, ns");
	doc_column(d, true, "B adds, ns");
	doc_column(d, true, "B less A");
	record_foreach_type (b->records, o, "overhead") {
		struct stats_interval x, y, diff;
		double half;

		before = find(of_a, o);
		if (!record_interval(before, "added_ns", &x) || !record_interval(o, "added_ns", &y))
			continue;
		n++;
		half = hypot((x.high - x.low) / 2, (y.high - y.low) / 2);
		diff = (struct stats_interval){y.centre - x.centre, y.centre - x.centre - half,
					       y.centre - x.centre + half, x.confidence};
		doc_cell(d, TONE_PLAIN, "%s", record_str(o, "monitor", "?"));
		doc_cell(d, TONE_PLAIN, "%s", record_str(o, "event", "?"));
		cell_interval(d, before, "added_ns", 1);
		cell_interval(d, o, "added_ns", 1);
		cell_difference(d, &diff);
	}
	doc_text(d, TONE_PLAIN,
		 n ? "A difference whose interval leaves out 0 is coloured. The machine may have "
		     "been in another mood: 'beebench gate' holds two builds against each other at "
		     "one time."
		   : "No time that both runs have.");
	all->held += n;
}

static size_t only_in(const struct record_index *other, const struct run_file *run)
{
	struct json_object *o;
	size_t n = 0;

	record_foreach (run->records, o)
		n += record_get(o, "monitor") && !find(other, o);
	return n;
}

struct two_runs report_two(struct doc *d, const struct run_file *a, const struct run_file *b)
{
	struct record_index of_a = {0}, of_b = {0};
	struct two_runs all = {0};

	index_run(&of_a, a);
	index_run(&of_b, b);
	doc_heading(d, 1, "beebench: %s (B) against %s (A)", record_str(b->header, "id", "a run"),
		    record_str(a->header, "id", "a run"));
	facts(d, a, b);
	verdicts(d, &of_a, b, &all);
	counted(d, &of_a, b, &all);
	timed(d, &of_a, b, is_same_host(a, b), &all);
	doc_text(d, TONE_DIM, "Only in A: %zu records of monitors; only in B: %zu.",
		 only_in(&of_b, a), only_in(&of_a, b));
	record_index_release(&of_a);
	record_index_release(&of_b);
	return all;
}
