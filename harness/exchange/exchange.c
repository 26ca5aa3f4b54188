/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a comparison of the sharp lane holds, and which of its two cuts is read. */
#include "lib/base.h"
#include "harness/exchange/exchange.h"

#include <stdlib.h>

const char *const exchange_consumer_names[] = {"timer", "woken", NULL};

const unsigned int exchange_sides[EFFECTS][2] = {
	[EFFECT_A] = {EXCHANGE_A, EXCHANGE_EMPTY},
	[EFFECT_B] = {EXCHANGE_B, EXCHANGE_EMPTY},
	[EFFECT_AA] = {EXCHANGE_AA, EXCHANGE_A},
	[EFFECT_DIFF] = {EXCHANGE_B, EXCHANGE_A},
};

enum cut exchange_cut(const struct exchange_event *e, enum exchange_effect effect)
{
	struct block_stat stat[2];

	for (int i = 0; i < 2; i++) {
		unsigned int arm = exchange_sides[effect][i];

		stat[i].cut = e->cut[arm][CUT_TIGHT];
		stat[i].kept = e->calls - e->cut[arm][CUT_TIGHT];
	}
	if (cut_choose(&stat[0], &stat[1]) == CUT_LOOSE ||
	    cut_choose(&stat[1], &stat[0]) == CUT_LOOSE)
		return CUT_LOOSE;
	/* Alike, but is it a disturbance or both programs' own slow path? The empty one has none.
	 */
	stat[1].cut = e->cut[EXCHANGE_EMPTY][CUT_TIGHT];
	stat[1].kept = e->calls - stat[1].cut;
	return cut_choose(&stat[0], &stat[1]);
}

const struct samples *exchange_effect(const struct exchange_event *e, enum exchange_effect effect)
{
	return &e->effect[effect][exchange_cut(e, effect)];
}

void exchange_release(struct sharp *s)
{
	for (size_t i = 0; i < s->nevents; i++)
		for (int x = 0; x < EFFECTS; x++)
			for (int c = 0; c < CUTS; c++)
				samples_release(&s->events[i].effect[x][c]);
	free(s->events);
	samples_release(&s->at_s);
	samples_release(&s->gauge_ns);
	samples_release(&s->busy);
	free(s->why_void);
}
