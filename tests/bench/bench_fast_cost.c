/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Paired differences: each arm between two series with nothing attached, in one and the same run.
 */
#include "lib/base.h"
#include "tests/bench/bench_fast.h"

#include <math.h>
#include <poll.h>
#include <sched.h>

#include "harness/timing/cycles.h"
#include "harness/timing/env.h"
#include "harness/plugin.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/rng.h"

const char *const cost_setting_names[] = {
	[COST_ONE] = "one producer",
	[COST_TWO] = "two producers, rings emptied between blocks",
	[COST_TWO_LIVE] = "two producers, consumer on their CPUs",
};

const char *const cost_triggers[] = {"brk-ok", "munmap-ok"};

const struct cost_arm cost_arms[] = {
	{"nothing attached (A/A)", NULL, CONSUMER_NONE, false, {0}},
	{"an empty program on sys_exit", "nop_exit", CONSUMER_NONE, false, {0}},
	{"memmon, consumer woken (epoll)", "memmon", CONSUMER_WOKEN, false, {0}},
	{"memmon, consumer every 200 us", "memmon", CONSUMER_TIMED, false, {0}},
	{"memmon_fast, counters only", "memmon_fast", CONSUMER_NONE, true, {25, 25, 0}},
	{"memmon_fast, events", "memmon_fast", CONSUMER_BOTH, false, {110, 70, 0}},
};

/*
 * Blocks of a visit, and sub-blocks (of LOOP_CALLS calls) in each. Between two blocks of COST_TWO
 * the rings are emptied, so a block is what the seeds' ring of 4096 records holds of two producers.
 */
static const struct {
	unsigned int blocks;
	uint32_t subs, warm;
	unsigned int producers;
	bool live, realtime;
} settings[COST_SETTINGS] = {
	[COST_ONE] = {4, 1200, 64, 1, true, true},
	[COST_TWO] = {40, 100, 64, 2, false, true},
	[COST_TWO_LIVE] = {4, 1200, 64, 2, true, false},
};

enum { SYNC_US = 300, TIMED_US = 200, FAST_MS = 10, BLOCK_S = 20, ROUNDS_MIN = 4 };

/* Mean ns per call of a visit, for each setting, trigger and cut. */
struct series {
	double ns[COST_SETTINGS][COST_TRIGGERS][CUTS];
};

struct bench {
	struct cost *c;
	struct loop *loops[2][2]; /* by realtime, by CPU */
	struct rng rng;
};

static void ignore_record(void *arg UNUSED, const struct event *e UNUSED)
{
}

int bench_take(struct monitor *m, enum cost_consumer how, monitor_event_fn fn, void *arg)
{
	struct pollfd fds[64];
	int fd[64];
	size_t n;

	switch (how) {
	case CONSUMER_WOKEN: return monitor_poll(m, 2, fn, arg);
	case CONSUMER_TIMED: clock_sleep_ns(TIMED_US * NSEC_PER_USEC); break;
	case CONSUMER_BOTH:
		/* A ring that is not empty is readable, woken or not: without a rest, a fast
		 * producer would have a consumer that never sleeps. */
		clock_sleep_ns(NSEC_PER_MSEC);
		n = monitor_event_fds(m, fd, ARRAY_SIZE(fd));
		n = MIN(n, ARRAY_SIZE(fd));
		for (size_t i = 0; i < n; i++)
			fds[i] = (struct pollfd){.fd = fd[i], .events = POLLIN};
		poll(fds, n, FAST_MS - 1);
		break;
	case CONSUMER_NONE: return 0;
	}
	return monitor_poll(m, 0, fn, arg);
}

static int empty(struct monitor *m, struct cost_cell *cell)
{
	int n;

	while (m && (n = monitor_poll(m, 0, ignore_record, NULL)) != 0) {
		if (n < 0)
			return n == -EINTR ? 0 : n;
		cell->records += (uint64_t)n;
	}
	return 0;
}

static bool all_done(const struct bench *b, enum cost_setting s)
{
	for (unsigned int i = 0; i < settings[s].producers; i++)
		if (!loop_done(b->loops[settings[s].realtime][i]))
			return false;
	return true;
}

/* Takes records while the block runs, where the setting has a consumer for that. */
static int attend(struct bench *b, enum cost_setting s, const struct cost_arm *arm,
		  struct monitor *m, struct cost_cell *cell)
{
	uint64_t give_up_ns = clock_ns() + BLOCK_S * NSEC_PER_SEC;

