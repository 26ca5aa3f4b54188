/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Makes `gate` records, and reads the verdict of one. */
#include "lib/base.h"
#include "harness/gate/gate_row.h"

#include <math.h>
#include <string.h>

#include "harness/record.h"
#include "lib/strbuf.h"

const char *const gate_lane_names[GATE_LANES] = {"static", "exact", "time"};
const char *const gate_verdict_names[] = {"skip", "pass", "inconclusive", "environment",
					  "regression"};
static const char *const status_of[] = {"skip", "ok", "ok", "void", "fail"};

struct gate_row gate_row_new(const struct gate_pair *pair, const char *lane, const char *subject)
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

static void add_string(struct json_object *o, const char *key, const char *s)
{
	json_object_object_add(o, key, s ? json_object_new_string(s) : NULL);
}

static void add_number(struct json_object *o, const char *key, double v, bool whole)
{
	json_object_object_add(o, key,
			       !isfinite(v) ? NULL
			       : whole	    ? json_object_new_int64((int64_t)v)
					    : json_object_new_double(v));
}

void gate_row_put(struct gate_row *r, struct json_object *out)
{
	struct json_object *o = json_object_new_object();

	add_string(o, "type", "gate");
	add_string(o, "status", status_of[r->verdict]);
	add_string(o, "a", r->pair->a);
	add_string(o, "b", r->pair->b);
	add_string(o, "lane", r->lane);
	add_string(o, "subject", r->subject);
	add_string(o, "kernel", r->kernel);
	add_string(o, "verdict", gate_verdict_names[r->verdict]);
	add_number(o, "value", r->value, r->whole);
	add_number(o, "low", r->low, r->whole);
	add_number(o, "high", r->high, r->whole);
	add_number(o, "limit", r->limit, r->whole);
	add_string(o, "unit", r->unit);
	add_number(o, "base", r->base, r->whole);
	add_string(o, "reason", r->reason.s);
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
