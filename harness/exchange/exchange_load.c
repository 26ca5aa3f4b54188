/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The timed child of one load. */
#include "lib/base.h"
#include "harness/exchange/exchange_load.h"

#include <math.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "harness/timing/cycles.h"
#include "harness/timing/env.h"
#include "harness/timing/loop.h"
#include "harness/exchange/exchange_stub.h"
#include "lib/why.h"
#include "lib/subproc.h"
#include "lib/strbuf.h"

enum {
	WARM_CALLS = 2 * EXCHANGE_CALLS,
	GAUGE_STEPS = 200,
	GAUGES = EXCHANGE_ROUNDS * EXCHANGE_ARMS_MAX * EXCHANGE_EVENTS_MAX,
};

struct exchange_child {
	struct subproc proc;
	struct exchange_job job;
	struct exchange_outcome *out;
};

/* @n multiplications, each waiting for the one before: 3 core cycles each on every x86 of the last
 * ten years (Agner Fog, instruction tables: IMUL r64,r64). */
static inline uint64_t multiply(uint64_t x, int n)
{
	x |= 1; /* odd stays odd: never 0 */
	for (int i = 0; i < n; i++) {
		x *= x;
		__asm__ volatile("" : "+r"(x));
	}
	return x;
}

/*
 * Ticks of GAUGE_STEPS multiplications: the difference of two lengths, so that what reading the
 * clock takes is not in it. Both begin with what the clock said, so that neither runs beside the
 * reading before it; the first of all warms the code, which the kernel was in just now.
 */
static double gauge(void)
{
	uint64_t t0, t1, t2;
	volatile uint64_t keep;

	keep = multiply(cycles_now(), GAUGE_STEPS);
	t0 = cycles_now();
	keep = multiply(t0, GAUGE_STEPS);
	t1 = cycles_now();
	keep = multiply(t1, 2 * GAUGE_STEPS);
	t2 = cycles_now();
	(void)keep;
	return (double)(t2 - t1) - (double)(t1 - t0);
}

static void count(uint64_t *histogram, uint64_t *modes, const uint64_t *t)
{
	for (int i = 0; i < EXCHANGE_CALLS; i++) {
		uint64_t bucket = (t[i + 1] - t[i]) / EXCHANGE_BUCKET;

		histogram[MIN(bucket, (uint64_t)EXCHANGE_BUCKETS - 1)]++;
		modes[exchange_mode_of(t[i + 1] - t[i])]++;
	}
}

/* Makes @arm the one that runs at call @c. */
static int point(const struct exchange_job *job, unsigned int c, unsigned int arm)
{
	const struct exchange_call *call = &job->calls[c];
	int err = 0;

	for (unsigned int i = 0; i < call->nstubs && !err; i++)
		err = stub_point(job->map_fd[call->stubs[i]], job->program_fd[arm][call->stubs[i]]);
	return err;
}

/* What goes through a load's rounds. */
struct rounds {
	struct exchange_job *job;
	struct exchange_outcome *out;
	uint64_t cut_ticks[CUTS], busy;
	double gauged[GAUGES];
	unsigned int gauges;
};

static int one_block(struct rounds *x, unsigned int round, unsigned int c, unsigned int arm)
{
	uint64_t t[EXCHANGE_CALLS + 1];
	int event = x->job->calls[c].event, err;

	x->gauged[x->gauges++] = gauge();
	err = point(x->job, c, arm);
	if (err)
		return err;
	/* The first call after re-pointing is 145 ns slower, then it is flat. */
	x->out->calls[c].wrong += (uint32_t)loop_stamp(event, t, EXCHANGE_SKIP);
	x->out->calls[c].wrong += (uint32_t)loop_stamp(event, t, EXCHANGE_CALLS);
	x->busy += t[EXCHANGE_CALLS] - t[0];
	x->out->calls[c].blocks[round][arm] =
		exchange_block_estimate(t, EXCHANGE_CALLS, x->cut_ticks);
	count(x->out->calls[c].histogram[arm], x->out->calls[c].modes[arm], t);
	if (x->job->calls[c].woke_ticks)
		exchange_split_add(&x->out->calls[c].split[arm], t, EXCHANGE_CALLS,
				   x->job->calls[c].woke_ticks, x->cut_ticks[CUT_LOOSE]);
	return 0;
}

