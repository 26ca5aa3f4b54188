/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A gate against a git revision: each monitor of the current build against the same of the
 * revision, and the `gate` records of all pairs as tables for a person at a terminal.
 *
 * Each pair is settled at once where there is nothing to measure (the revision has no such monitor,
 * the bytes are the same, the revision cannot be built), and goes through the lanes otherwise. What
 * only one side has is named: a gate that judges less than it did says so.
 */
#include "lib/base.h"
#include "harness/gate/gate.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/compare/judge.h"
#include "harness/compare/policy.h"
#include "harness/record.h"
#include "harness/record_put.h"
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

/* A monitor of the base that the change does not name any more. */
static struct gate_wanted gone(const struct gate_base *base, size_t i)
{
	return (struct gate_wanted){.name = base->gone.v[i], .file = base->gone.v[i]};
}

/* Which of those that are gone has the bytes of @head; base->gone.n: none. */
static size_t find_renamed(const struct gate_base *base, size_t n, const struct gate_object *head)
{
	size_t i;

	for (i = 0; i < base->gone.n; i++) {
		const struct gate_wanted w = gone(base, i);
		char *path = gate_base_object(base, n + i, &w);
		bool same = path && same_bytes(path, head->path);

		free(path);
		if (same)
			break;
	}
	return i;
}

/* What a comparison of all monitors shares. */
struct gate_all {
	struct run *run;
	const struct gate_policy *policy;
	struct gate_base *base;
	const struct gate_wanted *wanted;
	struct gate_object *head; /* @n of them */
	size_t n;
	bool *renamed; /* of base->gone: found under another name */
};

/* The base has no monitor of that name. */
static int settle_new(struct gate_all *all, const struct gate_object *head)
{
	const struct gate_base *base = all->base;
	size_t same = find_renamed(base, all->n, head);
	struct strbuf reason = STRBUF_INIT;
	int err;

	if (same < base->gone.n) {
		all->renamed[same] = true;
		strbuf_addf(&reason,
			    "renamed, it was %s: both objects are equal, nothing was measured",
			    base->gone.v[same]);
	} else {
		strbuf_addstr(&reason, "the base has no monitor of that name: there is nothing to "
				       "hold it against; one that was renamed is held against the "
				       "old object with --base OBJECT --head NAME");
		for (size_t i = 0; i < base->gone.n; i++)
			strbuf_addf(&reason, "%s%s",
				    i ? ", "
				      : "; of the base's monitors these are not here any more: ",
				    base->gone.v[i]);
	}
	err = settle(all->run, base->rev, head->name,
		     same < base->gone.n ? GATE_PASS : GATE_INCONCLUSIVE, reason.s);
	strbuf_release(&reason);
	return err;
}

static int compare(struct gate_all *all, size_t i)
{
	const struct gate_object *head = &all->head[i];
	char *path = gate_base_object(all->base, i, &all->wanted[i]);
	struct gate_object old = {0};
	int err;

	if (!path)
		return settle_new(all, head);
	err = gate_object_find(&old, path);
	if (!err && same_bytes(path, head->path))
		err = settle(all->run, old.name, head->name, GATE_PASS,
			     "same bytes: both objects are equal, nothing was measured");
	else if (!err)
		err = gate_lanes_of(all->run, all->policy, &old, head);
	gate_object_release(&old);
	free(path);
	return err;
}

/* Those that are gone, after all have been held against what might be their new name. */
static int settle_gone(struct gate_all *all)
{
	int err = 0;

	for (size_t i = 0; i < all->base->gone.n && !err; i++)
		if (!all->renamed[i])
			err = settle(all->run, all->base->gone.v[i], "nothing", GATE_SKIP,
				     "the base has it, and the change names it no more: removed, "
				     "or renamed");
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

/* Which commit it is and why, and which file each monitor is. */
static int emit_base(struct run *run, const struct gate_base *base, const char *why,
		     const struct gate_all *all)
{
	struct json_object *o = record_new("base"), *list = json_object_new_array();

	record_put_str(o, "revision", base->rev);
	record_put_str(o, "commit", base->hash);
	record_put_str(o, "why", why);
	for (size_t i = 0; i < all->n; i++) {
		struct json_object *m = json_object_new_object();

		record_put_str(m, "monitor", all->head[i].name);
		record_put_str(m, "file", all->wanted[i].file);
		json_object_array_add(list, m);
	}
	record_put(o, "monitors", list);
	return sink_emit(run->sink, o);
}

static int compare_all(struct gate_all *all)
{
	struct strbuf why = STRBUF_INIT;
	int err = gate_base_build(all->base, all->wanted, all->n, all->run->progress, &why);

	if (why.len)
		log_err("%s", why.s);
	if (err && err != -EINTR) {
		err = no_base(all->run, all->base, why.len ? why.s : strerror(-err));
	} else if (!err) {
		all->renamed = calloc(all->base->gone.n + 1, sizeof(*all->renamed));
		if (!all->renamed)
			abort();
		for (size_t i = 0; i < all->n && !err; i++)
			err = compare(all, i);
		if (!err)
			err = settle_gone(all);
	}
	free(all->renamed);
	strbuf_release(&why);
	return err;
}

static bool has_twin(const struct gate_all *all, size_t i)
{
	for (size_t k = 0; k < all->n; k++)
		if (i != k && !strcmp(all->wanted[i].name, all->wanted[k].name))
			return true;
	return false;
}

/* Two of one name are called by their files. */
static void tell_apart(struct gate_all *all)
{
	for (size_t i = 0; i < all->n; i++)
		if (all->wanted[i].file && has_twin(all, i)) {
			free(all->head[i].name);
			all->head[i].name = strdup(all->wanted[i].file);
		}
}

int gate_revision(struct run *run, const struct gate_policy *policy, struct gate_base *base,
		  const char *why, const struct gate_wanted *wanted, size_t n)
{
	struct gate_wanted *named = calloc(n + 1, sizeof(*named));
	struct gate_object *head = calloc(n + 1, sizeof(*head));
	struct gate_all all = {run, policy, base, named, head, .n = n};
	int err = 0;

	if (!named || !head)
		abort();
	for (size_t i = 0; i < n && !err; i++)
		err = gate_object_find(&head[i], wanted[i].spec);
	if (!err) {
		/* By the name of the file, as the revision's is; then apart. */
		for (size_t i = 0; i < n; i++)
			named[i] = (struct gate_wanted){strdup(head[i].name), wanted[i].file,
							wanted[i].spec};
		tell_apart(&all);
		err = emit_base(run, base, why, &all);
	}
	if (!err)
		err = compare_all(&all);
	for (size_t i = 0; i < n; i++) {
		gate_object_release(&head[i]);
		free((char *)named[i].name);
	}
	free(head);
	free(named);
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

	record_foreach_type (records, o, "base") {
		struct strbuf line = STRBUF_INIT;

		record_base_line(o, &line);
		fprintf(out, "%s\n\n", line.s);
		strbuf_release(&line);
	}
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
