/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One block of calls with the consumer at work, and one series of blocks. */
#include "lib/base.h"
#include "harness/overhead/overhead.h"

#include <math.h>

#include "lib/clock.h"
#include "lib/log.h"

enum {
	POLL_MS = 1,		   /* longest time the end of a block stays unnoticed */
	LIFE_CHECK_NS = 200000000, /* how often the watched process is asked whether it lives */
	BLOCK_MAX_NS = 60 * 1000000000LL,
	TRIAL_SUBS = 256,
	TRIAL_WARM = 4096,
	WARM_US = 300,
};

static void ignore_record(void *arg UNUSED, const struct mem_record *e UNUSED)
{
}

/* The consumer as in life: asleep in epoll until the ring wakes it. */
static int collect_events(struct overhead *o, struct monitor *m, struct loop_block *block,
			  struct consumption *use)
{
	uint64_t start_ns = clock_ns(), asked_ns = start_ns;

	for (;;) {
		int n = monitor_poll(m, POLL_MS, ignore_record, NULL);
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
		if (!loop_done(o->loop) && now_ns - asked_ns < LIFE_CHECK_NS)
			continue;
		asked_ns = now_ns;
		n = loop_wait(o->loop, loop_done(o->loop) ? 1000 : 0, block);
		if (n)
			return n == 1 ? 0 : n;
		if (now_ns - start_ns > BLOCK_MAX_NS) {
			log_err("a block of calls has not ended after 60 s beside %s: it is "
				"too dear to measure",
				monitor_info(m)->name);
			return -ETIMEDOUT;
		}
	}
}

int overhead_collect(struct overhead *o, struct monitor *m, struct loop_block *block,
		     struct consumption *use)
{
	uint64_t wall_ns = clock_ns(), cpu_ns = clock_thread_cpu_ns();
	int err = 0;

	if (m && monitor_info(m)->caps & MONITOR_EVENTS) {
		err = collect_events(o, m, block, use);
		use->cpu_ns += clock_thread_cpu_ns() - cpu_ns;
	} else {
		while (!err || (err == -EINTR && !run_interrupted()))
			err = loop_wait(o->loop, 1000, block);
		err = err == 1 ? 0 : err;
	}
	use->wall_ns += clock_ns() - wall_ns;
	return err;
}

int overhead_drain(struct monitor *m, struct consumption *use)
{
	uint64_t cpu_ns = clock_thread_cpu_ns();
	int n = 0;

	if (m && monitor_info(m)->caps & MONITOR_EVENTS) {
		while ((n = monitor_poll(m, 0, ignore_record, NULL)) > 0)
			use->records += (uint64_t)n;
		use->cpu_ns += clock_thread_cpu_ns() - cpu_ns;
	}
	return n == -EINTR ? 0 : n;
}

/* Records lost until now; UINT64_MAX: not known while it runs. */
static uint64_t lost_now(struct monitor *m)
{
	struct monitor_losses losses;

	if (!m || monitor_info(m)->kind != MONITOR_OBJECT || monitor_losses(m, &losses))
		return UINT64_MAX;
	return losses.ring_full;
}

void overhead_harvest(struct overhead_arm *arm, struct monitor *m)
{
	struct monitor_losses losses;
	struct monitor_cost cost;

	if (!monitor_losses(m, &losses)) {
		uint64_t lost = overhead_own_process(arm) ? losses.lost_events : losses.ring_full;

		arm->lost = lost == UINT64_MAX || arm->lost == UINT64_MAX ? UINT64_MAX
									  : arm->lost + lost;
	}
	if (!monitor_cost(m, &cost)) {
		arm->own.cpu_ns += cost.cpu_ns;
		arm->own.records += cost.records;
		arm->map_bytes = MAX(arm->map_bytes, cost.map_bytes);
		arm->rss_bytes = MAX(arm->rss_bytes, cost.rss_bytes);
	}
}

static int run_block(struct overhead *o, struct monitor *m, int event, struct loop_block *block,
		     struct consumption *use)
{
	int err = loop_begin(o->loop, event, o->base[event].warm, o->base[event].subs);

	if (!err)
		err = overhead_collect(o, m, block, use);
	return err ? err : overhead_drain(m, use);
}

/* @ns: at each cut. */
static int arm_block(struct overhead *o, struct overhead_arm *arm, int event, double ns[CUTS])
{
	struct consumption unused = {0};
	struct overhead_cell *cell = arm ? &arm->cell[event] : NULL;
	struct overhead_base *base = &o->base[event];
	struct block_stat *sum = arm ? cell->subs : base->sum;
	struct monitor *m = arm ? o->sw->monitor(o->sw_state) : NULL;
	uint64_t lost_before = lost_now(m), lost;
	struct loop_block block;
	int err = run_block(o, m, event, &block, cell ? &cell->use : &unused);

	if (err)
		return err;
	for (int c = 0; c < CUTS; c++) {
		struct block_stat stat = block_estimate(block.ticks, block.n, LOOP_CALLS,
							loop_ns_per_tick(o->loop), cut_sub_ns[c]);

		ns[c] = stat.ns;
		sum[c].kept += stat.kept;
		sum[c].cut += stat.cut;
		if (!cell && !isnan(stat.ns))
			samples_add(&base->ns[c], stat.ns);
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

int overhead_series(struct overhead *o, struct overhead_arm *arm, struct series *out)
{
	unsigned int order[TIMED_EVENTS];
	int err = 0;

	out->links[0] = arm ? 0 : env_syscall_links();
	for (unsigned int i = 0; i < TIMED_EVENTS; i++)
		order[i] = i;
	rng_shuffle(&o->rng, order, TIMED_EVENTS);
	for (unsigned int i = 0; i < TIMED_EVENTS && !err; i++) {
		double *ns = out->ns[order[i]];

		ns[CUT_TIGHT] = ns[CUT_LOOSE] = NAN;
		if (run_interrupted())
			err = -EINTR;
		else if (o->base[order[i]].on)
			err = arm_block(o, arm, (int)order[i], ns);
	}
	out->links[1] = arm ? 0 : env_syscall_links();
	return err;
}

/* A trigger that does not do here what its table row says must not be timed. */
static int check_trigger(const struct timed_event *e, const struct loop_block *block)
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
		samples_add(&s, block->ticks[i] * loop_ns_per_tick(o->loop));
	ns = stats_median(s.v, s.n);
	samples_release(&s);
	return MAX(ns, 1);
}

int overhead_calibrate(struct overhead *o)
{
	for (int i = 0; i < TIMED_EVENTS; i++) {
		const struct timed_event *e = &timed_events[i];
		struct overhead_base *b = &o->base[i];
		struct consumption unused = {0};
		struct loop_block block;
		double sub_ns;
		int err;

		if (!b->on)
			continue;
		b->subs = TRIAL_SUBS;
		b->warm = TRIAL_WARM;
		err = run_block(o, NULL, i, &block, &unused);
		if (!err)
			err = check_trigger(e, &block);
		if (err)
			return err;
		sub_ns = typical_sub_ns(o, &block);
		b->subs = (uint32_t)MIN(MAX((double)o->params.block_us * 1000 / sub_ns, 16),
					LOOP_SUBS_MAX);
		b->warm = (uint32_t)MAX(WARM_US * 1000 / sub_ns, 1) * LOOP_CALLS;
		log_dbg("%s: %.1f ns a call, %u sub-blocks of %d calls a block", e->name,
			sub_ns / LOOP_CALLS, b->subs, LOOP_CALLS);
	}
	return 0;
}