/* All arms of one event, next to each other, in random order. */
static int one_event(struct rounds *x, unsigned int round, unsigned int c)
{
	unsigned int order[EXCHANGE_ARMS_MAX];
	int err = 0;

	for (unsigned int a = 0; a < x->job->arms; a++)
		order[a] = a;
	rng_shuffle(&x->job->rng, order, x->job->arms);
	for (unsigned int k = 0; k < x->job->arms && !err; k++)
		err = one_block(x, round, c, order[k]);
	return err;
}

static int warm_up(const struct exchange_job *job, struct exchange_outcome *out)
{
	uint64_t t[EXCHANGE_CALLS + 1];
	int err = 0;

	for (unsigned int c = 0; c < job->ncalls; c++)
		for (unsigned int a = 0; a < job->arms && !err; a++) {
			err = point(job, c, a);
			for (int n = 0; n < WARM_CALLS && !err; n += EXCHANGE_CALLS)
				out->calls[c].wrong += (uint32_t)loop_stamp(job->calls[c].event, t,
									    EXCHANGE_CALLS);
		}
	return err;
}

static int all_rounds(struct exchange_job *job, struct exchange_outcome *out)
{
	struct rounds x = {.job = job, .out = out};
	unsigned int order[EXCHANGE_EVENTS_MAX];
	uint64_t start, ticks;
	int err = warm_up(job, out);

	out->ns_per_tick = job->ns_per_tick;
	for (int c = 0; c < CUTS; c++)
		x.cut_ticks[c] = (uint64_t)(exchange_cut_ns[c] / out->ns_per_tick);
	for (unsigned int c = 0; c < job->ncalls; c++)
		order[c] = c;
	start = cycles_now();
	for (unsigned int r = 0; r < job->rounds && !err; r++) {
		rng_shuffle(&job->rng, order, job->ncalls);
		for (unsigned int k = 0; k < job->ncalls && !err; k++)
			err = one_event(&x, r, order[k]);
	}
	ticks = cycles_now() - start;
	out->seconds = (double)ticks * out->ns_per_tick / 1e9;
	out->busy_share = (double)x.busy / (double)ticks;
	out->gauge_ticks = stats_trimmed_mean(x.gauged, x.gauges, 0.25);
	return err;
}

static int child_main(void *arg)
{
	struct sched_param fifo = {.sched_priority = 1};
	struct exchange_child *c = arg;

	placement_pin(c->job.cpu);
	if (c->job.realtime)
		sched_setscheduler(0, SCHED_FIFO, &fifo);
	c->out->err = all_rounds(&c->job, c->out);
	loop_leave();
	c->out->done = 1;
	return 0;
}

int exchange_child_start(struct exchange_child **child, const struct exchange_job *job,
			 struct exchange_outcome *out)
{
	struct subproc_opts opts = SUBPROC_OPTS_INIT;
	struct exchange_child *c = calloc(1, sizeof(*c));
	int err;

	if (!c)
		return -ENOMEM;
	c->proc = (struct subproc)SUBPROC_INIT;
	c->job = *job;
	c->out = out;
	memset(out, 0,
	       offsetof(struct exchange_outcome, calls) + job->ncalls * sizeof(out->calls[0]));
	opts.child = child_main;
	opts.arg = c;
	opts.why = job->why;
	err = subproc_start(&c->proc, &opts);
	if (err) {
		free(c);
		return err;
	}
	*child = c;
	return 0;
}

int exchange_child_wait(struct exchange_child *child, int timeout_ms, struct strbuf *why)
{
	int err = subproc_wait(&child->proc, timeout_ms);
	struct strbuf how = STRBUF_INIT;

	if (err)
		return err == -ETIMEDOUT ? 0 : err;
	if (child->out->done && !child->out->err)
		return 1;
	subproc_describe(&child->proc, &how);
	err = child->out->err ? child->out->err : -ECHILD;
	if (child->out->err)
		why_err_sys(why, err, "the stub cannot be pointed to the monitor's program");
	else
		why_err(why, "the process whose syscalls are timed has ended early (%s)", how.s);
	strbuf_release(&how);
	return err;
}

void exchange_child_stop(struct exchange_child *child)
{
	if (!child)
		return;
	subproc_kill(&child->proc, 200);
	subproc_release(&child->proc);
	free(child);
}

struct exchange_outcome *exchange_outcome_new(struct strbuf *why)
{
	struct exchange_outcome *out = mmap(NULL, sizeof(*out), PROT_READ | PROT_WRITE,
					    MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	if (out != MAP_FAILED)
		return out;
	why_err_sys(why, errno, "no memory for the outcome of a load");
	return NULL;
}

void exchange_outcome_free(struct exchange_outcome *out)
{
	if (out)
		munmap(out, sizeof(*out));
}
