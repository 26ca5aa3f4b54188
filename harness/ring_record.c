/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* From rounds to records. */
#include "lib/base.h"
#include "harness/ring_record.h"

#include <stdlib.h>
#include <string.h>

#include "harness/result.h"
#include "lib/stats.h"

#define TRIM	   0.1
#define CONFIDENCE 0.95

void ring_tally_add(struct ring_tally *t, const struct ring_round *r, uint32_t round,
		    const char *why)
{
	if (t->nsamples < RING_MAX_ROUNDS)
		t->samples[t->nsamples++] = (struct ring_sample){
			.round = round,
			.rate_per_s = (double)r->consumed * 1e9 / (double)MAX(r->elapsed_ns, 1),
			.produce_ns = (double)r->producing_ns / (double)MAX(r->produced, 1),
		};
	t->produced += r->produced;
	t->consumed += r->consumed;
	t->dropped += r->dropped;
	t->bad += r->bad;
	t->elapsed_ns += r->elapsed_ns;
	t->produce_ns += r->produce_ns;
	if (!r->accounted) {
		t->unaccounted_rounds++;
		if (!t->why)
			t->why = strdup(why);
	}
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

/* Totals, the verdict on them, and why. */
static void add_books(struct json_object *o, const struct ring_tally *t)
{
	add_u64(o, "produced", t->produced);
	add_u64(o, "consumed", t->consumed);
	add_u64(o, "dropped", t->dropped);
	add_u64(o, "bad", t->bad);
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
static size_t price_wakeups(const struct ring_tally *t, const struct ring_tally *base, double *out)
{
	size_t n = 0, b = 0;

	for (size_t i = 0; i < t->nsamples; i++) {
		while (b < base->nsamples && base->samples[b].round < t->samples[i].round)
			b++;
		if (b < base->nsamples && base->samples[b].round == t->samples[i].round)
			out[n++] = t->samples[i].produce_ns - base->samples[b].produce_ns;
	}
	return n;
}

static void add_samples(struct json_object *o, const struct ring_tally *t,
			const struct ring_tally *base)
{
	double rate[RING_MAX_ROUNDS], produce_ns[RING_MAX_ROUNDS], price[RING_MAX_ROUNDS];
	size_t n;

	for (size_t i = 0; i < t->nsamples; i++) {
		rate[i] = t->samples[i].rate_per_s;
		produce_ns[i] = t->samples[i].produce_ns;
	}
	add_interval(o, "rate_per_s", rate, t->nsamples);
	add_interval(o, "produce_ns", produce_ns, t->nsamples);
	n = base ? price_wakeups(t, base, price) : 0;
	if (n)
		add_interval(o, "wakeup_cost_ns", price, n);
	json_object_object_add(o, "samples", result_doubles(rate, t->nsamples));
}

struct json_object *ring_case_record(const struct ring_rig *rig, const struct ring_case *c,
				     const struct ring_tally *t, const struct ring_tally *base)
{
	struct json_object *o = json_object_new_object();

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
	add_samples(o, t, base);
	add_books(o, t);
	return o;
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
	json_object_object_add(
		o, "offered_per_s",
		json_object_new_double((double)t->produced * 1e9 / (double)MAX(t->produce_ns, 1)));
	json_object_object_add(
		o, "delivered_per_s",
		json_object_new_double((double)t->consumed * 1e9 / (double)MAX(t->elapsed_ns, 1)));
	add_books(o, t);
	return o;
}
