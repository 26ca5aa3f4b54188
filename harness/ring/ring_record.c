/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What rounds say: added up, made into records (docs/results.md: ringbuf, losscurve), and told as
 * tables. Rates are of calm rounds where those are enough, books of all.
 */
#include "lib/base.h"
#include "harness/ring/ring_record.h"

#include <stdlib.h>
#include <string.h>

#include "harness/record.h"
#include "harness/record_put.h"
#include "harness/result.h"
#include "lib/format.h"
#include "lib/names.h"
#include "lib/stats.h"
#include "lib/strbuf.h"

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
	sum->counted += r->counted;
	sum->counts |= r->counts;
	sum->elapsed_ns += r->elapsed_ns;
	sum->produce_ns += r->produce_ns;
	sum->reader_cpu_ns += r->reader_cpu_ns;
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
	sum.counted += t->disturbed.counted;
	sum.counts |= t->disturbed.counts;
	sum.elapsed_ns += t->disturbed.elapsed_ns;
	sum.produce_ns += t->disturbed.produce_ns;
	sum.reader_cpu_ns += t->disturbed.reader_cpu_ns;
	return sum;
}

void ring_tally_release(struct ring_tally *t)
{
	free(t->why);
	t->why = NULL;
}

static void add_interval(struct json_object *o, const char *key, const double *v, size_t n)
{
	record_put_interval(o, key, stats_trimmed_interval(v, n, TRIM, CONFIDENCE));
}

static void add_totals(struct json_object *o, const struct ring_totals *sum)
{
	record_put_u64(o, "rounds", sum->rounds);
	record_put_u64(o, "produced", sum->produced);
	if (sum->counts)
		record_put_u64(o, "counted", sum->counted);
	record_put_u64(o, "consumed", sum->consumed);
	record_put_u64(o, "dropped", sum->dropped);
	record_put_u64(o, "bad", sum->bad);
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
		record_put(o, "left_out", others);
	}
	record_put_u64(o, "disturbed_rounds", t->disturbed.rounds);
	record_put_bool(o, "accounted", !t->unaccounted_rounds);
	record_put_str(o, "status", t->unaccounted_rounds ? "fail" : "ok");
	if (t->why)
		record_put_str(o, "reason", t->why);
}

static struct json_object *cpus(const struct ring_rig *rig)
{
	struct json_object *o = json_object_new_object(), *producers = json_object_new_array();

	for (uint32_t p = 0; p < rig->c.producers; p++)
		json_object_array_add(producers, json_object_new_int(rig->cpus.producer[p]));
	record_put(o, "producers", producers);
	record_put_i64(o, "consumer", rig->cpus.consumer);
	record_put_bool(o, "shared", rig->cpus.crowded);
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
	record_put(o, "samples", result_doubles(rate, n));
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
	struct json_object *o = record_new("ringbuf");
	bool calm = is_calm(t, RING_MIN_CALM);

	record_put_str(o, "mode", ring_mode_names[c->mode]);
	record_put_str(o, "placement", ring_placement_names[c->placement]);
	record_put_u64(o, "record_bytes", c->record_bytes);
	record_put_u64(o, "producers", c->producers);
	record_put_str(o, "rings", c->per_cpu ? "percpu" : "shared");
	record_put_str(o, "wakeup", ring_wakeup_names[c->wakeup]);
	record_put_str(o, "consumer", ring_consumer_names[c->consumer]);
	if (t->skip) {
		record_put_str(o, "status", "skip");
		record_put_str(o, "reason", t->skip);
		return o;
	}
	record_put_u64(o, "ring_bytes", rig->sizes.ring_bytes);
	record_put_u64(o, "batch", ring_rig_batch(rig));
	if (c->wakeup == RINGLOAD_WAKE_PENDING)
		record_put_u64(o, "pending_bytes", rig->sizes.pending_bytes);
	record_put(o, "cpus", cpus(rig));
	add_samples(o, t, calm, rig->cpus.crowded ? NULL : base);
	add_books(o, t, calm);
	return o;
}

