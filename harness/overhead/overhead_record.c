/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* From cells to records (docs/results.md: overhead, collector). */
#include "lib/base.h"
#include "harness/overhead/overhead.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

#include "harness/record_put.h"
#include "harness/result.h"
#include "harness/subject.h"
#include "lib/procfs.h"

/* A cut share beyond the base's by more than this is worth a word: what was cut is not priced. */
#define CUT_NOTABLE   0.01
#define AA_CONFIDENCE 0.999

static double cut_pct(const struct block_stat *s)
{
	return s->cut + s->kept ? 100.0 * (double)s->cut / (double)(s->cut + s->kept) : 0;
}

/* Calls as those of @event that the arm's process made while watched and that its definition
 * counts: where failing calls count, those that work are counted with them; a pair has one of each.
 * Of allocations all that it made: the halves are pairs, too. */
static uint64_t calls_made(const struct overhead_arm *arm, int event)
{
	bool completed = subject_times_working(&arm->info);
	uint64_t calls = arm->cell[event].calls;

	if (overhead_is_allocation(arm, event))
		return overhead_allocated(arm);
	if (!timed_event_is_single(event))
		return calls;
	for (int e = 0; e < timed_event_count(); e++)
		if (e != event && timed_event_makes(e, timed_event(event)->calls[0]) &&
		    (!completed || timed_event(e)->does == TIMED_WORKS))
			calls += arm->cell[e].calls;
	return calls;
}

static void warn_environment(const struct overhead *o, struct json_object *list)
{
	if (o->place.same_cpu)
		record_addf(list,
			    "one CPU only: the consumer takes its time from the calls it watches");
	else if (o->place.siblings)
		record_addf(list, "the consumer's CPU is the other thread of the same core");
	if (o->foreign.len)
		record_addf(list, "other BPF programs are attached here: %s", o->foreign.s);
	if (o->beside)
		record_addf(list,
			    "all of it beside somebody else's programs, who pay part of what being "
			    "attached costs");
	if (o->crowded)
		record_addf(
			list,
			"somebody else attached to the same tracepoints meanwhile: %llu rounds of "
			"an arm do not count",
			(unsigned long long)o->crowded);
	if (o->interrupted)
		record_addf(list, "interrupted: fewer rounds than planned");
}

/* Why what could have been exchanged was not: what attaching it says is less sharp. */
static void put_attach_reason(const struct overhead *o, const struct overhead_arm *arm, int event,
			      struct json_object *list, struct json_object *r)
{
	const struct overhead_whole *w = &arm->whole[event];
	struct strbuf sb = STRBUF_INIT;

	if (!overhead_exchanges(o) || w->parts)
		return;
	if (arm->why_attached)
		strbuf_addf(&sb, "exchanging does not count: %s", arm->why_attached);
	else if (w->tried)
		strbuf_addf(&sb, "%zu exchanged loads of it told its cost, and %d are needed",
			    w->few, OVERHEAD_ROUNDS_MIN);
	if (sb.len) {
		record_put_str(r, "attach_reason", sb.s);
		record_addf(list, "timed by attaching it, which is less sharp: %s", sb.s);
	}
	strbuf_release(&sb);
}

static void warn_cell(const struct overhead *o, const struct overhead_arm *arm, int event,
		      enum cut cut, struct json_object *list, struct json_object *r)
{
	const struct overhead_cell *cell = &arm->cell[event];
	/* Of allocations, what is lost is told at the end. */
	uint64_t lost = overhead_is_allocation(arm, event) ? arm->lost : cell->lost;
	bool rough, aa_rough;
	const struct samples *aa = overhead_samples(&o->arms[0].cell[event], cut, &aa_rough);
	const struct samples *added = overhead_samples(cell, cut, &rough);
	struct stats_interval off =
		stats_trimmed_interval(aa->v, aa->n, OVERHEAD_TRIM, AA_CONFIDENCE);

	put_attach_reason(o, arm, event, list, r);
	if (rough && !arm->whole[event].parts)
		record_addf(list, "too few rounds were undisturbed: all are taken, read it as an "
				  "indication");

	if (off.low > 0 || off.high < 0)
		record_addf(list,
			    "two arms without a monitor differ by %+.1f ns: read smaller "
			    "differences as none",
			    off.centre);
	if (cut_pct(&cell->subs[CUT_LOOSE]) > cut_pct(&o->base[event].sum[CUT_LOOSE]) + 0.1)
		record_addf(list,
			    "%.2f %% of the calls were slower than any cut and do not count: the "
			    "true mean is higher",
			    cut_pct(&cell->subs[CUT_LOOSE]));
	if (cell->wrong)
		record_addf(list, "%llu calls did not end as the trigger does",
			    (unsigned long long)cell->wrong);
	if (!cell->seen && calls_made(arm, event))
		record_addf(list,
			    "the monitor counted none of these calls (it may count successful ones "
			    "only: try -e munmap-ok,brk-ok)");
	if (lost && lost != UINT64_MAX)
		record_addf(list,
			    "%llu records were lost: a lost record is cheaper than a delivered one",
			    (unsigned long long)lost);
	if (!isfinite(overhead_interval(added).low))
		record_addf(list, "%zu rounds are too few for an interval", added->n);
}

