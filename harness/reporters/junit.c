/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Checks as JUnit XML, as CI systems read it: a testcase for each record. */
#include "lib/base.h"
#include "harness/plugin.h"

#include <math.h>
#include <string.h>

#include "harness/report/record_pair.h"
#include "harness/report/report_grid.h"
#include "lib/printable.h"
#include "lib/strbuf.h"
#include "lib/xml.h"
#include "harness/record.h"

/* What a testcase came to; the order is that of `outcomes`. */
enum outcome { PASSED, FAILED, SKIPPED, UNCLEAN, OUTCOMES };

struct suite {
	const char *name, *type; /* records of that type are its testcases */
};

static const struct suite suites[] = {
	{"gate", "gate"},	    {"equivalence", "equivalence"},
	{"verify", "trial"},	    {"ringbuf", "ringbuf"},
	{"losscurve", "losscurve"}, {"overhead", "overhead"},
	{"slowdown", "slowdown"},   {"sharp", "sharp"},
	{"exact", "exact"},	    {"calibrate", "calibrate"},
};

/* XML 1.0 has no way to say most control characters. */
static void put_text(FILE *out, const char *s)
{
	struct strbuf text = STRBUF_INIT;

	printable_add_lines(&text, s);
	xml_put(out, text.s);
	strbuf_release(&text);
}

static void put_attribute(FILE *out, const char *name, const char *value)
{
	struct strbuf text = STRBUF_INIT;

	printable_add_line(&text, value);
	fprintf(out, " %s=\"", name);
	xml_put(out, text.s);
	fputc('"', out);
	strbuf_release(&text);
}

static enum outcome outcome_of(struct json_object *o)
{
	const char *status = record_str(o, "status", "");

	/* Neither a pass nor a regression: nobody should take it for one of them. */
	if (record_is(o, "gate") && !strcmp(record_str(o, "verdict", ""), "inconclusive"))
		return SKIPPED;
	if (!strcmp(status, "skip") || record_is_unjudged(o))
		return SKIPPED;
	if (!strcmp(status, "void"))
		return UNCLEAN;
	if (!strcmp(status, "fail"))
		return FAILED;
	return record_get(o, "accounted") && !record_true(o, "accounted") ? FAILED : PASSED;
}

static void case_name(struct json_object *o, bool several, const struct trial_grid *g,
		      struct strbuf *out)
{
	static const char *const keys[] = {"part",	"regime",	"event",       "other",
					   "workload",	"kernel",	"path",	       "mode",
					   "placement", "record_bytes", "producers",   "rings",
					   "wakeup",	"consumer",	"target_per_s"};

	if (record_is(o, "trial")) {
		strbuf_addstr(out, trial_grid_label(g, o));
		return;
	}
	if (record_is(o, "gate")) {
		record_gate_name(o, several, out);
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		struct json_object *v = record_get(o, keys[i]);

		/* An object here is what the consumer spent, not its name. */
		if (v && !record_is_object(v))
			strbuf_addf(out, "%s%s=%s", out->len ? " " : "", keys[i], record_text(v));
	}
}

/* Behind @what; what is not known is "-". */
static void put_number(FILE *out, const char *what, struct json_object *o, const char *key)
{
	double v = record_num(o, key);

	fputs(what, out);
	if (isfinite(v))
		fprintf(out, fabs(v) < 0x1p53 && v == floor(v) ? "%.0f" : "%g", v);
	else
		fputc('-', out);
}

static void put_failure(FILE *out, struct json_object *o)
{
	struct json_object *m;

	fputs("      <failure", out);
	put_attribute(out, "message",
		      record_str(o, "reason",
				 record_get(o, "accounted") ? "records are unaccounted for"
							    : "the check failed"));
	fputc('>', out);
	record_foreach (record_get(o, "mismatches"), m) {
		put_text(out, record_str(m, "text", "?"));
		fputc('\n', out);
	}
	record_foreach (record_get(o, "identities"), m) {
		if (!record_get(m, "holds") || record_true(m, "holds"))
			continue;
		put_text(out, record_str(m, "name", "an identity"));
		fprintf(out, " does not hold: %llu, not %llu\n",
			(unsigned long long)record_u64(m, "left", 0),
			(unsigned long long)record_u64(m, "right", 0));
	}
	record_foreach (record_get(o, "kept"), m) {
		put_text(out, record_str(m, "text", "?"));
		fputc('\n', out);
	}
	if (isfinite(record_num(o, "limit"))) {
		put_number(out, "B less A: ", o, "value");
		put_number(out, " [", o, "low");
		put_number(out, ", ", o, "high");
		fputs("] ", out);
		put_text(out, record_str(o, "unit", ""));
		put_number(out, ", at most ", o, "limit");
		put_number(out, "; A: ", o, "base");
		fputc('\n', out);
	}
	if (record_get(o, "produced")) {
		put_number(out, "produced ", o, "produced");
		put_number(out, ", consumed ", o, "consumed");
		put_number(out, ", dropped ", o, "dropped");
		put_number(out, ", bad ", o, "bad");
		fputc('\n', out);
	}
	fputs("</failure>\n", out);
}

static double seconds_of(struct json_object *o)
{
	double ns = record_num(o, "duration_ns");

	return isfinite(ns) ? ns / NSEC_PER_SEC : 0;
}

/* Whose the case is. */
static const char *group_of(struct json_object *o)
{
	static const char *const keys[] = {"lane", "monitor", "b", "consumer", "part"};

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		const char *value = record_str(o, keys[i], NULL);

		if (value)
			return value;
	}
	return "?";
}

