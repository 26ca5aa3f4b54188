/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Tables for a terminal. */
#include "lib/base.h"
#include "harness/ring/ringbuf_print.h"

#include <string.h>

#include "harness/record.h"
#include "lib/format.h"
#include "lib/names.h"
#include "lib/strbuf.h"

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