void ring_curve_add(struct json_object *o, const struct ring_tally *t)
{
	bool calm = is_calm(t, 1); /* a point is a sum, it needs no interval */
	const struct ring_totals sum = totals_used(t, calm);

	record_put_num(o, "offered_per_s",
		       (double)sum.produced * 1e9 / (double)MAX(sum.produce_ns, 1));
	record_put_num(o, "delivered_per_s",
		       (double)sum.consumed * 1e9 / (double)MAX(sum.elapsed_ns, 1));
	if (sum.reader_cpu_ns)
		record_put_num(o, "reader_cpu_pct",
			       100.0 * (double)sum.reader_cpu_ns / (double)MAX(sum.elapsed_ns, 1));
	add_books(o, t, calm);
}

struct json_object *ring_curve_record(const struct ring_rig *rig, const struct ring_tally *t,
				      uint64_t target_per_s)
{
	struct json_object *o = record_new("losscurve");

	record_put_str(o, "consumer", ring_consumer_names[rig->c.consumer]);
	record_put_str(o, "wakeup", ring_wakeup_names[rig->c.wakeup]);
	record_put_u64(o, "record_bytes", rig->c.record_bytes);
	record_put_u64(o, "ring_bytes", rig->sizes.ring_bytes);
	record_put_u64(o, "batch", ring_rig_batch(rig));
	record_put(o, "cpus", cpus(rig));
	record_put_u64(o, "target_per_s", target_per_s);
	ring_curve_add(o, t);
	return o;
}

/* --- tables for a terminal --- */

static void interval_text(struct json_object *o, const char *path, double scale, struct strbuf *sb)
{
	struct stats_interval i;

	strbuf_reset(sb);
	if (record_interval(o, path, &i))
		format_interval(sb, &i, scale);
	else
		strbuf_addch(sb, '-');
}

static void lost_text(struct json_object *o, struct strbuf *sb)
{
	double produced = record_num(o, "produced"), dropped = record_num(o, "dropped");

	strbuf_reset(sb);
	if (!(produced > 0))
		strbuf_addch(sb, '-');
	else if (dropped == 0)
		strbuf_addch(sb, '0');
	else
		strbuf_addf(sb, "%.2f", 100 * dropped / produced);
}

/* "9/12": rounds that nobody disturbed, of all. */
static void calm_text(struct json_object *o, struct strbuf *sb)
{
	uint64_t disturbed = record_u64(o, "disturbed_rounds", 0);
	uint64_t all = record_u64(o, "rounds", 0) + record_u64(o, "left_out.rounds", 0);

	strbuf_reset(sb);
	if (!all)
		strbuf_addch(sb, '-');
	else
		strbuf_addf(sb, "%llu/%llu", (unsigned long long)(all - MIN(all, disturbed)),
			    (unsigned long long)all);
}

static const char *verdict(struct json_object *o)
{
	if (!record_get(o, "accounted"))
		return record_str(o, "status", "-");
	return record_true(o, "accounted") ? "yes" : "NO";
}

static void print_case(struct json_object *o, FILE *out)
{
	struct strbuf rate = STRBUF_INIT, cost = STRBUF_INIT, wake = STRBUF_INIT,
		      lost = STRBUF_INIT, calm = STRBUF_INIT;

	interval_text(o, "rate_per_s", 1e-6, &rate);
	interval_text(o, "produce_ns", 1, &cost);
	interval_text(o, "wakeup_cost_ns", 1, &wake);
	lost_text(o, &lost);
	calm_text(o, &calm);
	fprintf(out, "%-7s %-8s %4llu B %4llu  %-6s %-7s %-6s %-20s %-20s %-20s %7s %6s  %s%s\n",
		record_str(o, "mode", "?"), record_str(o, "placement", "?"),
		(unsigned long long)record_u64(o, "record_bytes", 0),
		(unsigned long long)record_u64(o, "producers", 0), record_str(o, "rings", "?"),
		record_str(o, "wakeup", "?"), record_str(o, "consumer", "?"), rate.s, cost.s,
		wake.s, lost.s, calm.s, verdict(o), record_true(o, "cpus.shared") ? " *" : "");
	strbuf_release(&rate);
	strbuf_release(&cost);
	strbuf_release(&wake);
	strbuf_release(&lost);
	strbuf_release(&calm);
}

