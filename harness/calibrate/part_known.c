/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Costs that are known beforehand must be read back.
 *
 * Linearity: does twice the cost read twice? Dependent multiplications, 3 core cycles each, are
 * counted against the clock gauge, which is made of the same. Rare: of a slow path that one event
 * in 256 takes the mean must tell; what it costs is known from the same path taken by every event.
 * Exact: many boots of the exact lane must give the same digits, counted by the lane itself.
 */
#include "lib/base.h"
#include "harness/calibrate/calibrate.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "harness/calibrate/cal_stats.h"
#include "harness/measure.h"
#include "harness/record.h"
#include "harness/result.h"

#define CYCLES	     3.0 /* IMUL r64, r64 (Agner Fog, instruction tables) */
#define LINE_OFF_MAX 0.05
#define R2_MIN	     0.999

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
		record_put_i64(o, "multiplies", (int)cal_multiplies[i]);
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

static void judge_line(struct json_object *record, const struct points *all)
{
	struct cal_line line = cal_fit(all->n.v, all->cycles.v, all->n.n);
	struct stats_interval slope = cal_slope(&line, 0.95);

	record_put_interval(record, "slope", slope);
	record_put_num(record, "intercept", line.intercept);
	record_put_num(record, "r2", line.r2);
	cal_add(record,
		&(struct cal_figure){.name = "slope of injected multiplies, cycles each",
				     .target = "3, within 5 %",
				     .value = slope,
				     .unit = "cycles",
				     .n = line.n,
				     .reached = fabs(slope.centre / CYCLES - 1) <= LINE_OFF_MAX
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
		judge_line(record, &all);
	samples_release(&all.n);
	samples_release(&all.cycles);
	return err;
}

/* calib-rare, calib-always */
enum { EVERY = 256 };
#define RARE_OFF_MAX 0.10

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

		record_put_str(o, "name", estimators[i].name);
		record_put_num(o, "ns", reads);
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
static void judge_rare(struct json_object *record, const struct cal_run *rare,
		       const struct cal_run *always, const struct exchange *s)
{
	double expected = always->diff_cycles.centre / EVERY;
	double ratio = rare->diff_cycles.centre / expected;
	double expected_ns = always->diff.centre / EVERY;
	struct stats_interval iv = {ratio, rare->diff_cycles.low / expected,
				    rare->diff_cycles.high / expected, 0.95};

	record_put_num(record, "expected_ns", expected_ns);
	record_put_num(record, "expected_cycles", expected);
	record_put_num(record, "slow_share", share_slow(s, always->diff.centre));
	cal_add(record,
		&(struct cal_figure){.name = "rare slow path, one event in 256: mean",
				     .target = "within 10 %",
				     .value = iv,
				     .unit = "ratio",
				     .n = rare->loads,
				     .reached = fabs(ratio - 1) <= RARE_OFF_MAX ? CAL_REACHED
										: CAL_MISSED},
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
		record_put(record, "always", cal_run_json(&always));
	always.why_void = always.why_void ? "void" : NULL;
	exchange_release(&s);
	if (err)
		return err;
	ask.b = "calib-rare";
	cal_tell(c, ask.b);
	err = cal_compare(c, &ask, &s, &rare);
	if (!err) {
		record_put(record, "rare", cal_run_json(&rare));
		if (rare.loads && always.loads)
			judge_rare(record, &rare, &always, &s);
	}
	exchange_release(&s);
	return err;
}

const char *const cal_kernels[] = {"6.12", "6.1", NULL};

/* A monitor in C and in Honey, and the empty programs. */
static const char *const monitors[] = {"nop", "memmon", "memmon-honey", NULL};

/* Figures of @kernel (a release: "6.12.94") among the records from @from on, and those of them that
 * another boot gave otherwise. */
static void count_boots(struct cal *c, size_t from, const char *kernel, size_t *figures,
			size_t *differing, size_t *unstable)
{
	struct json_object *records = sink_records(c->run->sink), *o;
	size_t len = strlen(kernel);

	record_foreach_type (records, o, "exact") {
		const char *k = record_str(o, "kernel", "");

		if (o_i < from || strncmp(k, kernel, len) || (k[len] != '.' && k[len] != '\0') ||
		    !record_get(o, "path"))
			continue;
		++*figures;
		*differing += record_u64(o, "differing", 0) > 0;
		*unstable += record_get(o, "stable") && !record_true(o, "stable");
	}
}

static void judge_boots(struct cal *c, struct json_object *record, size_t from, const char *kernel)
{
	size_t figures = 0, differing = 0, unstable = 0;
	struct json_object *o = json_object_new_object();
	char name[64];

	count_boots(c, from, kernel, &figures, &differing, &unstable);
	record_put_str(o, "kernel", kernel);
	record_put_u64(o, "figures", figures);
	record_put_u64(o, "differing", differing);
	record_put_u64(o, "unstable", unstable);
	json_object_array_add(cal_list(record, "runs"), o);
	if (!figures)
		return;
	snprintf(name, sizeof(name), "exact lane, Linux %s: figures that differ", kernel);
	cal_add(record,
		&(struct cal_figure){.name = name,
				     .target = "0 over 10 boots",
				     .value = cal_plain((double)differing),
				     .unit = "figures",
				     .n = c->plan.part[CAL_EXACT].runs,
				     .reached = differing ? CAL_MISSED : CAL_REACHED},
		"%zu of %zu, %u boots", differing, figures, c->plan.part[CAL_EXACT].runs);
}

int cal_exact(struct cal *c, struct json_object *record)
{
	struct run run = *c->run;
	size_t from = json_object_array_length(sink_records(c->run->sink));
	char spec[32];
	int err;

	run.monitors = monitors;
	run.kernels = cal_kernels;
	snprintf(spec, sizeof(spec), "boots=%u", c->plan.part[CAL_EXACT].runs);
	err = measure_run(measure_find("exact"), spec, &run);
	if (err == -ENOTSUP)
		record_put_str(record, "reason", "no guest can be booted here");
	for (const char *const *k = cal_kernels; *k && !err; k++)
		judge_boots(c, record, from, *k);
	return err;
}
