/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* bench_fast: memmon_fast's promises as a table, or as one JSON object. */
#include "lib/base.h"
#include "tests/bench/bench_fast.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "harness/timing/env.h"
#include "harness/plugin.h"
#include "harness/record.h"
#include "harness/result.h"
#include "harness/measure.h"
#include "lib/log.h"
#include "lib/opt.h"

#define RATE_PER_S 1e6

struct options {
	uint64_t seconds, cost_seconds, seed;
	bool json, quiet;
};

#define ROW(letter, name, arg, help, kind, field)                                                  \
	{                                                                                          \
		letter, name, arg, help, kind, offsetof(struct options, field)                     \
	}
static const struct opt options[] = {
	ROW('t', "seconds", "S", "how long 1 M events/s are kept up (default 60; 0: not at all)",
	    OPT_U64, seconds),
	ROW('c', "cost-seconds", "S", "budget for what an event costs (default 90; 0: not at all)",
	    OPT_U64, cost_seconds),
	ROW('s', "seed", "N", "of the order of the arms (default 1)", OPT_U64, seed),
	ROW('j', "json", NULL, "one JSON object instead of tables", OPT_FLAG, json),
	ROW('q', "quiet", NULL, "no progress", OPT_FLAG, quiet),
	{0},
};

struct results {
	struct cost cost;
	struct rate kept, overrun;
	bool has_cost, has_kept, has_overrun;
};

/* --- as a table --------------------------------------------------------------------------------
 */

static const char *text_of(struct json_object *o, const char *key)
{
	return record_str(o, key, "?");
}

static void print_machine(void)
{
	struct json_object *h = result_host_facts("");

	printf("Machine: %s, %" PRIu64 " CPUs, %s, Linux %s, load %.2f\n\n", text_of(h, "cpu"),
	       record_u64(h, "cpus", 0), text_of(h, "virtualisation"), text_of(h, "kernel"),
	       record_num(h, "load_1min"));
	json_object_put(h);
}

static void print_cell(const struct cost *c, size_t arm, enum cost_setting s, size_t t)
{
	struct stats_interval iv = cost_interval(c, arm, s, t);
	double limit = cost_arms[arm].limit_ns[s];
	char text[64], promise[32] = "";

	if (limit > 0)
		snprintf(promise, sizeof(promise), " (%s %.0f)",
			 iv.high <= limit ? "<="
			 : iv.low > limit ? "MISSED"
					  : "undecided:",
			 limit);
	snprintf(text, sizeof(text), "%.0f [%.0f, %.0f]%s", iv.centre, iv.low, iv.high, promise);
	printf("  %-30s", text);
}

static void print_above_floor(const struct cost *c, size_t arm, int settings, size_t t)
{
	char text[64];

	printf("%-34s", "  above an empty program");
	for (int s = 0; s < settings; s++) {
		struct stats_interval iv = cost_above_floor(c, arm, (enum cost_setting)s, t);

		snprintf(text, sizeof(text), "%.0f [%.0f, %.0f]", iv.centre, iv.low, iv.high);
		printf("  %-30s", text);
	}
	puts("");
}

static void print_cost(const struct cost *c)
{
	int n = c->two ? COST_SETTINGS : COST_TWO;

	printf("Nanoseconds added to a call (95 %% interval), %u rounds, arms interleaved\n",
	       c->rounds);
	for (size_t t = 0; t < COST_TRIGGERS; t++) {
		printf("\n%s\n%-34s", timed_events[timed_event_find(cost_triggers[t])].trigger, "");
		for (int s = 0; s < n; s++)
			printf("  %-30.30s", s == COST_ONE   ? "one producer"
					     : s == COST_TWO ? "two, emptied between blocks"
							     : "two, consumer on their CPUs");
		printf("\n%-34s", "the call itself, ns");
		for (int s = 0; s < n; s++)
			printf("  %-30.0f", stats_median(c->base_ns[s][t].v, c->base_ns[s][t].n));
		puts("");
		for (size_t a = 0; a < COST_ARMS; a++) {
			printf("%-34s", cost_arms[a].name);
			for (int s = 0; s < n; s++)
				print_cell(c, a, (enum cost_setting)s, t);
			puts("");
			if (cost_arms[a].limit_ns[COST_ONE] > 0)
				print_above_floor(c, a, n, t);
		}
	}
	for (size_t a = 0; a < COST_ARMS; a++)
		if (c->lost[a])
			printf("  note: %s lost %" PRIu64
			       " records in all; a lost record is cheaper than a delivered one\n",
			       cost_arms[a].name, c->lost[a]);
	if (c->crowded)
		printf("  note: somebody else was attached to system calls in %u of %u arms' "
		       "rounds: "
		       "%s\n",
		       c->crowded, c->rounds * COST_ARMS,
		       c->rough ? "all are taken, as an indication" : "these do not count");
	if (!c->two)
		puts("  note: one CPU only: the consumer shares it, two producers are not "
		     "measured");
	puts("");
}