static void rate_text(struct json_object *o, const char *key, struct strbuf *sb)
{
	strbuf_reset(sb);
	if (record_num(o, key) > 0)
		strbuf_addf(sb, "%.2f", record_num(o, key) / 1e6);
	else
		strbuf_addstr(sb, strcmp(key, "target_per_s") ? "-" : "all");
}

static void print_point(struct json_object *o, FILE *out)
{
	struct strbuf lost = STRBUF_INIT, ring = STRBUF_INIT, asked = STRBUF_INIT,
		      calm = STRBUF_INIT;

	lost_text(o, &lost);
	calm_text(o, &calm);
	rate_text(o, "target_per_s", &asked);
	format_bytes(&ring, record_num(o, "ring_bytes"));
	fprintf(out, "%-10s %-8s %-7s %4llu B %8s %10s %10.2f %10.2f %8s %6s  %s\n",
		record_str(o, "monitor", "-"), record_str(o, "consumer", "?"),
		record_str(o, "wakeup", "-"), (unsigned long long)record_u64(o, "record_bytes", 0),
		ring.s, asked.s, record_num(o, "offered_per_s") / 1e6,
		record_num(o, "delivered_per_s") / 1e6, lost.s, calm.s, verdict(o));
	strbuf_release(&lost);
	strbuf_release(&calm);
	strbuf_release(&ring);
	strbuf_release(&asked);
}

/* A failure has its own reason; many cases are skipped for the same one, which is told once. */
static void print_reasons(struct json_object *records, FILE *out)
{
	struct names told = {0};
	struct json_object *o;

	record_foreach (records, o) {
		const char *reason = record_str(o, "reason", NULL);
		size_t before = told.n;

		if (!reason || !(record_is(o, "ringbuf") || record_is(o, "losscurve")))
			continue;
		if (!strcmp(record_str(o, "status", ""), "skip")) {
			names_add(&told, reason);
			if (told.n > before)
				fprintf(out, "skip: %s: %s\n",
					record_str(o, "monitor", record_str(o, "placement", "?")),
					reason);
			continue;
		}
		fprintf(out, "fail: %s, %s, %llu B, %s: %s\n",
			record_str(o, "monitor", record_str(o, "mode", "loss curve")),
			record_str(o, "placement", "pinned"),
			(unsigned long long)record_u64(o, "record_bytes", 0),
			record_str(o, "consumer", "-"), reason);
	}
	names_release(&told);
}

void ringbuf_print(struct json_object *records, FILE *out)
{
	struct json_object *o;
	bool any = false, crowded = false;

	record_foreach_type (records, o, "ringbuf") {
		if (!any)
			fprintf(out,
				"%-7s %-8s %6s %s  %-6s %-7s %-6s %-20s %-20s %-20s %7s %6s  %s\n",
				"mode", "place", "record", "prod", "rings", "wake-up", "reader",
				"M records/s", "ns to produce one", "of it for wake-ups", "lost, %",
				"calm", "accounted");
		any = true;
		crowded |= record_true(o, "cpus.shared");
		print_case(o, out);
	}
	if (any)
		fprintf(out,
			"\nRates are of records whose content was checked; [..] is the 95 %% "
			"interval of the mean over rounds,\n"
			"from those that were calm (nobody else took our CPUs), when there are "
			"4 of them.\n");
	if (crowded)
		fprintf(out, "* fewer CPUs than threads: the consumer shares its CPU with a "
			     "producer.\n");
	any = false;
	record_foreach_type (records, o, "losscurve") {
		if (!any)
			fprintf(out, "\n%-10s %-8s %-7s %6s %8s %10s %10s %10s %8s %6s  %s\n",
				"monitor", "reader", "wake-up", "record", "ring", "asked M/s",
				"offered", "delivered", "lost, %", "calm", "accounted");
		any = true;
		if (record_get(o, "offered_per_s"))
			print_point(o, out);
	}
	print_reasons(records, out);
}