	if (!m || !settings[s].live || arm->consumer == CONSUMER_NONE)
		return 0;
	while (!all_done(b, s)) {
		int n = bench_take(m, arm->consumer, ignore_record, NULL);

		if (n < 0 && n != -EINTR)
			return n;
		cell->records += n > 0 ? (uint64_t)n : 0;
		if (run_interrupted())
			return -EINTR;
		if (clock_ns() > give_up_ns)
			return 0; /* whoever waits for the block says what is wrong */
	}
	return 0;
}

static int await_block(struct loop *l, struct loop_block *block)
{
	int n = loop_wait(l, BLOCK_S * 1000, block);

	if (n == 1)
		return 0;
	if (!n) {
		log_err("a block of calls has not ended after %d s", BLOCK_S);
		n = -ETIMEDOUT;
	}
	return n;
}

/* One block by each producer of the setting, at the same time. Adds to @sum what was kept and cut,
 * and the time of what was kept to @kept_ns. */
static int one_block(struct bench *b, enum cost_setting s, size_t trigger,
		     const struct cost_arm *arm, struct monitor *m, struct cost_cell *cell,
		     struct block_stat sum[CUTS], double kept_ns[CUTS])
{
	struct loop *const *loops = b->loops[settings[s].realtime];
	int event = loop_event_find(cost_triggers[trigger]), err = 0;
	uint64_t start = 0;

	if (settings[s].producers > 1)
		start = cycles_now() +
			(uint64_t)(SYNC_US * NSEC_PER_USEC / loop_ns_per_tick(loops[0]));
	for (unsigned int i = 0; !err && i < settings[s].producers; i++)
		err = loop_begin_at(loops[i], event, settings[s].warm, settings[s].subs, start);
	if (!err)
		err = attend(b, s, arm, m, cell);
	for (unsigned int i = 0; !err && i < settings[s].producers; i++) {
		struct loop_block block;

		err = await_block(loops[i], &block);
		if (!err && block.wrong) {
			log_err("%llu calls of %s did not end as they should",
				(unsigned long long)block.wrong, loop_events[event].trigger);
			err = -EPROTO;
		}
		for (int c = 0; !err && c < CUTS; c++) {
			struct block_stat stat =
				block_estimate(block.ticks, block.n, LOOP_CALLS,
					       loop_ns_per_tick(loops[i]), cut_sub_ns[c]);

			sum[c].kept += stat.kept;
			sum[c].cut += stat.cut;
			if (stat.kept)
				kept_ns[c] += stat.ns * (double)stat.kept;
		}
	}
	return err ? err : empty(m, cell);
}

static int visit(struct bench *b, size_t arm, struct monitor *m, struct series *out)
{
	struct cost *c = b->c;
	int err = 0;

	for (int s = 0; s < (c->two ? COST_SETTINGS : COST_TWO); s++) {
		for (size_t t = 0; t < COST_TRIGGERS; t++) {
			struct cost_cell none = {0};
			struct cost_cell *cell = m ? &c->cell[arm][s][t] : &none;
			struct block_stat sum[CUTS] = {{0}}, *all = c->base_subs[s][t];
			double kept_ns[CUTS] = {0};

			for (unsigned int k = 0; !err && k < settings[s].blocks; k++)
				err = run_interrupted()
					      ? -EINTR
					      : one_block(b, (enum cost_setting)s, t,
							  &cost_arms[arm], m, cell, sum, kept_ns);
			if (err)
				return err;
			if (m)
				all = cell->subs;
			for (int cut = 0; cut < CUTS; cut++) {
				out->ns[s][t][cut] = kept_ns[cut] / (double)sum[cut].kept;
				all[cut].kept += sum[cut].kept;
				all[cut].cut += sum[cut].cut;
			}
			if (!m)
				samples_add(&c->base_ns[s][t], out->ns[s][t][CUT_TIGHT]);
		}
	}
	return 0;
}

/* The whole machine is watched, as somebody uses a monitor. */
static int attached_visit(struct bench *b, size_t i, struct series *out)
{
	static const struct monitor_target everything = {0};
	const struct cost_arm *arm = &cost_arms[i];
	struct monitor_losses losses;
	struct monitor *m = NULL;
	int err = monitor_open(&m, arm->monitor, &everything, NULL);

	if (!err && arm->no_events && monitor_set_events(m, false)) {
		log_err("%s has no switch for its events", arm->monitor);
		err = -ENOTSUP;
	}
	if (!err)
		err = monitor_attach(m);
	if (!err)
		err = visit(b, i, m, out);
	if (!err && !monitor_losses(m, &losses) && losses.ring_full != UINT64_MAX)
		b->c->lost[i] += losses.ring_full;
	monitor_close(m);
	return err;
}

