/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The table of a calibration for a person. */
#include "lib/base.h"
#include "harness/calibrate/calibrate.h"

#include <string.h>

#include "harness/record.h"

enum { NAME_WIDTH = 48, TARGET_WIDTH = 15, REACHED_WIDTH = 7 };

/* Of a part that is too short nobody can say. */
static const char *reached_word(struct json_object *f, bool whole)
{
	if (!record_get(f, "reached"))
		return "";
	if (!whole)
		return "?";
	return record_true(f, "reached") ? "yes" : "NO";
}

static void rows(struct json_object *o, FILE *out)
{
	bool whole = record_true(o, "whole");
	struct json_object *f;

	record_foreach (record_get(o, "figures"), f)
		fprintf(out, "%-*s  %-*s  %-*s  %s (n %llu)\n", NAME_WIDTH,
			record_str(f, "figure", "?"), TARGET_WIDTH, record_str(f, "target", "-"),
			REACHED_WIDTH, reached_word(f, whole), record_str(f, "measured", "?"),
			(unsigned long long)record_u64(f, "n", 0));
}

static void notes(struct json_object *o, FILE *out)
{
	const char *part = record_str(o, "part", "?"), *regime = record_str(o, "regime", NULL);
	const char *reason = record_str(o, "reason", NULL);

	/* The table has what a target was missed by. */
	if (reason && strcmp(record_str(o, "status", ""), "fail"))
		fprintf(out, "  %s%s%s: %s: %s\n", part, regime ? ", " : "", regime ? regime : "",
			record_str(o, "status", "?"), reason);
}

void cal_print(struct json_object *records, FILE *out)
{
	size_t parts = 0, short_ones = 0;
	struct json_object *o;

	record_foreach_type (records, o, "calibrate") {
		short_ones += !record_true(o, "whole") && record_count(o, "figures");
		parts++;
	}
	if (!parts)
		return;
	if (short_ones)
		fputs("TOO SHORT TO PROVE ANYTHING: fewer or shorter runs than the targets are "
		      "stated for.\n\n",
		      out);
	fprintf(out, "%-*s  %-*s  %-*s  %s\n", NAME_WIDTH, "figure", TARGET_WIDTH, "target",
		REACHED_WIDTH, "reached", "measured");
	record_foreach_type (records, o, "calibrate")
		rows(o, out);
	record_foreach_type (records, o, "calibrate")
		notes(o, out);
}
