/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * From the records of the lanes to `gate` records (docs/results.md), by pure functions.
 *
 * A row is a `gate` record in the making: nothing judged yet, no numbers. Each thing that has a
 * limit (a metric of the static lane, a path of the exact one, an event of the time lane) fills one
 * and becomes a record; then the records of a lane are tallied into the lane's own, and those of
 * the lanes into the verdict in all. The greatest verdict counts (enum gate_verdict is in that
 * order).
 */
#include "lib/base.h"
#include "harness/compare/judge.h"

#include <math.h>
#include <string.h>

#include "harness/record.h"
#include "harness/record_put.h"
#include "lib/strbuf.h"

enum { GATE_VERDICTS = GATE_REGRESSION + 1 };

const char *const gate_lane_names[GATE_LANES] = {"static", "exact", "time"};
const char *const gate_verdict_names[] = {"skip", "pass", "inconclusive", "environment",
					  "regression"};
static const char *const status_of[] = {"skip", "ok", "ok", "void", "fail"};

/* Numbers that are NAN become null. */
struct gate_row {
	const struct gate_pair *pair;
	const char *lane, *subject, *kernel, *unit;
	enum gate_verdict verdict;
	double value, low, high, limit, base;
	bool whole;   /* they are whole numbers */
	bool vacuous; /* a skip: there was nothing that could have differed */
	struct strbuf reason;
};

/* Nothing judged yet: a skip without numbers. @lane, @subject (may be NULL) must outlive it. */
static struct gate_row row_new(const struct gate_pair *pair, const char *lane, const char *subject)
{
	return (struct gate_row){.pair = pair,
				 .lane = lane,
				 .subject = subject,
				 .verdict = GATE_SKIP,
				 .value = NAN,
				 .low = NAN,
				 .high = NAN,
				 .limit = NAN,
				 .base = NAN,
				 .reason = STRBUF_INIT};
}

static void put_number(struct json_object *o, const char *key, double v, bool whole)
{
	if (whole && isfinite(v))
		record_put_i64(o, key, (int64_t)v);
	else
		record_put_num(o, key, v);
}

/* Appends the record to the JSON array @out and releases @r. */
static void row_put(struct gate_row *r, struct json_object *out)
{
	struct json_object *o = record_new("gate");

	record_put_str(o, "status", status_of[r->verdict]);
	record_put_str(o, "a", r->pair->a);
	record_put_str(o, "b", r->pair->b);
	record_put_str(o, "lane", r->lane);
	record_put_str(o, "subject", r->subject);
	record_put_str(o, "kernel", r->kernel);
	record_put_str(o, "verdict", gate_verdict_names[r->verdict]);
	put_number(o, "value", r->value, r->whole);
	put_number(o, "low", r->low, r->whole);
	put_number(o, "high", r->high, r->whole);
	put_number(o, "limit", r->limit, r->whole);
	record_put_str(o, "unit", r->unit);
	put_number(o, "base", r->base, r->whole);
	record_put_str(o, "reason", r->reason.s);
	if (r->vacuous)
		record_put_bool(o, "vacuous", true);
	json_object_array_add(out, o);
	strbuf_release(&r->reason);
}

enum gate_verdict gate_verdict_in(struct json_object *record)
{
	const char *word = record_str(record, "verdict", "");

	for (int v = 0; v < GATE_VERDICTS; v++)
		if (!strcmp(word, gate_verdict_names[v]))
			return (enum gate_verdict)v;
	return GATE_SKIP;
}

static double allowed(const struct gate_limit *limit, double base)
{
	return floor(MAX(limit->absolute, base * limit->percent / 100));
}

/* "3 more than 120, 0 more allowed" */
static void judge_count(struct gate_row *r, const struct gate_limit *limit, double a, double b)
{
	r->whole = true;
	r->base = a;
	r->value = r->low = r->high = b - a;
	if (limit->judged)
		r->limit = allowed(limit, a);
	r->verdict = !limit->judged ? GATE_SKIP : r->value > r->limit ? GATE_REGRESSION : GATE_PASS;
	if (r->value == 0)
		strbuf_addf(&r->reason, "%.0f in both", a);
	else
		strbuf_addf(&r->reason, "%.0f %s than %.0f", fabs(r->value),
			    r->value > 0 ? "more" : "less", a);
	if (!limit->judged)
		strbuf_addstr(&r->reason, "; the policy has no limit for it");
	else if (r->value > 0)
		strbuf_addf(&r->reason, ", %.0f more allowed", r->limit);
}

static const char *unit_of(enum gate_metric m)
{
	return m == METRIC_VERIFIER_STATES				? "states"
	       : m == METRIC_INSTRUCTIONS || m == METRIC_VERIFIER_INSNS ? "instructions"
									: "bytes";
}

