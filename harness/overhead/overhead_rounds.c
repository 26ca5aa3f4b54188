/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Rounds of paired differences. Before and after each arm the same blocks run with nothing
 * attached, and the arm is held against the mean of the two: noise here is flicker, so a neighbour
 * in time is the best baseline there is.
 */
#include "lib/base.h"
#include "harness/overhead/overhead.h"

#include <math.h>
#include <stdlib.h>

#include "lib/clock.h"
#include "lib/log.h"

/* The counters of a monitor that count calls. */
static const struct {
	const char *call;
	enum mem_field field;
} counters[] = {
	{"mmap", MEM_MMAP_COUNT},
	{"munmap", MEM_MUNMAP_COUNT},
	{"brk", MEM_BRK_COUNT},
};

/* Where @counter is read: at the event that is that call and nothing else, and that counts by the
 * monitor's definition. NULL: it has no such counter, or there is no such event. */
static struct overhead_cell *counted_cell(struct overhead_arm *arm, size_t counter)
{
	enum timed_does counts =
		arm->info.definition == MONITOR_COMPLETED ? TIMED_WORKS : TIMED_FAILS;

	if (!(arm->info.caps & MONITOR_COUNTERS) ||
	    !(arm->info.fields & 1U << counters[counter].field))
		return NULL;
	for (int e = 0; e < TIMED_EVENTS; e++)
		if (timed_events[e].does == counts && timed_event_is_single(e) &&
		    timed_event_makes(e, counters[counter].call))
			return &arm->cell[e];
	return NULL;
}

/* What the monitor counted of the watched process, where it counts calls. */
static int add_seen(struct overhead *o, struct overhead_arm *arm, struct monitor *m)
{
	struct mem_table table = {0};
	const struct mem_row *row;
	int err;

	if (!(arm->info.caps & MONITOR_COUNTERS))
		return 0;
	err = monitor_snapshot(m, &table);
	if (err)
		return err;
	row = mem_table_find(&table, (uint32_t)loop_pid(o->loop));
	for (size_t i = 0; i < ARRAY_SIZE(counters); i++) {
		struct overhead_cell *cell = counted_cell(arm, i);

		if (cell)
			cell->seen += row ? row->value[counters[i].field] : 0;
	}
	mem_table_release(&table);
	return 0;
}

static void mark_unseen(struct overhead_arm *arm)
{
	for (int i = 0; i < TIMED_EVENTS; i++)
		arm->cell[i].seen = UINT64_MAX;
	for (size_t i = 0; i < ARRAY_SIZE(counters); i++) {
		struct overhead_cell *cell = counted_cell(arm, i);

		if (cell)
			cell->seen = 0;
	}
}

/* Somebody can hold the statistics on by file descriptor, which the sysctl does not show. */
static int refuse_running_stats(struct monitor *m)
{
	struct monitor_cost cost;

	if (monitor_cost(m, &cost))
		return 0;
	for (uint32_t i = 0; i < cost.nprograms; i++) {
		if (!cost.programs[i].run_cnt)
			continue;
		log_err("the kernel counts runs of BPF programs, though kernel.bpf_stats_enabled "
			"is off: some process (bpftop, bpftool) asked for it; end that first, it "
			"adds 50 to 60 ns a run");
		return -EBUSY;
	}
	return 0;
}

/* The arm is active: its series, and what it says when it has been detached. */
static int watched_series(struct overhead *o, size_t i, struct series *with)
{
	struct overhead_arm *arm = &o->arms[i];
	uint64_t detach_ns, start_ns = clock_ns();
	int err = overhead_series(o, arm, with);
	struct monitor *m;

	detach_ns = clock_ns();
	if (!err)
		err = o->sw->select(o->sw_state, LANE_NONE);
	m = o->sw->monitor(o->sw_state);
	if (err || !m) {
		if (!err)
			clock_sleep_ns((uint64_t)(arm->deselect_s * 1e9));
		return err;
	}
	arm->deselect_s = (double)(clock_ns() - detach_ns) / 1e9;
	err = overhead_drain(m, &arm->own);
	if (!err)
		err = add_seen(o, arm, m);
	if (!err && o->rounds == 0)
		err = refuse_running_stats(m);
	if (err)
		return err;
	overhead_harvest(arm, m);
	arm->own.wall_ns += clock_ns() - start_ns;
	o->sw->drop(o->sw_state);
	return 0;
}

static void forget_samples(struct overhead *o)
{
	for (int e = 0; e < TIMED_EVENTS; e++) {
		for (int c = 0; c < CUTS; c++) {
			o->base[e].ns[c].n = 0;
			for (size_t i = 0; i < o->narms; i++)
				o->arms[i].cell[e].added[c].n = 0;
		}
	}
}

/*
 * A pair counts when nobody else came or went meanwhile. Pairs beside somebody who was there from
 * the start count only as long as there are none without him: he has paid part of what being
 * attached costs, so that the two kinds must not be mixed.
 */
