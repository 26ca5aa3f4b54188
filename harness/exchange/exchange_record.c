/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The record `sharp` (docs/results.md). */
#include "lib/base.h"
#include "harness/exchange/exchange.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#include "harness/result.h"
#include "harness/exchange/exchange_void.h"

enum { GAUGE_CYCLES = 600 };

static const char *const effect_names[EFFECTS] = {"a_ns", "b_ns", "aa_ns", "diff_ns"};

static struct json_object *interval(struct stats_interval iv)
{
	return result_interval(iv.centre, iv.low, iv.high, iv.confidence);
}

static void add_double(struct json_object *o, const char *key, double value)
{
	json_object_object_add(o, key, json_object_new_double(value));
}

static void PRINTF_LIKE(2, 3) warn(struct json_object *list, const char *fmt, ...)
{
	char text[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	json_object_array_add(list, json_object_new_string(text));
}

/* The effect in core cycles: each load by its own clock. */
static struct json_object *cycles(const struct sharp *s, const struct samples *effect)
{
	struct samples c = {0};
	struct stats_interval iv;

	for (size_t i = 0; i < effect->n; i++)
		if (s->gauge_ns.v[i] > 0)
			samples_add(&c, effect->v[i] / s->gauge_ns.v[i] * GAUGE_CYCLES);
	iv = stats_trimmed_interval(c.v, c.n, EXCHANGE_LOAD_TRIM, OVERHEAD_CONFIDENCE);
	samples_release(&c);
	return interval(iv);
}

static struct json_object *effect_json(const struct sharp *s, const struct exchange_event *e,
				       enum exchange_effect x)
{
	const struct samples *effect = exchange_effect(e, x);
	struct exchange_result r = exchange_summarise(effect, &s->at_s);
	struct json_object *o = interval(r.reported);

	json_object_object_add(o, "loads", interval(r.mean));
	json_object_object_add(o, "epochs", interval(r.epochs));
	json_object_object_add(o, "anytime", interval(r.anytime));
	add_double(o, "one_load_low", r.load_low);
	add_double(o, "one_load_high", r.load_high);
	json_object_object_add(o, "cycles", cycles(s, effect));
	add_double(o, "cut_ns", exchange_cut_ns[exchange_cut(e, x)]);
	json_object_object_add(o, "samples", result_doubles(effect->v, effect->n));
	return o;
}

/* Shifts of the quantiles of arm @x's calls against arm @y's. */
static struct json_object *shifts(const struct sharp *s, const struct exchange_event *e,
				  unsigned int x, unsigned int y)
{
	static const struct {
		const char *name;
		double q;
	} quantiles[] = {{"p50", 0.5}, {"p90", 0.9}, {"p99", 0.99}, {"p99_9", 0.999}};
	struct json_object *o = json_object_new_object();

	for (size_t i = 0; i < ARRAY_SIZE(quantiles); i++)
		add_double(o, quantiles[i].name,
			   s->ns_per_tick *
				   (exchange_histogram_quantile(e->histogram[x], quantiles[i].q) -
				    exchange_histogram_quantile(e->histogram[y], quantiles[i].q)));
	return o;
}

static struct json_object *arm_json(const struct sharp *s, const struct exchange_event *e,
				    unsigned int arm)
{
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, "monitor", json_object_new_string(s->name[arm]));
	json_object_object_add(o, "cut_tight", json_object_new_uint64(e->cut[arm][CUT_TIGHT]));
	json_object_object_add(o, "cut_loose", json_object_new_uint64(e->cut[arm][CUT_LOOSE]));
	json_object_object_add(o, "records", json_object_new_uint64(s->records[arm]));
	json_object_object_add(o, "shift_ns", shifts(s, e, arm, EXCHANGE_EMPTY));
	return o;
}

/*
 * B's own cost over A's, by the delta method on the two centres: the relative variances of a
 * quotient add up (here of the difference and of A, as if they were independent).
 */
static struct json_object *ratio(const struct sharp *s, const struct exchange_event *e)
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

static double gauge_correlation(const struct sharp *s, const struct exchange_event *e)
{
	const struct samples *effect =
		exchange_effect(e, s->arms > EXCHANGE_B ? EFFECT_DIFF : EFFECT_A);

	return stats_rank_correlation(s->gauge_ns.v, effect->v, effect->n);
}