static struct stats_interval attached_interval(const struct overhead *o,
					       const struct overhead_arm *arm, int event)
{
	const struct overhead_cell *cell = &arm->cell[event];
	enum cut cut = cut_choose(&cell->subs[CUT_TIGHT], &o->base[event].sum[CUT_TIGHT]);
	bool rough;

	return overhead_interval(overhead_samples(cell, cut, &rough));
}

/* The sum of two that were measured apart: their variances add up. */
static struct stats_interval sum_of(struct stats_interval a, struct stats_interval b)
{
	double half = hypot(a.high - a.low, b.high - b.low) / 2;

	a.centre += b.centre;
	a.low = a.centre - half;
	a.high = a.centre + half;
	return a;
}

/* What the monitor adds: by exchange over its floor where that is known, else by attaching it. */
static struct stats_interval cell_interval(const struct overhead *o, const struct overhead_arm *arm,
					   int event)
{
	struct stats_interval floor;

	if (!arm->whole[event].parts)
		return attached_interval(o, arm, event);
	floor = attached_interval(o, arm->floor, event);
	return isfinite(floor.low) ? sum_of(floor, arm->whole[event].total)
				   : attached_interval(o, arm, event);
}

/* What it is made of, and what attaching the monitor itself says. */
static void put_whole(const struct overhead *o, const struct overhead_arm *arm, int event,
		      struct json_object *r)
{
	if (!arm->whole[event].parts)
		return;
	record_put_interval(r, "floor_ns", attached_interval(o, arm->floor, event));
	record_put(r, "whole", json_object_get(arm->whole[event].parts));
	record_put_interval(r, "attached_ns", attached_interval(o, arm, event));
}

/* What @arm costs above the arm that was named for that: the difference of two means, whose
 * variances add up. */
static void put_above(const struct overhead *o, const struct overhead_arm *arm, int event,
		      struct json_object *r)
{
	const struct overhead_arm *floor = NULL;
	struct stats_interval own, low;
	double centre, half;

	for (size_t i = 1; i < o->narms; i++)
		if (!strcmp(o->arms[i].name, o->params.above) && !o->arms[i].skip)
			floor = &o->arms[i];
	if (!floor || floor == arm || !arm->spec)
		return;
	own = cell_interval(o, arm, event);
	low = cell_interval(o, floor, event);
	centre = own.centre - low.centre;
	half = hypot(own.high - own.low, low.high - low.low) / 2;
	record_put_str(r, "above", floor->name);
	record_put(r, "above_ns",
		   result_interval(centre, centre - half, centre + half, OVERHEAD_CONFIDENCE));
}

static struct json_object *placement_json(const struct overhead *o)
{
	struct json_object *p = json_object_new_object();

	record_put_i64(p, "producer_cpu", o->place.producer_cpu);
	record_put_i64(p, "consumer_cpu", o->place.consumer_cpu);
	record_put_bool(p, "same_cpu", o->place.same_cpu);
	record_put_bool(p, "siblings", o->place.siblings);
	record_put_bool(p, "realtime", o->realtime);
	return p;
}

static struct json_object *consumer_json(const struct overhead_cell *cell)
{
	struct json_object *c = json_object_new_object();

	record_put_known(c, "cpu_ns", cell->use.cpu_ns);
	record_put_known(c, "records", cell->use.records);
	record_put_known(c, "polls", cell->use.polls);
	record_put_known(c, "lost", cell->lost);
	return c;
}

static struct json_object *head(const char *type, const struct overhead_arm *arm,
				const char *status)
{
	struct json_object *r = record_new(type);

	record_put_str(r, "monitor", arm->name);
	record_put_str(r, "status", status);
	return r;
}

/* Why the arm has no figures. */
static void put_skip(struct json_object *r, const struct overhead_arm *arm)
{
	if (arm->skip) {
		record_put_str(r, "reason", arm->skip);
		return;
	}
	record_put_bool(r, "vacuous", true);
	record_putf(r, "reason",
		    "nothing to compare: it counted none of the %llu pairs that were made (%s)",
		    (unsigned long long)overhead_allocated(arm),
		    overhead_is_of_malloc(arm) ? "malloc, free" : "kmalloc, kfree");
}

