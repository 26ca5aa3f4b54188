/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What being watched costs, by attaching and detaching whole monitors. Blocks of each timed call
 * are made by the watched process, with the consumer at work beside it. Before and after each arm
 * the same blocks run with nothing attached, and the arm is held against the mean of the two: noise
 * here is flicker, so a neighbour in time is the best baseline there is. Rounds over all arms, in
 * random order, go on until the time is up; each gives one paired difference for each cell.
 */
#include "lib/base.h"
#include "harness/overhead/overhead.h"

#include <math.h>
#include <poll.h>
#include <stdlib.h>

#include "harness/numbers.h"
#include "harness/timing/cycles.h"
#include "harness/subject.h"
#include "lib/clock.h"
#include "lib/log.h"

enum {
	POLL_MS = 1,		   /* longest time the end of a block stays unnoticed */
	LIFE_CHECK_NS = 200000000, /* how often the watched process is asked whether it lives */
	BLOCK_MAX_NS = 60 * 1000000000LL,
	TIMED_US = 200,
	BOTH_MS = 10,
	SYNC_US = 300, /* until all producers have had their order */
	TRIAL_SUBS = 256,
	TRIAL_WARM = 4096,
	WARM_US = 300,
	/* Of all producers together, what the smallest ring here holds (256 KiB of 64 bytes). */
	BETWEEN_SUBS = 200,
	BETWEEN_WARM = 64,
};

/* ns per call of each event at each cut; NAN where nothing was kept or asked for. */
struct series {
	double ns[TIMED_EVENTS_MAX][CUTS];
	uint64_t links[2]; /* of the base: env_syscall_links() before and after */
};

/* One block, of all producers. */
struct block {
	double kept_ns[CUTS]; /* times the sub-blocks kept */
	struct block_stat stat[CUTS];
	uint64_t calls, wrong;
	struct loop_block last; /* of the first producer's last part */
};

/* --- one block of calls --- */

static void ignore_record(void *arg UNUSED, const struct event *e UNUSED)
{
}

static bool all_done(const struct overhead *o)
{
	for (unsigned int i = 0; i < o->params.producers; i++)
		if (!loop_done(o->loops[i]))
			return false;
	return true;
}

/* Waits as that consumer does, then takes what is there. Returns records or -errno. */
static int take(const struct overhead *o, struct monitor *m)
{
	struct pollfd fds[64];
	int fd[64];
	size_t n;

	switch ((enum overhead_collect)o->params.collect) {
	case COLLECT_WOKEN: return monitor_poll(m, POLL_MS, ignore_record, NULL);
	case COLLECT_TIMED: clock_sleep_ns(TIMED_US * NSEC_PER_USEC); break;
	case COLLECT_BOTH:
		/* A ring that is not empty is readable, woken or not: without a rest, a fast
		 * producer would have a consumer that never sleeps. */
		clock_sleep_ns(NSEC_PER_MSEC);
		n = MIN(monitor_event_fds(m, fd, ARRAY_SIZE(fd)), ARRAY_SIZE(fd));
		for (size_t i = 0; i < n; i++)
			fds[i] = (struct pollfd){.fd = fd[i], .events = POLLIN};
		poll(fds, n, all_done(o) ? 0 : BOTH_MS - 1);
		break;
	case COLLECT_BETWEEN: return 0;
	}
	return monitor_poll(m, 0, ignore_record, NULL);
}

/* Takes records until the block that runs is over. */
static int collect_events(struct overhead *o, struct monitor *m, struct consumption *use)
{
	uint64_t start_ns = clock_ns(), asked_ns = start_ns;

	while (!all_done(o)) {
		int n = take(o, m);
		uint64_t now_ns;

		if (n > 0) {
			use->records += (uint64_t)n;
			use->polls++;
		} else if (n < 0 && n != -EINTR) {
			return n;
		}
		if (run_interrupted())
			return -EINTR;
		now_ns = clock_ns();
		if (now_ns - asked_ns < LIFE_CHECK_NS)
			continue;
		asked_ns = now_ns;
		for (unsigned int i = 0; i < o->params.producers; i++)
			if (!loop_done(o->loops[i]) && !loop_lives(o->loops[i]))
				return 0; /* who waits for it says how it ended */
		if (now_ns - start_ns > BLOCK_MAX_NS) {
			log_err("a block of calls has not ended after 60 s beside %s: it is "
				"too dear to measure",
				monitor_info(m)->name);
			return -ETIMEDOUT;
		}
	}
	return 0;
}

