/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The run as one JSON document: {"run":..,"records":[..],"end":..}. */
#include "lib/base.h"
#include "harness/plugin.h"

#include "harness/record.h"
#include "harness/result.h"
#include "lib/printable.h"
#include "lib/strbuf.h"

enum { PRETTY = JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE };

/* @o as a member of the document, @depth deep, record by record: the text of a whole run is large.
 */
static void put_member(FILE *out, struct json_object *o, int depth)
{
	struct strbuf text = STRBUF_INIT;
	struct json_object *copy = NULL;

	/* json-c keeps the text with the object for as long as that lives. */
	json_object_deep_copy(o, &copy, NULL);
	printable_add_json(&text, json_object_to_json_string_ext(copy, PRETTY));
	json_object_put(copy);
	for (const char *s = text.s; *s; s++) {
		fputc(*s, out);
		for (int i = 0; *s == '\n' && i < depth; i++)
			fputs("  ", out);
	}
	strbuf_release(&text);
}

static int render(const struct run_file *run, FILE *out)
{
	struct json_object *o;

	fprintf(out, "{\n  \"schema\":%d,\n  \"run\":", RESULT_SCHEMA);
	put_member(out, run->header, 1);
	fputs(",\n  \"records\":[", out);
	record_foreach (run->records, o) {
		fputs(o_i ? ",\n    " : "\n    ", out);
		put_member(out, o, 2);
	}
	fprintf(out, "%s],\n  \"end\":", record_length(run->records) ? "\n  " : "");
	put_member(out, run->end, 1);
	fputs("\n}\n", out);
	return 0;
}

const struct reporter_ops reporter_json = {
	.name = "json",
	.help = "the whole run as one JSON document",
	.render = render,
};
