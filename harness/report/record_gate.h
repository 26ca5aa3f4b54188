/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Reads `gate` records (docs/results.md): which is the verdict in all, and what each is called. */
#ifndef HARNESS_RECORD_GATE_H
#define HARNESS_RECORD_GATE_H

#include "harness/report/record_sides.h"
#include "lib/strbuf.h"

/* True when there is a `gate` record among @records (a JSON array). */
bool record_has_gate(struct json_object *records);
/* True when @gate is the verdict in all of its comparison. */
bool record_is_all(struct json_object *gate);
/* The verdict in all of @s, or NULL. */
struct json_object *record_gate_all(struct json_object *records, const struct sides *s);
/* The worst verdict in all of the comparisons of @records; NULL: there is none. */
const char *record_gate_worst(struct json_object *records);
/* What @gate is about: "brk"; NULL: a whole lane, or all. */
const char *record_gate_subject(struct json_object *gate);
/* Appends "time, brk", "exact, brk on Linux 6.12", "the static lane", "in all"; where @records hold
 * several comparisons, which is meant before it: "memmon: time, brk". */
void record_gate_name(struct json_object *records, struct json_object *gate, struct strbuf *out);
/* Appends "B against A"; of paths only their last parts, where these tell them apart. */
void record_sides_name(const struct sides *s, struct strbuf *out);

#endif