static struct json_object *cell_record(const struct overhead *o, const struct overhead_arm *arm,
				       int event)
{
	const struct overhead_cell *cell = &arm->cell[event];
	const struct overhead_base *base = &o->base[event];
	const struct timed_event *e = timed_event(event);
	struct json_object *r =
		head("overhead", arm, arm->skip || overhead_is_absent(arm) ? "skip" : "ok");
	struct json_object *warnings = json_object_new_array();
	enum cut cut = cut_choose(&cell->subs[CUT_TIGHT], &base->sum[CUT_TIGHT]);
	bool rough, aa_rough;
	const struct samples *added = overhead_samples(cell, cut, &rough),
			     *base_ns = &base->ns[cut];
	const struct samples *aa = overhead_samples(&o->arms[0].cell[event], cut, &aa_rough);

	record_put_str(r, "event", e->name);
	record_put_str(r, "unit", e->unit);
	record_put_str(r, "trigger", e->trigger);
	record_put_str(r, "switch", arm->whole[event].parts ? "exchange" : "attach");
	if (arm->skip || overhead_is_absent(arm)) {
		put_skip(r, arm);
		json_object_put(warnings);
		return r;
	}
	record_put_bool(r, "aa", !arm->spec);
	record_put_num(r, "base_ns", stats_trimmed_mean(base_ns->v, base_ns->n, OVERHEAD_TRIM));
	record_put_interval(r, "added_ns", cell_interval(o, arm, event));
	put_whole(o, arm, event, r);
	record_put_interval(r, "aa_ns", overhead_interval(aa));
	put_above(o, arm, event, r);
	record_put(r, "samples", result_doubles(added->v, added->n));
	record_put_known(r, "blocks", cell->blocks);
	record_put_known(r, "calls_per_block",
			 (uint64_t)base->parts * base->subs * LOOP_CALLS * o->params.producers);
	record_put_num(r, "cut_ns", cut_sub_ns[cut] / LOOP_CALLS);
	record_put_num(r, "cut_pct", cut_pct(&cell->subs[cut]));
	record_put_num(r, "base_cut_pct", cut_pct(&base->sum[cut]));
	record_put_known(r, "calls_made", calls_made(arm, event));
	record_put_known(r, "calls_seen", cell->seen);
	record_put_u64(r, "producers", o->params.producers);
	record_put_str(r, "collect", overhead_collect_names[o->params.collect]);
	record_put_bool(r, "events", o->params.events);
	record_put(r, "consumer", consumer_json(cell));
	record_put(r, "placement", placement_json(o));
	warn_environment(o, warnings);
	warn_cell(o, arm, event, cut, warnings, r);
	record_put(r, "warnings", warnings);
	return r;
}

bool overhead_own_process(const struct overhead_arm *arm)
{
	return arm->info.kind == MONITOR_BPFTRACE || arm->info.kind == MONITOR_COMMAND;
}

struct json_object *overhead_collector_record(const struct overhead *o,
					      const struct overhead_arm *arm, const char *workload,
					      const struct consumption *use, uint64_t calls)
{
	struct json_object *r = head("collector", arm, "ok");
	bool own_process = overhead_own_process(arm);
	uint64_t events = use->records ? use->records : calls;
	struct proc_memory memory = {0};

	procfs_memory("/proc", getpid(), &memory);
	record_put_str(r, "workload", workload);
	record_put_str(r, "process", own_process ? "its own" : "beebench");
	if (use->wall_ns)
		record_put_num(r, "cpu_pct", 100.0 * (double)use->cpu_ns / (double)use->wall_ns);
	/* Its own process is started for each round: what that takes is no cost of an event. */
	if (events && use->cpu_ns && !own_process)
		record_put_num(r, "cpu_ns_per_event", (double)use->cpu_ns / (double)events);
	record_put_known(r, "cpu_ns", use->cpu_ns);
	record_put_known(r, "wall_ns", use->wall_ns);
	record_put_known(r, "rss_bytes", own_process ? arm->rss_bytes : memory.rss_bytes);
	record_put_known(r, "map_bytes", arm->map_bytes);
	record_put_known(r, "records", use->records);
	record_put_known(r, "polls", use->polls);
	record_put_known(r, "lost", arm->lost);
	record_put(r, "placement", placement_json(o));
	return r;
}

static int emit_collector(struct overhead *o, const struct overhead_arm *arm)
{
	struct consumption sum = {0};
	uint64_t calls = 0;

	/* A library in the program has no process that collects. */
	if (arm->skip || arm->info.caps & MONITOR_NULL || !arm->spec || arm->starts)
		return 0;
	for (int e = 0; e < timed_event_count(); e++) {
		sum.cpu_ns += arm->cell[e].use.cpu_ns;
		sum.wall_ns += arm->cell[e].use.wall_ns;
		sum.records += arm->cell[e].use.records;
		sum.polls += arm->cell[e].use.polls;
		calls += arm->cell[e].calls;
	}
	/* A process of its own is counted from its start to its end, for it is started each round.
	 */
	return sink_emit(o->run->sink,
			 overhead_collector_record(o, arm, "timed calls",
						   overhead_own_process(arm) ? &arm->own : &sum,
						   calls));
}

int overhead_emit(struct overhead *o)
{
	int err = 0;

	for (size_t i = 0; i < o->narms; i++) {
		const struct overhead_arm *arm = &o->arms[i];

		if (overhead_is_floor(arm))
			continue;
		for (int e = 0; e < timed_event_count() && !err; e++)
			if (o->base[e].on && (arm->skip || arm->cell[e].blocks))
				err = sink_emit(o->run->sink, cell_record(o, arm, e));
		if (!err)
			err = emit_collector(o, arm);
	}
	return err;
}
