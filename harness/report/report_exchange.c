/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Section of a report about the exchange of programs: what programs take longer than empty ones,
 * and than each other's. */
#include "lib/base.h"
#include "harness/report/report_doc.h"
#include "harness/report/report_sections.h"
#include "lib/format.h"
#include "lib/names.h"
#include "lib/strbuf.h"
#include "harness/record.h"

#include <math.h>
#include <string.h>

/* Records of one comparison: the same A, and the same B or none. */
struct pair {
	const char *a, *b; /* @b NULL: A alone */
};

static bool is_of(struct json_object *o, const struct pair *p)
{
	const char *b = record_str(o, "other", NULL);

	return !strcmp(record_str(o, "monitor", "?"), p->a) && !b == !p->b &&
	       (!b || !strcmp(b, p->b));
}

#define foreach_of(run, o, pair)                                                                   \
	record_foreach_type ((run)->records, o, "sharp")                                           \
		if (!is_of(o, pair))                                                               \
			continue;                                                                  \
		else

static void difference_cell(struct doc *d, struct json_object *o, const char *path)
{
	struct stats_interval i;

	record_interval(o, path, &i);
	cell_difference(d, &i);
}

/* "within" the margin, "beyond" it, "undecided", or that the figures do not count. */
static void verdict_cell(struct doc *d, struct json_object *o)
{
	const char *status = record_str(o, "status", "ok"),
		   *verdict = record_str(o, "verdict", "-");
	bool beyond = !strcmp(verdict, "beyond"), less = record_num(o, "diff_ns.centre") < 0;

	if (strcmp(status, "ok"))
		doc_cell(d, TONE_WARN, "%s", status);
	else if (beyond)
		doc_cell(d, less ? TONE_GOOD : TONE_BAD, "beyond%s", less ? ", cheaper" : "");
	else
		doc_cell(d, !strcmp(verdict, "within") ? TONE_GOOD : TONE_DIM, "%s", verdict);
}

static void cost_table(struct doc *d, const struct run_file *run, const struct pair *p)
{
	struct json_object *o;

	doc_table(d);
	doc_column(d, false, "event");
	doc_column(d, true, p->b ? "A, ns" : "cost, ns");
	if (p->b) {
		doc_column(d, true, "B, ns");
		doc_column(d, true, "B less A, ns");
		doc_column(d, true, "B over A");
		doc_column(d, true, "margin, ns");
	}
	doc_column(d, true, "A/A, ns");
	doc_column(d, false, p->b ? "B less A is" : "status");
	foreach_of(run, o, p)
	{
		doc_cell(d, TONE_PLAIN, "%s", record_str(o, "event", "?"));
		cell_interval(d, o, "a_ns", 1);
		if (p->b) {
			cell_interval(d, o, "b_ns", 1);
			difference_cell(d, o, "diff_ns");
			cell_interval(d, o, "ratio", 1);
			cell_number(d, record_num(o, "margin_ns"), "");
		}
		cell_interval(d, o, "aa_ns", 1);
		if (p->b)
			verdict_cell(d, o);
		else
			doc_cell(d, TONE_PLAIN, "%s", record_str(o, "status", "?"));
	}
}

/* "[1.1, 3.4]": where a single load may come to lie. */
static void one_load_cell(struct doc *d, struct json_object *effect)
{
	const struct stats_interval i = {record_num(effect, "centre"),
					 record_num(effect, "one_load_low"),
					 record_num(effect, "one_load_high"), NAN};
	struct strbuf sb = STRBUF_INIT;

	if (isfinite(i.low) && isfinite(i.high))
		format_interval(&sb, &i, 1);
	doc_cell(d, TONE_PLAIN, "%s", sb.len ? strchr(sb.s, '[') : "-");
	strbuf_release(&sb);
}

