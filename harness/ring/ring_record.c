/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* From rounds to records. */
#include "lib/base.h"
#include "harness/ring/ring_record.h"

#include <stdlib.h>
#include <string.h>

#include "harness/result.h"
#include "lib/stats.h"

#define TRIM	   0.1
#define CONFIDENCE 0.95

void ring_tally_add(struct ring_tally *t, const struct ring_round *r, uint32_t round,
		    const char *why)
{
	struct ring_totals *sum = r->disturbed ? &t->disturbed : &t->calm;

	if (t->nsamples < RING_MAX_ROUNDS)
		t->samples[t->nsamples++] = (struct ring_sample){
			.round = round,
			.rate_per_s = (double)r->consumed * 1e9 / (double)MAX(r->elapsed_ns, 1),
			.produce_ns = (double)r->producing_ns / (double)MAX(r->produced, 1),
			.disturbed = r->disturbed,
			.lossy = r->dropped > r->produced / 100,
		};
	sum->rounds++;
	sum->produced += r->produced;
	sum->consumed += r->consumed;
	sum->dropped += r->dropped;
	sum->bad += r->bad;
	sum->elapsed_ns += r->elapsed_ns;
	sum->produce_ns += r->produce_ns;
	if (!r->accounted) {
		t->unaccounted_rounds++;
		if (!t->why)
			t->why = strdup(why);
	}
}

/* The calm rounds are enough to speak for the case; @few: how many that takes. */
static bool is_calm(const struct ring_tally *t, uint64_t few)
{
	return t->calm.rounds >= few;
}

static struct ring_totals totals_used(const struct ring_tally *t, bool calm)
{
	struct ring_totals sum = t->calm;

	if (calm)
		return sum;
	sum.rounds += t->disturbed.rounds;
	sum.produced += t->disturbed.produced;
	sum.consumed += t->disturbed.consumed;
	sum.dropped += t->disturbed.dropped;
	sum.bad += t->disturbed.bad;
	sum.elapsed_ns += t->disturbed.elapsed_ns;
	sum.produce_ns += t->disturbed.produce_ns;
	return sum;
}

void ring_tally_release(struct ring_tally *t)
{
	free(t->why);
	t->why = NULL;
}

static void add_u64(struct json_object *o, const char *key, uint64_t v)
{
	json_object_object_add(o, key, json_object_new_uint64(v));
}

static void add_str(struct json_object *o, const char *key, const char *v)
{
	json_object_object_add(o, key, json_object_new_string(v));
}

static void add_interval(struct json_object *o, const char *key, const double *v, size_t n)
{
	struct stats_interval i = stats_trimmed_interval(v, n, TRIM, CONFIDENCE);

	json_object_object_add(o, key, result_interval(i.centre, i.low, i.high, i.confidence));
}

static void add_totals(struct json_object *o, const struct ring_totals *sum)
{
	add_u64(o, "rounds", sum->rounds);
	add_u64(o, "produced", sum->produced);
	add_u64(o, "consumed", sum->consumed);
	add_u64(o, "dropped", sum->dropped);
	add_u64(o, "bad", sum->bad);
}

/* Totals, the verdict on them, and why. */
static void add_books(struct json_object *o, const struct ring_tally *t, bool calm)
{
	const struct ring_totals sum = totals_used(t, calm);
	struct json_object *others;

	add_totals(o, &sum);
	if (calm && t->disturbed.rounds) {
		others = json_object_new_object();
		add_totals(others, &t->disturbed);
		json_object_object_add(o, "left_out", others);
	}
	add_u64(o, "disturbed_rounds", t->disturbed.rounds);
	json_object_object_add(o, "accounted", json_object_new_boolean(!t->unaccounted_rounds));
	add_str(o, "status", t->unaccounted_rounds ? "fail" : "ok");
	if (t->why)
		add_str(o, "reason", t->why);
}

static struct json_object *cpus(const struct ring_rig *rig)
{
	struct json_object *o = json_object_new_object(), *producers = json_object_new_array();

	for (uint32_t p = 0; p < rig->c.producers; p++)
		json_object_array_add(producers, json_object_new_int(rig->cpus.producer[p]));
	json_object_object_add(o, "producers", producers);
	json_object_object_add(o, "consumer", json_object_new_int(rig->cpus.consumer));
	json_object_object_add(o, "shared", json_object_new_boolean(rig->cpus.crowded));
	return o;
}

