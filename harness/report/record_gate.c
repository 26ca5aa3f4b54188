/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What `gate` records are called. */
#include "lib/base.h"
#include "harness/report/record_gate.h"
#include "lib/format.h"
#include "lib/strbuf.h"
#include "harness/record.h"

#include <string.h>

bool record_has_gate(struct json_object *records)
{
	struct json_object *o;

	record_foreach_type (records, o, "gate")
		return true;
	return false;
}

bool record_is_all(struct json_object *gate)
{
	return !strcmp(record_str(gate, "lane", ""), "all");
}

struct json_object *record_gate_all(struct json_object *records, const struct sides *s)
{
	struct json_object *o;

	record_foreach_type (records, o, "gate")
		if (record_is_all(o) && sides_own(s, o))
			return o;
	return NULL;
}

static int gravity(const char *verdict)
{
	static const char *const order[] = {"skip", "pass", "inconclusive", "environment",
					    "regression"};

	for (size_t i = 0; i < ARRAY_SIZE(order); i++)
		if (!strcmp(verdict, order[i]))
			return (int)i;
	return (int)ARRAY_SIZE(order);
}

const char *record_gate_worst(struct json_object *records)
{
	const char *worst = NULL;
	struct json_object *o;

	record_foreach_type (records, o, "gate") {
		const char *verdict = record_str(o, "verdict", "no verdict");

		if (record_is_all(o) && (!worst || gravity(verdict) > gravity(worst)))
			worst = verdict;
	}
	return worst;
}

const char *record_gate_subject(struct json_object *gate)
{
	return record_str(gate, "subject", NULL);
}

static const char *last_part(const char *name)
{
	const char *slash = strrchr(name, '/');

	return slash && slash[1] ? slash + 1 : name;
}

void record_gate_name(struct json_object *records, struct json_object *gate, struct strbuf *out)
{
	const char *lane = record_str(gate, "lane", "?"),
		   *kernel = record_str(gate, "kernel", NULL);

	if (sides_count(records) > 1)
		strbuf_addf(out, "%s: ", last_part(record_str(gate, "b", "?")));
	if (record_is_all(gate))
		strbuf_addstr(out, "in all");
	else if (record_gate_subject(gate))
		strbuf_addf(out, "%s, %s", lane, record_gate_subject(gate));
	else
		strbuf_addf(out, "the %s lane", lane);
	if (kernel) {
		strbuf_addstr(out, " on Linux ");
		format_kernel(out, kernel);
	}
}

void record_sides_name(const struct sides *s, struct strbuf *out)
{
	const char *a = last_part(s->name[0]), *b = last_part(s->name[1]);

	if (!strcmp(a, b)) {
		a = s->name[0];
		b = s->name[1];
	}
	strbuf_addf(out, "%s against %s", b, a);
}