static void print_rate(const struct rate *r, const char *title)
{
	bool lossless = rate_closes(r) && !r->ring_full;

	printf("%s\n", title);
	printf("  produced %" PRIu64 " in %.2f s (%.0f a second), counted %" PRIu64
	       ", consumed %" PRIu64 ", ring full %" PRIu64 "\n",
	       r->produced, r->seconds, (double)r->produced / r->seconds, r->counted, r->consumed,
	       r->ring_full);
	if (r->target_per_s > 0)
		printf("  the consumer took %.1f %% of a CPU, %" PRIu64
		       " times; %u rings of %" PRIu64
		       " KiB; the producer was late by %.1f ms at most\n",
		       r->consumer_pct, r->polls, r->rings, r->ring_bytes >> 10, r->behind_s * 1e3);
	if (r->wrong || r->bad)
		printf("  %" PRIu64 " calls did not work, %" PRIu64 " records are of no call\n",
		       r->wrong, r->bad);
	if (r->target_per_s > 0)
		printf("  %s\n\n", lossless ? "nothing is lost: produced = counted = consumed"
				   : rate_closes(r) ? "MISSED: records were lost (each is counted)"
						    : "BROKEN: the sums do not close");
	else
		printf("  %s\n\n", rate_closes(r)
					   ? "exact: counted = consumed + ring full, to the event"
					   : "BROKEN: counted is not consumed + ring full");
}

/* --- as JSON -----------------------------------------------------------------------------------
 */

static void add_u64(struct json_object *o, const char *key, uint64_t v)
{
	json_object_object_add(o, key, json_object_new_uint64(v));
}

static void add_double(struct json_object *o, const char *key, double v)
{
	json_object_object_add(o, key, isfinite(v) ? json_object_new_double(v) : NULL);
}

static struct json_object *rate_json(const struct rate *r)
{
	struct json_object *o = json_object_new_object();

	add_double(o, "target_per_s", r->target_per_s);
	add_double(o, "per_s", (double)r->produced / r->seconds);
	add_double(o, "seconds", r->seconds);
	add_u64(o, "produced", r->produced);
	add_u64(o, "counted", r->counted);
	add_u64(o, "consumed", r->consumed);
	add_u64(o, "ring_full", r->ring_full);
	add_u64(o, "bad", r->bad + r->wrong);
	add_u64(o, "polls", r->polls);
	add_u64(o, "ring_bytes", r->ring_bytes);
	add_u64(o, "rings", r->rings);
	add_double(o, "consumer_pct", r->consumer_pct);
	json_object_object_add(o, "closes", json_object_new_boolean(rate_closes(r)));
	return o;
}

static struct json_object *cost_json(const struct cost *c)
{
	struct json_object *list = json_object_new_array();

