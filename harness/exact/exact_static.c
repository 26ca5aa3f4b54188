/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Turns what the guest's kernel said at loading into records of the static lane. */
#include "lib/base.h"
#include "harness/exact/exact.h"

#include <string.h>

#include "harness/record.h"
#include "lib/why.h"
#include "collector/cost.h"

static void add_u64(struct json_object *o, const char *key, uint64_t v)
{
	json_object_object_add(o, key, json_object_new_uint64(v));
}

/* Sums, and the deepest program's stack, as verifier_stats_read() has them. */
static void add_books(struct json_object *o, struct json_object *said)
{
	struct json_object *programs = record_get(said, "programs"), *p;
	struct verifier_stats sum = {0}, one;
	uint64_t xlated = 0, jited = 0;

	record_foreach (programs, p) {
		xlated += record_u64(p, "xlated_bytes", 0);
		jited += record_u64(p, "jited_bytes", 0);
		if (!verifier_stats_parse(record_str(p, "log", ""), &one))
			continue;
		sum.programs++;
		sum.processed_insns += one.processed_insns;
		sum.total_states += one.total_states;
		sum.stack_bytes = MAX(sum.stack_bytes, one.stack_bytes);
	}
	add_u64(o, "programs", record_length(programs));
	add_u64(o, "instructions", xlated / 8);
	add_u64(o, "jited_bytes", jited);
	if (sum.programs == record_length(programs)) {
		add_u64(o, "verifier_insns", sum.processed_insns);
		add_u64(o, "verifier_states", sum.total_states);
		add_u64(o, "stack_bytes", sum.stack_bytes);
	}
	add_u64(o, "map_bytes", record_u64(said, "map_bytes", 0));
}

int exact_static(struct json_object *guest, const struct exact_subject *subject,
		 struct json_object *out)
{
	struct json_object *said, *o;

	record_foreach (guest, said) {
		uint64_t index = record_u64(said, "object", UINT64_MAX);

		if (strcmp(record_str(said, "arm", ""), "static") != 0)
			continue;
		if (index >= subject->nmonitors || !record_count(said, "programs")) {
			why_err(subject->why,
				"the guest said something that makes no sense: %.200s",
				json_object_to_json_string(said));
			return -EINVAL;
		}
		o = json_object_new_object();
		json_object_object_add(o, "type", json_object_new_string("static"));
		json_object_object_add(o, "kernel", json_object_new_string(subject->kernel));
		json_object_object_add(o, "monitor",
				       json_object_new_string(subject->monitors[index]));
		add_u64(o, "index", index);
		json_object_object_add(o, "status", json_object_new_string("ok"));
		add_books(o, said);
		json_object_array_add(out, o);
	}
	return 0;
}