/* Collects from @m (NULL: nothing to) until all producers have made their calls. 0, -EINTR or
 * -errno after saying why. */
static int attend(struct overhead *o, struct monitor *m, struct consumption *use)
{
	uint64_t wall_ns = clock_ns(), cpu_ns = clock_thread_cpu_ns();
	int err = 0;

	if (m && overhead_has_records(o, m) && o->params.collect != COLLECT_BETWEEN) {
		err = collect_events(o, m, use);
		use->cpu_ns += clock_thread_cpu_ns() - cpu_ns;
	}
	use->wall_ns += clock_ns() - wall_ns;
	return err;
}

static int await(struct loop *l, struct loop_block *block)
{
	int err = 0;

	while (!err || (err == -EINTR && !run_interrupted()))
		err = loop_wait(l, 1000, block);
	return err == 1 ? 0 : err;
}

/* Records lost until now; UINT64_MAX: not known while it runs. */
static uint64_t lost_now(struct monitor *m)
{
	struct monitor_losses losses;

	if (!m || monitor_info(m)->kind != MONITOR_OBJECT || monitor_losses(m, &losses))
		return UINT64_MAX;
	return losses.ring_full;
}

/* Part of a block by each producer, at the same time; what it brought is added to @b. */
static int run_part(struct overhead *o, struct monitor *m, int event, struct consumption *use,
		    struct block *b)
{
	const struct overhead_base *base = &o->base[event];
	double sync_ns = SYNC_US * NSEC_PER_USEC;
	uint64_t start = 0, wall_ns;
	int err = 0;

	if (o->params.producers > 1)
		start = cycles_now() + (uint64_t)(sync_ns / loop_ns_per_tick(o->loops[0]));
	for (unsigned int i = 0; i < o->params.producers && !err; i++)
		err = loop_begin_at(o->loops[i], event, base->warm, base->subs, start);
	if (!err)
		err = attend(o, m, use);
	wall_ns = clock_ns();
	for (unsigned int i = o->params.producers; i-- > 0 && !err;) {
		err = await(o->loops[i], &b->last);
		if (err)
			break;
		b->calls += b->last.calls;
		b->wrong += b->last.wrong;
		for (int c = 0; c < CUTS; c++) {
			struct block_stat stat =
				block_estimate(b->last.ticks, b->last.n, LOOP_CALLS,
					       loop_ns_per_tick(o->loops[i]), cut_sub_ns[c]);

			b->stat[c].kept += stat.kept;
			b->stat[c].cut += stat.cut;
			if (stat.kept)
				b->kept_ns[c] += stat.ns * (double)stat.kept;
		}
	}
	if (!err && m && overhead_has_records(o, m))
		err = overhead_drain(m, use);
	use->wall_ns += clock_ns() - wall_ns;
	return err;
}

static int run_block(struct overhead *o, struct monitor *m, int event, struct consumption *use,
		     struct block *b)
{
	int err = 0;

	*b = (struct block){.calls = 0};
	for (uint32_t i = 0; i < o->base[event].parts && !err; i++)
		err = run_interrupted() ? -EINTR : run_part(o, m, event, use, b);
	for (int c = 0; c < CUTS; c++)
		b->stat[c].ns = b->stat[c].kept ? b->kept_ns[c] / (double)b->stat[c].kept : NAN;
	return err;
}

/* @ns: at each cut. */
static int arm_block(struct overhead *o, struct overhead_arm *arm, int event, double ns[CUTS])
{
	struct consumption unused = {0};
	struct overhead_cell *cell = arm ? &arm->cell[event] : NULL;
	struct overhead_base *base = &o->base[event];
	struct block_stat *sum = arm ? cell->subs : base->sum;
	struct monitor *m = arm ? o->monitor : NULL;
	uint64_t lost_before = lost_now(m), lost;
	struct block block;
	int err = run_block(o, m, event, cell ? &cell->use : &unused, &block);

	if (err)
		return err;
	for (int c = 0; c < CUTS; c++) {
		ns[c] = block.stat[c].ns;
		sum[c].kept += block.stat[c].kept;
		sum[c].cut += block.stat[c].cut;
		if (!cell && !isnan(ns[c]))
			samples_add(&base->ns[c], ns[c]);
	}
	if (!cell)
		return 0;
	cell->blocks++;
	cell->calls += block.calls;
	cell->wrong += block.wrong;
	lost = lost_now(m);
	if (lost == UINT64_MAX || lost_before == UINT64_MAX)
		cell->lost = UINT64_MAX;
	else
		cell->lost += lost - lost_before;
	return 0;
}

