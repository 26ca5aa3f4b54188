/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Where a series of figures changes its level, as pure functions. */
#ifndef HARNESS_HISTORY_STEPS_H
#define HARNESS_HISTORY_STEPS_H

#include "lib/base.h"

/* Fewer values than that tell no step of times; on each side of one there are at least so many. */
enum { STEPS_FEWEST = 12, STEPS_SIDE = 3, STEPS_LONGEST = 200 };

/* How often a series without a step is said to have one, for each that is looked at. */
#define STEPS_ALPHA 0.01

/*
 * Figures that are the same whenever nothing changed: each value that is not that of the one before
 * is a step. Their places, ascending, go into @at, which has room for @n. Returns how many.
 */
size_t steps_exact(const double *v, size_t n, size_t *at);

/*
 * Times: E-divisive (Matteson and James, JASA 109, 2014) with exponent 1. The place that parts the
 * values into the two groups with the greatest energy distance is a step where no more than
 * STEPS_ALPHA of 999 shuffled series part better; then both sides are looked at likewise. The
 * shuffles are seeded: the same series gives the same steps. Of more than STEPS_LONGEST values the
 * last are looked at. Values are finite. Returns how many steps, in @at as above.
 */
size_t steps_times(const double *v, size_t n, size_t *at);

#endif
