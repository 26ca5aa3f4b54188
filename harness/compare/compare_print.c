/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a comparison says to a person: equivalence, conformance, costs side by side, and a verdict
 * in words. */
#include "lib/base.h"
#include "harness/compare/compare.h"

#include <math.h>
#include <string.h>

#include "harness/report/record.h"

struct sides {
	const char *name[2];
};

static bool sides_find(struct json_object *records, struct sides *s)
{
	struct json_object *o;

	record_foreach_type (records, o, "equivalence") {
		s->name[0] = record_str(o, "a", "A");
		s->name[1] = record_str(o, "b", "B");
		return true;
	}
	return false;
}

static void print_equivalence(struct json_object *records, FILE *out)
{
	struct json_object *o, *d;

	fprintf(out,
		"Equivalence: both attached at once to the same calls\n\n  %-14s %8s %10s %10s   "
		"%s\n",
		"workload", "keys", "counters", "events", "verdict");
	record_foreach_type (records, o, "equivalence") {
		struct json_object *kept = record_get(o, "kept");

		if (!record_get(o, "verdict")) {
			fprintf(out, "  %-14s %8s %10s %10s   %s: %s\n",
				record_str(o, "workload", "?"), "-", "-", "-",
				record_str(o, "status", "?"), record_str(o, "reason", ""));
			continue;
		}
		fprintf(out, "  %-14s %8.0f %10.0f %10.0f   %s\n", record_str(o, "workload", "?"),
			record_num(o, "keys"), record_num(o, "counters"), record_num(o, "events"),
			record_str(o, "verdict", "?"));
		record_foreach (kept, d)
			fprintf(out, "      %s\n", record_str(d, "text", ""));
	}
	fputc('\n', out);
}

static void count_exact(struct json_object *records, const char *name, unsigned int *exact,
			unsigned int *judged)
{
	struct json_object *o;

	*exact = *judged = 0;
	record_foreach_type (records, o, "trial") {
		const char *verdict = record_str(o, "conformance.verdict", "none");

		if (strcmp(record_str(o, "monitor", ""), name) || !strcmp(verdict, "none"))
			continue;
		(*judged)++;
		*exact += !strcmp(verdict, "exact");
	}
}

static struct json_object *find_for(struct json_object *records, const char *type,
				    const char *monitor, const char *event)
{
	struct json_object *o;

	record_foreach_type (records, o, type) {
		if (!strcmp(record_str(o, "monitor", ""), monitor) &&
		    (!event || !strcmp(record_str(o, "event", ""), event)))
			return o;
	}
	return NULL;
}

static void print_number(FILE *out, double v)
{
	struct strbuf sb = STRBUF_INIT;

	format_number(&sb, v);
	fprintf(out, " %14s", sb.s);
	strbuf_release(&sb);
}

/* The difference of two independent intervals. */
static struct stats_interval subtract(struct stats_interval a, struct stats_interval b)
{
	double half = sqrt(pow((a.high - a.low) / 2, 2) + pow((b.high - b.low) / 2, 2));

	return (struct stats_interval){b.centre - a.centre, b.centre - a.centre - half,
				       b.centre - a.centre + half, a.confidence};
}

static const char *const events[] = {"mmap", "munmap", "brk", "other"};

static bool difference_of(struct json_object *records, const struct sides *s, const char *event,
			  struct stats_interval v[2], struct stats_interval *d)
{
	for (int i = 0; i < 2; i++)
		if (!record_interval(find_for(records, "overhead", s->name[i], event), "added_ns",
				     &v[i]))
			return false;
	*d = subtract(v[0], v[1]);
	return true;
}

/* One path of the exact lane: kernel instructions that each adds. */
static double exact_of(struct json_object *records, const char *monitor, const char *path)
{
	struct json_object *o;

	record_foreach_type (records, o, "exact") {
		if (!strcmp(record_str(o, "monitor", ""), monitor) &&
		    !strcmp(record_str(o, "path", ""), path))
			return record_num(o, "added");
	}
	return NAN;
}

static void print_exact(struct json_object *records, const struct sides *s, FILE *out)
{
	static const char *const paths[] = {"mmap", "munmap", "brk", "other", "switch"};

	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		double a = exact_of(records, s->name[0], paths[i]);
		double b = exact_of(records, s->name[1], paths[i]);

		if (isnan(a) && isnan(b))
			continue;
		fprintf(out, "  added instructions per %-14s", paths[i]);
		print_number(out, a);
		print_number(out, b);
		if (!isnan(a) && !isnan(b))
			fprintf(out, "   difference %+.0f", b - a);
		fputc('\n', out);
	}
}

