/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The run as one JSON document: {"run":..,"records":[..],"end":..}. */
#include "lib/base.h"
#include "harness/plugin.h"

#include "harness/record.h"
#include "harness/record_put.h"
#include "harness/result.h"

/* Record by record: the text of a whole run is large. */
static int render(const struct run_file *run, FILE *out)
{
	struct json_object *o;

	fprintf(out, "{\n  \"schema\":%d,\n  \"run\":", RESULT_SCHEMA);
	record_put_member(run->header, 1, out);
	fputs(",\n  \"records\":[", out);
	record_foreach (run->records, o) {
		fputs(o_i ? ",\n    " : "\n    ", out);
		record_put_member(o, 2, out);
	}
	fprintf(out, "%s],\n  \"end\":", record_length(run->records) ? "\n  " : "");
	record_put_member(run->end, 1, out);
	fputs("\n}\n", out);
	return 0;
}

const struct reporter_ops reporter_json = {
	.name = "json",
	.help = "the whole run as one JSON document",
	.render = render,
};
