/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A gate against a git revision: each monitor of the current build against the same of the
 * revision, and the `gate` records of all pairs as tables for a person at a terminal.
 *
 * Each pair is settled at once where there is nothing to measure (the revision has no such monitor,
 * the bytes are the same, the revision cannot be built), and goes through the lanes otherwise.
 */
#include "lib/base.h"
#include "harness/gate/gate.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/compare/judge.h"
#include "harness/compare/policy.h"
#include "harness/record.h"
#include "harness/result.h"
#include "lib/log.h"
#include "lib/strbuf.h"

/* A pair that is not measured, with its reason. */
static int settle(struct run *run, const char *base, const char *head, enum gate_verdict verdict,
		  const char *reason)
{
	const struct gate_pair pair = {base, head};
	struct json_object *out = json_object_new_array();
	int err;

	judge_without_lanes(&pair, verdict, reason, out);
	err = sink_emit(run->sink, json_object_get(json_object_array_get_idx(out, 0)));
	json_object_put(out);
	return err;
}

static bool same_bytes(const char *a, const char *b)
{
	struct strbuf x = STRBUF_INIT, y = STRBUF_INIT;
	bool same = !strbuf_read_file(&x, a) && !strbuf_read_file(&y, b) && x.len == y.len &&
		    !memcmp(x.s, y.s, x.len);

	strbuf_release(&x);
	strbuf_release(&y);
	return same;
}

static int compare(struct run *run, const struct gate_policy *policy, const struct gate_base *base,
		   const struct gate_object *head)
{
	char *path = gate_base_object(base, head->name);
	struct gate_object old = {0};
	int err;

	if (!path)
		return settle(run, base->rev, head->name, GATE_INCONCLUSIVE,
			      "the base has no monitor of that name: there is nothing to hold it "
			      "against; one that was renamed is held against the old object with "
			      "--base OBJECT --head NAME");
	err = gate_object_find(&old, path);
	if (!err && same_bytes(path, head->path))
		err = settle(run, old.name, head->name, GATE_PASS,
			     "same bytes: both objects are equal, nothing was measured");
	else if (!err)
		err = gate_lanes_of(run, policy, &old, head);
	gate_object_release(&old);
	free(path);
	return err;
}

/* A base that cannot be had is a record too: reports are made of records. */
static int no_base(struct run *run, const struct gate_base *base, const char *reason)
{
	struct strbuf line = STRBUF_INIT;
	int err;

	strbuf_add(&line, reason, strcspn(reason, "\n"));
	if (line.len && line.s[line.len - 1] == ':')
		line.s[--line.len] = '\0';
	err = settle(run, base->rev, "the current build", GATE_ENVIRONMENT, line.s);
	strbuf_release(&line);
	return err;
}

static int compare_all(struct run *run, const struct gate_policy *policy, struct gate_base *base,
		       const struct gate_object *head, const char *const *names)
{
	struct strbuf why = STRBUF_INIT;
	int err = gate_base_build(base, names, run->progress, &why);

	if (why.len)
		log_err("%s", why.s);
	if (err && err != -EINTR)
		err = no_base(run, base, why.len ? why.s : strerror(-err));
	else
		for (size_t i = 0; names[i] && !err; i++)
			err = compare(run, policy, base, &head[i]);
	strbuf_release(&why);
	return err;
}

int gate_revision(struct run *run, const struct gate_policy *policy, struct gate_base *base,
		  const char *const *specs)
{
	struct gate_object head[POLICY_LIST_MAX] = {0};
	const char *names[POLICY_LIST_MAX + 1] = {0};
	size_t n = 0;
	int err = 0;

	for (; specs[n] && n < POLICY_LIST_MAX && !err; n++) {
		err = gate_object_find(&head[n], specs[n]);
		names[n] = head[n].name;
	}
	if (!err)
		err = compare_all(run, policy, base, head, names);
	for (size_t i = 0; i < n; i++)
		gate_object_release(&head[i]);
	return err;
}