/*
 * One block of each event in random order, for @arm (NULL: the base) with what is attached as it
 * is. 0, -EINTR or -errno after saying why.
 */
static int run_series(struct overhead *o, struct overhead_arm *arm, struct series *out)
{
	unsigned int order[TIMED_EVENTS_MAX], n = 0;
	int err = 0;

	out->links[0] = arm ? 0 : env_syscall_links();
	for (int e = 0; e < timed_event_count(); e++) {
		out->ns[e][CUT_TIGHT] = out->ns[e][CUT_LOOSE] = NAN;
		if (o->base[e].on)
			order[n++] = (unsigned int)e;
	}
	rng_shuffle(&o->rng, order, n);
	for (unsigned int i = 0; i < n && !err; i++)
		err = run_interrupted() ? -EINTR
					: arm_block(o, arm, (int)order[i], out->ns[order[i]]);
	out->links[1] = arm ? 0 : env_syscall_links();
	return err;
}

/* A trigger that does not do here what its table row says must not be timed. */
static int check_trigger(const struct timed_event *e, const struct block *block)
{
	if (!block->wrong)
		return 0;
	log_err("%s: %llu of %llu calls of %s did not end so here (a seccomp filter or another "
		"kernel?); leave the event out with -e",
		e->name, (unsigned long long)block->wrong, (unsigned long long)block->calls,
		e->trigger);
	return -ENOTSUP;
}

/* ns of the middle sub-block: a disturbance must not make all blocks short. */
static double typical_sub_ns(const struct overhead *o, const struct loop_block *block)
{
	struct samples s = {0};
	double ns;

	for (uint32_t i = 0; i < block->n; i++)
		samples_add(&s, block->ticks[i] * loop_ns_per_tick(o->loops[0]));
	ns = stats_median(s.v, s.n);
	samples_release(&s);
	return MAX(ns, 1);
}

/* What a block of @block_us is made of. Where rings are emptied between blocks, it is made in parts
 * that a ring holds. */
static void size_block(const struct overhead *o, struct overhead_base *b, double sub_ns)
{
	uint32_t part = BETWEEN_SUBS / (uint32_t)o->params.producers;

	b->parts = 1;
	b->subs = (uint32_t)MIN(MAX((double)o->params.block_us * 1000 / sub_ns, 16), LOOP_SUBS_MAX);
	b->warm = (uint32_t)MAX(WARM_US * 1000 / sub_ns, 1) * LOOP_CALLS;
	if (o->params.collect != COLLECT_BETWEEN)
		return;
	b->parts = (b->subs + part - 1) / part;
	b->subs = MIN(b->subs, part);
	b->warm = BETWEEN_WARM;
}

int overhead_calibrate(struct overhead *o)
{
	for (int i = 0; i < timed_event_count(); i++) {
		const struct timed_event *e = timed_event(i);
		struct overhead_base *b = &o->base[i];
		struct consumption unused = {0};
		struct block block;
		double sub_ns;
		int err;

		if (!b->on)
			continue;
		b->parts = 1;
		b->subs = TRIAL_SUBS;
		b->warm = TRIAL_WARM;
		err = run_block(o, NULL, i, &unused, &block);
		if (!err)
			err = check_trigger(e, &block);
		if (err)
			return err;
		sub_ns = typical_sub_ns(o, &block.last);
		size_block(o, b, sub_ns);
		log_dbg("%s: %.1f ns a call, %u times %u sub-blocks of %d calls a block", e->name,
			sub_ns / LOOP_CALLS, b->parts, b->subs, LOOP_CALLS);
	}
	return 0;
}

/* --- rounds --- */

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
	enum timed_does counts = subject_times_working(&arm->info) ? TIMED_WORKS : TIMED_FAILS;

	if (!(arm->info.caps & MONITOR_COUNTERS) || arm->info.words != &vocabulary_memory ||
	    !(arm->info.fields >> counters[counter].field & 1))
		return NULL;
	for (int e = 0; e < timed_event_count(); e++)
		if (timed_event(e)->does == counts && timed_event_is_single(e) &&
		    timed_event_makes(e, counters[counter].call))
			return &arm->cell[e];
	return NULL;
}

/* The first field of its subject that counts calls: of a pair, what comes. */
static unsigned int pairs_field(const struct overhead_arm *arm)
{
	return (unsigned int)__builtin_ctzll(subject_of(&arm->info)->counts_calls);
}

static uint32_t pairs_slot(const struct overhead_arm *arm)
{
	return vocabulary_slot(arm->info.words, pairs_field(arm));
}

