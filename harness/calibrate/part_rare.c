/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A slow path that one event in 256 takes: the mean must tell of it. What it costs is known from
 * the same path taken by every event.
 */
#include "lib/base.h"
#include "harness/calibrate/calibrate.h"

#include <math.h>

#include "harness/calibrate/cal_stats.h"

/* calib-rare, calib-always */
enum { EVERY = 256 };
#define OFF_MAX 0.10

/* What else could be made of the calls' durations: estimators that are in use. */
static const struct {
	const char *name;
	double low, high; /* quantiles between which calls are averaged */
} estimators[] = {
	{"median", 0.49, 0.51},
	{"fastest 1 %", 0, 0.01},
	{"mean of the middle half", 0.25, 0.75},
	{"mean without the slowest 1 %", 0, 0.99},
};

static double between(const struct exchange *s, double low, double high)
{
	const struct exchange_event *e = &s->events[0];

	return s->ns_per_tick * (cal_histogram_mean(e->histogram[EXCHANGE_B], low, high) -
				 cal_histogram_mean(e->histogram[EXCHANGE_A], low, high));
}

static void add_estimators(struct json_object *record, const struct exchange *s)
{
	struct json_object *list = cal_list(record, "estimators");

	for (size_t i = 0; i < ARRAY_SIZE(estimators); i++) {
		double reads = between(s, estimators[i].low, estimators[i].high);
		struct json_object *o = json_object_new_object();

		json_object_object_add(o, "name", json_object_new_string(estimators[i].name));
		cal_put(o, "ns", reads);
		json_object_array_add(list, o);
		if (i < 2)
			cal_add(record,
				&(struct cal_figure){.name = i ? "rare slow path, fastest 1 % read"
							       : "rare slow path, medians read",
						     .value = cal_plain(reads),
						     .unit = "ns",
						     .n = s->at_s.n,
						     .reached = CAL_NO_TARGET},
				"%+.2f ns", reads);
	}
}

/* Calls that took the path, by their duration: beyond the usual median and half of the path. */
static double share_slow(const struct exchange *s, double path_ns)
{
	const struct exchange_event *e = &s->events[0];
	double usual = exchange_histogram_quantile(e->histogram[EXCHANGE_A], 0.5);
	double from = usual + path_ns / 2 / s->ns_per_tick;

	return cal_histogram_share(e->histogram[EXCHANGE_B], from) -
	       cal_histogram_share(e->histogram[EXCHANGE_A], from);
}

/* Held against each other in cycles: the two comparisons come one after the other, and the clock
 * drifts. */
static void judge(struct json_object *record, const struct cal_run *rare,
		  const struct cal_run *always, const struct exchange *s)
{
	double expected = always->diff_cycles.centre / EVERY;
	double ratio = rare->diff_cycles.centre / expected;
	double expected_ns = always->diff.centre / EVERY;
	struct stats_interval iv = {ratio, rare->diff_cycles.low / expected,
				    rare->diff_cycles.high / expected, 0.95};

	cal_put(record, "expected_ns", expected_ns);
	cal_put(record, "expected_cycles", expected);
	cal_put(record, "slow_share", share_slow(s, always->diff.centre));
	cal_add(record,
		&(struct cal_figure){.name = "rare slow path, one event in 256: mean",
				     .target = "within 10 %",
				     .value = iv,
				     .unit = "ratio",
				     .n = rare->loads,
				     .reached =
					     fabs(ratio - 1) <= OFF_MAX ? CAL_REACHED : CAL_MISSED},
		"%+.2f ns [%.2f, %.2f], expected %.2f: %+.1f %%%s%s", rare->diff.centre,
		rare->diff.low, rare->diff.high, expected_ns, 100 * (ratio - 1),
		rare->why_void ? ", VOID" : "", always->why_void ? ", its reference void" : "");
	add_estimators(record, s);
}

int cal_rare(struct cal *c, struct json_object *record)
{
	struct cal_ask ask = {
		.a = "calib-usual", .b = "calib-always", .seconds = c->plan.part[CAL_RARE].long_s};
	struct cal_run rare, always;
	struct exchange s;
	int err;

	cal_tell(c, ask.b);
	err = cal_compare(c, &ask, &s, &always);
	if (!err)
		json_object_object_add(record, "always", cal_run_json(&always));
	always.why_void = always.why_void ? "void" : NULL;
	exchange_release(&s);
	if (err)
		return err;
	ask.b = "calib-rare";
	cal_tell(c, ask.b);
	err = cal_compare(c, &ask, &s, &rare);
	if (!err) {
		json_object_object_add(record, "rare", cal_run_json(&rare));
		if (rare.loads && always.loads)
			judge(record, &rare, &always, &s);
	}
	exchange_release(&s);
	return err;
}
