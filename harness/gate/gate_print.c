/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The `gate` records as a table for a person at a terminal. */
#include "lib/base.h"
#include "harness/gate/gate.h"

#include <math.h>
#include <string.h>

#include "harness/record.h"
#include "lib/strbuf.h"

static void format_value(struct strbuf *out, struct json_object *o, const char *key, bool sign)
{
	struct json_object *v = record_get(o, key);

	if (!v)
		strbuf_addch(out, '-');
	else if (json_object_is_type(v, json_type_int))
		strbuf_addf(out, sign ? "%+lld" : "%lld", (long long)json_object_get_int64(v));
	else
		strbuf_addf(out, sign ? "%+.2f" : "%.2f", json_object_get_double(v));
}

/* "+0.31 [-0.02, +0.64]"; exact figures have no interval. */
static void format_difference(struct strbuf *out, struct json_object *o)
{
	double low = record_num(o, "low"), high = record_num(o, "high");

	format_value(out, o, "value", true);
	if (isfinite(low) && isfinite(high) && low < high)
		strbuf_addf(out, " [%+.2f, %+.2f]", low, high);
}

/* "exact 6.12" */
static void format_lane(struct strbuf *out, struct json_object *o)
{
	const char *kernel = record_str(o, "kernel", NULL), *dot;

	strbuf_addstr(out, record_str(o, "lane", "?"));
	dot = kernel ? strchr(kernel, '.') : NULL;
	if (dot)
		strbuf_addf(out, " %.*s", (int)(dot + 1 + strcspn(dot + 1, ".-") - kernel), kernel);
}

static void row(FILE *out, struct json_object *o)
{
	struct strbuf lane = STRBUF_INIT, base = STRBUF_INIT, diff = STRBUF_INIT,
		      limit = STRBUF_INIT;
	bool passed = !strcmp(record_str(o, "verdict", ""), "pass");

	format_lane(&lane, o);
	format_value(&base, o, "base", false);
	format_difference(&diff, o);
	format_value(&limit, o, "limit", false);
	fprintf(out, "%-11s  %-16s  %9s  %22s  %8s  %s%s%s\n", lane.s, record_str(o, "subject", ""),
		base.s, diff.s, limit.s, record_str(o, "verdict", ""), passed ? "" : ": ",
		passed ? "" : record_str(o, "reason", ""));
	strbuf_release(&lane);
	strbuf_release(&base);
	strbuf_release(&diff);
	strbuf_release(&limit);
}

static bool same_pair(struct json_object *x, struct json_object *y)
{
	return x && !strcmp(record_str(x, "a", ""), record_str(y, "a", "")) &&
	       !strcmp(record_str(x, "b", ""), record_str(y, "b", ""));
}

static bool has_rows(struct json_object *records, struct json_object *of)
{
	struct json_object *o;

	record_foreach_type (records, o, "gate")
		if (same_pair(of, o) && record_get(o, "subject"))
			return true;
	return false;
}

static void print_pair(struct json_object *records, struct json_object *of, FILE *out)
{
	struct json_object *o;

	fprintf(out, "A %s, B %s\n", record_str(of, "a", ""), record_str(of, "b", ""));
	if (has_rows(records, of))
		fprintf(out, "%-11s  %-16s  %9s  %22s  %8s  %s\n", "lane", "subject", "A",
			"B less A", "limit", "verdict");
	record_foreach_type (records, o, "gate")
		if (same_pair(of, o) && record_get(o, "subject"))
			row(out, o);
	record_foreach_type (records, o, "gate") {
		const char *lane = record_str(o, "lane", "");

		if (same_pair(of, o) && !record_get(o, "subject"))
			fprintf(out, "%s: %s (%s)\n", strcmp(lane, "all") ? lane : "in all",
				record_str(o, "verdict", ""), record_str(o, "reason", ""));
	}
}

void gate_print(struct json_object *records, FILE *out)
{
	struct json_object *o, *before = NULL;
	size_t pairs = 0;

	record_foreach_type (records, o, "gate") {
		if (same_pair(before, o))
			continue;
		if (pairs++)
			fputc('\n', out);
		print_pair(records, o, out);
		before = o;
	}
	if (pairs > 1)
		fprintf(out, "\nall %zu monitors: %s\n", pairs,
			gate_verdict_names[gate_verdict_of(records)]);
}
