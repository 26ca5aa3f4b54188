/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* From cells to records (docs/results.md: overhead, collector). */
#include "lib/base.h"
#include "harness/overhead/overhead.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "harness/result.h"
#include "lib/procfs.h"
#include "lib/strbuf.h"

/* A cut share beyond the base's by more than this is worth a word: what was cut is not priced. */
#define CUT_NOTABLE   0.01
#define AA_CONFIDENCE 0.999

static void add_string(struct json_object *o, const char *key, const char *value)
{
	json_object_object_add(o, key, json_object_new_string(value));
}

static void add_u64(struct json_object *o, const char *key, uint64_t value)
{
	json_object_object_add(o, key, value == UINT64_MAX ? NULL : json_object_new_uint64(value));
}

static void add_double(struct json_object *o, const char *key, double value)
{
	json_object_object_add(o, key, json_object_new_double(value));
}

static void add_bool(struct json_object *o, const char *key, bool value)
{
	json_object_object_add(o, key, json_object_new_boolean(value));
}

static struct json_object *interval(struct stats_interval iv)
{
	return result_interval(iv.centre, iv.low, iv.high, iv.confidence);
}

static void PRINTF_LIKE(2, 3) warn(struct json_object *list, const char *fmt, ...)
{
	struct strbuf sb = STRBUF_INIT;
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	strbuf_addstr(&sb, text);
	json_object_array_add(list, json_object_new_string(sb.s));
	strbuf_release(&sb);
}

static double cut_pct(const struct block_stat *s)
{
	return s->cut + s->kept ? 100.0 * (double)s->cut / (double)(s->cut + s->kept) : 0;
}

/* Calls as those of @event that the arm's process made while watched and that its definition
 * counts: where failing calls count, those that work are counted with them; a pair has one of each.
 */
static uint64_t calls_made(const struct overhead_arm *arm, int event)
{
	bool completed = arm->info.definition == MONITOR_COMPLETED;
	uint64_t calls = arm->cell[event].calls;

	if (!timed_event_is_single(event))
		return calls;
	for (int e = 0; e < TIMED_EVENTS; e++)
		if (e != event && timed_event_makes(e, timed_events[event].calls[0]) &&
		    (!completed || timed_events[e].does == TIMED_WORKS))
			calls += arm->cell[e].calls;
	return calls;
}

static void warn_environment(const struct overhead *o, struct json_object *list)
{
	if (o->place.same_cpu)
		warn(list, "one CPU only: the consumer takes its time from the calls it watches");
	else if (o->place.siblings)
		warn(list, "the consumer's CPU is the other thread of the same core");
	if (o->foreign.len)
		warn(list, "other BPF programs are attached here: %s", o->foreign.s);
	if (o->beside)
		warn(list, "all of it beside somebody else's programs, who pay part of what being "
			   "attached costs");
	if (o->crowded)
		warn(list,
		     "somebody else attached to the same tracepoints meanwhile: %llu rounds of "
		     "an arm do not count",
		     (unsigned long long)o->crowded);
	if (o->interrupted)
		warn(list, "interrupted: fewer rounds than planned");
}

static void warn_cell(const struct overhead *o, const struct overhead_arm *arm, int event,
		      enum cut cut, struct json_object *list)
{
	const struct overhead_cell *cell = &arm->cell[event];
	bool rough, aa_rough;
	const struct samples *aa = overhead_samples(&o->arms[0].cell[event], cut, &aa_rough);
	const struct samples *added = overhead_samples(cell, cut, &rough);
	struct stats_interval off =
		stats_trimmed_interval(aa->v, aa->n, OVERHEAD_TRIM, AA_CONFIDENCE);

	if (rough)
		warn(list, "too few rounds were undisturbed: all are taken, read it as an "
			   "indication");

	if (off.low > 0 || off.high < 0)
		warn(list,
		     "two arms without a monitor differ by %+.1f ns: read smaller "
		     "differences as none",
		     off.centre);
	if (cut_pct(&cell->subs[CUT_LOOSE]) > cut_pct(&o->base[event].sum[CUT_LOOSE]) + 0.1)
		warn(list,
		     "%.2f %% of the calls were slower than any cut and do not count: the "
		     "true mean is higher",
		     cut_pct(&cell->subs[CUT_LOOSE]));
	if (cell->wrong)
		warn(list, "%llu calls did not end as the trigger does",
		     (unsigned long long)cell->wrong);
	if (!cell->seen && calls_made(arm, event))
		warn(list, "the monitor counted none of these calls (it may count successful ones "
			   "only: try -e munmap-ok,brk-ok)");
	if (cell->lost && cell->lost != UINT64_MAX)
		warn(list, "%llu records were lost: a lost record is cheaper than a delivered one",
		     (unsigned long long)cell->lost);
	if (!isfinite(overhead_interval(added).low))
		warn(list, "%zu rounds are too few for an interval", added->n);
}

static struct json_object *placement_json(const struct overhead *o)
{
	struct json_object *p = json_object_new_object();

