/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The record `sharp` (docs/results.md). */
#include "lib/base.h"
#include "harness/exchange/exchange.h"

#include <math.h>

#include "harness/record_put.h"
#include "harness/result.h"
#include "harness/exchange/exchange_void.h"

enum { GAUGE_CYCLES = 600 };

static const char *const effect_names[EFFECTS] = {"a_ns", "b_ns", "aa_ns", "diff_ns"};

/* The effect in core cycles: each load by its own clock. */
static struct stats_interval cycles(const struct exchange *s, const struct samples *effect)
{
	struct samples c = {0};
	struct stats_interval iv;

	for (size_t i = 0; i < effect->n; i++)
		if (s->gauge_ns.v[i] > 0)
			samples_add(&c, effect->v[i] / s->gauge_ns.v[i] * GAUGE_CYCLES);
	iv = stats_trimmed_interval(c.v, c.n, EXCHANGE_LOAD_TRIM, OVERHEAD_CONFIDENCE);
	samples_release(&c);
	return iv;
}

static struct json_object *effect_json(const struct exchange *s, const struct exchange_event *e,
				       enum exchange_effect x)
{
	const struct samples *effect = exchange_effect(e, x);
	struct exchange_result r = exchange_summarise(effect, &s->at_s);
	struct json_object *o = result_interval(r.reported.centre, r.reported.low, r.reported.high,
						r.reported.confidence);

	record_put_interval(o, "loads", r.mean);
	record_put_interval(o, "epochs", r.epochs);
	record_put_interval(o, "anytime", r.anytime);
	record_put_num(o, "one_load_low", r.load_low);
	record_put_num(o, "one_load_high", r.load_high);
	record_put_interval(o, "cycles", cycles(s, effect));
	record_put_num(o, "cut_ns", exchange_cut_ns[exchange_cut(e, x)]);
	record_put(o, "samples", result_doubles(effect->v, effect->n));
	return o;
}

/* Shifts of the quantiles of arm @x's calls against arm @y's. */
static struct json_object *shifts(const struct exchange *s, const struct exchange_event *e,
				  unsigned int x, unsigned int y)
{
	static const struct {
		const char *name;
		double q;
	} quantiles[] = {{"p50", 0.5}, {"p90", 0.9}, {"p99", 0.99}, {"p99_9", 0.999}};
	struct json_object *o = json_object_new_object();

	for (size_t i = 0; i < ARRAY_SIZE(quantiles); i++)
		record_put_num(
			o, quantiles[i].name,
			s->ns_per_tick *
				(exchange_histogram_quantile(e->histogram[x], quantiles[i].q) -
				 exchange_histogram_quantile(e->histogram[y], quantiles[i].q)));
	return o;
}

static struct json_object *arm_json(const struct exchange *s, const struct exchange_event *e,
				    unsigned int arm)
{
	struct json_object *o = json_object_new_object();

	record_put_str(o, "monitor", s->name[arm]);
	record_put_u64(o, "cut_tight", e->cut[arm][CUT_TIGHT]);
	record_put_u64(o, "cut_loose", e->cut[arm][CUT_LOOSE]);
	record_put_u64(o, "records", s->records[arm]);
	record_put(o, "shift_ns", shifts(s, e, arm, EXCHANGE_EMPTY));
	return o;
}

/*
 * B's own cost over A's, by the delta method on the two centres: the relative variances of a
 * quotient add up (here of the difference and of A, as if they were independent).
 */
static struct json_object *ratio(const struct exchange *s, const struct exchange_event *e)
{
	struct exchange_result a = exchange_summarise(exchange_effect(e, EFFECT_A), &s->at_s);
	struct exchange_result d = exchange_summarise(exchange_effect(e, EFFECT_DIFF), &s->at_s);
	double cost = a.reported.centre, centre = 1 + d.reported.centre / cost;
	double of_diff = (d.reported.high - d.reported.low) / 2 / cost;
	double of_cost = (a.reported.high - a.reported.low) / 2 / cost * (centre - 1);
	double half = hypot(of_diff, of_cost);

	/* Where A costs nothing that can be told from nothing, there is no ratio. */
	if (!(a.reported.low > 0))
		return NULL;
	return result_interval(centre, centre - half, centre + half, OVERHEAD_CONFIDENCE);
}

/* Counts of calls by duration: [ns, empty, A]; what neither has is left out. */
static struct json_object *modes(const struct exchange *s, const struct exchange_event *e)
{
	struct json_object *list = json_object_new_array();

	for (unsigned int m = 0; m < EXCHANGE_MODES; m++) {
		struct json_object *row;
		uint64_t a = e->modes[EXCHANGE_A][m] + e->modes[EXCHANGE_AA][m];

		if (!a && !e->modes[EXCHANGE_EMPTY][m])
			continue;
		row = json_object_new_array();
		json_object_array_add(
			row, json_object_new_double(exchange_mode_ticks(m) * s->ns_per_tick));
		json_object_array_add(row, json_object_new_uint64(e->modes[EXCHANGE_EMPTY][m]));
		json_object_array_add(row, json_object_new_uint64(a));
		json_object_array_add(list, row);
	}
	return list;
}

/* What a wake-up takes: the ratio of two means, by the delta method on their deviations together.
 */
static struct stats_interval wake_up(const struct exchange_event *e)
{
	double share = stats_mean(e->share.v, e->share.n);
	double wake = stats_mean(e->waking.v, e->waking.n) / share;
	struct samples off = {0};
	struct stats_interval iv;

	for (size_t i = 0; i < e->share.n; i++)
		samples_add(&off, (e->waking.v[i] - wake * e->share.v[i]) / share);
	iv = exchange_whole_interval(&off, &e->turn);
	samples_release(&off);
	iv.low += wake - iv.centre;
	iv.high += wake - iv.centre;
	iv.centre = wake;
	return iv;
}

