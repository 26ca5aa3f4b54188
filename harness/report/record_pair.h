/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Comparisons in a run (docs/results.md): the two monitors, which may have one name, the records of
 * each, and the `gate` records: which is the verdict in all, and what each is called.
 */
#ifndef HARNESS_RECORD_PAIR_H
#define HARNESS_RECORD_PAIR_H

#include "harness/record.h"
#include "lib/names.h"
#include "lib/strbuf.h"

/* One comparison. It borrows from the run's records. */
struct pair {
	const char *name[2]; /* A and B */
	/* An array of its own, in the run's order: the `gate` records of both, the `sharp` ones of
	 * both together, and the `static`, `exact` and `overhead` ones of each. */
	struct json_object *records;
	struct json_object *all;	/* the verdict in all, or NULL */
	struct json_object *statics[2]; /* the `static` record of each, or NULL */
	/* private: figures by what they are of */
	struct names counted[2], timed;
	double *added[2];
	struct json_object **exchanged;
};

struct pairs {
	struct pair *v;
	size_t n;
};

/* The comparisons among @records (a JSON array), in order of first appearance: of the `gate`
 * records, or where there are none of the `equivalence` records. */
void pairs_find(struct pairs *p, struct json_object *records);
void pairs_release(struct pairs *p);

/* Instructions that side @k adds to @path on @kernel, or NaN. */
double pair_added(const struct pair *p, size_t k, const char *kernel, const char *path);
/* The `sharp` record of both at @event, or NULL. */
struct json_object *pair_exchanged(const struct pair *p, const char *event);
/* Appends "B against A"; of paths only their last parts, where these tell them apart. */
void pair_name(const struct pair *p, struct strbuf *out);

/* True when there is a `gate` record among @records. */
bool record_has_gate(struct json_object *records);
/* True when @gate is the verdict in all of its comparison. */
bool record_is_all(struct json_object *gate);
/* The worst verdict in all of the comparisons of @records; NULL: there is none. */
const char *record_gate_worst(struct json_object *records);
/* What @gate is about: "brk"; NULL: a whole lane, or all. */
const char *record_gate_subject(struct json_object *gate);
/* Appends "time, brk", "exact, brk on Linux 6.12", "the static lane", "in all"; where there are
 * @several comparisons, which is meant before it: "memmon: time, brk". */
void record_gate_name(struct json_object *gate, bool several, struct strbuf *out);

#endif