/* @alone: nobody else was at system calls from before to after. */
static void add_differences(struct cost *c, size_t arm, const struct series *before,
			    const struct series *with, const struct series *after, bool alone)
{
	for (int s = 0; s < (c->two ? COST_SETTINGS : COST_TWO); s++)
		for (size_t t = 0; t < COST_TRIGGERS; t++)
			for (int cut = 0; cut < CUTS; cut++) {
				struct cost_cell *cell = &c->cell[arm][s][t];
				double added = with->ns[s][t][cut] -
					       (before->ns[s][t][cut] + after->ns[s][t][cut]) / 2;

				samples_add(&cell->added[cut], alone ? added : NAN);
				samples_add(&cell->rough[cut], added);
			}
	c->crowded += !alone;
}

static int one_round(struct bench *b, struct series *before)
{
	unsigned int order[COST_ARMS];
	uint64_t others = env_syscall_links();
	int err = 0;

	for (unsigned int i = 0; i < COST_ARMS; i++)
		order[i] = i;
	rng_shuffle(&b->rng, order, COST_ARMS);
	for (unsigned int k = 0; !err && k < COST_ARMS; k++) {
		struct series with, after;
		bool alone = !others;

		err = cost_arms[order[k]].monitor ? attached_visit(b, order[k], &with)
						  : visit(b, order[k], NULL, &with);
		alone &= !env_syscall_links();
		if (!err)
			err = visit(b, 0, NULL, &after);
		if (err)
			break;
		others = env_syscall_links();
		add_differences(b->c, order[k], before, &with, &after, alone && !others);
		*before = after;
	}
	return err;
}

static int start_loops(struct bench *b)
{
	struct cost *c = b->c;
	int err = 0;

	for (int realtime = 0; !err && realtime < 2; realtime++)
		for (int i = 0; !err && i < (c->two ? 2 : 1); i++)
			err = loop_start(&b->loops[realtime][i], c->cpus[i], realtime && c->two);
	c->realtime = !err && loop_realtime(b->loops[1][0]);
	return err;
}

static size_t numbers(const struct samples *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++)
		n += isfinite(s->v[i]) != 0;
	return n;
}

/* Rounds that count, of the arm that has the fewest. */
static size_t calm_rounds(const struct cost *c)
{
	size_t fewest = SIZE_MAX;

	for (size_t a = 0; a < COST_ARMS; a++)
		fewest = MIN(fewest, numbers(&c->cell[a][COST_ONE][0].added[CUT_TIGHT]));
	return fewest;
}

int cost_measure(struct cost *c, double seconds, uint64_t seed)
{
	uint64_t start_ns = clock_ns();
	struct bench b = {.c = c, .rng = {.state = seed}};
	struct placement place;
	struct series before;
	int err = env_refuse_stats("/proc");

	*c = (struct cost){0};
	if (err)
		return err;
	placement_choose(&place, "/sys");
	c->cpus[0] = place.producer_cpu;
	c->cpus[1] = place.consumer_cpu;
	c->two = !place.same_cpu;
	err = start_loops(&b);
	if (!err)
		placement_pin(c->cpus[1]);
	if (!err)
		err = visit(&b, 0, NULL, &before);
	while (!err &&
	       (c->rounds < ROUNDS_MIN || (double)(clock_ns() - start_ns) / 1e9 < seconds)) {
		log_info("round %u: %.0f of %.0f s", c->rounds + 1,
			 (double)(clock_ns() - start_ns) / 1e9, seconds);
		err = one_round(&b, &before);
		c->rounds += !err;
	}
	c->rough = calm_rounds(c) < ROUNDS_MIN;
	for (int i = 0; i < 4; i++)
		loop_stop(b.loops[i / 2][i % 2]);
	return err;
}

void cost_release(struct cost *c)
{
	for (size_t s = 0; s < COST_SETTINGS; s++)
		for (size_t t = 0; t < COST_TRIGGERS; t++) {
			samples_release(&c->base_ns[s][t]);
			for (size_t a = 0; a < COST_ARMS; a++)
				for (int cut = 0; cut < CUTS; cut++) {
					samples_release(&c->cell[a][s][t].added[cut]);
					samples_release(&c->cell[a][s][t].rough[cut]);
				}
		}
}
