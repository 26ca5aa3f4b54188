/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a comparison of the sharp lane holds, and which of its two cuts is read. */
#include "lib/base.h"
#include "harness/sharp/sharp.h"

#include <stdlib.h>

const char *const sharp_consumer_names[] = {"timer", "woken", NULL};

const double sharp_weights[EFFECTS][SHARP_ARMS_MAX] = {
	[EFFECT_A] = {[SHARP_A] = 0.5, [SHARP_AA] = 0.5, [SHARP_EMPTY] = -1},
	[EFFECT_B] = {[SHARP_B] = 1, [SHARP_EMPTY] = -1},
	[EFFECT_AA] = {[SHARP_AA] = 1, [SHARP_A] = -1},
	[EFFECT_DIFF] = {[SHARP_B] = 1, [SHARP_A] = -0.5, [SHARP_AA] = -0.5},
	[EFFECT_ONE_A] = {[SHARP_A] = 1, [SHARP_EMPTY] = -1},
	[EFFECT_ONE_DIFF] = {[SHARP_B] = 1, [SHARP_A] = -1},
};

enum sharp_effect sharp_one_load(enum sharp_effect effect)
{
	return effect == EFFECT_A ? EFFECT_ONE_A : effect == EFFECT_DIFF ? EFFECT_ONE_DIFF : effect;
}

enum cut sharp_cut(const struct sharp_event *e, enum sharp_effect effect)
{
	struct block_stat stat[2] = {{0}, {0}}; /* of what is added and what is taken off */

	for (unsigned int arm = 0; arm < SHARP_ARMS_MAX; arm++) {
		double weight = sharp_weights[effect][arm];
		struct block_stat *side = &stat[weight < 0];

		if (weight == 0)
			continue;
		side->cut += e->cut[arm][CUT_TIGHT];
		side->kept += e->calls - e->cut[arm][CUT_TIGHT];
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
