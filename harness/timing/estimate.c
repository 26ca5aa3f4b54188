/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* From clock ticks to added nanoseconds, and how often to measure whom. */
#include "lib/base.h"
#include "harness/timing/estimate.h"

#include <math.h>
#include <stdlib.h>

void samples_add(struct samples *s, double value)
{
	if (s->n == s->cap) {
		s->cap = s->cap ? 2 * s->cap : 64;
		s->v = realloc(s->v, s->cap * sizeof(*s->v));
		if (!s->v)
			abort();
	}
	s->v[s->n++] = value;
}

void samples_release(struct samples *s)
{
	free(s->v);
	*s = (struct samples){0};
}

const double cut_sub_ns[CUTS] = {[CUT_TIGHT] = 64e3, [CUT_LOOSE] = 1e6};

static double cut_share(const struct block_stat *s)
{
	return s->cut + s->kept ? (double)s->cut / (double)(s->cut + s->kept) : 0;
}

enum cut cut_choose(const struct block_stat *arm_tight, const struct block_stat *base_tight)
{
	double base = cut_share(base_tight);

	return base > CUT_MOST || cut_share(arm_tight) > base + CUT_EXCESS ? CUT_LOOSE : CUT_TIGHT;
}

struct block_stat block_estimate(const uint32_t *ticks, uint32_t n, unsigned int calls,
				 double ns_per_tick, double cut_ns)
{
	double cut_ticks = cut_ns / ns_per_tick;
	struct block_stat stat = {.ns = NAN};
	uint64_t sum = 0;

	for (uint32_t i = 0; i < n; i++) {
		if (ticks[i] > cut_ticks) {
			stat.cut++;
			continue;
		}
		stat.kept++;
		sum += ticks[i];
	}
	if (stat.kept)
		stat.ns = (double)sum * ns_per_tick / ((double)stat.kept * calls);
	return stat;
}

struct stats_interval overhead_interval(const struct samples *s)
{
	return stats_trimmed_interval(s->v, s->n, OVERHEAD_TRIM, OVERHEAD_CONFIDENCE);
}

struct stats_interval overhead_ratio_interval(const struct samples *s)
{
	struct samples logs = {0};
	struct stats_interval iv;

	for (size_t i = 0; i < s->n; i++)
		samples_add(&logs, log(s->v[i]));
	iv = overhead_interval(&logs);
	samples_release(&logs);
	iv.centre = exp(iv.centre);
	iv.low = exp(iv.low);
	iv.high = exp(iv.high);
	return iv;
}

static unsigned int rounds_in(const double *cost_s, size_t n, double budget_s,
			      const unsigned int *stride)
{
	double round_s = 0;

	for (size_t i = 0; i < n; i++)
		round_s += cost_s[i] / stride[i];
	if (round_s <= 0)
		return 1;
	return (unsigned int)MIN(MAX(budget_s / round_s, 1), 1e6);
}

unsigned int plan_strides(const double *cost_s, size_t n, double budget_s, unsigned int *stride)
{
	double cheapest = INFINITY;
	bool again = true;

	for (size_t i = 0; i < n; i++)
		cheapest = MIN(cheapest, cost_s[i]);
	for (size_t i = 0; i < n; i++) {
		double ratio = cheapest > 0 ? sqrt(cost_s[i] / cheapest) : 1;

		stride[i] = (unsigned int)MIN(MAX(ratio, 1), 1000);
	}
	while (again) {
		unsigned int rounds = rounds_in(cost_s, n, budget_s, stride);

		again = false;
		for (size_t i = 0; i < n; i++) {
			if (stride[i] > 1 && rounds / stride[i] < PLAN_SAMPLES_MIN) {
				stride[i]--;
				again = true;
			}
		}
	}
	return rounds_in(cost_s, n, budget_s, stride);
}