static void format_value(struct strbuf *out, struct json_object *o, const char *key, bool sign)
{
	struct json_object *v = record_get(o, key);

	if (!v)
		strbuf_addch(out, '-');
	else if (json_object_is_type(v, json_type_int))
		strbuf_addf(out, sign ? "%+lld" : "%lld", (long long)json_object_get_int64(v));
	else
		strbuf_addf(out, sign ? "%+.2f" : "%.2f", json_object_get_double(v));
}

/* "+0.31 [-0.02, +0.64]"; exact figures have no interval. */
static void format_difference(struct strbuf *out, struct json_object *o)
{
	double low = record_num(o, "low"), high = record_num(o, "high");

	format_value(out, o, "value", true);
	if (isfinite(low) && isfinite(high) && low < high)
		strbuf_addf(out, " [%+.2f, %+.2f]", low, high);
}

/* "exact 6.12" */
static void format_lane(struct strbuf *out, struct json_object *o)
{
	const char *kernel = record_str(o, "kernel", NULL), *dot;

	strbuf_addstr(out, record_str(o, "lane", "?"));
	dot = kernel ? strchr(kernel, '.') : NULL;
	if (dot)
		strbuf_addf(out, " %.*s", (int)(dot + 1 + strcspn(dot + 1, ".-") - kernel), kernel);
}

static void row(FILE *out, struct json_object *o)
{
	struct strbuf lane = STRBUF_INIT, base = STRBUF_INIT, diff = STRBUF_INIT,
		      limit = STRBUF_INIT;
	bool passed = !strcmp(record_str(o, "verdict", ""), "pass");

	format_lane(&lane, o);
	format_value(&base, o, "base", false);
	format_difference(&diff, o);
	format_value(&limit, o, "limit", false);
	fprintf(out, "%-11s  %-16s  %9s  %22s  %8s  %s%s%s\n", lane.s, record_str(o, "subject", ""),
		base.s, diff.s, limit.s, record_str(o, "verdict", ""), passed ? "" : ": ",
		passed ? "" : record_str(o, "reason", ""));
	strbuf_release(&lane);
	strbuf_release(&base);
	strbuf_release(&diff);
	strbuf_release(&limit);
}

static bool same_pair(struct json_object *x, struct json_object *y)
{
	return x && !strcmp(record_str(x, "a", ""), record_str(y, "a", "")) &&
	       !strcmp(record_str(x, "b", ""), record_str(y, "b", ""));
}

static bool has_rows(struct json_object *records, struct json_object *of)
{
	struct json_object *o;

	record_foreach_type (records, o, "gate")
		if (same_pair(of, o) && record_get(o, "subject"))
			return true;
	return false;
}

static void print_pair(struct json_object *records, struct json_object *of, FILE *out)
{
	struct json_object *o;

	fprintf(out, "A %s, B %s\n", record_str(of, "a", ""), record_str(of, "b", ""));
	if (has_rows(records, of))
		fprintf(out, "%-11s  %-16s  %9s  %22s  %8s  %s\n", "lane", "subject", "A",
			"B less A", "limit", "verdict");
	record_foreach_type (records, o, "gate")
		if (same_pair(of, o) && record_get(o, "subject"))
			row(out, o);
	record_foreach_type (records, o, "gate") {
		const char *lane = record_str(o, "lane", "");

		if (same_pair(of, o) && !record_get(o, "subject"))
			fprintf(out, "%s: %s (%s)\n", strcmp(lane, "all") ? lane : "in all",
				record_str(o, "verdict", ""), record_str(o, "reason", ""));
	}
}

void gate_print(struct json_object *records, FILE *out)
{
	struct json_object *o, *before = NULL;
	size_t pairs = 0;

	record_foreach_type (records, o, "gate") {
		if (same_pair(before, o))
			continue;
		if (pairs++)
			fputc('\n', out);
		print_pair(records, o, out);
		before = o;
	}
	if (pairs > 1)
		fprintf(out, "\nall %zu monitors: %s\n", pairs,
			gate_verdict_names[gate_verdict_of(records)]);
}