static void spread_table(struct doc *d, const struct run_file *run, const struct pair *p)
{
	const char *effect = p->b ? "diff_ns" : "a_ns", *what = p->b ? "B less A" : "cost";
	struct json_object *o;

	doc_table(d);
	doc_column(d, false, "event");
	doc_column(d, true, "loads");
	doc_column(d, true, "%s, mean over loads, ns", what);
	doc_column(d, true, "one load may see, ns");
	doc_column(d, true, "anytime-valid, ns");
	doc_column(d, true, "core cycles");
	doc_column(d, true, "clock, GHz");
	doc_column(d, true, "timed, %%");
	doc_column(d, true, "took, s");
	doc_column(d, false, "consumer");
	foreach_of(run, o, p)
	{
		struct json_object *e = record_get(o, effect);

		doc_cell(d, TONE_PLAIN, "%s", record_str(o, "event", "?"));
		cell_number(d, record_num(o, "loads"), "");
		cell_interval(d, e, "loads", 1);
		one_load_cell(d, e);
		cell_interval(d, e, "anytime", 1);
		cell_interval(d, e, "cycles", 1);
		cell_number(d, record_num(o, "clock_ghz"), "");
		cell_number(d, round(100 * record_num(o, "duty")), "");
		cell_number(d, record_num(o, "seconds"), "");
		doc_cell(d, TONE_PLAIN, "%s", record_str(o, "consumer", "-"));
	}
}

/* Quantiles of single calls: of B against A where the record has them, else of each arm against the
 * empty programs. */
static void shift_row(struct doc *d, struct json_object *o, struct json_object *shifts,
		      const char *who)
{
	static const char *const quantiles[] = {"p50", "p90", "p99", "p99_9"};

	doc_cell(d, TONE_PLAIN, "%s", record_str(o, "event", "?"));
	doc_cell(d, TONE_PLAIN, "%s", who);
	for (size_t q = 0; q < ARRAY_SIZE(quantiles); q++) {
		double ns = record_num(shifts, quantiles[q]);

		if (isfinite(ns))
			doc_cell(d, TONE_PLAIN, "%+.1f", round(10 * ns) / 10 + 0.0);
		else
			doc_cell(d, TONE_DIM, "-");
	}
}

static void shift_table(struct doc *d, const struct run_file *run, const struct pair *p)
{
	static const char *const letters[] = {NULL, "A", NULL, "B"}; /* of the arms */
	struct json_object *o, *arm;

	doc_table(d);
	doc_column(d, false, "event");
	doc_column(d, false, "calls of");
	doc_column(d, true, "median, ns");
	doc_column(d, true, "90 %%");
	doc_column(d, true, "99 %%");
	doc_column(d, true, "99.9 %%");
	foreach_of(run, o, p)
	{
		if (record_get(o, "shift_diff_ns"))
			shift_row(d, o, record_get(o, "shift_diff_ns"), "B against A");
		record_foreach (record_get(o, "arms"), arm) {
			struct strbuf who = STRBUF_INIT;

			if (arm_i >= ARRAY_SIZE(letters) || !letters[arm_i])
				continue;
			strbuf_addf(&who, "%s against empty", letters[arm_i]);
			shift_row(d, o, record_get(arm, "shift_ns"), who.s);
			strbuf_release(&who);
		}
	}
}

/* Appends "A 5/2": calls above the tight and above the loose cut. */
static void add_cut(struct strbuf *out, const char *letter, struct json_object *arm)
{
	strbuf_addf(out, "%s%s ", out->len ? ", " : "", letter);
	format_number(out, record_num(arm, "cut_tight"));
	strbuf_addch(out, '/');
	format_number(out, record_num(arm, "cut_loose"));
}

