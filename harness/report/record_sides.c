/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Finds the records of A and of B. */
#include "lib/base.h"
#include "harness/report/record_sides.h"
#include "harness/record.h"

#include <math.h>
#include <string.h>

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
