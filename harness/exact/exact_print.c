/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The exact lane's figures as a table for a person. */
#include "lib/base.h"
#include "harness/exact/exact.h"

#include <string.h>

#include "harness/record.h"

static void cell(FILE *out, struct json_object *o, const char *key, bool sign)
{
	struct json_object *v = record_get(o, key);

	if (v)
		fprintf(out, sign ? "  %+9lld" : "  %9lld", (long long)json_object_get_int64(v));
	else
		fprintf(out, "  %9s", "-");
}

/* "378 of 400", and what else was seen where that is worth a word. */
static void seen(FILE *out, struct json_object *o)
{
	struct json_object *other = record_get(o, "others");

	fprintf(out, "  %llu of %llu", (unsigned long long)record_u64(o, "taken", 0),
		(unsigned long long)record_u64(o, "calls", 0));
	if (other && json_object_array_length(other)) {
		struct json_object *next = json_object_array_get_idx(other, 0);
		uint64_t more = record_u64(o, "different", 2) - 2;

		fprintf(out, ", then %llu (%llu times)",
			(unsigned long long)record_u64(next, "instructions", 0),
			(unsigned long long)record_u64(next, "taken", 0));
		if (more)
			fprintf(out, " and %llu more", (unsigned long long)more);
	}
}

static void row(FILE *out, struct json_object *o)
{
	const char *status = record_str(o, "status", "");
	bool measured = !strcmp(status, "ok") || !strcmp(status, "void");

	fprintf(out, "  %-22s", record_str(o, "path", "(all)"));
	if (!measured) {
		fprintf(out, "  %s: %s\n", status, record_str(o, "reason", ""));
		return;
	}
	cell(out, o, "none", false);
	cell(out, o, "nop", false);
	cell(out, o, "instructions", false);
	cell(out, o, "added", true);
	cell(out, o, "own", true);
	if (!record_true(o, "stable"))
		fprintf(out, "  no stable figure: %llu",
			(unsigned long long)record_u64(o, "most_seen", 0));
	seen(out, o);
	if (!strcmp(status, "void"))
		fprintf(out, "  VOID: %s", record_str(o, "reason", ""));
	fputc('\n', out);
}

/* "10 boots of each kernel: 424 figures, 0 of them differ." */
static void say_boots(struct json_object *records, FILE *out)
{
	uint64_t boots = 1, total = 0, differing = 0;
	struct json_object *o;

	record_foreach (records, o) {
		if (!record_get(o, "differing"))
			continue;
		boots = MAX(boots, record_u64(o, "boots", 1));
		total++;
		differing += record_u64(o, "differing", 0) > 0;
	}
	if (boots > 1)
		fprintf(out, "%llu boots of each kernel: %llu records, %llu of them differ.\n",
			(unsigned long long)boots, (unsigned long long)total,
			(unsigned long long)differing);
}

static void heading(FILE *out, const char *monitor, const char *kernel)
{
	fprintf(out, "%s on Linux %s: kernel instructions of one call\n", monitor, kernel);
	fprintf(out, "  %-22s  %9s  %9s  %9s  %9s  %9s  %s\n", "path", "untraced", "empty",
		"monitor", "added", "own code", "seen");
}

/* Nothing attached is a column of the others; alone it has a table of its own. */
static bool has_others(struct json_object *records)
{
	struct json_object *o;

	record_foreach_type (records, o, "exact")
		if (strcmp(record_str(o, "monitor", ""), "none") != 0 &&
		    record_get(o, "instructions"))
			return true;
	return false;
}

void exact_print(struct json_object *records, FILE *out)
{
	bool others_there = has_others(records);
	const char *kernel = "";
	uint64_t index = 0;
	struct json_object *o;

	record_foreach_type (records, o, "exact") {
		const char *k = record_str(o, "kernel", ""), *m = record_str(o, "monitor", "");

		if (others_there && !strcmp(m, "none"))
			continue;
		if (!*k) {
			fprintf(out, "%s: %s: %s\n", m, record_str(o, "status", ""),
				record_str(o, "reason", ""));
			continue;
		}
		if (strcmp(k, kernel) != 0 || record_u64(o, "index", UINT64_MAX) != index) {
			if (*kernel)
				fputc('\n', out);
			heading(out, m, k);
		}
		kernel = k;
		index = record_u64(o, "index", UINT64_MAX);
		row(out, o);
	}
	if (*kernel)
		fputs("\nuntraced: nothing attached. empty: empty programs on the same hooks. "
		      "added: "
		      "monitor - untraced.\nown code: monitor - empty. A figure is the value seen "
		      "most often; the rest is housekeeping of the kernel.\n",
		      out);
	say_boots(records, out);
}