	for (size_t t = 0; t < COST_TRIGGERS; t++)
		for (int s = 0; s < (c->two ? COST_SETTINGS : COST_TWO); s++)
			for (size_t a = 0; a < COST_ARMS; a++) {
				struct stats_interval iv =
					cost_interval(c, a, (enum cost_setting)s, t);
				struct json_object *o = json_object_new_object();

				json_object_object_add(o, "arm",
						       json_object_new_string(cost_arms[a].name));
				json_object_object_add(
					o, "setting",
					json_object_new_string(cost_setting_names[s]));
				json_object_object_add(o, "event",
						       json_object_new_string(cost_triggers[t]));
				add_double(o, "base_ns",
					   stats_median(c->base_ns[s][t].v, c->base_ns[s][t].n));
				json_object_object_add(
					o, "added_ns",
					result_interval(iv.centre, iv.low, iv.high, iv.confidence));
				iv = cost_above_floor(c, a, (enum cost_setting)s, t);
				json_object_object_add(
					o, "above_empty_ns",
					result_interval(iv.centre, iv.low, iv.high, iv.confidence));
				if (cost_arms[a].limit_ns[s] > 0)
					add_double(o, "limit_ns", cost_arms[a].limit_ns[s]);
				json_object_array_add(list, o);
			}
	return list;
}

static void print_json(const struct results *res)
{
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, "schema", json_object_new_int(RESULT_SCHEMA));
	json_object_object_add(o, "host", result_host_facts(""));
	if (res->has_cost) {
		json_object_object_add(o, "cost", cost_json(&res->cost));
		add_u64(o, "rounds", res->cost.rounds);
		add_u64(o, "crowded", res->cost.crowded);
		json_object_object_add(o, "rough", json_object_new_boolean(res->cost.rough));
	}
	if (res->has_kept)
		json_object_object_add(o, "rate", rate_json(&res->kept));
	if (res->has_overrun)
		json_object_object_add(o, "overrun", rate_json(&res->overrun));
	puts(json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN));
	json_object_put(o);
}

/* --- all of it ---------------------------------------------------------------------------------
 */

static int measure(struct results *res, const struct options *o)
{
	struct placement place;
	int cpus[2], err = 0;

	placement_choose(&place, "/sys");
	cpus[0] = place.producer_cpu;
	cpus[1] = place.consumer_cpu;
	if (o->cost_seconds) {
		err = cost_measure(&res->cost, (double)o->cost_seconds, o->seed);
		res->has_cost = !err;
	}
	if (!err && o->seconds) {
		log_info("%" PRIu64 " s at %.0f events a second", o->seconds, RATE_PER_S);
		err = rate_measure(&res->kept, "memmon_fast", cpus, RATE_PER_S, (double)o->seconds,
				   false);
		res->has_kept = !err;
	}
	if (!err) {
		err = rate_measure(&res->overrun, "memmon_fast", cpus, 0, 1, true);
		res->has_overrun = !err;
	}
	return err;
}

int main(int argc, char **argv)
{
	struct options o = {.seconds = 60, .cost_seconds = 90, .seed = 1};
	struct results res = {0};
	bool dashes;
	int rest, err, code;

	log_init("bench_fast", LOG_INFO);
	err = opt_parse(options, "bench_fast", argc, argv, &o, &rest, &dashes);
	if (err == OPT_HELP) {
		puts("usage: bench_fast [options]\nWhat memmon_fast costs, and whether all its "
		     "events arrive.\n");
		opt_print(options, stdout);
		return EXIT_OK;
	}
	if (err || rest < argc)
		return EXIT_USAGE;
	if (o.quiet)
		log_init("bench_fast", LOG_WARN);
	run_catch_signals();
	err = measure(&res, &o);
	if (o.json) {
		print_json(&res);
	} else {
		print_machine();
		if (res.has_cost)
			print_cost(&res.cost);
		if (res.has_kept)
			print_rate(&res.kept, "One producer at 1 M events a second, the consumer "
					      "comes every 10 ms and when it is woken");
		if (res.has_overrun)
			print_rate(&res.overrun, "Overrun on purpose: the consumer is stopped");
	}
	cost_release(&res.cost);
	code = err == -ENOTSUP ? EXIT_SKIP : err ? EXIT_USAGE : EXIT_OK;
	if (!err && ((res.has_kept && !rate_closes(&res.kept)) || !rate_closes(&res.overrun)))
		code = EXIT_BAD;
	return code;
}
