/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Sections that hold two monitors side by side: instructions and nanoseconds of each path, and what
 * loading each says. */
#include "lib/base.h"
#include "harness/report/report_doc.h"
#include "harness/report/report_sections.h"

#include <math.h>
#include <string.h>

#include "harness/report/record_pair.h"
#include "lib/format.h"
#include "lib/names.h"
#include "lib/strbuf.h"
#include "harness/record.h"

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

static void lanes_row(struct doc *d, struct json_object *records, const struct sides *s,
		      const struct names *kernels, const char *path, bool timed)
{
	struct json_object *sharp = sides_exchange(records, s, path);
	struct stats_interval difference;

	doc_cell(d, TONE_PLAIN, "%s", path);
	for (size_t k = 0; k < kernels->n; k++) {
		double a = sides_added(records, s, 0, kernels->v[k], path);
		double b = sides_added(records, s, 1, kernels->v[k], path);

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
static void lanes_table(struct doc *d, struct json_object *records, const struct sides *s)
{
	struct names kernels = {0}, paths = {0};
	bool timed = false;
	struct json_object *o;

	record_foreach_type (records, o, "sharp") {
		if (o != sides_exchange(records, s, record_str(o, "event", "?")))
			continue;
		timed = true;
		names_add(&paths, record_str(o, "event", "?"));
	}
	record_foreach_type (records, o, "exact") {
		const char *kernel = record_str(o, "kernel", ""), *path = record_str(o, "path", "");

		if (isnan(sides_added(records, s, 0, kernel, path)) &&
		    isnan(sides_added(records, s, 1, kernel, path)))
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
			lanes_row(d, records, s, &kernels, paths.v[p], timed);
	}
	names_release(&kernels);
	names_release(&paths);
}

static void static_table(struct doc *d, struct json_object *records, const struct sides *s)
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
	struct json_object *side[2] = {sides_static(records, s, 0), sides_static(records, s, 1)};

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
static void attached_table(struct doc *d, struct json_object *records, const struct sides *s)
{
	struct names events = {0};
	struct json_object *o;

	record_foreach_type (records, o, "overhead")
		if (!strcmp(record_str(o, "monitor", ""), s->name[0]))
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
			o = attached(records, s->name[k], events.v[e]);
			cell_interval(d, o, "added_ns", 1);
			record_interval(o, "added_ns", &v[k]);
		}
		difference = subtract(v[0], v[1]);
		cell_difference(d, &difference);
	}
	names_release(&events);
}

static bool has_figures(struct json_object *records, const struct sides *s)
{
	static const char *const types[] = {"static", "exact", "sharp", "overhead"};
	struct json_object *o;

	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		record_foreach_type (records, o, types[i])
			if (!strcmp(record_str(o, "monitor", ""), s->name[0]))
				return true;
	return false;
}

void report_lanes(struct doc *d, const struct run_file *run)
{
	size_t n = sides_count(run->records);
	struct sides s;

	for (size_t i = 0; sides_nth(run->records, i, &s); i++) {
		struct strbuf names = STRBUF_INIT;

		if (!has_figures(run->records, &s))
			continue;
		record_sides_name(&s, &names);
		if (n > 1)
			doc_heading(d, 2, "Side by side: %s", names.s);
		else
			doc_heading(d, 2, "Side by side");
		doc_text(d, TONE_PLAIN, "A is %s, B is %s.", s.name[0], s.name[1]);
		lanes_table(d, run->records, &s);
		attached_table(d, run->records, &s);
		static_table(d, run->records, &s);
		strbuf_release(&names);
	}
}
