/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The top of a report about a comparison: the verdict in all, one a lane, what differs, and why. */
#include "lib/base.h"
#include "harness/report/report_doc.h"
#include "harness/report/report_sections.h"

#include <math.h>
#include <string.h>

#include "harness/report/record_pair.h"
#include "lib/format.h"
#include "lib/strbuf.h"
#include "harness/record.h"

static enum doc_tone tone_of(const char *verdict)
{
	static const struct {
		const char *verdict;
		enum doc_tone tone;
	} tones[] = {{"pass", TONE_GOOD},
		     {"regression", TONE_BAD},
		     {"inconclusive", TONE_WARN},
		     {"environment", TONE_WARN}};

	for (size_t i = 0; i < ARRAY_SIZE(tones); i++)
		if (!strcmp(verdict, tones[i].verdict))
			return tones[i].tone;
	return TONE_DIM;
}

void report_title(struct doc *d, const struct run_file *run)
{
	const char *verdict = record_gate_worst(run->records);
	size_t n = sides_count(run->records);
	struct strbuf names = STRBUF_INIT;
	struct sides s;

	if (!verdict) {
		doc_heading(d, 1, "beebench: %s", record_str(run->header, "id", "a run"));
		return;
	}
	if (n > 1)
		strbuf_addf(&names, "%zu comparisons", n);
	else if (sides_nth(run->records, 0, &s))
		record_sides_name(&s, &names);
	doc_heading(d, 1, "beebench: %s (%s)", verdict, names.s);
	strbuf_release(&names);
}

static void lane_rows(struct doc *d, const struct run_file *run, const struct sides *s)
{
	struct json_object *o;

	doc_table(d);
	doc_column(d, false, "lane");
	doc_column(d, false, "verdict");
	doc_column(d, false, "why");
	record_foreach_type (run->records, o, "gate") {
		const char *verdict = record_str(o, "verdict", "?");

		if (!sides_own(s, o) || record_gate_subject(o) || record_is_all(o))
			continue;
		doc_cell(d, TONE_PLAIN, "%s", record_str(o, "lane", "?"));
		doc_cell(d, tone_of(verdict), "%s", verdict);
		doc_cell(d, TONE_PLAIN, "%s", record_str(o, "reason", ""));
	}
}

/* Figures that are equal, or that are none, need no line where all see it. */
static bool is_dull(struct json_object *o)
{
	const char *verdict = record_str(o, "verdict", "");
	double value = record_num(o, "value");

	return (value == 0 && !strcmp(verdict, "pass")) ||
	       ((value == 0 || isnan(value)) && !strcmp(verdict, "skip"));
}

static bool any_kernel(const struct run_file *run)
{
	struct json_object *o;

	record_foreach_type (run->records, o, "gate")
		if (record_get(o, "kernel"))
			return true;
	return false;
}

static void thing_row(struct doc *d, struct json_object *o, bool kernels)
{
	const struct stats_interval difference = {record_num(o, "value"), record_num(o, "low"),
						  record_num(o, "high"), NAN};
	const char *verdict = record_str(o, "verdict", "?");
	struct strbuf kernel = STRBUF_INIT;

	doc_cell(d, TONE_PLAIN, "%s", record_str(o, "lane", "?"));
	doc_cell(d, TONE_PLAIN, "%s", record_gate_subject(o));
	format_kernel(&kernel, record_str(o, "kernel", ""));
	if (kernels)
		doc_cell(d, TONE_PLAIN, "%s", kernel.s);
	strbuf_release(&kernel);
	cell_number(d, record_num(o, "base"), "");
	if (difference.low < difference.high)
		cell_difference(d, &difference);
	else
		cell_signed(d, difference.centre);
	cell_number(d, record_num(o, "limit"), "");
	doc_cell(d, TONE_PLAIN, "%s", record_str(o, "unit", ""));
	doc_cell(d, tone_of(verdict), "%s", verdict);
}

/* The things that have a limit, the dull ones or the others. Returns how many. */
static size_t things(struct doc *d, const struct run_file *run, const struct sides *s, bool dull)
{
	bool kernels = any_kernel(run);
	struct json_object *o;
	size_t n = 0;

	doc_table(d);
	doc_column(d, false, "lane");
	doc_column(d, false, "of");
	if (kernels)
		doc_column(d, false, "Linux");
	doc_column(d, true, "A");
	doc_column(d, true, "B less A");
	doc_column(d, true, "at most");
	doc_column(d, false, "unit");
	doc_column(d, false, "verdict");
	record_foreach_type (run->records, o, "gate") {
		if (!record_gate_subject(o) || !sides_own(s, o) || is_dull(o) != dull)
			continue;
		thing_row(d, o, kernels);
		n++;
	}
	return n;
}

static size_t count_dull(const struct run_file *run, const struct sides *s)
{
	struct json_object *o;
	size_t n = 0;

	record_foreach_type (run->records, o, "gate")
		n += record_gate_subject(o) && sides_own(s, o) && is_dull(o);
	return n;
}

/* Of what did not pass: a figure within its limit, or equal in both, says all in its row. */
static void reasons(struct doc *d, const struct run_file *run, const struct sides *s)
{
	struct json_object *o;
	bool any = false;

	record_foreach_type (run->records, o, "gate") {
		struct strbuf name = STRBUF_INIT;

		if (!record_gate_subject(o) || !sides_own(s, o) || !record_get(o, "reason") ||
		    !strcmp(record_str(o, "verdict", ""), "pass") || record_num(o, "value") == 0)
			continue;
		if (!any)
			doc_fold(d, 2, "Reasons");
		any = true;
		record_gate_name(run->records, o, &name);
		doc_item(d, "%s: %s", name.s, record_str(o, "reason", "?"));
		strbuf_release(&name);
	}
	if (any)
		doc_fold_end(d);
}

static void comparison(struct doc *d, const struct run_file *run, const struct sides *s)
{
	struct json_object *all = record_gate_all(run->records, s);
	size_t dull = count_dull(run, s);

	if (all)
		doc_text(d, tone_of(record_str(all, "verdict", "")), "%s",
			 record_str(all, "reason", "no reason given"));
	lane_rows(d, run, s);
	if (!things(d, run, s, false) && dull)
		doc_text(d, TONE_PLAIN, "Nothing that was counted or timed differs.");
	if (dull) {
		doc_fold(d, 2, "%zu more, equal in A and B or without a figure", dull);
		things(d, run, s, true);
		doc_fold_end(d);
	}
	reasons(d, run, s);
}

void report_gate(struct doc *d, const struct run_file *run)
{
	size_t n = sides_count(run->records);
	struct sides s;

	for (size_t i = 0; sides_nth(run->records, i, &s); i++) {
		const char *verdict =
			record_str(record_gate_all(run->records, &s), "verdict", "no verdict");
		struct strbuf names = STRBUF_INIT;

		record_sides_name(&s, &names);
		if (n > 1)
			doc_heading(d, 2, "%s: %s", names.s, verdict);
		comparison(d, run, &s);
		strbuf_release(&names);
	}
}
