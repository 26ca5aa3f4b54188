/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Shares a time out among the parts of a calibration. */
#include "lib/base.h"
#include "harness/calibrate/cal_plan.h"

#include <math.h>

#define QUICK_S	   60.0
#define LONG_MIN_S 1.0

const char *const cal_part_names[CAL_PARTS + 1] = {"aa",	"coverage", "power", "rare",
						   "linearity", "clear",    "exact", NULL};

/* What the targets are stated for, and how long a run takes on a quiet machine: the setup of a
 * comparison is 0.15 s of it. */
static const struct {
	unsigned int runs, runs_min;
	double run_s, long_s;
} full[CAL_PARTS] = {
	[CAL_AA] = {300, 2, 0.75, 0},	[CAL_COVERAGE] = {200, 2, 1.15, 0},
	[CAL_POWER] = {100, 2, 1, 10},	[CAL_RARE] = {1, 1, 0, 10},
	[CAL_LINEARITY] = {0, 0, 6, 0}, [CAL_CLEAR] = {30, 2, 0.75, 0},
	[CAL_EXACT] = {10, 2, 12, 0},
};

/* Comparisons of long_s in a part, and how often its runs are repeated. */
static void repeats(enum cal_part p, const struct cal_wish *w, double *longs, double *times)
{
	*longs = p == CAL_RARE ? 2 : p == CAL_POWER ? 1 : 0;
	*times = p == CAL_COVERAGE ? w->regimes : p == CAL_EXACT ? w->kernels : 1;
}

static double total(const struct cal_plan *plan)
{
	double sum = 0;

	for (int p = 0; p < CAL_PARTS; p++)
		sum += plan->part[p].on ? plan->part[p].total_s : 0;
	return sum;
}

/* One part at the share @scale of what is whole. */
static void make_part(struct cal_share_of_plan *s, enum cal_part p, const struct cal_wish *w,
		      double scale)
{
	uint64_t asked = p == CAL_EXACT ? w->boots : w->runs;
	double longs, times;

	repeats(p, w, &longs, &times);
	s->run_s = full[p].run_s;
	s->long_s = full[p].long_s > 0 ? fmax(LONG_MIN_S, full[p].long_s * scale) : 0;
	if (p == CAL_LINEARITY) {
		s->runs = w->points;
		s->run_s = fmax(LONG_MIN_S, full[p].run_s * scale);
	} else if (p == CAL_RARE) {
		s->runs = full[p].runs;
	} else {
		s->runs = asked ? (unsigned int)asked
				: MAX((unsigned int)lround(full[p].runs * scale), full[p].runs_min);
	}
	s->whole =
		s->runs >= full[p].runs && s->run_s >= full[p].run_s && s->long_s >= full[p].long_s;
	s->total_s = times * s->runs * s->run_s + longs * s->long_s;
}

void cal_plan_make(struct cal_plan *plan, const struct cal_wish *wish)
{
	double seconds = wish->seconds > 0 ? wish->seconds : wish->quick ? QUICK_S : 0;
	double scale = 1;

	/* With many runs asked for, the rest stays at what it would be: a second try at the scale
	 * would not make it exact, and nobody needs it. */
	for (int pass = 0; pass < 2; pass++) {
		for (int p = 0; p < CAL_PARTS; p++) {
			struct cal_share_of_plan *s = &plan->part[p];

			s->on = (wish->only == CAL_PARTS || wish->only == p) &&
				!(p == CAL_EXACT && wish->quick && wish->only != p);
			make_part(s, (enum cal_part)p, wish, pass ? scale : 1);
		}
		plan->total_s = total(plan);
		if (seconds > 0 && plan->total_s > 0)
			scale = seconds / plan->total_s;
	}
}