/* Differences of rounds that both have, paired: what they share of the machine's mood cancels. */
static size_t price_wakeups(const struct ring_tally *t, const struct ring_tally *base, bool calm,
			    double *out)
{
	size_t n = 0, b = 0;

	for (size_t i = 0; i < t->nsamples; i++) {
		const struct ring_sample *x = &t->samples[i], *y;

		while (b < base->nsamples && base->samples[b].round < x->round)
			b++;
		y = &base->samples[b];
		if (b < base->nsamples && y->round == x->round && !x->lossy && !y->lossy &&
		    !(calm && (x->disturbed || y->disturbed)))
			out[n++] = x->produce_ns - y->produce_ns;
	}
	return n;
}

static void add_samples(struct json_object *o, const struct ring_tally *t, bool calm,
			const struct ring_tally *base)
{
	double rate[RING_MAX_ROUNDS], produce_ns[RING_MAX_ROUNDS], price[RING_MAX_ROUNDS];
	size_t n = 0;

	for (size_t i = 0; i < t->nsamples; i++) {
		if (calm && t->samples[i].disturbed)
			continue;
		rate[n] = t->samples[i].rate_per_s;
		produce_ns[n++] = t->samples[i].produce_ns;
	}
	add_interval(o, "rate_per_s", rate, n);
	add_interval(o, "produce_ns", produce_ns, n);
	json_object_object_add(o, "samples", result_doubles(rate, n));
	if (!base)
		return;
	n = price_wakeups(t, base, true, price);
	if (n < RING_MIN_CALM)
		n = price_wakeups(t, base, false, price);
	if (n)
		add_interval(o, "wakeup_cost_ns", price, n);
}

struct json_object *ring_case_record(const struct ring_rig *rig, const struct ring_case *c,
				     const struct ring_tally *t, const struct ring_tally *base)
{
	struct json_object *o = json_object_new_object();
	bool calm = is_calm(t, RING_MIN_CALM);

	add_str(o, "type", "ringbuf");
	add_str(o, "mode", ring_mode_names[c->mode]);
	add_str(o, "placement", ring_placement_names[c->placement]);
	add_u64(o, "record_bytes", c->record_bytes);
	add_u64(o, "producers", c->producers);
	add_str(o, "rings", c->per_cpu ? "percpu" : "shared");
	add_str(o, "wakeup", ring_wakeup_names[c->wakeup]);
	add_str(o, "consumer", ring_consumer_names[c->consumer]);
	if (t->skip) {
		add_str(o, "status", "skip");
		add_str(o, "reason", t->skip);
		return o;
	}
	add_u64(o, "ring_bytes", rig->sizes.ring_bytes);
	add_u64(o, "batch", ring_rig_batch(rig));
	if (c->wakeup == RINGLOAD_WAKE_PENDING)
		add_u64(o, "pending_bytes", rig->sizes.pending_bytes);
	json_object_object_add(o, "cpus", cpus(rig));
	add_samples(o, t, calm, rig->cpus.crowded ? NULL : base);
	add_books(o, t, calm);
	return o;
}

void ring_curve_add(struct json_object *o, const struct ring_tally *t)
{
	bool calm = is_calm(t, 1); /* a point is a sum, it needs no interval */
	const struct ring_totals sum = totals_used(t, calm);

	json_object_object_add(o, "offered_per_s",
			       json_object_new_double((double)sum.produced * 1e9 /
						      (double)MAX(sum.produce_ns, 1)));
	json_object_object_add(o, "delivered_per_s",
			       json_object_new_double((double)sum.consumed * 1e9 /
						      (double)MAX(sum.elapsed_ns, 1)));
	add_books(o, t, calm);
}

struct json_object *ring_curve_record(const struct ring_rig *rig, const struct ring_tally *t,
				      uint64_t target_per_s)
{
	struct json_object *o = json_object_new_object();

	add_str(o, "type", "losscurve");
	add_str(o, "consumer", ring_consumer_names[rig->c.consumer]);
	add_str(o, "wakeup", ring_wakeup_names[rig->c.wakeup]);
	add_u64(o, "record_bytes", rig->c.record_bytes);
	add_u64(o, "ring_bytes", rig->sizes.ring_bytes);
	add_u64(o, "batch", ring_rig_batch(rig));
	json_object_object_add(o, "cpus", cpus(rig));
	add_u64(o, "target_per_s", target_per_s);
	ring_curve_add(o, t);
	return o;
}
