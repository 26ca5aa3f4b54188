/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The top of a report about a comparison: the verdict in all, one a lane, what differs, and why. */
#include "lib/base.h"
#include "harness/report/report_cell.h"
#include "harness/report/report_sections.h"

#include <math.h>
#include <string.h>

#include "harness/report/record_gate.h"

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

/* A is what B is held against; a path is shown by its last part where that tells them apart. */
void report_title(struct doc *d, const struct run_file *run)
{
	struct json_object *all = record_gate_all(run->records);
	const char *a, *b;

	if (!all) {
		doc_heading(d, 1, "beebench: %s", record_str(run->header, "id", "a run"));
		return;
	}
	a = record_gate_short(record_str(all, "a", "A"));
	b = record_gate_short(record_str(all, "b", "B"));
	if (!strcmp(a, b)) {
		a = record_str(all, "a", "A");
		b = record_str(all, "b", "B");
	}
	doc_heading(d, 1, "beebench: %s (%s against %s)", record_str(all, "verdict", "no verdict"),
		    b, a);
}

static void lane_rows(struct doc *d, const struct run_file *run)
{
	struct json_object *o;

	doc_table(d);
	doc_column(d, false, "lane");
	doc_column(d, false, "verdict");
	doc_column(d, false, "why");
	record_foreach_type (run->records, o, "gate") {
		const char *verdict = record_str(o, "verdict", "?");

		if (record_gate_subject(o) || o == record_gate_all(run->records))
			continue;
		doc_cell(d, TONE_PLAIN, "%s", record_str(o, "lane", "?"));
		doc_cell(d, tone_of(verdict), "%s", verdict);
		doc_cell(d, TONE_PLAIN, "%s", record_str(o, "reason", ""));
	}
}

/* Two figures that are counted and equal need no line of their own. */
static bool is_equal(struct json_object *o)
{
	return record_num(o, "value") == 0 && !strcmp(record_str(o, "verdict", ""), "pass");
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

/* The things that have a limit, those that are equal or those that are not. Returns how many. */
static size_t things(struct doc *d, const struct run_file *run, bool equal)
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
		if (!record_gate_subject(o) || is_equal(o) != equal)
			continue;
		thing_row(d, o, kernels);
		n++;
	}
	return n;
}

static size_t count_equal(const struct run_file *run)
{
	struct json_object *o;
	size_t n = 0;

	record_foreach_type (run->records, o, "gate")
		n += record_gate_subject(o) && is_equal(o);
	return n;
}

static void reasons(struct doc *d, const struct run_file *run)
{
	struct json_object *o;
	bool any = false;

	record_foreach_type (run->records, o, "gate") {
		struct strbuf name = STRBUF_INIT;

		if (!record_gate_subject(o) || is_equal(o) || !record_get(o, "reason"))
			continue;
		if (!any)
			doc_fold(d, 2, "Reasons");
		any = true;
		record_gate_name(o, &name);
		doc_item(d, "%s: %s", name.s, record_str(o, "reason", "?"));
		strbuf_release(&name);
	}
	if (any)
		doc_fold_end(d);
}

void report_gate(struct doc *d, const struct run_file *run)
{
	struct json_object *all = record_gate_all(run->records);
	size_t equal = count_equal(run);

	if (!record_has_gate(run->records))
		return;
	if (all)
		doc_text(d, tone_of(record_str(all, "verdict", "")), "%s",
			 record_str(all, "reason", "no reason given"));
	lane_rows(d, run);
	if (!things(d, run, false) && equal)
		doc_text(d, TONE_PLAIN, "Nothing that was counted or timed differs.");
	if (equal) {
		doc_fold(d, 2, "%zu figure%s equal in A and B", equal, equal == 1 ? "" : "s");
		things(d, run, true);
		doc_fold_end(d);
	}
	reasons(d, run);
}
