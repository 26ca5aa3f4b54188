/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What `gate` records are called. */
#include "lib/base.h"
#include "harness/report/record_gate.h"

#include <string.h>

bool record_has_gate(struct json_object *records)
{
	struct json_object *o;

	record_foreach_type (records, o, "gate")
		return true;
	return false;
}

struct json_object *record_gate_all(struct json_object *records)
{
	struct json_object *o;

	record_foreach_type (records, o, "gate")
		if (!strcmp(record_str(o, "lane", ""), "all"))
			return o;
	return NULL;
}

const char *record_gate_subject(struct json_object *gate)
{
	return record_str(gate, "subject", NULL);
}

void record_gate_name(struct json_object *gate, struct strbuf *out)
{
	const char *lane = record_str(gate, "lane", "?"),
		   *kernel = record_str(gate, "kernel", NULL);

	if (!strcmp(lane, "all"))
		strbuf_addstr(out, "in all");
	else if (record_gate_subject(gate))
		strbuf_addf(out, "%s, %s", lane, record_gate_subject(gate));
	else
		strbuf_addf(out, "the %s lane", lane);
	if (kernel) {
		strbuf_addstr(out, " on Linux ");
		format_kernel(out, kernel);
	}
}

const char *record_gate_short(const char *name)
{
	const char *slash = strrchr(name, '/');

	return slash && slash[1] ? slash + 1 : name;
}
