/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Interleaved rounds: over the cases of a plan, and over the points of the loss curve, to which
 * records are offered in small bursts at a steady pace, faster and faster.
 */
#include "lib/base.h"
#include "harness/ring/ring_sweep.h"

#include <sched.h>
#include <stdlib.h>
#include <unistd.h>

#include "harness/progress.h"
#include "harness/result.h"
#include "harness/ring/ring_record.h"
#include "harness/ring/ring_rig.h"
#include "harness/ring/ring_round.h"
#include "lib/log.h"
#include "lib/rng.h"
#include "lib/strbuf.h"

/* --- cases --- */

int ring_allowed_cpus(int *cpus, size_t max)
{
	cpu_set_t set;
	size_t n = 0;

	if (sched_getaffinity(0, sizeof(set), &set)) {
		int err = -errno;

		log_err_sys(err, "cannot ask which CPUs this process may use");
		return err;
	}
	for (int cpu = 0; cpu < CPU_SETSIZE && n < max; cpu++)
		if (CPU_ISSET(cpu, &set))
			cpus[n++] = cpu;
	return (int)n;
}

struct sweep {
	struct ring_rig *rigs;	    /* one for each case */
	struct ring_tally *tallies; /* likewise */
	unsigned int *order;
};

static int open_rigs(struct sweep *s, const struct ring_sweep_plan *plan)
{
	for (size_t i = 0; i < plan->n; i++) {
		struct ring_cpus cpus;
		int err;

		if (ring_cpus_assign(&plan->cases[i], plan->cpus, plan->ncpus, &cpus)) {
			s->tallies[i].skip = "needs a CPU for the producer and another for the "
					     "consumer; this process may use one";
			continue;
		}
		if (run_interrupted())
			return -EINTR;
		err = ring_rig_open(&s->rigs[i], &plan->cases[i], &plan->sizes, &cpus);
		if (err)
			return err;
	}
	return 0;
}

static int one_round(struct run *run, const struct ring_sweep_plan *plan, struct sweep *s,
		     uint32_t round)
{
	const struct ring_round_plan how = {.slice_ns = plan->slice_ns};
	struct strbuf name = STRBUF_INIT, why = STRBUF_INIT;
	int err = 0;

	for (size_t k = 0; k < plan->n && !err; k++) {
		unsigned int i = s->order[k];
		struct ring_round r;

		strbuf_reset(&name);
		ring_case_format(&plan->cases[i], &name);
		progress_step(run->progress, "round %u of %u: %s", round + 1, plan->rounds, name.s);
		if (run_interrupted())
			err = -EINTR;
		if (err || s->tallies[i].skip)
			continue;
		strbuf_reset(&why);
		err = ring_round_run(&s->rigs[i], &how, &r, &why);
		if (!err)
			ring_tally_add(&s->tallies[i], &r, round, why.s);
	}
	strbuf_release(&name);
	strbuf_release(&why);
	return err;
}

static int emit(struct run *run, const struct ring_sweep_plan *plan, const struct sweep *s)
{
	int err = 0;

	for (size_t i = 0; i < plan->n && !err; i++) {
		int base = ring_plan_base(plan->cases, plan->n, i);

		if (s->tallies[i].skip || s->tallies[i].nsamples)
			err = sink_emit(run->sink,
					ring_case_record(&s->rigs[i], &plan->cases[i],
							 &s->tallies[i],
							 base < 0 ? NULL : &s->tallies[base]));
	}
	return err;
}

int ring_sweep(struct run *run, const struct ring_sweep_plan *plan)
{
	struct rng rng = {.state = run->seed};
	struct sweep s = {
		.rigs = calloc(plan->n, sizeof(*s.rigs)),
		.tallies = calloc(plan->n, sizeof(*s.tallies)),
		.order = calloc(plan->n, sizeof(*s.order)),
	};
	int err = -ENOMEM, emitted;

	if (!s.rigs || !s.tallies || !s.order)
		goto out;
	err = open_rigs(&s, plan);
	if (err)
		goto out;
	for (unsigned int i = 0; i < plan->n; i++)
		s.order[i] = i;
	for (uint32_t round = 0; round < plan->rounds && !err; round++) {
		rng_shuffle(&rng, s.order, (unsigned int)plan->n);
		err = one_round(run, plan, &s, round);
	}
	emitted = emit(run, plan, &s);
	if (emitted)
		err = emitted;
out:
	for (size_t i = 0; s.rigs && i < plan->n; i++)
		ring_rig_close(&s.rigs[i]);
	for (size_t i = 0; s.tallies && i < plan->n; i++)
		ring_tally_release(&s.tallies[i]);
	free(s.rigs);
	free(s.tallies);
	free(s.order);
	return err;
}

/* --- the loss curve --- */

/* A burst small enough to be a pace, and big enough that starting the program does not bound it. */
enum { BURST = 50 };

/* A reader that comes every 200 us needs a ring for 200 us: the smaller one shows where that ends.
 */
