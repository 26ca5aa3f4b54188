/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Feeds the language of definitions with mutated scripts, and runs those that are right over a few
 * records with everything odd in them. The first byte says the release. Nothing may crash, hang,
 * leak, overflow, or be refused without a place and a reason.
 */
#include "lib/base.h"

#include <stdlib.h>
#include <string.h>

#include "harness/definition/definition.h"
#include "lib/log.h"
#include "lib/strbuf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { RECORDS = 12 };

static void make_records(struct syscall_record *r, const struct syscall_text *texts)
{
	static const char *const names[] = {"openat", "read", "lseek", "write"};

	for (uint32_t i = 0; i < RECORDS; i++) {
		r[i] = (struct syscall_record){
			.nr = (long)i,
			.name = i == 11 ? NULL : names[i % 4],
			.has_enter = i != 5,
			.has_exit = i != 6,
			.compat = i == 7,
			.unknown = i == 8 ? 0xff : 0,
			.enter_ns = i * 100,
			.enter_max_ns = i * 100 + i % 3 * 40,
			.exit_ns = i * 100 + 70,
			.exit_max_ns = i * 100 + 90,
			.pid = 1 + i % 2,
			.tid = 1 + i % 3,
			.args = {i, i % 2 ? 8 : 0x8000000000000000u + i, ~0ull},
			.ret = i % 2 ? -(int64_t)i : INT64_MIN + i,
			.texts = texts,
			.ntexts = i % 4};
		memset(r[i].comm_enter, 'a', sizeof(r[i].comm_enter));
	}
}

static void read_out(const struct definition_result *r, struct strbuf *out)
{
	for (size_t i = 0; i < r->nvalues; i++) {
		const struct definition_values *v = &r->values[i];

		definition_add_kind(out, v->map);
		for (size_t c = 0; c < v->n; c++) {
			definition_add_key(out, v->map, &v->cells[c]);
			definition_add_value(out, v->map, &v->cells[c]);
		}
		if (v->doubt && !v->why)
			abort();
	}
	for (size_t i = 0; i < r->nevents; i++)
		strbuf_addstr(out, r->events[i].text ? r->events[i].text : "");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct syscall_text texts[] = {{.arg = 1, .bytes = "/a", .len = 2},
						    {.arg = 2, .bytes = "b", .len = 1, .cut = true},
						    {.arg = 0, .unread = true}};
	const char *params[] = {"1", "x"};
	struct definition_words words = {.formats = "", .params = params, .nparams = 2};
	struct syscall_record records[RECORDS];
	struct definition_result result;
	struct definition *def;
	struct strbuf why = STRBUF_INIT, out = STRBUF_INIT;
	char *text;

	if (!size)
		return 0;
	log_init("fuzz", LOG_QUIET);
	words.release = (enum definition_release)(*data % 3);
	words.map_keys = *data & 0x80 ? 3 : 0;
	text = malloc(size);
	memcpy(text, data + 1, size - 1);
	text[size - 1] = '\0';
	make_records(records, texts);
	if (definition_parse(&def, text, "d", &words, &why)) {
		if (strncmp(why.s, "d:", 2) != 0)
			abort();
	} else {
		if (definition_run(def, records, RECORDS, &result))
			abort();
		read_out(&result, &out);
		definition_result_release(&result);
		definition_release(def);
	}
	strbuf_release(&why);
	strbuf_release(&out);
	free(text);
	return 0;
}
