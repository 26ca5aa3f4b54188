/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A gate as SARIF 2.1.0 (OASIS standard, 27 March 2020), as code scanning reads it: a result for
 * each regression and for each check that failed. What could not be judged is no result, which a
 * reader would show as one: it is a notification of the tool's run.
 */
#include "lib/base.h"
#include "harness/plugin.h"

#include <string.h>

#include "harness/record.h"
#include "harness/record_put.h"
#include "harness/report/record_pair.h"
#include "harness/report/report_grid.h"
#include "harness/result.h"
#include "lib/names.h"
#include "lib/strbuf.h"

#define SCHEMA "https://json.schemastore.org/sarif-2.1.0.json"

/* {"text": ..}, one line. */
static struct json_object *message(const char *text)
{
	struct json_object *o = json_object_new_object();

	record_put_str(o, "text", text);
	return o;
}

/* "gate/static/instructions", "gate/exact/mmap", "trial": what was not kept. */
static void add_rule(struct json_object *o, struct strbuf *out)
{
	strbuf_addstr(out, record_str(o, "type", "?"));
	if (record_is(o, "gate"))
		strbuf_addf(out, "/%s/%s", record_str(o, "lane", "?"),
			    record_str(o, "subject", "load"));
}

/* Of the file that the monitor is in the repository; where nobody said, what the record calls it.
 */
static const char *file_of(const struct run_file *run, const char *monitor)
{
	struct json_object *base, *m;

	record_foreach_type (run->records, base, "base")
		record_foreach (record_get(base, "monitors"), m)
			if (!strcmp(record_str(m, "monitor", ""), monitor) && record_get(m, "file"))
				return record_str(m, "file", monitor);
	return monitor;
}

/* A reader wants a place in a file; an object has no lines. */
static struct json_object *locations(const char *file)
{
	struct json_object *list = json_object_new_array(), *location = json_object_new_object(),
			   *physical = json_object_new_object(),
			   *artifact = json_object_new_object(), *region = json_object_new_object();

	record_put_str(artifact, "uri", file);
	record_put_i64(region, "startLine", 1);
	record_put(physical, "artifactLocation", artifact);
	record_put(physical, "region", region);
	record_put(location, "physicalLocation", physical);
	json_object_array_add(list, location);
	return list;
}

static const char *monitor_of(struct json_object *o)
{
	return record_str(o, "b", record_str(o, "monitor", "?"));
}

/* What was found, with who it was found of. */
static void add_text(const struct trial_grid *g, struct json_object *o, struct strbuf *out)
{
	if (record_is(o, "gate")) {
		strbuf_addf(out, "%s against %s, %s %s: ", record_str(o, "b", "?"),
			    record_str(o, "a", "?"), record_str(o, "lane", "?"),
			    record_str(o, "subject", "load"));
	} else {
		record_subject(o, g, out);
		strbuf_addstr(out, ": ");
	}
	strbuf_addstr(out, record_str(o, "reason", "the check failed"));
}

static struct json_object *result(const struct run_file *run, const struct trial_grid *g,
				  struct json_object *o)
{
	struct json_object *r = json_object_new_object(), *prints = json_object_new_object();
	struct strbuf rule = STRBUF_INIT, text = STRBUF_INIT, print = STRBUF_INIT;

	add_rule(o, &rule);
	add_text(g, o, &text);
	record_put_str(r, "ruleId", rule.s);
	record_put_str(r, "level", "error");
	record_put(r, "message", message(text.s));
	record_put(r, "locations", locations(file_of(run, monitor_of(o))));
	/* The same finding of the next run is the same alert, whatever its figures. */
	strbuf_addf(&print, "%s/%s/%s", rule.s, monitor_of(o), record_str(o, "workload", ""));
	record_put_str(prints, "beebench/v1", print.s);
	record_put(r, "partialFingerprints", prints);
	strbuf_release(&rule);
	strbuf_release(&text);
	strbuf_release(&print);
	return r;
}

static bool is_finding(struct json_object *o)
{
	/* A lane, and the whole, are no more than their parts. */
	if (record_is(o, "gate"))
		return !strcmp(record_str(o, "verdict", ""), "regression") &&
		       record_gate_subject(o);
	return record_status(o) == STATUS_FAIL;
}

/* Not judged, though it was asked for. */
static bool is_unjudged(struct json_object *o)
{
	const char *verdict = record_str(o, "verdict", "");

	if (record_is(o, "gate"))
		return record_is_all(o) &&
		       (!strcmp(verdict, "inconclusive") || !strcmp(verdict, "environment"));
	return record_status(o) == STATUS_VOID;
}

static struct json_object *driver(const struct run_file *run)
{
	struct json_object *d = json_object_new_object(), *rules = json_object_new_array(), *o;
	const char *tool = record_str(run->header, "tool", "beebench");
	struct names seen = {0};

	record_put_str(d, "name", "beebench");
	record_put_str(d, "version", strchr(tool, ' ') ? strchr(tool, ' ') + 1 : tool);
	record_foreach (run->records, o) {
		struct strbuf rule = STRBUF_INIT;
		size_t before = seen.n;

		if (!is_finding(o))
			continue;
		add_rule(o, &rule);
		if (names_add(&seen, rule.s) == before) {
			struct json_object *r = json_object_new_object();

			record_put_str(r, "id", rule.s);
			record_put(r, "shortDescription",
				   message(record_is(o, "gate")
						   ? "a figure grew beyond the limit of the policy"
						   : "a monitor is wrong"));
			json_object_array_add(rules, r);
		}
		strbuf_release(&rule);
	}
	record_put(d, "rules", rules);
	names_release(&seen);
	return d;
}

static struct json_object *invocation(const struct run_file *run, const struct trial_grid *g)
{
	struct json_object *inv = json_object_new_object(), *list = json_object_new_array(), *o;
	bool cut = !run->end || !strcmp(record_str(run->end, "status", ""), "interrupted");

	record_foreach (run->records, o) {
		struct json_object *n;
		struct strbuf text = STRBUF_INIT;

		if (!is_unjudged(o))
			continue;
		add_text(g, o, &text);
		n = json_object_new_object();
		record_put_str(n, "level", "warning");
		record_put(n, "message", message(text.s));
		json_object_array_add(list, n);
		strbuf_release(&text);
	}
	record_put_bool(inv, "executionSuccessful", !cut && !json_object_array_length(list));
	record_put(inv, "toolExecutionNotifications", list);
	return inv;
}

static int render(const struct run_file *run, FILE *out)
{
	struct json_object *doc = json_object_new_object(), *runs = json_object_new_array(),
			   *r = json_object_new_object(), *tool = json_object_new_object(),
			   *results = json_object_new_array(),
			   *invocations = json_object_new_array(), *o;
	struct trial_grid g;

	trial_grid_build(&g, run);
	record_foreach (run->records, o)
		if (is_finding(o))
			json_object_array_add(results, result(run, &g, o));
	record_put(tool, "driver", driver(run));
	record_put(r, "tool", tool);
	json_object_array_add(invocations, invocation(run, &g));
	record_put(r, "invocations", invocations);
	record_put(r, "results", results);
	json_object_array_add(runs, r);
	record_put_str(doc, "$schema", SCHEMA);
	record_put_str(doc, "version", "2.1.0");
	record_put(doc, "runs", runs);
	record_put_json(doc, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE, out);
	json_object_put(doc);
	trial_grid_release(&g);
	return 0;
}

const struct reporter_ops reporter_sarif = {
	.name = "sarif",
	.help = "SARIF 2.1.0 for code scanning: regressions and checks that failed",
	.render = render,
};
