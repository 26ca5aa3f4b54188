/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The run as one JSON document: {"run":..,"records":[..],"end":..}. */
#include "lib/base.h"
#include "harness/plugin.h"

#include "harness/result.h"

static int render(const struct run_file *run, FILE *out)
{
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, "schema", json_object_new_int(RESULT_SCHEMA));
	json_object_object_add(o, "run", json_object_get(run->header));
	json_object_object_add(o, "records", json_object_get(run->records));
	json_object_object_add(o, "end", json_object_get(run->end));
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