	json_object_object_add(p, "producer_cpu", json_object_new_int(o->place.producer_cpu));
	json_object_object_add(p, "consumer_cpu", json_object_new_int(o->place.consumer_cpu));
	add_bool(p, "same_cpu", o->place.same_cpu);
	add_bool(p, "siblings", o->place.siblings);
	add_bool(p, "realtime", loop_realtime(o->loop));
	return p;
}

static struct json_object *consumer_json(const struct overhead_cell *cell)
{
	struct json_object *c = json_object_new_object();

	add_u64(c, "cpu_ns", cell->use.cpu_ns);
	add_u64(c, "records", cell->use.records);
	add_u64(c, "polls", cell->use.polls);
	add_u64(c, "lost", cell->lost);
	return c;
}

static struct json_object *head(const char *type, const struct overhead_arm *arm,
				const char *status)
{
	struct json_object *r = json_object_new_object();

	add_string(r, "type", type);
	add_string(r, "monitor", arm->name);
	add_string(r, "status", status);
	return r;
}

static struct json_object *cell_record(const struct overhead *o, const struct overhead_arm *arm,
				       int event)
{
	const struct overhead_cell *cell = &arm->cell[event];
	const struct overhead_base *base = &o->base[event];
	const struct timed_event *e = &timed_events[event];
	struct json_object *r = head("overhead", arm, arm->skip ? "skip" : "ok");
	struct json_object *warnings = json_object_new_array();
	enum cut cut = cut_choose(&cell->subs[CUT_TIGHT], &base->sum[CUT_TIGHT]);
	bool rough, aa_rough;
	const struct samples *added = overhead_samples(cell, cut, &rough),
			     *base_ns = &base->ns[cut];
	const struct samples *aa = overhead_samples(&o->arms[0].cell[event], cut, &aa_rough);

	add_string(r, "event", e->name);
	add_string(r, "unit", e->unit);
	add_string(r, "trigger", e->trigger);
	add_string(r, "switch", o->sw->name);
	if (arm->skip) {
		add_string(r, "reason", arm->skip);
		json_object_put(warnings);
		return r;
	}
	add_bool(r, "aa", !arm->spec);
	add_double(r, "base_ns", stats_trimmed_mean(base_ns->v, base_ns->n, OVERHEAD_TRIM));
	json_object_object_add(r, "added_ns", interval(overhead_interval(added)));
	json_object_object_add(r, "aa_ns", interval(overhead_interval(aa)));
	json_object_object_add(r, "samples", result_doubles(added->v, added->n));
	add_u64(r, "blocks", cell->blocks);
	add_u64(r, "calls_per_block", (uint64_t)base->subs * LOOP_CALLS);
	add_double(r, "cut_ns", cut_sub_ns[cut] / LOOP_CALLS);
	add_double(r, "cut_pct", cut_pct(&cell->subs[cut]));
	add_double(r, "base_cut_pct", cut_pct(&base->sum[cut]));
	add_u64(r, "calls_made", calls_made(arm, event));
	add_u64(r, "calls_seen", cell->seen);
	json_object_object_add(r, "consumer", consumer_json(cell));
	json_object_object_add(r, "placement", placement_json(o));
	warn_environment(o, warnings);
	warn_cell(o, arm, event, cut, warnings);
	json_object_object_add(r, "warnings", warnings);
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
	add_string(r, "workload", workload);
	add_string(r, "process", own_process ? "its own" : "beebench");
	if (use->wall_ns)
		add_double(r, "cpu_pct", 100.0 * (double)use->cpu_ns / (double)use->wall_ns);
	/* Its own process is started for each round: what that takes is no cost of an event. */
	if (events && use->cpu_ns && !own_process)
		add_double(r, "cpu_ns_per_event", (double)use->cpu_ns / (double)events);
	add_u64(r, "cpu_ns", use->cpu_ns);
	add_u64(r, "wall_ns", use->wall_ns);
	add_u64(r, "rss_bytes", own_process ? arm->rss_bytes : memory.rss_bytes);
	add_u64(r, "map_bytes", arm->map_bytes);
	add_u64(r, "records", use->records);
	add_u64(r, "polls", use->polls);
	add_u64(r, "lost", arm->lost);
	json_object_object_add(r, "placement", placement_json(o));
	return r;
}

static int emit_collector(struct overhead *o, const struct overhead_arm *arm)
{
	struct consumption sum = {0};
	uint64_t calls = 0;

	if (arm->skip || arm->info.caps & MONITOR_NULL || !arm->spec)
		return 0;
	for (int e = 0; e < TIMED_EVENTS; e++) {
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

		for (int e = 0; e < TIMED_EVENTS && !err; e++)
			if (o->base[e].on && (arm->skip || arm->cell[e].blocks))
				err = sink_emit(o->run->sink, cell_record(o, arm, e));
		if (!err)
			err = emit_collector(o, arm);
	}
	return err;
}
