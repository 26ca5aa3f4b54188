/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Annotations as GitHub Actions reads them from a step's output: an error for what is wrong, a
 * warning for what was not judged, one notice with the verdict in all. GitHub shows ten of each
 * kind, so the gravest come first. Format: "Workflow commands for GitHub Actions".
 */
#include "lib/base.h"
#include "harness/plugin.h"

#include <string.h>

#include "harness/report/record_pair.h"
#include "harness/report/report_grid.h"
#include "harness/result.h"
#include "lib/names.h"
#include "lib/printable.h"
#include "lib/strbuf.h"
#include "harness/record.h"

/* What a record is worth saying. */
enum level { SILENT, WARNING, ERROR };

/* A value ends at its line; a property also at a colon or a comma. */
static void put_escaped(FILE *out, const char *text, bool property)
{
	struct strbuf clean = STRBUF_INIT;

	printable_add_lines(&clean, text);
	for (const char *s = clean.s; *s; s++) {
		if (strchr("%\r\n", *s) || (property && strchr(":,", *s)))
			fprintf(out, "%%%02X", (unsigned int)*s);
		else
			fputc(*s, out);
	}
	strbuf_release(&clean);
}

static void put_line(FILE *out, const char *command, const char *title, const char *text)
{
	fprintf(out, "::%s title=", command);
	put_escaped(out, title, true);
	fputs("::", out);
	put_escaped(out, text, false);
	fputc('\n', out);
}

/* What is known of the run as a whole. */
struct scene {
	const struct run_file *run;
	struct trial_grid grid;
	struct pairs pairs;
	struct names said; /* "B\tLANE\tVERDICT" of each part of a lane */
	bool has_gate;
};

static void lane_key(struct json_object *o, struct strbuf *out)
{
	strbuf_addf(out, "%s\t%s\t%s", record_str(o, "b", ""), record_str(o, "lane", ""),
		    record_str(o, "verdict", ""));
}

static void scene_set(struct scene *s, const struct run_file *run)
{
	struct json_object *o;

	*s = (struct scene){.run = run, .has_gate = record_has_gate(run->records)};
	trial_grid_build(&s->grid, run);
	pairs_find(&s->pairs, run->records);
	record_foreach_type (run->records, o, "gate") {
		struct strbuf key = STRBUF_INIT;

		if (!record_gate_subject(o))
			continue;
		lane_key(o, &key);
		names_add(&s->said, key.s);
		strbuf_release(&key);
	}
}

static void scene_release(struct scene *s)
{
	trial_grid_release(&s->grid);
	pairs_release(&s->pairs);
	names_release(&s->said);
}

/* A lane says nothing that its parts have said: of a lane that could not be run there are none. */
static bool is_said_by_parts(const struct scene *s, struct json_object *lane)
{
	struct strbuf key = STRBUF_INIT;
	bool said;

	lane_key(lane, &key);
	said = names_find(&s->said, key.s) < s->said.n;
	strbuf_release(&key);
	return said;
}

/* The whole says what its lanes have said: a pair that was settled without them has none. */
static bool has_lanes(const struct scene *s, struct json_object *all)
{
	struct json_object *o;

	record_foreach_type (s->run->records, o, "gate")
		if (!record_is_all(o) &&
		    !strcmp(record_str(o, "a", ""), record_str(all, "a", "")) &&
		    !strcmp(record_str(o, "b", ""), record_str(all, "b", "")))
			return true;
	return false;
}

static enum level gate_level(const struct scene *s, struct json_object *o)
{
	const char *verdict = record_str(o, "verdict", "");

	if (record_is_all(o) ? has_lanes(s, o) : !record_gate_subject(o) && is_said_by_parts(s, o))
		return SILENT;
	if (!strcmp(verdict, "regression"))
		return ERROR;
	return !strcmp(verdict, "inconclusive") || !strcmp(verdict, "environment") ? WARNING
										   : SILENT;
}

static enum level level_of(const struct scene *s, struct json_object *o)
{
	const char *status = record_str(o, "status", "");

	if (record_is(o, "gate"))
		return gate_level(s, o);
	/* The gate's own record says it with the verdict that came of it. */
	if (record_is(o, "sharp") && s->has_gate)
		return SILENT;
	if (!strcmp(status, "fail") || (record_get(o, "accounted") && !record_true(o, "accounted")))
		return ERROR;
	return !strcmp(status, "void") ? WARNING : SILENT;
}

/* "regression: time, brk", "fail: memmon beside mmap", "void: overhead of memmon at brk" */
static void add_title(struct strbuf *out, struct json_object *o, const struct scene *s)
{
	if (record_is(o, "gate")) {
		strbuf_addf(out, "%s: ", record_str(o, "verdict", "?"));
		record_gate_name(o, s->pairs.n > 1, out);
		return;
	}
	strbuf_addf(out, "%s: ", !strcmp(record_str(o, "status", ""), "void") ? "void" : "fail");
	record_subject(o, &s->grid, out);
}

/* The reason, or the first thing that was found wrong. */
static const char *text_of(struct json_object *o)
{
	static const char *const lists[] = {"mismatches", "kept"};
	const char *text = record_str(o, "reason", NULL);
	struct json_object *found;

	for (size_t i = 0; i < ARRAY_SIZE(lists) && !text; i++) {
		record_foreach (record_get(o, lists[i]), found) {
			text = record_str(found, "text", NULL);
			break;
		}
	}
	if (text)
		return text;
	return record_get(o, "accounted") ? "records are unaccounted for" : "no reason given";
}

static void put_records(FILE *out, const struct scene *s, enum level level)
{
	struct json_object *o;

	record_foreach (s->run->records, o) {
		struct strbuf title = STRBUF_INIT;

		if (level_of(s, o) != level)
			continue;
		add_title(&title, o, s);
		put_line(out, level == ERROR ? "error" : "warning", title.s, text_of(o));
		strbuf_release(&title);
	}
}

/* The verdict in all; of several comparisons one each. */
static void put_verdicts(FILE *out, const struct scene *s)
{
	for (size_t i = 0; i < s->pairs.n; i++) {
		const struct pair *pair = &s->pairs.v[i];
		struct strbuf title = STRBUF_INIT;

		if (!pair->all)
			continue;
		strbuf_addf(&title, "beebench: %s (",
			    record_str(pair->all, "verdict", "no verdict"));
		pair_name(pair, &title);
		strbuf_addch(&title, ')');
		put_line(out, "notice", title.s,
			 record_str(pair->all, "reason", "no reason given"));
		strbuf_release(&title);
	}
}

/* Which revision it was held against, and why that one: what is read first. */
static void put_base(FILE *out, const struct run_file *run)
{
	struct json_object *o;

	record_foreach_type (run->records, o, "base") {
		struct strbuf line = STRBUF_INIT;

		record_base_line(o, &line);
		put_line(out, "notice", "beebench: base", line.s);
		strbuf_release(&line);
	}
}

static int render(const struct run_file *run, FILE *out)
{
	bool cut = !run->end || !strcmp(record_str(run->end, "status", ""), "interrupted");
	struct scene s;

	scene_set(&s, run);
	put_base(out, run);
	if (cut)
		put_line(out, "error", "beebench", "the run was cut short");
	put_records(out, &s, ERROR);
	put_records(out, &s, WARNING);
	put_verdicts(out, &s);
	scene_release(&s);
	return 0;
}

const struct reporter_ops reporter_github = {
	.name = "github",
	.help = "annotations of GitHub Actions: errors, warnings, the verdict in all",
	.render = render,
};