/* By which numbers the kernel knows who makes the calls; a program that has ended has none. */
struct watched {
	uint32_t tids[OVERHEAD_PRODUCERS];
	unsigned int n;
};

static int who_is_watched(const struct overhead *o, struct watched *w)
{
	int err = 0;

	for (w->n = 0; w->n < o->params.producers && !err; w->n++)
		err = numbers_of(loop_pid(o->loops[w->n]), &w->tids[w->n]);
	return err;
}

/* What the monitor counted of the watched processes, where it counts calls. */
static int add_seen(struct overhead_arm *arm, struct monitor *m, const struct watched *w)
{
	struct counter_table table = {0};
	int err;

	if (!(arm->info.caps & MONITOR_COUNTERS))
		return 0;
	err = monitor_snapshot(m, &table);
	if (err)
		return err;
	for (unsigned int p = 0; p < w->n; p++) {
		const struct counter_row *row = counter_table_find(&table, w->tids[p]);

		for (int e = 0; row && e < TIMED_OWN; e++)
			if (overhead_is_allocation(arm, e))
				arm->cell[e].seen += row->value[pairs_slot(arm)];
		for (size_t i = 0; row && i < ARRAY_SIZE(counters); i++) {
			struct overhead_cell *cell = counted_cell(arm, i);

			if (cell)
				cell->seen += row->value[counters[i].field];
		}
	}
	counter_table_release(&table);
	return 0;
}

static void mark_unseen(struct overhead_arm *arm)
{
	for (int i = 0; i < timed_event_count(); i++)
		arm->cell[i].seen = UINT64_MAX;
	for (int e = 0; e < TIMED_OWN; e++)
		if (overhead_is_allocation(arm, e) && arm->info.fields >> pairs_field(arm) & 1)
			arm->cell[e].seen = 0;
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
	struct watched watched = {.n = 0};
	int err = run_series(o, arm, with);
	struct monitor *m;

	if (!err)
		err = who_is_watched(o, &watched);
	detach_ns = clock_ns();
	if (!err)
		err = overhead_select(o, NULL);
	m = o->monitor;
	if (!err && !m && !overhead_is_floor(arm))
		clock_sleep_ns((uint64_t)(arm->deselect_s * 1e9));
	else
		arm->deselect_s = (double)(clock_ns() - detach_ns) / 1e9;
	if (err || !m)
		return err;
	err = overhead_drain(m, &arm->own);
	if (!err)
		err = add_seen(arm, m, &watched);
	if (!err && o->rounds == 0)
		err = refuse_running_stats(m);
	if (err)
		return err;
	overhead_harvest(arm, m);
	arm->own.wall_ns += clock_ns() - start_ns;
	overhead_drop(o);
	return 0;
}

static void forget_samples(struct overhead *o)
{
	for (int e = 0; e < timed_event_count(); e++) {
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

	err = overhead_select(o, arm);
	if (!err)
		err = watched_series(o, i, &with);
	if (err) {
		err = overhead_leave(o, arm, err);
		return err ? err : run_series(o, NULL, before);
	}
	err = run_series(o, NULL, &after);
	if (err)
		return err;
	counts = pair_counts(o, before, &after);
	for (int e = 0; e < timed_event_count(); e++) {
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
		for (int e = 0; e < timed_event_count(); e++)
			if (!o->arms[i].skip && o->base[e].on &&
			    o->arms[i].cell[e].added[CUT_LOOSE].n < OVERHEAD_ROUNDS_MIN)
				return false;
	return true;
}

int overhead_rounds(struct overhead *o, double seconds, double left_s)
{
	double until_s = overhead_elapsed_s(o) + seconds;
	bool last = seconds >= left_s;
	struct series before;
	int err;

	for (size_t i = 0; i < o->narms && !o->rounds; i++) {
		o->arms[i].stride = 1;
		mark_unseen(&o->arms[i]);
	}
	set_aa_rest(o);
	err = run_series(o, NULL, &before);
	/* A short budget is overrun to have an interval at all, but not without end. */
	while (!err && !overhead_all_skipped(o) &&
	       (!o->rounds || overhead_elapsed_s(o) < until_s ||
		(last && !enough(o) && overhead_elapsed_s(o) < 1.5 * until_s + 3))) {
		double from_s = overhead_elapsed_s(o);

		err = one_round(o, o->rounds, &before);
		if (!err && !o->rounds++)
			plan(o, left_s - (overhead_elapsed_s(o) - from_s));
	}
	return err;
}
