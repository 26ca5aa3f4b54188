/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The run as one JSON document: {"run":..,"records":[..],"end":..}. */
#include "lib/base.h"
#include "harness/plugin.h"

#include "harness/record_put.h"
#include "harness/result.h"

static int render(const struct run_file *run, FILE *out)
{
	struct json_object *o = json_object_new_object();

	record_put_i64(o, "schema", RESULT_SCHEMA);
	record_put(o, "run", json_object_get(run->header));
	record_put(o, "records", json_object_get(run->records));
	record_put(o, "end", json_object_get(run->end));
	fputs(json_object_to_json_string_ext(o, JSON_C_TO_STRING_PRETTY |
							JSON_C_TO_STRING_NOSLASHESCAPE),
	      out);
	fputc('\n', out);
	json_object_put(o);
	return 0;
}

const struct reporter_ops reporter_json = {
	.name = "json",
	.help = "the whole run as one JSON document",
	.render = render,
};
