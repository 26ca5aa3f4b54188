/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Reads `gate` records (docs/results.md): which is the verdict in all, and what each is called. */
#ifndef HARNESS_RECORD_GATE_H
#define HARNESS_RECORD_GATE_H

#include "harness/report/record.h"

/* True when there is a `gate` record among @records (a JSON array). */
bool record_has_gate(struct json_object *records);
/* The record of the verdict in all, or NULL. */
struct json_object *record_gate_all(struct json_object *records);
/* What @gate is about: "brk"; NULL: a whole lane, or all. */
const char *record_gate_subject(struct json_object *gate);
/* Appends "time, brk", "exact, brk on Linux 6.12", "the static lane", "in all". */
void record_gate_name(struct json_object *gate, struct strbuf *out);
/* The part of a path after its last slash; a name as it is. */
const char *record_gate_short(const char *name);

#endif