static void put_case(FILE *out, const struct suite *s, struct json_object *o, bool several,
		     const struct trial_grid *g)
{
	enum outcome outcome = outcome_of(o);
	struct strbuf name = STRBUF_INIT, group = STRBUF_INIT;

	case_name(o, several, g, &name);
	strbuf_addf(&group, "%s.%s", s->name, group_of(o));
	fputs("    <testcase", out);
	put_attribute(out, "classname", group.s);
	put_attribute(out, "name", name.s);
	fprintf(out, " time=\"%.3f\"%s>\n", seconds_of(o), outcome == PASSED ? "/" : "");
	if (outcome == FAILED) {
		put_failure(out, o);
	} else if (outcome != PASSED) {
		fprintf(out, "      <%s", outcome == SKIPPED ? "skipped" : "error");
		put_attribute(out, "message",
			      record_str(o, "reason",
					 record_is_unjudged(o)
						 ? "nothing to compare: the monitor says nothing "
						   "of what it counts"
						 : "no reason given"));
		fputs("/>\n", out);
	}
	if (outcome != PASSED)
		fputs("    </testcase>\n", out);
	strbuf_release(&name);
	strbuf_release(&group);
}

/* Jenkins takes at most three decimals, and no "skipped" of all suites together. */
static void put_counts(FILE *out, const uint64_t n[OUTCOMES], double seconds, bool skipped)
{
	fprintf(out, " tests=\"%llu\" failures=\"%llu\" errors=\"%llu\"",
		(unsigned long long)(n[PASSED] + n[FAILED] + n[SKIPPED] + n[UNCLEAN]),
		(unsigned long long)n[FAILED], (unsigned long long)n[UNCLEAN]);
	if (skipped)
		fprintf(out, " skipped=\"%llu\"", (unsigned long long)n[SKIPPED]);
	fprintf(out, " time=\"%.3f\"", seconds);
}

static void put_properties(FILE *out, const struct run_file *run)
{
	struct json_object *header = run->header, *o;
	static const char *const paths[] = {
		"id",	    "tool",	 "seed",	 "host.kernel",
		"host.cpu", "host.cpus", "host.machine", "host.virtualisation"};

	fputs("    <properties>\n", out);
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		struct json_object *v = record_get(header, paths[i]);

		if (!v)
			continue;
		fputs("      <property", out);
		put_attribute(out, "name", paths[i]);
		put_attribute(out, "value", record_text(v));
		fputs("/>\n", out);
	}
	record_foreach_type (run->records, o, "base") {
		struct strbuf line = STRBUF_INIT;

		record_base_line(o, &line);
		fputs("      <property name=\"base\"", out);
		put_attribute(out, "value", line.s);
		fputs("/>\n", out);
		strbuf_release(&line);
	}
	fputs("    </properties>\n", out);
}

static void count(const struct run_file *run, const char *type, uint64_t n[OUTCOMES],
		  double *seconds)
{
	struct json_object *o;

	record_foreach_type (run->records, o, type) {
		n[outcome_of(o)]++;
		*seconds += seconds_of(o);
	}
}

/* A run that was cut short has a case that says so: CI must not take half a run for a whole one. */
static void put_end(FILE *out, const struct run_file *run)
{
	bool whole = run->end && strcmp(record_str(run->end, "status", ""), "interrupted");

	fprintf(out,
		"  <testsuite name=\"run\" tests=\"1\" failures=\"0\" errors=\"%d\" skipped=\"0\" "
		"time=\"0\">\n    <testcase classname=\"run\" name=\"complete\" time=\"0\"%s>\n",
		!whole, whole ? "/" : "");
	if (!whole)
		fputs("      <error message=\"the run was cut short\"/>\n    </testcase>\n", out);
	fputs("  </testsuite>\n", out);
}

static int render(const struct run_file *run, FILE *out)
{
	bool cut = !run->end || !strcmp(record_str(run->end, "status", ""), "interrupted");
	uint64_t all[OUTCOMES] = {[PASSED] = !cut, [UNCLEAN] = cut};
	struct json_object *o;
	struct trial_grid g;
	struct pairs pairs;
	double seconds = 0;
	bool several;

	pairs_find(&pairs, run->records);
	several = pairs.n > 1;
	pairs_release(&pairs);
	for (size_t i = 0; i < ARRAY_SIZE(suites); i++)
		count(run, suites[i].type, all, &seconds);
	trial_grid_build(&g, run);
	fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"beebench\"", out);
	put_counts(out, all, seconds, false);
	fputs(">\n", out);
	for (size_t i = 0; i < ARRAY_SIZE(suites); i++) {
		uint64_t n[OUTCOMES] = {0};

		seconds = 0;
		count(run, suites[i].type, n, &seconds);
		if (!(n[PASSED] + n[FAILED] + n[SKIPPED] + n[UNCLEAN]))
			continue;
		fprintf(out, "  <testsuite name=\"%s\"", suites[i].name);
		put_attribute(out, "timestamp", record_str(run->header, "started", ""));
		put_counts(out, n, seconds, true);
		fputs(">\n", out);
		put_properties(out, run);
		record_foreach_type (run->records, o, suites[i].type)
			put_case(out, &suites[i], o, several, &g);
		fputs("  </testsuite>\n", out);
	}
	put_end(out, run);
	fputs("</testsuites>\n", out);
	trial_grid_release(&g);
	return 0;
}

const struct reporter_ops reporter_junit = {
	.name = "junit",
	.help = "JUnit XML for CI: a testcase for each record",
	.render = render,
};