/* What the cut took: a slow call says more of the machine than of the program. */
static void cut_table(struct doc *d, const struct run_file *run, const struct pair *p)
{
	static const char *const letters[] = {"empty", "A", "A again", "B"};
	struct json_object *o, *arm;

	doc_table(d);
	doc_column(d, false, "event");
	doc_column(d, true, "calls of each");
	doc_column(d, true, "cut at, ns");
	doc_column(d, false, "calls above the tight/loose cut");
	doc_column(d, false, "records consumed");
	foreach_of(run, o, p)
	{
		struct strbuf cut = STRBUF_INIT, got = STRBUF_INIT;

		record_foreach (record_get(o, "arms"), arm) {
			if (arm_i >= ARRAY_SIZE(letters))
				continue;
			add_cut(&cut, letters[arm_i], arm);
			strbuf_addf(&got, "%s%s ", got.len ? ", " : "", letters[arm_i]);
			format_number(&got, record_num(arm, "records"));
		}
		doc_cell(d, TONE_PLAIN, "%s", record_str(o, "event", "?"));
		cell_number(d,
			    record_num(o, "loads") * record_num(o, "rounds") *
				    record_num(o, "calls"),
			    "");
		cell_number(d, record_num(o, p->b ? "diff_ns.cut_ns" : "a_ns.cut_ns"), "");
		doc_cell(d, TONE_PLAIN, "%s", cut.s);
		doc_cell(d, TONE_PLAIN, "%s", got.s);
		strbuf_release(&cut);
		strbuf_release(&got);
	}
}

/* The one record of @p that says @warning; NULL: several do. */
static struct json_object *only_one(const struct run_file *run, const struct pair *p,
				    const char *warning)
{
	struct json_object *o, *w, *found = NULL;

	foreach_of(run, o, p)
	{
		record_foreach (record_get(o, "warnings"), w) {
			if (strcmp(record_text(w), warning))
				continue;
			if (found)
				return NULL;
			found = o;
		}
	}
	return found;
}

/* Why figures do not count, and what a reader of the others must know; what several events share is
 * said once. */
static void remarks(struct doc *d, const struct run_file *run, const struct pair *p)
{
	struct json_object *o, *w;
	struct names said = {0};

	foreach_of(run, o, p)
	{
		if (!strcmp(record_str(o, "status", ""), "void"))
			doc_item(d, "%s is void: %s", record_str(o, "event", "?"),
				 record_str(o, "reason", "two loads of the same object differ"));
		record_foreach (record_get(o, "warnings"), w)
			names_add(&said, record_text(w));
	}
	for (size_t i = 0; i < said.n; i++) {
		o = only_one(run, p, said.v[i]);
		if (o)
			doc_item(d, "%s: %s", record_str(o, "event", "?"), said.v[i]);
		else
			doc_item(d, "%s", said.v[i]);
	}
	names_release(&said);
}

static void one_pair(struct doc *d, const struct run_file *run, const struct pair *p)
{
	if (p->b)
		doc_heading(d, 3, "%s (B) against %s (A)", p->b, p->a);
	else
		doc_heading(d, 3, "%s", p->a);
	cost_table(d, run, p);
	remarks(d, run, p);
	doc_fold(d, 2, "Loads, cycles, quantiles and what was cut");
	spread_table(d, run, p);
	shift_table(d, run, p);
	cut_table(d, run, p);
	doc_fold_end(d);
}

void report_exchange(struct doc *d, const struct run_file *run)
{
	struct names done = {0};
	struct json_object *o;

	record_foreach_type (run->records, o, "sharp") {
		const struct pair p = {record_str(o, "monitor", "?"), record_str(o, "other", NULL)};
		struct strbuf key = STRBUF_INIT;
		size_t before = done.n;

		if (!before) {
			doc_heading(d, 2, "Time of the programs");
			doc_text(
				d, TONE_PLAIN,
				"Nanoseconds that a monitor's programs take longer than empty "
				"ones, "
				"by stubs that stay attached while the programs behind them are "
				"exchanged (docs/method.md); the interval is over loads. What "
				"being "
				"attached costs is not in these figures. A/A is a second load of A "
				"less the first: what this run takes for zero.");
		}
		strbuf_addf(&key, "%s\t%s", p.a, p.b ? p.b : "");
		names_add(&done, key.s);
		if (done.n > before)
			one_pair(d, run, &p);
		strbuf_release(&key);
	}
	names_release(&done);
}
