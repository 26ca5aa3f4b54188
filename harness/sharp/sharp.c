/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a comparison of the sharp lane holds, and which of its two cuts is read. */
#include "lib/base.h"
#include "harness/sharp/sharp.h"

#include <stdlib.h>

const char *const sharp_consumer_names[] = {"timer", "woken", NULL};

const unsigned int sharp_sides[EFFECTS][2] = {
	[EFFECT_A] = {SHARP_A, SHARP_EMPTY},
	[EFFECT_B] = {SHARP_B, SHARP_EMPTY},
	[EFFECT_AA] = {SHARP_AA, SHARP_A},
	[EFFECT_DIFF] = {SHARP_B, SHARP_A},
};

enum cut sharp_cut(const struct sharp_event *e, enum sharp_effect effect)
{
	struct block_stat stat[2];

	for (int i = 0; i < 2; i++) {
		unsigned int arm = sharp_sides[effect][i];

		stat[i].cut = e->cut[arm][CUT_TIGHT];
		stat[i].kept = e->calls - e->cut[arm][CUT_TIGHT];
	}
	if (cut_choose(&stat[0], &stat[1]) == CUT_LOOSE ||
	    cut_choose(&stat[1], &stat[0]) == CUT_LOOSE)
		return CUT_LOOSE;
	/* Alike, but is it a disturbance or both programs' own slow path? The empty one has none.
	 */
	stat[1].cut = e->cut[SHARP_EMPTY][CUT_TIGHT];
	stat[1].kept = e->calls - stat[1].cut;
	return cut_choose(&stat[0], &stat[1]);
}

const struct samples *sharp_effect(const struct sharp_event *e, enum sharp_effect effect)
{
	return &e->effect[effect][sharp_cut(e, effect)];
}

void sharp_release(struct sharp *s)
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
