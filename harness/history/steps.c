/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Change points of a series. */
#include "lib/base.h"
#include "harness/history/steps.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/rng.h"

enum { SHUFFLES = 999 };

size_t steps_exact(const double *v, size_t n, size_t *at)
{
	size_t found = 0;

	for (size_t i = 1; i < n; i++)
		if (v[i] != v[i - 1])
			at[found++] = i;
	return found;
}

/*
 * The greatest energy distance of a prefix and the rest, weighted by their sizes, and its place in
 * *@at. The sums of distances within and between follow the place from left to right: each value
 * that changes sides takes its distances along.
 */
static double best_split(const double *v, size_t n, size_t *at)
{
	double within = 0, left = 0, right, most = -1;

	for (size_t i = 0; i < n; i++)
		for (size_t k = i + 1; k < n; k++)
			within += fabs(v[i] - v[k]);
	right = within;
	*at = 0;
	for (size_t t = 1; t + STEPS_SIDE <= n; t++) {
		double m = (double)t, rest = (double)(n - t), q;

		for (size_t i = 0; i + 1 < t; i++)
			left += fabs(v[i] - v[t - 1]);
		for (size_t k = t; k < n; k++)
			right -= fabs(v[t - 1] - v[k]);
		if (t < STEPS_SIDE)
			continue;
		q = 2 * (within - left - right) / (m * rest) - 2 * left / (m * (m - 1)) -
		    2 * right / (rest * (rest - 1));
		q *= m * rest / (m + rest);
		if (q > most) {
			most = q;
			*at = t;
		}
	}
	return most;
}

/* Is the best place better than chance? */
static bool is_step(const double *v, size_t n, struct rng *rng, size_t *at)
{
	double most = best_split(v, n, at), *mixed = malloc(n * sizeof(*mixed));
	unsigned int as_good = 0;
	size_t ignored;

	if (!mixed)
		abort();
	memcpy(mixed, v, n * sizeof(*v));
	/* It is over as soon as too many were as good. */
	for (unsigned int r = 0; r < SHUFFLES && as_good + 1 <= STEPS_ALPHA * (SHUFFLES + 1); r++) {
		for (size_t i = n; i > 1; i--) {
			size_t j = (size_t)rng_below(rng, i);
			double x = mixed[i - 1];

			mixed[i - 1] = mixed[j];
			mixed[j] = x;
		}
		as_good += best_split(mixed, n, &ignored) >= most;
	}
	free(mixed);
	return most > 0 && as_good + 1 <= STEPS_ALPHA * (SHUFFLES + 1);
}

static size_t divide(const double *v, size_t from, size_t n, struct rng *rng, size_t *at)
{
	size_t place, found;

	if (n < STEPS_FEWEST || !is_step(v + from, n, rng, &place))
		return 0;
	found = divide(v, from, place, rng, at);
	at[found++] = from + place;
	return found + divide(v, from + place, n - place, rng, at + found);
}

size_t steps_times(const double *v, size_t n, size_t *at)
{
	size_t from = n > STEPS_LONGEST ? n - STEPS_LONGEST : 0;
	struct rng rng = {1};

	return divide(v, from, n - from, &rng, at);
}
