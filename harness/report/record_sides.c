/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Finds the records of A and of B. */
#include "lib/base.h"
#include "harness/report/record_sides.h"

#include <math.h>
#include <string.h>

bool sides_find(struct json_object *records, struct sides *out)
{
	static const char *const types[] = {"gate", "equivalence"};
	struct json_object *o;

	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		record_foreach_type (records, o, types[i]) {
			out->name[0] = record_str(o, "a", "A");
			out->name[1] = record_str(o, "b", "B");
			return true;
		}
	}
	return false;
}

/* Of two monitors of one name the first record is A's. */
static bool one_name(const struct sides *s)
{
	return !strcmp(s->name[0], s->name[1]);
}

struct json_object *sides_static(struct json_object *records, const struct sides *s, size_t k)
{
	size_t skip = one_name(s) ? k : 0;
	struct json_object *o;

	record_foreach_type (records, o, "static") {
		if (!strcmp(record_str(o, "monitor", ""), s->name[k]) && !skip--)
			return o;
	}
	return NULL;
}

double sides_added(struct json_object *records, const struct sides *s, size_t k, const char *kernel,
		   const char *path)
{
	size_t skip = one_name(s) ? k : 0;
	struct json_object *o;

	record_foreach_type (records, o, "exact") {
		if (!strcmp(record_str(o, "kernel", ""), kernel) &&
		    !strcmp(record_str(o, "path", ""), path) &&
		    !strcmp(record_str(o, "monitor", ""), s->name[k]) && !skip--)
			return record_num(o, "added");
	}
	return NAN;
}

struct json_object *sides_sharp(struct json_object *records, const struct sides *s,
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