static const struct {
	enum ringload_wakeup wakeup;
	enum ring_consumer_kind consumer;
	uint32_t share; /* of the plan's ring_bytes that its ring has */
} consumers[] = {
	{RINGLOAD_WAKE_EACH, RING_EPOLL, 2},
	{RINGLOAD_WAKE_NONE, RING_TIMED, 2},
	{RINGLOAD_WAKE_NONE, RING_TIMED, 8},
};

static const struct {
	uint64_t per_s;
	bool quick;
} rates[] = {
	{250000, true},	   {500000, false},  {1000000, true},	{2000000, false},
	{4000000, true},   {6000000, false}, {8000000, true},	{12000000, true},
	{16000000, false}, {20000000, true}, {26000000, false},
};

struct curve {
	struct ring_rig rig[ARRAY_SIZE(consumers)];
	struct ring_tally tally[ARRAY_SIZE(consumers)][ARRAY_SIZE(rates)];
	unsigned int order[ARRAY_SIZE(consumers) * ARRAY_SIZE(rates)];
};

size_t ring_curve_points(bool quick)
{
	size_t n = 0;

	for (size_t r = 0; r < ARRAY_SIZE(rates); r++)
		n += !quick || rates[r].quick;
	return n * ARRAY_SIZE(consumers);
}

static int curve_open_rigs(struct curve *v, const struct ring_curve_plan *plan)
{
	uint32_t page = (uint32_t)sysconf(_SC_PAGESIZE);
	int err = 0;

	for (size_t i = 0; i < ARRAY_SIZE(consumers) && !err; i++) {
		const struct ring_case c = {.group = RING_GROUP_CURVE,
					    .mode = RING_BULK,
					    .placement =
						    plan->ncpus > 1 ? RING_PINNED : RING_SAME_CPU,
					    .record_bytes = plan->record_bytes,
					    .producers = 1,
					    .wakeup = consumers[i].wakeup,
					    .consumer = consumers[i].consumer};
		const struct ring_sizes sizes = {
			.ring_bytes = MAX(plan->ring_bytes / consumers[i].share, page),
			.batch = BURST,
			.fault = plan->fault};
		struct ring_cpus cpus;

		err = ring_cpus_assign(&c, plan->cpus, plan->ncpus, &cpus);
		if (!err)
			err = ring_rig_open(&v->rig[i], &c, &sizes, &cpus);
	}
	return err;
}

static int one_point(struct run *run, const struct ring_curve_plan *plan, struct curve *v,
		     unsigned int point, uint32_t round)
{
	size_t c = point / ARRAY_SIZE(rates), r = point % ARRAY_SIZE(rates);
	const struct ring_round_plan how = {.slice_ns = plan->slice_ns,
					    .offer_per_s = rates[r].per_s};
	struct strbuf why = STRBUF_INIT;
	struct ring_round result;
	int err;

	if (plan->quick && !rates[r].quick)
		return 0;
	progress_step(run->progress, "loss curve, round %u of %u: %s, %.2f M records/s", round + 1,
		      plan->rounds, ring_consumer_names[consumers[c].consumer],
		      (double)rates[r].per_s / 1e6);
	if (run_interrupted())
		return -EINTR;
	err = ring_round_run(&v->rig[c], &how, &result, &why);
	if (!err)
		ring_tally_add(&v->tally[c][r], &result, round, why.s);
	strbuf_release(&why);
	return err;
}

static int curve_emit(struct run *run, const struct curve *v)
{
	int err = 0;

	for (size_t c = 0; c < ARRAY_SIZE(consumers); c++)
		for (size_t r = 0; r < ARRAY_SIZE(rates) && !err; r++)
			if (v->tally[c][r].nsamples)
				err = sink_emit(run->sink,
						ring_curve_record(&v->rig[c], &v->tally[c][r],
								  rates[r].per_s));
	return err;
}

int ring_curve(struct run *run, const struct ring_curve_plan *plan)
{
	struct rng rng = {.state = run->seed};
	struct curve *v = calloc(1, sizeof(*v));
	int err, emitted;

	if (!v)
		return -ENOMEM;
	err = curve_open_rigs(v, plan);
	for (unsigned int i = 0; i < ARRAY_SIZE(v->order); i++)
		v->order[i] = i;
	for (uint32_t round = 0; round < plan->rounds && !err; round++) {
		rng_shuffle(&rng, v->order, ARRAY_SIZE(v->order));
		for (size_t i = 0; i < ARRAY_SIZE(v->order) && !err; i++)
			err = one_point(run, plan, v, v->order[i], round);
	}
	emitted = curve_emit(run, v);
	for (size_t c = 0; c < ARRAY_SIZE(consumers); c++) {
		ring_rig_close(&v->rig[c]);
		for (size_t r = 0; r < ARRAY_SIZE(rates); r++)
			ring_tally_release(&v->tally[c][r]);
	}
	free(v);
	return emitted ? emitted : err;
}
