/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Holds the records of several boots against each other: is every figure the same in all? */
#include "lib/base.h"
#include "harness/exact/exact.h"

#include <string.h>

#include "harness/record.h"

/* What a boot must find again; how often a value was taken is housekeeping. */
static const char *const figures[] = {
	"status",      "instructions", "stable",    "none",	      "nop",
	"programs",    "jited_bytes",  "map_bytes", "verifier_insns", "verifier_states",
	"stack_bytes",
};

static bool same_subject(struct json_object *a, struct json_object *b)
{
	static const char *const keys[] = {"type", "kernel", "monitor", "index", "path"};

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (!json_object_equal(record_get(a, keys[i]), record_get(b, keys[i])))
			return false;
	return true;
}

static struct json_object *find(struct json_object *records, struct json_object *like)
{
	struct json_object *o;

	record_foreach (records, o)
		if (same_subject(o, like))
			return o;
	return NULL;
}

static bool same_figures(struct json_object *a, struct json_object *b)
{
	for (size_t i = 0; i < ARRAY_SIZE(figures); i++)
		if (!json_object_equal(record_get(a, figures[i]), record_get(b, figures[i])))
			return false;
	return true;
}

static void set(struct json_object *o, const char *key, struct json_object *value)
{
	json_object_object_add(o, key, value);
}

/* A figure that another boot does not find stands for nothing; what each found is kept. */
static void withdraw(struct json_object *o, struct json_object *const boots[], size_t n)
{
	struct json_object *found = json_object_new_array();

	for (size_t i = 0; i < n; i++) {
		struct json_object *other = i ? find(boots[i], o) : o;

		json_object_array_add(found, json_object_get(record_get(other, "instructions")));
	}
	set(o, "found", found);
	set(o, "status", json_object_new_string("void"));
	set(o, "reason", json_object_new_string("another boot counted something else"));
	if (!record_is(o, "exact"))
		return;
	set(o, "stable", json_object_new_boolean(false));
	set(o, "instructions", NULL);
	set(o, "added", NULL);
	set(o, "own", NULL);
}

void exact_boots(struct json_object *const boots[], size_t n)
{
	struct json_object *o, *other;

	record_foreach (boots[0], o) {
		uint64_t differing = 0;

		for (size_t i = 1; i < n; i++) {
			other = find(boots[i], o);
			differing += !other || !same_figures(o, other);
		}
		set(o, "boots", json_object_new_uint64(n));
		set(o, "differing", json_object_new_uint64(differing));
		if (differing)
			withdraw(o, boots, n);
	}
}