static bool pair_counts(struct overhead *o, const struct series *before, const struct series *after)
{
	uint64_t links = before->links[0];

	if (before->links[1] == links && after->links[0] == links && after->links[1] == links) {
		if (o->links && !links) {
			forget_samples(o);
			o->crowded += o->beside;
			o->beside = 0;
			o->links = 0;
		}
		if (links == o->links) {
			o->beside += links != 0;
			return true;
		}
	}
	o->crowded++;
	return false;
}

/* One arm between two series of nothing: @before is replaced by what is measured after it. */
static int take_part(struct overhead *o, size_t i, struct series *before)
{
	struct overhead_arm *arm = &o->arms[i];
	struct series with, after;
	bool counts;
	uint64_t start_ns = clock_ns();
	int err;

	err = o->sw->select(o->sw_state, (int)i);
	if (!err)
		err = watched_series(o, i, &with);
	if (!err)
		err = overhead_series(o, NULL, &after);
	if (err)
		return err;
	counts = pair_counts(o, before, &after);
	for (int e = 0; e < TIMED_EVENTS; e++) {
		for (int c = 0; c < CUTS; c++) {
			double added = with.ns[e][c] - (before->ns[e][c] + after.ns[e][c]) / 2;

			if (!o->base[e].on || isnan(added))
				continue;
			samples_add(&arm->cell[e].rough[c], added);
			if (counts)
				samples_add(&arm->cell[e].added[c], added);
		}
	}
	*before = after;
	arm->cost_s = (double)(clock_ns() - start_ns) / 1e9;
	return 0;
}

const struct samples *overhead_samples(const struct overhead_cell *cell, enum cut cut, bool *rough)
{
	*rough =
		cell->added[cut].n < OVERHEAD_ROUNDS_MIN && cell->rough[cut].n > cell->added[cut].n;
	return *rough ? &cell->rough[cut] : &cell->added[cut];
}

/* The A/A arm rests as long as the others detach, so that it meets the same idle CPU after it. */
static void set_aa_rest(struct overhead *o)
{
	struct samples s = {0};

	for (size_t i = 1; i < o->narms; i++)
		if (!o->arms[i].skip && o->arms[i].deselect_s > 0)
			samples_add(&s, o->arms[i].deselect_s);
	o->arms[0].deselect_s = s.n ? MIN(stats_quantile(s.v, s.n, 0), 0.2) : 0.05;
	samples_release(&s);
}

static int one_round(struct overhead *o, unsigned int round, struct series *before)
{
	unsigned int order[64];
	unsigned int n = 0;
	int err = 0;

	for (size_t i = 0; i < o->narms; i++)
		if (!o->arms[i].skip && round % o->arms[i].stride == 0 && n < ARRAY_SIZE(order))
			order[n++] = (unsigned int)i;
	rng_shuffle(&o->rng, order, n);
	for (unsigned int k = 0; k < n && !err; k++) {
		overhead_tell(o, "round", o->arms[order[k]].name);
		err = take_part(o, order[k], before);
	}
	set_aa_rest(o);
	return err;
}

static void plan(struct overhead *o, double budget_s)
{
	double *cost_s = calloc(o->narms, sizeof(*cost_s));
	unsigned int *stride = calloc(o->narms, sizeof(*stride));
	unsigned int rounds;
	size_t n = 0;

	if (!cost_s || !stride)
		abort();
	for (size_t i = 0; i < o->narms; i++)
		if (!o->arms[i].skip)
			cost_s[n++] = o->arms[i].cost_s;
	rounds = plan_strides(cost_s, n, budget_s, stride);
	n = 0;
	for (size_t i = 0; i < o->narms; i++) {
		if (o->arms[i].skip)
			continue;
		o->arms[i].stride = stride[n];
		log_dbg("%s: %.2f s a time, in every %u. of %u rounds", o->arms[i].name,
			o->arms[i].cost_s, stride[n], rounds);
		n++;
	}
	free(cost_s);
	free(stride);
}

static bool enough(const struct overhead *o)
{
	for (size_t i = 0; i < o->narms; i++)
		for (int e = 0; e < TIMED_EVENTS; e++)
			if (!o->arms[i].skip && o->base[e].on &&
			    o->arms[i].cell[e].added[CUT_LOOSE].n < OVERHEAD_ROUNDS_MIN)
				return false;
	return true;
}

int overhead_rounds(struct overhead *o, double until_s)
{
	struct series before;
	int err;

	for (size_t i = 0; i < o->narms; i++) {
		o->arms[i].stride = 1;
		mark_unseen(&o->arms[i]);
	}
	set_aa_rest(o);
	err = overhead_series(o, NULL, &before);
	while (!err) {
		err = one_round(o, o->rounds, &before);
		if (err)
			break;
		if (!o->rounds++)
			plan(o, until_s - overhead_elapsed_s(o));
		/* A short budget is overrun to have an interval at all, but not without end. */
		if (overhead_elapsed_s(o) >= until_s &&
		    (enough(o) || overhead_elapsed_s(o) >= 1.5 * until_s + 3))
			break;
	}
	return err;
}
