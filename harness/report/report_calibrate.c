/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Section of a report about a calibration: what was promised, what was measured, in a table and in
 * pictures of every run. */
#include "lib/base.h"
#include "harness/report/report_sections.h"
#include "harness/record.h"

#include <string.h>

static void reached_cell(struct doc *d, struct json_object *f, bool whole)
{
	if (!record_get(f, "reached"))
		doc_cell(d, TONE_DIM, "-");
	else if (!whole)
		doc_cell(d, TONE_WARN, "too short to tell");
	else if (record_true(f, "reached"))
		doc_cell(d, TONE_GOOD, "yes");
	else
		doc_cell(d, TONE_BAD, "no");
}

static void figures(struct doc *d, struct json_object *record)
{
	struct json_object *f;

	record_foreach (record_get(record, "figures"), f) {
		doc_cell(d, TONE_PLAIN, "%s", record_str(f, "figure", "?"));
		doc_cell(d, TONE_PLAIN, "%s", record_str(f, "target", "-"));
		reached_cell(d, f, record_true(record, "whole"));
		doc_cell(d, TONE_PLAIN, "%s", record_str(f, "measured", "?"));
		doc_cell(d, TONE_PLAIN, "%llu", (unsigned long long)record_u64(f, "n", 0));
	}
}

static void pictures(struct doc *d, const struct run_file *run)
{
	report_picture(d, run, "calibrate-aa",
		       "The gate's decision on equal objects: the difference of each run with its "
		       "interval, and the margin.");
	report_picture(d, run, "calibrate-coverage",
		       "Intervals of A against A, run by run; those that leave out 0 are marked.");
	report_picture(d, run, "calibrate-time",
		       "Share of the runs decided after so many seconds, for each case.");
	report_picture(d, run, "calibrate-linearity",
		       "Injected multiplications against the core cycles that were read, the line "
		       "through them, and what is left.");
	report_picture(d, run, "calibrate-rare",
		       "What estimators read of a slow path that one event in 256 takes.");
}

void report_calibrate(struct doc *d, const struct run_file *run)
{
	struct json_object *o;
	size_t parts = 0;
	bool whole = true;

	record_foreach_type (run->records, o, "calibrate") {
		parts++;
		whole &= record_true(o, "whole");
	}
	if (!parts)
		return;
	doc_heading(d, 2, "Calibration");
	doc_text(d, TONE_PLAIN,
		 "What the time lane and the exact lane promise, held against costs that are known "
		 "(docs/method.md).");
	if (!whole)
		doc_text(d, TONE_WARN,
			 "Too short to prove anything where it says so: fewer or shorter runs than "
			 "the targets are stated for.");
	doc_table(d);
	doc_column(d, false, "figure");
	doc_column(d, false, "target");
	doc_column(d, false, "reached");
	doc_column(d, false, "measured");
	doc_column(d, true, "n");
	record_foreach_type (run->records, o, "calibrate")
		figures(d, o);
	pictures(d, run);
}
