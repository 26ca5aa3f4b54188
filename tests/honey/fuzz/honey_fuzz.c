/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* libFuzzer's door into honeyc: any bytes are a source; every pass up to C must end without a
 * crash, and what it says must be printable. The kernel's BTF and tracefs are readers of files, fed
 * here too. */
#include "lib/base.h"
#include "honey/honey.h"

#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "honey/ctx.h"
#include "honey/diag.h"
#include "honey/srcmap.h"
#include "lib/strbuf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static FILE *devnull;

static void feed_readers(struct honey *h, const char *text, size_t size)
{
	struct ctx_field *fields;
	void *aligned = malloc(size + 1);

	if (!aligned)
		abort();
	memcpy(aligned, text, size);
	btf_parse_event(h, aligned, size, "sched_switch", &fields);
	tracefs_parse_format(h, text, &fields);
	free(aligned);
}

/* Whatever the source, each message is one line of JSON in UTF-8. */
static void check_json(struct honey *h)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	if (!out)
		abort();
	diag_flush(h, out);
	fclose(out);
	for (char *line = text, *end; *line; line = end + 1) {
		struct json_tokener *tok = json_tokener_new();
		struct json_object *o;

		end = strchr(line, '\n');
		if (!end || !tok)
			abort();
		json_tokener_set_flags(tok, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
		o = json_tokener_parse_ex(tok, line, (int)(end - line));
		if (!o)
			abort();
		json_object_put(o);
		json_tokener_free(tok);
	}
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* No file of this machine: the outcome depends on the bytes alone. */
	struct options opt = {
		.emit = EMIT_C, .btf = "/dev/null", .tracefs = "/dev/null", .remarks = true};
	struct strbuf c = STRBUF_INIT;
	struct honey h;
	char *text = malloc(size + 1);

	if (!text)
		abort();
	memcpy(text, data, size);
	text[size] = '\0';
	if (!devnull)
		devnull = fopen("/dev/null", "w");
	for (int i = 0; i < OPT_COUNT; i++)
		opt.optimise[i] = size & 1;
	opt.json = size & 2;
	honey_init(&h, &opt);
	srcmap_add(&h, "fuzz.ex", text, size);
	honey_compile(&h, &c);
	if (opt.json)
		check_json(&h);
	else
		diag_flush(&h, devnull);
	if (size & 4)
		feed_readers(&h, text, size);
	strbuf_release(&c);
	honey_release(&h);
	free(text);
	return 0;
}
