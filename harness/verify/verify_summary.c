/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The results of verify as JSON for a program. */
#include "lib/base.h"
#include "harness/verify/verify_summary.h"

#include <string.h>

#include "harness/record.h"
#include "harness/result.h"

static const char *worst_status(struct json_object *records)
{
	static const char *const by_rank[] = {"ok", "skip", "void", "fail"};
	size_t worst = 0, any_ok = 0;
	struct json_object *o;

	record_foreach_type (records, o, "trial") {
		const char *status = record_str(o, "status", "fail");
		size_t rank = 0;

		while (rank < ARRAY_SIZE(by_rank) - 1 && strcmp(by_rank[rank], status))
			rank++;
		worst = MAX(worst, rank);
		any_ok += rank == 0;
	}
	/* Some skipped and the rest good is good. */
	return worst == 1 && any_ok ? by_rank[0] : by_rank[worst];
}

struct json_object *verify_summary(struct json_object *records)
{
	struct json_object *o = json_object_new_object(), *trials = json_object_new_array();
	struct json_object *all = json_object_new_array(), *t, *m;

	record_foreach_type (records, t, "trial") {
		json_object_array_add(trials, json_object_get(t));
		record_foreach (record_get(t, "mismatches"), m) {
			struct json_object *copy = NULL;

			json_object_deep_copy(m, &copy, NULL);
			json_object_object_add(copy, "monitor",
					       json_object_get(record_get(t, "monitor")));
			json_object_object_add(copy, "workload",
					       json_object_get(record_get(t, "workload")));
			json_object_array_add(all, copy);
		}
	}
	json_object_object_add(o, "schema", json_object_new_int(RESULT_SCHEMA));
	json_object_object_add(o, "command", json_object_new_string("verify"));
	json_object_object_add(o, "status", json_object_new_string(worst_status(records)));
	json_object_object_add(o, "trials", trials);
	json_object_object_add(o, "mismatches", all);
	return o;
}
