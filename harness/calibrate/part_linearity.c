/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Does twice the cost read twice? Dependent multiplications, 3 core cycles each, counted against
 * the clock gauge, which is made of the same. */
#include "lib/base.h"
#include "harness/calibrate/calibrate.h"

#include <math.h>
#include <stdio.h>

#include "harness/calibrate/cal_stats.h"

#define CYCLES	3.0 /* IMUL r64, r64 (Agner Fog, instruction tables) */
#define OFF_MAX 0.05
#define R2_MIN	0.999

const unsigned int cal_multiplies[] = {1, 2, 4, 8, 16, 24, 32, 48, 64, 0};

struct points {
	struct samples n, cycles;
	size_t unclean;
};

static int point(struct cal *c, struct json_object *record, struct points *all, unsigned int i)
{
	char name[32];
	struct cal_ask ask = {
		.a = "calib", .b = name, .seconds = c->plan.part[CAL_LINEARITY].run_s};
	struct json_object *o;
	struct cal_run r;
	struct exchange s;
	int err;

	snprintf(name, sizeof(name), "calib-%u", cal_multiplies[i]);
	cal_tell(c, name);
	err = cal_compare(c, &ask, &s, &r);
	if (!err) {
		o = cal_run_json(&r);
		json_object_object_add(o, "multiplies",
				       json_object_new_int((int)cal_multiplies[i]));
		json_object_array_add(cal_list(record, "runs"), o);
		all->unclean += r.why_void != NULL;
		if (isfinite(r.diff_cycles.centre)) {
			samples_add(&all->n, cal_multiplies[i]);
			samples_add(&all->cycles, r.diff_cycles.centre);
		}
	}
	exchange_release(&s);
	return err;
}

static void judge(struct json_object *record, const struct points *all)
{
	struct cal_line line = cal_fit(all->n.v, all->cycles.v, all->n.n);
	struct stats_interval slope = cal_slope(&line, 0.95);

	cal_put_interval(record, "slope", &slope);
	cal_put(record, "intercept", line.intercept);
	cal_put(record, "r2", line.r2);
	cal_add(record,
		&(struct cal_figure){.name = "slope of injected multiplies, cycles each",
				     .target = "3, within 5 %",
				     .value = slope,
				     .unit = "cycles",
				     .n = line.n,
				     .reached = fabs(slope.centre / CYCLES - 1) <= OFF_MAX
							? CAL_REACHED
							: CAL_MISSED},
		"%.3f [%.3f, %.3f]: %+.1f %%", slope.centre, slope.low, slope.high,
		100 * (slope.centre / CYCLES - 1));
	cal_add(record,
		&(struct cal_figure){.name = "straightness of that line, R^2",
				     .target = "over 0.999",
				     .value = cal_plain(line.r2),
				     .unit = "share",
				     .n = line.n,
				     .reached = line.r2 > R2_MIN ? CAL_REACHED : CAL_MISSED},
		"%.5f", line.r2);
	cal_add_void(record, all->unclean, ARRAY_SIZE(cal_multiplies) - 1, "counted above");
}

int cal_linearity(struct cal *c, struct json_object *record)
{
	struct points all = {0};
	int err = 0;

	for (unsigned int i = 0; cal_multiplies[i] && !err; i++)
		err = point(c, record, &all, i);
	if (all.n.n > 2)
		judge(record, &all);
	samples_release(&all.n);
	samples_release(&all.cycles);
	return err;
}
