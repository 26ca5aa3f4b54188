/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Interleaved rounds over the cases of a plan. */
#include "lib/base.h"
#include "harness/ring/ring_sweep.h"

#include <sched.h>
#include <stdlib.h>

#include "harness/progress.h"
#include "harness/result.h"
#include "harness/ring/ring_record.h"
#include "harness/ring/ring_rig.h"
#include "harness/ring/ring_round.h"
#include "lib/log.h"
#include "lib/rng.h"
#include "lib/strbuf.h"

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
