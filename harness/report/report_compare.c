/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Sections of a report about two monitors held against each other: equivalence, and what loading
 * each says. */
#include "lib/base.h"
#include "harness/report/record_pair.h"
#include "harness/report/report_sections.h"
#include "lib/format.h"
#include "lib/strbuf.h"
#include "harness/record.h"

#include <math.h>
#include <string.h>

static bool has_any(const struct run_file *run, const char *type)
{
	struct json_object *o;

	record_foreach_type (run->records, o, type)
		return true;
	return false;
}

static void count_cell(struct doc *d, struct json_object *o, const char *field)
{
	struct strbuf sb = STRBUF_INIT;

	if (record_get(o, field))
		format_count(&sb, record_u64(o, field, 0));
	else
		strbuf_addch(&sb, '-');
	doc_cell(d, TONE_PLAIN, "%s", sb.s);
	strbuf_release(&sb);
}

static void verdict_cell(struct doc *d, struct json_object *o)
{
	const char *verdict = record_str(o, "verdict", NULL);

	if (!verdict)
		doc_cell(d, TONE_WARN, "%s: %s", record_str(o, "status", "?"),
			 record_str(o, "reason", "?"));
	else
		doc_cell(d, strcmp(verdict, "equal") ? TONE_BAD : TONE_GOOD, "%s", verdict);
}

/* What a set of `equivalence` records comes to. */
struct equivalence {
	unsigned int equal, different, other;
	bool lengths, clocks;
	const char *reason;	   /* why it was not judged */
	struct json_object *first; /* NULL: there is none */
};

static void count_equivalence(struct json_object *records, struct equivalence *e)
{
	struct json_object *o, *a;

	record_foreach_type (records, o, "equivalence") {
		const char *verdict = record_str(o, "verdict", "");
		bool failed = !strcmp(record_str(o, "status", ""), "fail");

		e->first = e->first ? e->first : o;
		e->equal += !strcmp(verdict, "equal");
		e->different += !strcmp(verdict, "different") || failed;
		e->other += !*verdict && !failed;
		if (!*verdict)
			e->reason = record_str(o, "reason", NULL);
		record_foreach (record_get(o, "allowed"), a) {
			const char *what = json_object_get_string(a);

			e->lengths |= !strcmp(what, "record-length");
			e->clocks |= !strcmp(what, "clock");
		}
	}
}

bool equivalence_words(struct json_object *records, struct strbuf *out)
{
	struct equivalence e = {0};
	const char *a, *b;

	count_equivalence(records, &e);
	if (!e.first)
		return false;
	a = record_str(e.first, "a", "A");
	b = record_str(e.first, "b", "B");
	if (e.different)
		strbuf_addf(out, "%s is NOT equivalent to %s: they differ on %u of %u workloads.",
			    b, a, e.different, e.equal + e.different);
	else if (e.equal)
		strbuf_addf(out,
			    "%s is equivalent to %s on %s%u workload%s compared (timestamps "
			    "aside%s%s).",
			    b, a, e.equal > 1 ? "all " : "the ", e.equal, e.equal > 1 ? "s" : "",
			    e.lengths ? "; their records differ in length" : "",
			    e.clocks ? "; clock sums within their bounds" : "");
	else
		strbuf_addf(out, "not judged%s%s.", e.reason ? ": " : "", e.reason ? e.reason : "");
	if (e.other && e.equal + e.different)
		strbuf_addf(out, " %u workload%s could not be compared.", e.other,
			    e.other == 1 ? "" : "s");
	return true;
}

void report_equivalence(struct doc *d, const struct run_file *run)
{
	static const char *const counts[] = {"keys", "counters", "events"};
	struct json_object *o, *kept;

	if (!has_any(run, "equivalence"))
		return;
	doc_heading(d, 2, "Equivalence");
	doc_text(d, TONE_PLAIN,
		 "Both monitors attached at once to the same calls: maps key by key, events one by "
		 "one, "
		 "timestamps aside.");
	doc_table(d);
	doc_column(d, false, "A");
	doc_column(d, false, "B");
	doc_column(d, false, "workload");
	for (size_t i = 0; i < ARRAY_SIZE(counts); i++)
		doc_column(d, true, "%s", counts[i]);
	doc_column(d, false, "verdict");
	record_foreach_type (run->records, o, "equivalence") {
		doc_cell(d, TONE_PLAIN, "%s", record_str(o, "a", "?"));
		doc_cell(d, TONE_PLAIN, "%s", record_str(o, "b", "?"));
		doc_cell(d, TONE_PLAIN, "%s", record_str(o, "workload", "?"));
		for (size_t i = 0; i < ARRAY_SIZE(counts); i++)
			count_cell(d, o, counts[i]);
		verdict_cell(d, o);
	}
	record_foreach_type (run->records, o, "equivalence") {
		record_foreach (record_get(o, "kept"), kept)
			doc_item(d, "%s: %s", record_str(o, "workload", "?"),
				 record_str(kept, "text", "?"));
	}
}

void report_static(struct doc *d, const struct run_file *run)
{
	static const struct {
		const char *field, *title;
	} columns[] = {
		{"instructions", "instructions"},     {"jited_bytes", "machine code, B"},
		{"verifier_insns", "verifier insns"}, {"verifier_states", "states"},
		{"stack_bytes", "stack, B"},	      {"map_bytes", "maps, B"},
		{"object_bytes", "object, B"},	      {"source_lines", "source lines"},
	};
	struct json_object *o;
	struct sides s;

	if (!has_any(run, "static") || sides_nth(run->records, 0, &s))
		return;
	doc_heading(d, 2, "What loading says");
	doc_table(d);
	doc_column(d, false, "monitor");
	for (size_t i = 0; i < ARRAY_SIZE(columns); i++)
		doc_column(d, true, "%s", columns[i].title);
	doc_column(d, true, "compile time, ms");
	record_foreach_type (run->records, o, "static") {
		double ms = record_num(o, "compile_ms");
		const char *kernel = record_str(o, "kernel", NULL);

		doc_cell(d, TONE_PLAIN, "%s%s%s", record_str(o, "monitor", "?"),
			 kernel ? " on Linux " : "", kernel ? kernel : "");
		for (size_t i = 0; i < ARRAY_SIZE(columns); i++)
			count_cell(d, o, columns[i].field);
		if (isnan(ms))
			doc_cell(d, TONE_PLAIN, "-");
		else
			doc_cell(d, TONE_PLAIN, "%.0f", ms);
	}
}
