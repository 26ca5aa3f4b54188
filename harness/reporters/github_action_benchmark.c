/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Figures for github-action-benchmark, which keeps a history of them (tool: customSmallerIsBetter):
 * only those that are the same on every machine, instructions and what loading says. Times of
 * different machines do not belong into one history (docs/ci.md).
 */
#include "lib/base.h"
#include "harness/plugin.h"

#include <math.h>

#include "harness/record.h"
#include "harness/record_put.h"
#include "harness/result.h"

static const struct {
	const char *field, *unit;
} statics[] = {
	{"instructions", "instructions"},   {"jited_bytes", "bytes"},
	{"verifier_insns", "instructions"}, {"verifier_states", "states"},
	{"stack_bytes", "bytes"},	    {"map_bytes", "bytes"},
};

static void add(struct json_object *list, struct json_object *record, const char *what,
		const char *unit, double value)
{
	const char *kernel = record_str(record, "kernel", NULL);
	struct json_object *o;

	if (!isfinite(value))
		return;
	o = json_object_new_object();
	record_putf(o, "name", "%s: %s%s%s", record_str(record, "monitor", "?"), what,
		    kernel ? ", Linux " : "", kernel ? kernel : "");
	record_put_str(o, "unit", unit);
	record_put_num(o, "value", value);
	json_object_array_add(list, o);
}

static int render(const struct run_file *run, FILE *out)
{
	struct json_object *list = json_object_new_array(), *o;

	record_foreach (run->records, o) {
		if (record_is(o, "exact") && record_get(o, "path"))
			add(list, o, record_str(o, "path", "?"), "instructions",
			    record_num(o, "added"));
		for (size_t i = 0; record_is(o, "static") && i < ARRAY_SIZE(statics); i++)
			add(list, o, statics[i].field, statics[i].unit,
			    record_num(o, statics[i].field));
	}
	record_put_json(list, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE, out);
	json_object_put(list);
	return 0;
}

const struct reporter_ops reporter_github_action_benchmark = {
	.name = "github-action-benchmark",
	.help = "instructions and what loading says, for a history of them",
	.render = render,
};
