/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The numbers of a frame that are no process's: their names, in one table each. JSON's keys,
 * /metrics and a recording's description are these names.
 */
#ifndef MONITOR_RECORDING_SCALAR_H
#define MONITOR_RECORDING_SCALAR_H

#include "monitor/frame.h"

enum scalar_kind { SCALAR_U64, SCALAR_U32, SCALAR_DOUBLE, SCALAR_BOOL, SCALAR_KIND_COUNT };

struct scalar {
	const char *name;
	enum scalar_kind kind;
	size_t offset; /* in struct frame */
};

/* Each is ended by a NULL name. */
extern const struct scalar frame_scalars[];  /* seq, times, machine, events seen */
extern const struct scalar losses_scalars[]; /* UINT64_MAX: not known */
extern const struct scalar own_scalars[];

/* U64, U32, BOOL as integers; NAN of what is not known, and 0 of a maximum that is none, stay what
 * they are. */
uint64_t scalar_u64(const struct scalar *s, const struct frame *f);
double scalar_double(const struct scalar *s, const struct frame *f); /* of SCALAR_DOUBLE */
void scalar_set_u64(const struct scalar *s, struct frame *f, uint64_t v);
void scalar_set_double(const struct scalar *s, struct frame *f, double v);

#endif