static void print_costs(struct json_object *records, const struct sides *s, FILE *out)
{
	static const struct {
		const char *field, *label;
	} rows[] = {
		{"programs", "programs"},
		{"instructions", "instructions (translated)"},
		{"jited_bytes", "machine code, bytes"},
		{"verifier_insns", "verifier: instructions"},
		{"verifier_states", "verifier: states"},
		{"stack_bytes", "stack, bytes"},
		{"map_bytes", "maps, bytes"},
		{"object_bytes", "object file, bytes"},
		{"source_lines", "source lines"},
		{"compile_ms", "compile time, ms"},
	};

	fprintf(out, "Cost%36s %14.14s %14.14s\n\n", "", s->name[0], s->name[1]);
	for (size_t i = 0; i < ARRAY_SIZE(events); i++) {
		struct stats_interval v[2], d;

		if (!difference_of(records, s, events[i], v, &d))
			continue;
		fprintf(out, "  added ns per %-24s", events[i]);
		print_number(out, v[0].centre);
		print_number(out, v[1].centre);
		fprintf(out, "   difference %+.0f [%.0f, %.0f]\n", d.centre, d.low, d.high);
	}
	print_exact(records, s, out);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		double v[2];

		for (int k = 0; k < 2; k++)
			v[k] = record_num(find_for(records, "static", s->name[k], NULL),
					  rows[i].field);
		if (isnan(v[0]) && isnan(v[1]))
			continue;
		fprintf(out, "  %-37s", rows[i].label);
		print_number(out, v[0]);
		print_number(out, v[1]);
		fputc('\n', out);
	}
	fputc('\n', out);
}

static void say_equivalent(struct json_object *records, const struct sides *s, FILE *out)
{
	unsigned int equal = 0, different = 0, other = 0;
	bool lengths = false, clocks = false;
	struct json_object *o, *a;

	record_foreach_type (records, o, "equivalence") {
		const char *verdict = record_str(o, "verdict", "");
		struct json_object *allowed = record_get(o, "allowed");

		equal += !strcmp(verdict, "equal");
		different += !strcmp(verdict, "different") ||
			     !strcmp(record_str(o, "status", ""), "fail");
		other += !*verdict && strcmp(record_str(o, "status", ""), "fail");
		record_foreach (allowed, a) {
			lengths |= !strcmp(json_object_get_string(a), "record-length");
			clocks |= !strcmp(json_object_get_string(a), "clock");
		}
	}
	if (different)
		fprintf(out,
			"Verdict: %s is NOT equivalent to %s: they differ on %u of %u workloads.\n",
			s->name[1], s->name[0], different, equal + different);
	else if (equal)
		fprintf(out,
			"Verdict: %s is equivalent to %s on all %u workloads compared (timestamps "
			"aside%s%s).\n",
			s->name[1], s->name[0], equal,
			lengths ? "; their records differ in length" : "",
			clocks ? "; clock sums within their bounds" : "");
	else
		fprintf(out, "Verdict: equivalence was not judged.\n");
	if (other)
		fprintf(out, "  %u workload%s could not be compared.\n", other,
			other == 1 ? "" : "s");
}

static void say_costs(struct json_object *records, const struct sides *s, FILE *out)
{
	for (size_t i = 0; i < ARRAY_SIZE(events) - 1; i++) {
		struct stats_interval v[2], d;

		if (!difference_of(records, s, events[i], v, &d))
			continue;
		if (d.low > 0 || d.high < 0)
			fprintf(out, "  %s: %s costs %.0f ns %s per call [%.0f, %.0f].\n",
				events[i], s->name[1], fabs(d.centre), d.low > 0 ? "more" : "less",
				d.low, d.high);
		else
			fprintf(out,
				"  %s: no difference in cost is seen; it lies within [%.0f, %.0f] "
				"ns.\n",
				events[i], d.low, d.high);
	}
}

static void say_exact(struct json_object *records, const struct sides *s, FILE *out)
{
	for (size_t i = 0; i < ARRAY_SIZE(events) - 1; i++) {
		double d = exact_of(records, s->name[1], events[i]) -
			   exact_of(records, s->name[0], events[i]);

		if (isnan(d))
			continue;
		if (d > 0 || d < 0)
			fprintf(out,
				"  %s: %s takes %.0f kernel instructions %s per call, counted.\n",
				events[i], s->name[1], fabs(d), d > 0 ? "more" : "fewer");
		else
			fprintf(out, "  %s: both take the same number of kernel instructions.\n",
				events[i]);
	}
}

void compare_print(struct json_object *records, FILE *out)
{
	struct sides s;

	if (!sides_find(records, &s))
		return;
	print_equivalence(records, out);
	for (int i = 0; i < 2; i++) {
		unsigned int exact, judged;

		count_exact(records, s.name[i], &exact, &judged);
		fprintf(out, "Conformance of %s: exact on %u of %u workloads.\n", s.name[i], exact,
			judged);
	}
	fputc('\n', out);
	print_costs(records, &s, out);
	say_equivalent(records, &s, out);
	say_costs(records, &s, out);
	say_exact(records, &s, out);
}
