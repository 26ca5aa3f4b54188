/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Sums up: what the records of a lane come to, and the lanes of a pair. */
#include "lib/base.h"
#include "harness/gate/gate_judge.h"

#include <string.h>

#include "harness/gate/gate_row.h"
#include "harness/record.h"
#include "lib/strbuf.h"

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
	struct gate_row r = gate_row_new(pair, gate_lane_names[lane], NULL);
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
		strbuf_addstr(&r.reason, "nothing could be judged: ");
	}
	say_lane(&t, &r.reason);
	if (note)
		strbuf_addf(&r.reason, "; %s", note);
	gate_row_put(&r, out);
}

void judge_all(const struct gate_pair *pair, struct json_object *out)
{
	struct gate_row r = gate_row_new(pair, "all", NULL);
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
	gate_row_put(&r, out);
}

void judge_without_lanes(const struct gate_pair *pair, enum gate_verdict verdict,
			 const char *reason, struct json_object *out)
{
	struct gate_row r = gate_row_new(pair, "all", NULL);

	r.verdict = verdict;
	strbuf_addstr(&r.reason, reason);
	gate_row_put(&r, out);
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