static struct json_object *warnings(const struct sharp *s, const struct exchange_event *e,
				    const struct exchange_options *opts)
{
	struct json_object *list = json_object_new_array();
	double duty = stats_median(s->busy.v, s->busy.n);

	if (s->at_s.n < EXCHANGE_LOADS_MIN)
		warn(list, "%zu loads are few: %d are wanted", s->at_s.n, EXCHANGE_LOADS_MIN);
	if (duty < EXCHANGE_DUTY_LOW)
		warn(list, "only %.0f %% of the time was spent in timed calls", 100 * duty);
	if (s->dropped)
		warn(list,
		     "somebody else attached to the same tracepoints meanwhile: loads dropped: "
		     "%llu",
		     (unsigned long long)s->dropped);
	if (s->skipped)
		warn(list,
		     "the kernel skipped runs of the programs that are timed (preempted, Linux 7): "
		     "loads dropped: %llu",
		     (unsigned long long)s->skipped);
	if (e->wrong)
		warn(list, "%llu calls did not end as the trigger does",
		     (unsigned long long)e->wrong);
	if (opts->place.same_cpu)
		warn(list, "one CPU only: the consumer takes its time from the calls it watches");
	return list;
}

static struct json_object *event_record(const struct sharp *s, const struct exchange_event *e,
					const struct exchange_options *opts)
{
	static const char *const verdicts[] = {"undecided", "within", "beyond"};
	struct json_object *r = json_object_new_object(), *arms = json_object_new_array();

	json_object_object_add(r, "type", json_object_new_string("sharp"));
	json_object_object_add(r, "status", json_object_new_string(s->why_void ? "void" : "ok"));
	if (s->why_void)
		json_object_object_add(r, "reason", json_object_new_string(s->why_void));
	json_object_object_add(r, "event", json_object_new_string(e->name));
	json_object_object_add(r, "unit", json_object_new_string("ns/event"));
	json_object_object_add(r, "monitor", json_object_new_string(s->name[EXCHANGE_A]));
	json_object_object_add(r, "other",
			       s->arms > EXCHANGE_B ? json_object_new_string(s->name[EXCHANGE_B])
						    : NULL);
	json_object_object_add(r, "loads", json_object_new_uint64(s->at_s.n));
	json_object_object_add(r, "rounds", json_object_new_int((int)s->rounds));
	json_object_object_add(r, "calls", json_object_new_int(EXCHANGE_CALLS));
	json_object_object_add(r, "consumer",
			       json_object_new_string(exchange_consumer_names[opts->consumer]));
	add_double(r, "seconds", s->at_s.n ? s->at_s.v[s->at_s.n - 1] : 0);
	for (int x = 0; x < EFFECTS; x++)
		if (e->effect[x][CUT_TIGHT].n)
			json_object_object_add(r, effect_names[x],
					       effect_json(s, e, (enum exchange_effect)x));
	if (s->arms > EXCHANGE_B && s->at_s.n) {
		json_object_object_add(r, "ratio", ratio(s, e));
		json_object_object_add(r, "shift_diff_ns", shifts(s, e, EXCHANGE_B, EXCHANGE_A));
	}
	for (unsigned int a = 0; a < s->arms; a++)
		json_object_array_add(arms, arm_json(s, e, a));
	json_object_object_add(r, "arms", arms);
	add_double(r, "clock_ghz", GAUGE_CYCLES / stats_median(s->gauge_ns.v, s->gauge_ns.n));
	add_double(r, "clock_correlation", gauge_correlation(s, e));
	add_double(r, "duty", stats_median(s->busy.v, s->busy.n));
	if (opts->alpha > 0) {
		add_double(r, "margin_ns", e->margin_ns);
		add_double(r, "alpha", opts->alpha);
		json_object_object_add(r, "verdict", json_object_new_string(verdicts[e->verdict]));
	}
	json_object_object_add(r, "warnings", warnings(s, e, opts));
	return r;
}

int exchange_emit(const struct sharp *s, const struct exchange_options *opts, struct run *run)
{
	int err = 0;

	for (size_t i = 0; i < s->nevents && !err; i++)
		err = sink_emit(run->sink, event_record(s, &s->events[i], opts));
	return err;
}
