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
#include "lib/strbuf.h"
#include "harness/record.h"

/* What a record is worth saying. */
enum level { SILENT, WARNING, ERROR };

/* A value ends at its line; a property also at a colon or a comma. */
static void put_escaped(FILE *out, const char *s, bool property)
{
	for (; *s; s++) {
		if (strchr("%\r\n", *s) || (property && strchr(":,", *s)))
			fprintf(out, "%%%02X", (unsigned int)*s);
		else
			fputc(*s, out);
	}
}

static void put_line(FILE *out, const char *command, const char *title, const char *text)
{
	fprintf(out, "::%s title=", command);
	put_escaped(out, title, true);
	fputs("::", out);
	put_escaped(out, text, false);
	fputc('\n', out);
}

/* A lane says nothing that its parts have said: of a lane that could not be run there are none. */
static bool is_said_by_parts(const struct run_file *run, struct json_object *lane)
{
	struct json_object *o;

	record_foreach_type (run->records, o, "gate") {
		if (record_gate_subject(o) &&
		    !strcmp(record_str(o, "b", ""), record_str(lane, "b", "?")) &&
		    !strcmp(record_str(o, "lane", ""), record_str(lane, "lane", "?")) &&
		    !strcmp(record_str(o, "verdict", ""), record_str(lane, "verdict", "?")))
			return true;
	}
	return false;
}

static enum level gate_level(const struct run_file *run, struct json_object *o)
{
	const char *verdict = record_str(o, "verdict", "");

	if (record_is_all(o) || (!record_gate_subject(o) && is_said_by_parts(run, o)))
		return SILENT;
	if (!strcmp(verdict, "regression"))
		return ERROR;
	return !strcmp(verdict, "inconclusive") || !strcmp(verdict, "environment") ? WARNING
										   : SILENT;
}

static enum level level_of(const struct run_file *run, struct json_object *o)
{
	const char *status = record_str(o, "status", "");

	if (record_is(o, "gate"))
		return gate_level(run, o);
	/* The gate's own record says it with the verdict that came of it. */
	if (record_is(o, "sharp") && record_has_gate(run->records))
		return SILENT;
	if (!strcmp(status, "fail") || (record_get(o, "accounted") && !record_true(o, "accounted")))
		return ERROR;
	return !strcmp(status, "void") ? WARNING : SILENT;
}

/* "regression: time, brk", "fail: memmon beside mmap", "void: overhead of memmon at brk" */
static void add_title(struct strbuf *out, struct json_object *o, const struct run_file *run,
		      const struct trial_grid *g)
{
	if (record_is(o, "gate")) {
		strbuf_addf(out, "%s: ", record_str(o, "verdict", "?"));
		record_gate_name(run->records, o, out);
		return;
	}
	strbuf_addf(out, "%s: ", !strcmp(record_str(o, "status", ""), "void") ? "void" : "fail");
	record_subject(o, g, out);
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

static void put_records(FILE *out, const struct run_file *run, const struct trial_grid *g,
			enum level level)
{
	struct json_object *o;

	record_foreach (run->records, o) {
		struct strbuf title = STRBUF_INIT;

		if (level_of(run, o) != level)
			continue;
		add_title(&title, o, run, g);
		put_line(out, level == ERROR ? "error" : "warning", title.s, text_of(o));
		strbuf_release(&title);
	}
}

/* The verdict in all; of several comparisons one each. */
static void put_verdicts(FILE *out, const struct run_file *run)
{
	struct sides s;

	for (size_t i = 0; sides_nth(run->records, i, &s); i++) {
		struct json_object *all = record_gate_all(run->records, &s);
		struct strbuf title = STRBUF_INIT;

		if (!all)
			continue;
		strbuf_addf(&title, "beebench: %s (", record_str(all, "verdict", "no verdict"));
		record_sides_name(&s, &title);
		strbuf_addch(&title, ')');
		put_line(out, "notice", title.s, record_str(all, "reason", "no reason given"));
		strbuf_release(&title);
	}
}

static int render(const struct run_file *run, FILE *out)
{
	bool cut = !run->end || !strcmp(record_str(run->end, "status", ""), "interrupted");
	struct trial_grid g;

	trial_grid_build(&g, run);
	if (cut)
		put_line(out, "error", "beebench", "the run was cut short");
	put_records(out, run, &g, ERROR);
	put_records(out, run, &g, WARNING);
	put_verdicts(out, run);
	trial_grid_release(&g);
	return 0;
}

const struct reporter_ops reporter_github = {
	.name = "github",
	.help = "annotations of GitHub Actions: errors, warnings, the verdict in all",
	.render = render,
};
