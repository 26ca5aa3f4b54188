/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a comparison says to a person: equivalence, conformance, the lanes side by side, and a
 * verdict for each in words. */
#include "lib/base.h"
#include "harness/compare/compare.h"

#include <math.h>
#include <string.h>

#include "harness/report/record_pair.h"
#include "harness/report/report_sections.h"
#include "harness/result.h"
#include "lib/strbuf.h"
#include "harness/record.h"

/* The two as the user named them, and as the lanes call them. */
struct both {
	const char *given[2], *name[2];
};

static bool both_find(struct json_object *records, struct both *b)
{
	struct json_object *o;
	struct sides s;

	if (!sides_nth(records, 0, &s))
		return false;
	for (size_t k = 0; k < 2; k++)
		b->given[k] = b->name[k] = s.name[k];
	record_foreach_type (records, o, "equivalence") {
		b->given[0] = record_str(o, "a", "A");
		b->given[1] = record_str(o, "b", "B");
		break;
	}
	return true;
}

static void say_conformance(struct doc *d, struct json_object *records, const struct both *b,
			    size_t k)
{
	unsigned int exact = 0, judged = 0;
	struct json_object *o;

	record_foreach_type (records, o, "trial") {
		const char *verdict = record_str(o, "conformance.verdict", "none");
		const char *monitor = record_str(o, "monitor", "");

		if ((strcmp(monitor, b->given[k]) && strcmp(monitor, b->name[k])) ||
		    !strcmp(verdict, "none"))
			continue;
		judged++;
		exact += !strcmp(verdict, "exact");
	}
	if (judged)
		doc_item(d, "Conformance of %s: exact on %u of %u workloads.", b->given[k], exact,
			 judged);
}

/* A verdict as what it says of @b. */
static const char *in_words(const char *verdict)
{
	static const struct {
		const char *verdict, *words;
	} words[] = {{"pass", "is not dearer than is allowed"},
		     {"regression", "is dearer"},
		     {"inconclusive", "may be dearer or not: it is undecided"},
		     {"environment", "could not be judged"},
		     {"skip", "was not judged"}};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (!strcmp(verdict, words[i].verdict))
			return words[i].words;
	return "has no verdict";
}

static bool has_any(struct json_object *records, const char *type)
{
	struct json_object *o;

	record_foreach_type (records, o, type)
		return true;
	return false;
}

/* "; of 16 figures 9 are less, 2 more, 5 the same": what a verdict alone does not say. */
static void add_counts(struct strbuf *out, struct json_object *records, const char *lane)
{
	unsigned int less = 0, more = 0, same = 0;
	struct json_object *o;

	record_foreach_type (records, o, "gate") {
		double low = record_num(o, "low"), high = record_num(o, "high");

		if (!record_gate_subject(o) || strcmp(record_str(o, "lane", ""), lane) ||
		    isnan(low) || isnan(high) || !strcmp(record_str(o, "status", ""), "void"))
			continue;
		less += high < 0;
		more += low > 0;
		same += low <= 0 && high >= 0;
	}
	if (less + more + same)
		strbuf_addf(out, "; of %u figures %u are less, %u more, %u the same",
			    less + more + same, less, more, same);
}

static void say_lanes(struct doc *d, struct json_object *records, const struct both *b)
{
	struct json_object *o;

	record_foreach_type (records, o, "gate") {
		const char *lane = record_str(o, "lane", "?");
		struct strbuf counts = STRBUF_INIT;

		if (record_gate_subject(o))
			continue;
		add_counts(&counts, records, lane);
		doc_item(d, "%s: %s %s (%s%s).", record_is_all(o) ? "In all" : lane, b->given[1],
			 in_words(record_str(o, "verdict", "")), record_str(o, "reason", ""),
			 counts.s);
		strbuf_release(&counts);
	}
	if (has_any(records, "overhead"))
		doc_item(d, "Attached and detached: in its own table, without a verdict%s.",
			 has_any(records, "sharp")
				 ? ""
				 : ", as the time lane could not exchange their programs");
}

void compare_print(struct json_object *records, FILE *out)
{
	const struct run_file run = {.records = records};
	struct strbuf words = STRBUF_INIT;
	struct doc d = {0};
	struct both b;

	if (!both_find(records, &b))
		return;
	report_equivalence(&d, &run);
	report_lanes(&d, &run);
	doc_heading(&d, 2, "Verdict");
	if (equivalence_words(records, &words))
		doc_item(&d, "Equivalence: %s", words.s);
	for (size_t k = 0; k < 2; k++)
		if (!k || strcmp(b.given[0], b.given[1]))
			say_conformance(&d, records, &b, k);
	say_lanes(&d, records, &b);
	doc_print(&d, out);
	doc_release(&d);
	strbuf_release(&words);
}
