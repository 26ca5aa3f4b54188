/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Reads the records of comparisons: which two monitors are compared, whose each record is, which is
 * the verdict in all, and what each `gate` record is called.
 *
 * A run may hold several comparisons, in order of first appearance; the two monitors of one may
 * have the same name.
 */
#include "lib/base.h"
#include "harness/report/record_pair.h"

#include <math.h>
#include <string.h>

#include "harness/record.h"
#include "lib/format.h"
#include "lib/strbuf.h"

bool sides_own(const struct sides *s, struct json_object *o)
{
	return !strcmp(record_str(o, "a", "A"), s->name[0]) &&
	       !strcmp(record_str(o, "b", "B"), s->name[1]);
}

/* True when no record of @type before number @before compares the same two. */
static bool is_first(struct json_object *records, const char *type, const struct sides *s,
		     size_t before)
{
	struct json_object *o;

	record_foreach_type (records, o, type) {
		if (o_i >= before)
			return true;
		if (sides_own(s, o))
			return false;
	}
	return true;
}

static const char *type_of(struct json_object *records)
{
	struct json_object *o;

	record_foreach_type (records, o, "gate")
		return "gate";
	return "equivalence";
}

bool sides_nth(struct json_object *records, size_t n, struct sides *out)
{
	const char *type = type_of(records);
	struct json_object *o;

	record_foreach_type (records, o, type) {
		*out = (struct sides){{record_str(o, "a", "A"), record_str(o, "b", "B")}};
		if (is_first(records, type, out, o_i) && !n--)
			return true;
	}
	return false;
}

size_t sides_count(struct json_object *records)
{
	struct sides s;
	size_t n = 0;

	while (sides_nth(records, n, &s))
		n++;
	return n;
}

/* Two monitors of one name are told apart by their place in the boot, or by the order of records:
 * A comes first. */
static bool is_of(struct json_object *o, const struct sides *s, size_t k, size_t *skip)
{
	if (strcmp(record_str(o, "monitor", ""), s->name[k]))
		return false;
	if (strcmp(s->name[0], s->name[1]))
		return true;
	if (record_get(o, "index"))
		return record_u64(o, "index", 0) == k;
	return !(*skip)--;
}

struct json_object *sides_static(struct json_object *records, const struct sides *s, size_t k)
{
	size_t skip = k;
	struct json_object *o;

	record_foreach_type (records, o, "static") {
		if (is_of(o, s, k, &skip))
			return o;
	}
	return NULL;
}

double sides_added(struct json_object *records, const struct sides *s, size_t k, const char *kernel,
		   const char *path)
{
	size_t skip = k;
	struct json_object *o;

	record_foreach_type (records, o, "exact") {
		if (!strcmp(record_str(o, "kernel", ""), kernel) &&
		    !strcmp(record_str(o, "path", ""), path) && is_of(o, s, k, &skip))
			return record_num(o, "added");
	}
	return NAN;
}

struct json_object *sides_exchange(struct json_object *records, const struct sides *s,
				   const char *event)
{
	struct json_object *o;

	record_foreach_type (records, o, "sharp") {
		if (!strcmp(record_str(o, "event", ""), event) &&
		    !strcmp(record_str(o, "monitor", ""), s->name[0]) &&
		    !strcmp(record_str(o, "other", ""), s->name[1]))
			return o;
	}
	return NULL;
}

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
