/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Two monitors held against each other, in a report and at a terminal: the verdict in all, one a
 * lane, what differs and why; both side by side by path (instructions, time, what loading says);
 * whether they are equivalent.
 *
 * The title and the verdicts stand on top of a report (report_title(), report_gate()), the figures
 * below (report_lanes(), report_equivalence(), report_static()). `compare` prints the same sections
 * and then each verdict in words.
 */
#include "lib/base.h"
#include "harness/report/report_sections.h"

#include <math.h>
#include <string.h>

#include "harness/record.h"
#include "harness/report/record_pair.h"
#include "harness/report/report_doc.h"
#include "harness/result.h"
#include "lib/format.h"
#include "lib/names.h"
#include "lib/strbuf.h"

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

/* Which revision it was held against, and why that one. */
static void put_base(struct doc *d, const struct run_file *run)
{
	struct json_object *o;

	record_foreach_type (run->records, o, "base") {
		struct strbuf line = STRBUF_INIT;

		record_base_line(o, &line);
		doc_text(d, TONE_DIM, "%s", line.s);
		strbuf_release(&line);
	}
}

void report_title(struct doc *d, const struct run_file *run)
{
	const char *verdict = record_gate_worst(run->records);
	struct strbuf names = STRBUF_INIT;
	struct pairs pairs;

	if (!verdict) {
		doc_heading(d, 1, "beebench: %s", record_str(run->header, "id", "a run"));
		return;
	}
	pairs_find(&pairs, run->records);
	if (pairs.n > 1)
		strbuf_addf(&names, "%zu comparisons", pairs.n);
	else if (pairs.n)
		pair_name(&pairs.v[0], &names);
	doc_heading(d, 1, "beebench: %s (%s)", verdict, names.s);
	put_base(d, run);
	pairs_release(&pairs);
	strbuf_release(&names);
}

