/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One comparison of a calibration, and what is kept of it. */
#include "lib/base.h"
#include "harness/calibrate/calibrate.h"

#include <math.h>

#include "harness/progress.h"
#include "harness/result.h"
#include "lib/clock.h"

enum { GAUGE_CYCLES = 600 }; /* struct exchange: gauge_ns */

static struct stats_interval in_cycles(const struct exchange *s, const struct samples *effect)
{
	struct samples cycles = {0};
	struct stats_interval iv;

	for (size_t i = 0; i < effect->n; i++)
		if (s->gauge_ns.v[i] > 0)
			samples_add(&cycles, effect->v[i] / s->gauge_ns.v[i] * GAUGE_CYCLES);
	iv = stats_trimmed_interval(cycles.v, cycles.n, EXCHANGE_LOAD_TRIM, OVERHEAD_CONFIDENCE);
	samples_release(&cycles);
	return iv;
}

static void summarise(const struct exchange *s, struct cal_run *out)
{
	const struct exchange_event *e = &s->events[0];

	out->verdict = e->verdict;
	out->margin_ns = e->margin_ns;
	out->aa = exchange_summarise(exchange_effect(e, EFFECT_AA), &s->at_s).reported;
	out->diff = exchange_summarise(exchange_effect(e, EFFECT_DIFF), &s->at_s).reported;
	out->diff_cycles = in_cycles(s, exchange_effect(e, EFFECT_DIFF));
	out->clock_ghz = GAUGE_CYCLES / stats_median(s->gauge_ns.v, s->gauge_ns.n);
}

int cal_compare(struct cal *c, const struct cal_ask *ask, struct exchange *s, struct cal_run *out)
{
	static const char *const events[] = {"brk", NULL};
	static const struct stats_interval nothing = {NAN, NAN, NAN, OVERHEAD_CONFIDENCE};
	struct exchange_options opts = {.place = c->place,
					.realtime = c->realtime,
					.seconds = ask->seconds,
					.events = events,
					.margin_ns = ask->margin_ns,
					.margin_share = ask->margin_share,
					.alpha = ask->alpha};
	uint64_t start_ns = clock_ns();
	int err;

	*out = (struct cal_run){
		.aa = nothing, .diff = nothing, .diff_cycles = nothing, .clock_ghz = NAN};
	opts.rng.state = rng_next(&c->rng);
	err = exchange_compare(s, ask->a, ask->b, &opts);
	out->wall_s = (double)(clock_ns() - start_ns) / 1e9;
	out->why_void = s->why_void;
	out->loads = s->at_s.n;
	if (!err && s->at_s.n)
		summarise(s, out);
	else if (!err && !s->why_void)
		out->why_void = "nothing was measured";
	return err;
}

void cal_put(struct json_object *o, const char *key, double value)
{
	json_object_object_add(o, key, json_object_new_double(value));
}

void cal_put_interval(struct json_object *o, const char *key, const struct stats_interval *iv)
{
	json_object_object_add(o, key,
			       result_interval(iv->centre, iv->low, iv->high, iv->confidence));
}

struct json_object *cal_run_json(const struct cal_run *r)
{
	static const char *const verdicts[] = {[EXCHANGE_UNDECIDED] = "undecided",
					       [EXCHANGE_WITHIN] = "within",
					       [EXCHANGE_BEYOND] = "beyond"};
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, "void", r->why_void ? json_object_new_string(r->why_void) : NULL);
	json_object_object_add(o, "verdict", json_object_new_string(verdicts[r->verdict]));
	json_object_object_add(o, "loads", json_object_new_uint64(r->loads));
	cal_put(o, "seconds", r->wall_s);
	cal_put(o, "margin_ns", r->margin_ns);
	cal_put(o, "clock_ghz", r->clock_ghz);
	cal_put_interval(o, "aa_ns", &r->aa);
	cal_put_interval(o, "diff_ns", &r->diff);
	cal_put_interval(o, "diff_cycles", &r->diff_cycles);
	return o;
}

void cal_tell(struct cal *c, const char *what)
{
	progress_step(c->run->progress, "%s", what);
}