void judge_static(const struct gate_policy *p, const struct gate_pair *pair, struct json_object *a,
		  struct json_object *b, struct json_object *out)
{
	for (int m = 0; m < GATE_METRICS; m++) {
		struct gate_row r =
			row_new(pair, gate_lane_names[GATE_STATIC], gate_metric_names[m]);
		double x = record_num(a, gate_metric_names[m]),
		       y = record_num(b, gate_metric_names[m]);

		r.unit = unit_of((enum gate_metric)m);
		r.kernel = record_str(b, "kernel", NULL);
		if (isfinite(x) && isfinite(y))
			judge_count(&r, &p->metric[m], x, y);
		else
			strbuf_addf(&r.reason, "there is no such figure of %s",
				    isfinite(x) ? pair->b : pair->a);
		row_put(&r, out);
	}
}

void judge_refused(const struct gate_pair *pair, enum gate_lane lane, const char *kernel,
		   const char *reason_a, const char *reason_b, struct json_object *out)
{
	struct gate_row r = row_new(pair, gate_lane_names[lane], "load");

	r.kernel = kernel;
	if (reason_a) {
		r.verdict = GATE_ENVIRONMENT;
		strbuf_addf(&r.reason,
			    "%s cannot be loaded, so there is nothing to compare with: %s", pair->a,
			    reason_a);
	} else {
		r.verdict = GATE_REGRESSION;
		strbuf_addf(&r.reason, "%s cannot be loaded where %s can: %s", pair->b, pair->a,
			    reason_b);
	}
	row_put(&r, out);
}

static struct json_object *find_exact(struct json_object *records, uint64_t index, const char *path)
{
	struct json_object *o;

	record_foreach_type (records, o, "exact") {
		const char *its = record_str(o, "path", NULL);

		if (record_u64(o, "index", UINT64_MAX) == index &&
		    (path ? its && !strcmp(its, path) : !its))
			return o;
	}
	return NULL;
}

static bool is_void(struct json_object *o)
{
	return !strcmp(record_str(o, "status", ""), "void");
}

/* True unless it is known that the call ran no code of the object's: its figure is that of empty
 * programs on the same hooks; where that is not known, of nothing attached. */
static bool is_entered(struct json_object *o)
{
	double own = record_num(o, "own");

	return (isfinite(own) ? own : record_num(o, "added")) != 0;
}

static void judge_path(const struct gate_policy *p, const struct gate_pair *pair,
		       struct json_object *a, struct json_object *b, struct json_object *out)
{
	struct gate_row r = row_new(pair, gate_lane_names[GATE_EXACT], record_str(a, "path", ""));
	double x = record_num(a, "instructions"), y = record_num(b, "instructions");

	r.kernel = record_str(a, "kernel", NULL);
	r.unit = "instructions";
	if (!b) {
		strbuf_addf(&r.reason, "%s was not counted on this path", pair->b);
	} else if (is_void(a) || is_void(b)) {
		r.verdict = GATE_ENVIRONMENT;
		strbuf_addstr(&r.reason, record_str(is_void(a) ? a : b, "reason", "it is void"));
	} else if (x == y && !is_entered(a) && !is_entered(b)) {
		/* Equal for want of a question, which is no pass. */
		r.vacuous = true;
		strbuf_addstr(&r.reason, "this path enters no program of either");
	} else if (isfinite(x) && isfinite(y)) {
		judge_count(&r, &p->instructions, x, y);
	} else {
		struct json_object *which = isfinite(x) ? b : a;

		strbuf_addf(&r.reason, "%s: %s", isfinite(x) ? pair->b : pair->a,
			    record_str(which, "reason", "no stable figure"));
	}
	row_put(&r, out);
}

static bool is_wanted(const struct gate_list *paths, const char *path)
{
	if (!paths->v[0])
		return true;
	for (size_t i = 0; paths->v[i]; i++)
		if (!strcmp(paths->v[i], path))
			return true;
	return false;
}

/* A path that the policy names and nobody counted is a mistake in the policy, not a pass. */
static void judge_missing(const struct gate_policy *p, const struct gate_pair *pair,
			  struct json_object *records, struct json_object *out)
{
	for (const char *const *path = p->paths.v; *path; path++) {
		struct gate_row r = row_new(pair, gate_lane_names[GATE_EXACT], *path);

		if (find_exact(records, 0, *path))
			continue;
		r.verdict = GATE_ENVIRONMENT;
		r.unit = "instructions";
		strbuf_addf(&r.reason,
			    "the policy names this path and the guest has none of that name; "
			    "docs/exact.md lists them");
		row_put(&r, out);
	}
}