static void lane_rows(struct doc *d, const struct pair *p)
{
	struct json_object *o;

	doc_table(d);
	doc_column(d, false, "lane");
	doc_column(d, false, "verdict");
	doc_column(d, false, "why");
	record_foreach_type (p->records, o, "gate") {
		const char *verdict = record_str(o, "verdict", "?");

		if (record_gate_subject(o) || record_is_all(o))
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
static size_t things(struct doc *d, const struct pair *p, bool kernels, bool dull)
{
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
	record_foreach_type (p->records, o, "gate") {
		if (!record_gate_subject(o) || is_dull(o) != dull)
			continue;
		thing_row(d, o, kernels);
		n++;
	}
	return n;
}

static size_t count_dull(const struct pair *p)
{
	struct json_object *o;
	size_t n = 0;

	record_foreach_type (p->records, o, "gate")
		n += record_gate_subject(o) && is_dull(o);
	return n;
}

/* Of what did not pass: a figure within its limit, or equal in both, says all in its row. */
static void reasons(struct doc *d, const struct pair *p, bool several)
{
	struct json_object *o;
	bool any = false;

	record_foreach_type (p->records, o, "gate") {
		struct strbuf name = STRBUF_INIT;

		if (!record_gate_subject(o) || !record_get(o, "reason") ||
		    !strcmp(record_str(o, "verdict", ""), "pass") || record_num(o, "value") == 0)
			continue;
		if (!any)
			doc_fold(d, 2, "Reasons");
		any = true;
		record_gate_name(o, several, &name);
		doc_item(d, "%s: %s", name.s, record_str(o, "reason", "?"));
		strbuf_release(&name);
	}
	if (any)
		doc_fold_end(d);
}

static void comparison(struct doc *d, const struct pair *p, bool kernels, bool several)
{
	size_t dull = count_dull(p);

	if (p->all)
		doc_text(d, tone_of(record_str(p->all, "verdict", "")), "%s",
			 record_str(p->all, "reason", "no reason given"));
	lane_rows(d, p);
	if (!things(d, p, kernels, false) && dull)
		doc_text(d, TONE_PLAIN, "Nothing that was counted or timed differs.");
	if (dull) {
		doc_fold(d, 2, "%zu more, equal in A and B or without a figure", dull);
		things(d, p, kernels, true);
		doc_fold_end(d);
	}
	reasons(d, p, several);
}

void report_gate(struct doc *d, const struct run_file *run)
{
	bool kernels = any_kernel(run);
	struct pairs pairs;

	pairs_find(&pairs, run->records);
	for (size_t i = 0; i < pairs.n; i++) {
		const struct pair *p = &pairs.v[i];
		struct strbuf names = STRBUF_INIT;

		pair_name(p, &names);
		if (pairs.n > 1)
			doc_heading(d, 2, "%s: %s", names.s,
				    record_str(p->all, "verdict", "no verdict"));
		comparison(d, p, kernels, pairs.n > 1);
		strbuf_release(&names);
	}
	pairs_release(&pairs);
}

static void lanes_columns(struct doc *d, const struct names *kernels, bool timed)
{
	doc_table(d);
	doc_column(d, false, "path");
	for (size_t k = 0; k < kernels->n; k++) {
		struct strbuf title = STRBUF_INIT;

		format_kernel(&title, kernels->v[k]);
		doc_column(d, true, "instructions (%s): A", title.s);
		doc_column(d, true, "B");
		doc_column(d, true, "B less A");
		strbuf_release(&title);
	}
	if (timed) {
		doc_column(d, true, "ns: A");
		doc_column(d, true, "B");
		doc_column(d, true, "B less A");
	}
}

static void lanes_row(struct doc *d, const struct pair *pair, const struct names *kernels,
		      const char *path, bool timed)
{
	struct json_object *sharp = pair_exchanged(pair, path);
	struct stats_interval difference;

	doc_cell(d, TONE_PLAIN, "%s", path);
	for (size_t k = 0; k < kernels->n; k++) {
		double a = pair_added(pair, 0, kernels->v[k], path);
		double b = pair_added(pair, 1, kernels->v[k], path);

		cell_number(d, a, "");
		cell_number(d, b, "");
		cell_signed(d, b - a);
	}
	if (!timed)
		return;
	cell_interval(d, sharp, "a_ns", 1);
	cell_interval(d, sharp, "b_ns", 1);
	record_interval(sharp, "diff_ns", &difference);
	/* Figures that do not count have no difference. */
	if (sharp && strcmp(record_str(sharp, "status", "ok"), "ok"))
		doc_cell(d, TONE_WARN, "%s", record_str(sharp, "status", "?"));
	else
		cell_difference(d, &difference);
}

/* One table of both lanes: instructions that each adds to a path and the time its programs take. */
static void lanes_table(struct doc *d, const struct pair *pair)
{
	struct names kernels = {0}, paths = {0};
	bool timed = false;
	struct json_object *o;

	record_foreach_type (pair->records, o, "sharp") {
		if (o != pair_exchanged(pair, record_str(o, "event", "")))
			continue;
		timed = true;
		names_add(&paths, record_str(o, "event", "?"));
	}
	record_foreach_type (pair->records, o, "exact") {
		const char *kernel = record_str(o, "kernel", ""), *path = record_str(o, "path", "");

		if (isnan(pair_added(pair, 0, kernel, path)) &&
		    isnan(pair_added(pair, 1, kernel, path)))
			continue;
		names_add(&kernels, kernel);
		names_add(&paths, path);
	}
	if (paths.n) {
		if (kernels.n)
			doc_text(d, TONE_PLAIN,
				 "Instructions: those that being watched adds to the kernel's way, "
				 "counted in a guest.");
		if (timed)
			doc_text(d, TONE_PLAIN,
				 "ns: what the programs take longer than empty ones on this "
				 "machine, with its interval.");
		lanes_columns(d, &kernels, timed);
		for (size_t p = 0; p < paths.n; p++)
			lanes_row(d, pair, &kernels, paths.v[p], timed);
	}
	names_release(&kernels);
	names_release(&paths);
}

static void static_table(struct doc *d, const struct pair *pair)
{
	static const struct {
		const char *field, *title;
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
	struct json_object *const *side = pair->statics;

	if (!side[0] && !side[1])
		return;
	doc_table(d);
	doc_column(d, false, "loading says");
	doc_column(d, true, "A");
	doc_column(d, true, "B");
	doc_column(d, true, "B less A");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		double a = record_num(side[0], rows[i].field),
		       b = record_num(side[1], rows[i].field);

		if (isnan(a) && isnan(b))
			continue;
		doc_cell(d, TONE_PLAIN, "%s", rows[i].title);
		cell_number(d, a, "");
		cell_number(d, b, "");
		/* A compilation takes another time each time. */
		if (strcmp(rows[i].field, "compile_ms"))
			cell_signed(d, b - a);
		else
			doc_cell(d, TONE_DIM, "-");
	}
}

static struct json_object *attached(struct json_object *records, const char *monitor,
				    const char *event)
{
	struct json_object *o;

	record_foreach_type (records, o, "overhead")
		if (!strcmp(record_str(o, "monitor", ""), monitor) &&
		    !strcmp(record_str(o, "event", ""), event))
			return o;
	return NULL;
}

/* The difference of two independent intervals. */
static struct stats_interval subtract(struct stats_interval a, struct stats_interval b)
{
	double half = hypot((a.high - a.low) / 2, (b.high - b.low) / 2);

	return (struct stats_interval){b.centre - a.centre, b.centre - a.centre - half,
				       b.centre - a.centre + half, a.confidence};
}

/* The whole monitors, attached and detached: a table of its own, as its figures hold what being
 * attached costs and are wider. */
static void attached_table(struct doc *d, const struct pair *pair)
{
	struct names events = {0};
	struct json_object *o;

	record_foreach_type (pair->records, o, "overhead")
		if (!strcmp(record_str(o, "monitor", ""), pair->name[0]))
			names_add(&events, record_str(o, "event", "?"));
	if (events.n) {
		doc_text(
			d, TONE_PLAIN,
			"Attached and detached: what being watched adds to a call, against nothing "
			"attached. Its intervals are wide, and it is not to be held against the "
			"figures of programs.");
		doc_table(d);
		doc_column(d, false, "attached");
		doc_column(d, true, "ns: A");
		doc_column(d, true, "B");
		doc_column(d, true, "B less A");
	}
	for (size_t e = 0; e < events.n; e++) {
		struct stats_interval v[2], difference;

		doc_cell(d, TONE_PLAIN, "%s", events.v[e]);
		for (size_t k = 0; k < 2; k++) {
			o = attached(pair->records, pair->name[k], events.v[e]);
			cell_interval(d, o, "added_ns", 1);
			record_interval(o, "added_ns", &v[k]);
		}
		difference = subtract(v[0], v[1]);
		cell_difference(d, &difference);
	}
	names_release(&events);
}

static bool has_figures(const struct pair *pair)
{
	static const char *const types[] = {"static", "exact", "sharp", "overhead"};
	struct json_object *o;

	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		record_foreach_type (pair->records, o, types[i])
			if (!strcmp(record_str(o, "monitor", ""), pair->name[0]))
				return true;
	return false;
}

void report_lanes(struct doc *d, const struct run_file *run)
{
	struct pairs pairs;

	pairs_find(&pairs, run->records);
	for (size_t i = 0; i < pairs.n; i++) {
		const struct pair *pair = &pairs.v[i];
		struct strbuf names = STRBUF_INIT;

		if (!has_figures(pair))
			continue;
		pair_name(pair, &names);
		if (pairs.n > 1)
			doc_heading(d, 2, "Side by side: %s", names.s);
		else
			doc_heading(d, 2, "Side by side");
		doc_text(d, TONE_PLAIN, "A is %s, B is %s.", pair->name[0], pair->name[1]);
		lanes_table(d, pair);
		attached_table(d, pair);
		static_table(d, pair);
		strbuf_release(&names);
	}
	pairs_release(&pairs);
}

static bool has_any(struct json_object *records, const char *type)
{
	struct json_object *o;

	record_foreach_type (records, o, type)
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
			const char *what = record_text(a);

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

	if (!has_any(run->records, "equivalence"))
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

	/* Of a comparison report_lanes() has it. */
	if (!has_any(run->records, "static") || has_any(run->records, "gate") ||
	    has_any(run->records, "equivalence"))
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

/* The two as the user named them, and as the lanes call them. */
struct both {
	const char *given[2], *name[2];
};

static bool both_find(struct json_object *records, struct both *b)
{
	const char *type = record_has_gate(records) ? "gate" : "equivalence";
	struct json_object *o;
	bool found = false;

	record_foreach_type (records, o, type) {
		b->given[0] = b->name[0] = record_str(o, "a", "A");
		b->given[1] = b->name[1] = record_str(o, "b", "B");
		found = true;
		break;
	}
	if (!found)
		return false;
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
	unsigned int exact = 0, bounded = 0, judged = 0;
	struct json_object *o;

	record_foreach_type (records, o, "trial") {
		const char *verdict = record_str(o, "conformance.verdict", "none");
		const char *monitor = record_str(o, "monitor", "");

		if ((strcmp(monitor, b->given[k]) && strcmp(monitor, b->name[k])) ||
		    !strcmp(verdict, "none"))
			continue;
		judged++;
		exact += !strcmp(verdict, "exact");
		bounded += !strcmp(verdict, "bounded");
	}
	if (bounded)
		doc_item(d, "Conformance of %s: within its bounds on %u of %u workloads.",
			 b->given[k], bounded + exact, judged);
	else if (judged)
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

/* The table of attached_table() is there. */
static bool has_attached(struct json_object *records, const struct both *b)
{
	struct json_object *o;

	record_foreach_type (records, o, "overhead")
		if (!strcmp(record_str(o, "monitor", ""), b->name[0]))
			return true;
	return false;
}

/* The words for all lanes hold for those that were judged. */
static const char *in_all_words(struct json_object *records, const char *verdict)
{
	struct json_object *o;

	record_foreach_type (records, o, "gate")
		if (!strcmp(verdict, "pass") && !record_gate_subject(o) && !record_is_all(o) &&
		    strcmp(record_str(o, "verdict", ""), "pass") != 0)
			return "is not dearer than is allowed in what was judged";
	return in_words(verdict);
}

static void say_lanes(struct doc *d, struct json_object *records, const struct both *b)
{
	struct json_object *o;

	record_foreach_type (records, o, "gate") {
		const char *lane = record_str(o, "lane", "?"),
			   *verdict = record_str(o, "verdict", "");
		struct strbuf counts = STRBUF_INIT;

		if (record_gate_subject(o))
			continue;
		add_counts(&counts, records, lane);
		doc_item(d, "%s: %s %s (%s%s).", record_is_all(o) ? "In all" : lane, b->given[1],
			 record_is_all(o) ? in_all_words(records, verdict) : in_words(verdict),
			 record_str(o, "reason", ""), counts.s);
		strbuf_release(&counts);
	}
	if (has_attached(records, b))
		doc_item(d, "Attached and detached: in its own table, without a verdict%s.",
			 has_any(records, "sharp")
				 ? ""
				 : ", as the time lane could not exchange their programs");
}

/* Equivalence, conformance, the lanes side by side, and a verdict for each in words. */
void report_print_compare(struct json_object *records, FILE *out)
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
