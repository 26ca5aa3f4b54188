/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A merged run as those read it that know one run: of each time there is one, which is what all
 * machines say together (`combined`), and of each exact figure one, which has no value where the
 * runs differ. The records of the single runs stay in the file.
 */
#include "lib/base.h"
#include "harness/result_merged.h"

#include <string.h>

#include "harness/record.h"
#include "harness/record_put.h"
#include "lib/names.h"
#include "lib/strbuf.h"

static void key_of(struct json_object *o, struct strbuf *key)
{
	strbuf_reset(key);
	if (record_is(o, "exact"))
		strbuf_addf(key, "exact %s %s %s %" PRIu64, record_str(o, "kernel", "-"),
			    record_str(o, "monitor", "-"), record_str(o, "path", "-"),
			    record_u64(o, "index", 0));
	else
		strbuf_addf(key, "time %s %s", record_str(o, "monitor", "-"),
			    record_str(o, "event", "-"));
}

/* The record of @type that speaks of what @o is about; NULL: none does. */
static struct json_object *said_of(struct json_object *records, const char *type,
				   struct json_object *o, const char *const *members)
{
	struct json_object *s;

	record_foreach_type (records, s, type) {
		const char *const *m = members;

		while (*m && !strcmp(record_str(s, *m, ""), record_str(o, *m, "")))
			m++;
		if (!*m)
			return s;
	}
	return NULL;
}

/* A copy of an `overhead` record with the time of all machines; NULL: nothing is said of it. */
static struct json_object *together(struct json_object *records, struct json_object *o)
{
	static const char *const members[] = {"monitor", "event", NULL};
	struct json_object *said = said_of(records, "combined", o, members), *copy = NULL,
			   *warnings = json_object_new_array();

	if (!said || json_object_deep_copy(o, &copy, NULL)) {
		json_object_put(warnings);
		return NULL;
	}
	for (const char *const *gone = (const char *const[]){"whole", "floor_ns", "attached_ns",
							     "aa_ns", "base_ns", NULL};
	     *gone; gone++)
		json_object_object_del(copy, *gone);
	record_put(copy, "added_ns", json_object_get(record_get(said, "added_ns")));
	record_addf(warnings, "of %" PRIu64 " runs of %" PRIu64 " machines",
		    record_u64(said, "runs", 0), record_u64(said, "machines", 0));
	record_put(copy, "warnings", warnings);
	return copy;
}

/* A copy of an `exact` record that has no value, as the runs differ in it; NULL: they do not. */
static struct json_object *in_doubt(struct json_object *records, struct json_object *o)
{
	static const char *const members[] = {"kernel", "monitor", "path", NULL};
	struct json_object *said = said_of(records, "agreement", o, members), *copy = NULL;

	if (record_status(said) != STATUS_FAIL || json_object_deep_copy(o, &copy, NULL))
		return NULL;
	for (const char *const *gone =
		     (const char *const[]){"instructions", "added", "own", "none", "nop", NULL};
	     *gone; gone++)
		record_put(copy, *gone, NULL);
	record_put_str(copy, "status", "void");
	record_put_str(copy, "reason", "the runs that were merged differ in it");
	return copy;
}

void result_unite(struct run_file *r)
{
	struct json_object *all, *o;
	struct strbuf key = STRBUF_INIT;
	struct names seen = {0};

	if (!json_object_object_get_ex(r->header, "merged", &o))
		return;
	all = json_object_new_array();
	record_foreach (r->records, o) {
		bool time = record_is(o, "overhead");
		struct json_object *one = NULL;
		size_t before = seen.n;

		if (time || record_is(o, "exact")) {
			key_of(o, &key);
			names_add(&seen, key.s);
			if (seen.n == before)
				continue;
			one = time ? together(r->records, o) : in_doubt(r->records, o);
		}
		json_object_array_add(all, one ? one : json_object_get(o));
	}
	names_release(&seen);
	strbuf_release(&key);
	json_object_put(r->records);
	r->records = all;
}