static const char *refusal(struct json_object *o)
{
	return o && strcmp(record_str(o, "status", ""), "ok") != 0
		       ? record_str(o, "reason", "no reason given")
		       : NULL;
}

static struct json_object *find_static(struct json_object *records, uint64_t index)
{
	struct json_object *o;

	record_foreach_type (records, o, "static")
		if (record_u64(o, "index", UINT64_MAX) == index)
			return o;
	return NULL;
}

void judge_static_in_guest(const struct gate_policy *p, const struct gate_pair *pair,
			   struct json_object *records, struct json_object *out)
{
	struct json_object *a = find_static(records, 0), *b = find_static(records, 1),
			   *refused_a = find_exact(records, 0, NULL),
			   *refused_b = find_exact(records, 1, NULL);

	if (a && b)
		judge_static(p, pair, a, b, out);
	else if (refusal(refused_a) || refusal(refused_b))
		judge_refused(pair, GATE_STATIC,
			      record_str(refused_a ? refused_a : refused_b, "kernel", NULL),
			      refusal(refused_a), refusal(refused_b), out);
	else
		judge_cannot(p, pair, GATE_STATIC, "the guest did not say what loading costs", out);
}

void judge_exact(const struct gate_policy *p, const struct gate_pair *pair,
		 struct json_object *records, struct json_object *out)
{
	struct json_object *a = find_exact(records, 0, NULL), *b = find_exact(records, 1, NULL), *o;

	if (refusal(a) || refusal(b)) {
		judge_refused(pair, GATE_EXACT, record_str(a ? a : b, "kernel", NULL), refusal(a),
			      refusal(b), out);
		return;
	}
	record_foreach_type (records, o, "exact") {
		const char *path = record_str(o, "path", "");

		if (record_u64(o, "index", UINT64_MAX) == 0 && is_wanted(&p->paths, path))
			judge_path(p, pair, o, find_exact(records, 1, path), out);
	}
	judge_missing(p, pair, records, out);
}

/* Where the exchange of programs has decided, its anytime-valid interval says on which side. */
static void judge_event(const struct gate_policy *p, struct json_object *o, struct gate_row *r)
{
	const char *decided = record_str(o, "verdict", "undecided");

	r->value = record_num(o, "diff_ns.centre");
	r->low = record_num(o, "diff_ns.anytime.low");
	r->high = record_num(o, "diff_ns.anytime.high");
	r->limit = record_num(o, "margin_ns");
	r->base = record_num(o, "a_ns.centre");
	if (is_void(o)) {
		r->verdict = GATE_ENVIRONMENT;
		strbuf_addf(&r->reason, "the figures do not count: %s",
			    record_str(o, "reason", "two loads of one object differ"));
	} else if (!strcmp(decided, "within") || (!strcmp(decided, "beyond") && r->value < 0)) {
		r->verdict = GATE_PASS;
		strbuf_addf(&r->reason, "%s",
			    r->high < 0 ? "known to be cheaper" : "known to be within the margin");
	} else if (!strcmp(decided, "beyond")) {
		r->verdict = GATE_REGRESSION;
		strbuf_addf(&r->reason,
			    "%.2f ns more than %.2f, known to be beyond the %.2f allowed", r->value,
			    r->base, r->limit);
	} else {
		r->verdict = p->inconclusive;
		strbuf_addf(&r->reason, "not decided within %.0f s%s", record_num(o, "seconds"),
			    p->inconclusive == GATE_PASS ? "; the policy takes that for a pass"
			    : p->inconclusive == GATE_REGRESSION
				    ? "; the policy takes that for a failure"
				    : "");
	}
}

/* The surroundings were found unfit before anything was timed: that is said once, of the lane. */
static bool judge_unfit(const struct gate_pair *pair, struct json_object *records,
			struct json_object *out)
{
	struct json_object *o;

	record_foreach_type (records, o, "sharp") {
		struct gate_row r = row_new(pair, gate_lane_names[GATE_TIME], NULL);

		if (!is_void(o) || record_get(o, "diff_ns"))
			continue;
		r.verdict = GATE_ENVIRONMENT;
		strbuf_addf(&r.reason, "not timed: %s", record_str(o, "reason", "no reason given"));
		row_put(&r, out);
		return true;
	}
	return false;
}

void judge_time(const struct gate_policy *p, const struct gate_pair *pair,
		struct json_object *records, struct json_object *out)
{
	struct json_object *o;

