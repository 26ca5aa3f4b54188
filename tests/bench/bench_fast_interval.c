/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What an event costs, as an interval, from the differences of all rounds. */
#include "lib/base.h"
#include "tests/bench/bench_fast.h"

#include <math.h>

/* With a consumer on the producers' CPUs, a slow sub-block is the consumer's turn. */
static enum cut cut_of(const struct cost *c, size_t arm, enum cost_setting s, size_t trigger)
{
	if (s == COST_TWO_LIVE)
		return CUT_TIGHT;
	return cut_choose(&c->cell[arm][s][trigger].subs[CUT_TIGHT],
			  &c->base_subs[s][trigger][CUT_TIGHT]);
}

/* Of @a less @b (NULL: less nothing), where both are numbers. */
static struct stats_interval interval(const struct samples *a, const struct samples *b)
{
	struct samples d = {0};
	struct stats_interval iv;

	for (size_t i = 0; i < a->n && (!b || i < b->n); i++) {
		double v = a->v[i] - (b ? b->v[i] : 0);

		if (isfinite(v))
			samples_add(&d, v);
	}
	iv = overhead_interval(&d);
	samples_release(&d);
	return iv;
}

static const struct samples *samples_of(const struct cost *c, size_t arm, enum cost_setting s,
					size_t trigger, enum cut cut)
{
	const struct cost_cell *cell = &c->cell[arm][s][trigger];

	return c->rough ? &cell->rough[cut] : &cell->added[cut];
}

struct stats_interval cost_interval(const struct cost *c, size_t arm, enum cost_setting s,
				    size_t trigger)
{
	return interval(samples_of(c, arm, s, trigger, cut_of(c, arm, s, trigger)), NULL);
}

struct stats_interval cost_above_floor(const struct cost *c, size_t arm, enum cost_setting s,
				       size_t trigger)
{
	enum cut cut = cut_of(c, arm, s, trigger);

	return interval(samples_of(c, arm, s, trigger, cut),
			samples_of(c, COST_FLOOR, s, trigger, cut));
}