/* The monitor with its consumer awake, over the empty program; A alone. */
struct json_object *exchange_whole_json(const struct exchange *s, const struct exchange_event *e)
{
	struct json_object *o = json_object_new_object();
	struct stats_interval share = exchange_whole_interval(&e->share, &e->turn);

	record_put_interval(o, "total_ns", exchange_whole_interval(&e->total, &e->turn));
	record_put_interval(o, "program_ns", exchange_whole_interval(&e->program, &e->turn));
	record_put_interval(o, "waking_ns", exchange_whole_interval(&e->waking, &e->turn));
	record_put_interval(o, "woke_share", share);
	if (share.low > 0)
		record_put_interval(o, "wake_up_ns", wake_up(e));
	record_put_num(o, "threshold_ns", (double)e->woke_ticks * s->ns_per_tick);
	record_put_bool(o, "two_modes", e->modes_part);
	record_put(o, "modes", modes(s, e));
	record_put(o, "samples", result_doubles(e->total.v, e->total.n));
	record_put(o, "turns", result_doubles(e->turn.v, e->turn.n));
	if (e->total_diff.n)
		record_put_interval(o, "diff_ns",
				    exchange_whole_interval(&e->total_diff, &e->turn));
	return o;
}

static double gauge_correlation(const struct exchange *s, const struct exchange_event *e)
{
	const struct samples *effect =
		exchange_effect(e, s->arms > EXCHANGE_B ? EFFECT_DIFF : EFFECT_A);

	return stats_rank_correlation(s->gauge_ns.v, effect->v, effect->n);
}

static struct json_object *warnings(const struct exchange *s, const struct exchange_event *e,
				    const struct exchange_options *opts)
{
	struct json_object *list = json_object_new_array();
	double duty = stats_median(s->busy.v, s->busy.n);

	if (s->at_s.n < EXCHANGE_LOADS_MIN)
		record_addf(list, "%zu loads are few: %d are wanted", s->at_s.n,
			    EXCHANGE_LOADS_MIN);
	if (duty < EXCHANGE_DUTY_LOW)
		record_addf(list, "only %.0f %% of the time was spent in timed calls", 100 * duty);
	if (s->dropped)
		record_addf(
			list,
			"somebody else attached to the same tracepoints meanwhile: loads dropped: "
			"%llu",
			(unsigned long long)s->dropped);
	if (s->skipped)
		record_addf(list,
			    "the kernel skipped runs of the programs that are timed (preempted, "
			    "Linux 7): "
			    "loads dropped: %llu",
			    (unsigned long long)s->skipped);
	if (e->wrong)
		record_addf(list, "%llu calls did not end as the trigger does",
			    (unsigned long long)e->wrong);
	if (opts->place.same_cpu)
		record_addf(list,
			    "one CPU only: the consumer takes its time from the calls it watches");
	return list;
}

static struct json_object *event_record(const struct exchange *s, const struct exchange_event *e,
					const struct exchange_options *opts)
{
	static const char *const verdicts[] = {"undecided", "within", "beyond"};
	struct json_object *r = record_new("sharp"), *arms = json_object_new_array();

	record_put_str(r, "status", s->why_void ? "void" : "ok");
	if (s->why_void)
		record_put_str(r, "reason", s->why_void);
	record_put_str(r, "event", e->name);
	record_put_str(r, "unit", "ns/event");
	record_put_str(r, "monitor", s->name[EXCHANGE_A]);
	record_put(r, "other",
		   s->arms > EXCHANGE_B ? json_object_new_string(s->name[EXCHANGE_B]) : NULL);
	record_put_u64(r, "loads", s->at_s.n);
	record_put(r, "rounds", json_object_new_int((int)s->rounds));
	record_put(r, "calls", json_object_new_int(EXCHANGE_CALLS));
	record_put_str(r, "consumer", exchange_consumer_names[opts->consumer]);
	record_put_num(r, "seconds", s->at_s.n ? s->at_s.v[s->at_s.n - 1] : 0);
	for (int x = 0; x < EFFECTS; x++)
		if (e->effect[x][CUT_TIGHT].n)
			record_put(r, effect_names[x], effect_json(s, e, (enum exchange_effect)x));
	if (s->arms > EXCHANGE_B && s->at_s.n) {
		record_put(r, "ratio", ratio(s, e));
		record_put(r, "shift_diff_ns", shifts(s, e, EXCHANGE_B, EXCHANGE_A));
	}
	if (e->total.n)
		record_put(r, "whole", exchange_whole_json(s, e));
	for (unsigned int a = 0; a < s->arms; a++)
		json_object_array_add(arms, arm_json(s, e, a));
	record_put(r, "arms", arms);
	record_put_num(r, "clock_ghz", GAUGE_CYCLES / stats_median(s->gauge_ns.v, s->gauge_ns.n));
	record_put_num(r, "clock_correlation", gauge_correlation(s, e));
	record_put_num(r, "duty", stats_median(s->busy.v, s->busy.n));
	if (opts->alpha > 0) {
		record_put_num(r, "margin_ns", e->margin_ns);
		record_put_num(r, "alpha", opts->alpha);
		record_put_str(r, "verdict", verdicts[e->verdict]);
	}
	record_put(r, "warnings", warnings(s, e, opts));
	return r;
}

int exchange_emit(const struct exchange *s, const struct exchange_options *opts, struct run *run)
{
	int err = 0;

	for (size_t i = 0; i < s->nevents && !err; i++)
		err = sink_emit(run->sink, event_record(s, &s->events[i], opts));
	return err;
}
