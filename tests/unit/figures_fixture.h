/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Figures of rows that a test makes: unknown at first, and there until it ends. */
#ifndef TESTS_UNIT_FIGURES_FIXTURE_H
#define TESTS_UNIT_FIGURES_FIXTURE_H

#include <stdlib.h>

#include "monitor/frame.h"

static inline double *figures(void)
{
	enum { BLOCK = 256 };
	static struct block {
		struct block *before;
		double v[BLOCK][FIELD_COUNT];
	} * latest;
	static size_t used = BLOCK;
	double *v;

	if (used == BLOCK) {
		struct block *next = malloc(sizeof(*next));

		if (!next)
			abort();
		next->before = latest;
		latest = next;
		used = 0;
	}
	v = latest->v[used++];
	for (size_t i = 0; i < FIELD_COUNT; i++)
		v[i] = NAN;
	return v;
}

/* The row as it is now, whatever becomes of its source. */
static inline struct proc_row row_kept(const struct proc_row *row)
{
	struct proc_row kept = *row;

	kept.v = figures();
	for (size_t i = 0; i < FIELD_COUNT; i++)
		kept.v[i] = row_value(row, (enum field)i);
	return kept;
}

#endif