	if (judge_unfit(pair, records, out))
		return;
	record_foreach_type (records, o, "sharp") {
		struct gate_row r =
			row_new(pair, gate_lane_names[GATE_TIME], record_str(o, "event", ""));

		r.unit = "ns";
		judge_event(p, o, &r);
		row_put(&r, out);
	}
}

void judge_cannot(const struct gate_policy *p, const struct gate_pair *pair, enum gate_lane lane,
		  const char *reason, struct json_object *out)
{
	struct gate_row r = row_new(pair, gate_lane_names[lane], NULL);

	r.verdict = p->on[lane] == GATE_AUTO ? GATE_SKIP : GATE_ENVIRONMENT;
	strbuf_addf(&r.reason, "not run: %s", reason);
	row_put(&r, out);
}

/* What the records of a lane, or the lanes of a pair, come to. */
struct tally {
	size_t n[GATE_VERDICTS];
	struct json_object *first[GATE_VERDICTS]; /* of each verdict */
	enum gate_verdict worst;
};

static void tally_add(struct tally *t, struct json_object *o)
{
	enum gate_verdict v = gate_verdict_in(o);

	if (!t->n[v]++)
		t->first[v] = o;
	t->worst = MAX(t->worst, v);
}

/* "mmap: 3 more than 120, 0 more allowed; 2 more like it; 1 of 16 was not judged" */
static void say_lane(const struct tally *t, struct strbuf *out)
{
	size_t all = 0, judged;
	struct json_object *o = t->first[t->worst];

	for (int v = 0; v < GATE_VERDICTS; v++)
		all += t->n[v];
	judged = all - t->n[GATE_SKIP];
	if (t->worst == GATE_PASS)
		strbuf_addf(out, "%zu judged, none beyond its limit", judged);
	else if (o)
		strbuf_addf(out, "%s: %s", record_str(o, "subject", ""),
			    record_str(o, "reason", ""));
	if (t->worst > GATE_PASS && t->n[t->worst] > 1)
		strbuf_addf(out, "; %zu more like it", t->n[t->worst] - 1);
	if (judged && t->n[GATE_SKIP])
		strbuf_addf(out, "; %zu of %zu not judged", t->n[GATE_SKIP], all);
}

void judge_lane(const struct gate_policy *p, const struct gate_pair *pair, enum gate_lane lane,
		const char *note, struct json_object *out)
{
	struct gate_row r = row_new(pair, gate_lane_names[lane], NULL);
	struct tally t = {0};
	struct json_object *o;

	record_foreach_type (out, o, "gate") {
		if (strcmp(record_str(o, "lane", ""), r.lane) != 0)
			continue;
		if (!record_get(o, "subject"))
			return; /* it could not be run, which was said */
		tally_add(&t, o);
	}
	r.verdict = t.worst;
	if (t.worst == GATE_SKIP) {
		r.verdict = MAX(p->inconclusive, GATE_INCONCLUSIVE);
		r.vacuous = record_true(t.first[GATE_SKIP], "vacuous");
		strbuf_addf(&r.reason,
			    "%s: ", r.vacuous ? "nothing to compare" : "nothing could be judged");
	}
	say_lane(&t, &r.reason);
	if (note)
		strbuf_addf(&r.reason, "; %s", note);
	row_put(&r, out);
}

void judge_all(const struct gate_pair *pair, struct json_object *out)
{
	struct gate_row r = row_new(pair, "all", NULL);
	struct tally t = {0};
	struct json_object *o;
	bool first = true;

	record_foreach_type (out, o, "gate") {
		if (record_get(o, "subject") || !strcmp(record_str(o, "lane", ""), "all"))
			continue;
		tally_add(&t, o);
		strbuf_addf(&r.reason, "%s%s: %s", first ? "" : ", ", record_str(o, "lane", ""),
			    record_str(o, "verdict", ""));
		first = false;
	}
	r.verdict = t.worst;
	if (t.worst == GATE_SKIP) {
		r.verdict = GATE_ENVIRONMENT;
		strbuf_reset(&r.reason);
		strbuf_addstr(&r.reason, "no lane could be run here");
	}
	row_put(&r, out);
}

void judge_without_lanes(const struct gate_pair *pair, enum gate_verdict verdict,
			 const char *reason, struct json_object *out)
{
	struct gate_row r = row_new(pair, "all", NULL);

	r.verdict = verdict;
	strbuf_addstr(&r.reason, reason);
	row_put(&r, out);
}

enum gate_verdict gate_verdict_of(struct json_object *records)
{
	enum gate_verdict worst = GATE_SKIP;
	struct json_object *o;

	record_foreach_type (records, o, "gate")
		if (!strcmp(record_str(o, "lane", ""), "all"))
			worst = MAX(worst, gate_verdict_in(o));
	return worst;
}
