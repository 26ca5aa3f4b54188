/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Offers records in small bursts at a steady pace, faster and faster. */
#include "lib/base.h"
#include "harness/ring/ring_curve.h"

#include <stdlib.h>
#include <unistd.h>

#include "harness/progress.h"
#include "harness/result.h"
#include "harness/ring/ring_record.h"
#include "harness/ring/ring_rig.h"
#include "harness/ring/ring_round.h"
#include "lib/rng.h"
#include "lib/strbuf.h"

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

static int open_rigs(struct curve *v, const struct ring_curve_plan *plan)
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

static int emit(struct run *run, const struct curve *v)
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
	err = open_rigs(v, plan);
	for (unsigned int i = 0; i < ARRAY_SIZE(v->order); i++)
		v->order[i] = i;
	for (uint32_t round = 0; round < plan->rounds && !err; round++) {
		rng_shuffle(&rng, v->order, ARRAY_SIZE(v->order));
		for (size_t i = 0; i < ARRAY_SIZE(v->order) && !err; i++)
			err = one_point(run, plan, v, v->order[i], round);
	}
	emitted = emit(run, v);
	for (size_t c = 0; c < ARRAY_SIZE(consumers); c++) {
		ring_rig_close(&v->rig[c]);
		for (size_t r = 0; r < ARRAY_SIZE(rates); r++)
			ring_tally_release(&v->tally[c][r]);
	}
	free(v);
	return emitted ? emitted : err;
}
