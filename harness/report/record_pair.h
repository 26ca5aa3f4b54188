/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Reads comparisons (docs/results.md): the two monitors, which records are whose (they may have one
 * name), and the `gate` records: which is the verdict in all, and what each is called. A run may
 * hold several comparisons.
 */
#ifndef HARNESS_RECORD_PAIR_H
#define HARNESS_RECORD_PAIR_H

#include "harness/record.h"
#include "lib/strbuf.h"

struct sides {
	const char *name[2]; /* A and B, as long as the records */
};

/* The comparison number @n of @records, in order of first appearance: of the `gate` records, or
 * where there are none of the `equivalence` records. False when there are no more. */
bool sides_nth(struct json_object *records, size_t n, struct sides *out);
size_t sides_count(struct json_object *records);
/* True when the `gate` or `equivalence` record @o is of @s. */
bool sides_own(const struct sides *s, struct json_object *o);
/* The `static` record of side @k, or NULL. */
struct json_object *sides_static(struct json_object *records, const struct sides *s, size_t k);
/* Instructions that side @k adds to @path on @kernel, or NaN. */
double sides_added(struct json_object *records, const struct sides *s, size_t k, const char *kernel,
		   const char *path);
/* The `sharp` record of both at @event, or NULL. */
struct json_object *sides_exchange(struct json_object *records, const struct sides *s,
				   const char *event);

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
