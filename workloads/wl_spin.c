/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Threads that stay in user space: a fixed amount of arithmetic each, no syscall. */
#include "lib/base.h"
#include "workloads/workload.h"

#include "lib/rng.h"
#include "workloads/crew.h"

struct spin_params {
	uint64_t threads, rounds;
};

static const struct param params[] = {
	PARAM_ROW(spin_params, threads, U64, "threads, the main one included", 1, 1, 64),
	PARAM_ROW(spin_params, rounds, U64, "million steps of each", 211, 1, 100000),
	PARAM_END,
};

static void size(const void *params_, uint32_t *lanes, uint64_t *entries)
{
	*lanes = (uint32_t)((const struct spin_params *)params_)->threads;
	*entries = *lanes;
}

static int spin(const struct crew_member *m)
{
	const struct spin_params *p = m->run->params;
	struct rng rng = {.state = m->run->seed};
	uint64_t sum = 0;

	for (uint64_t i = 0; i < p->rounds * 1000000; i++)
		sum ^= rng_next(&rng);
	*(volatile uint64_t *)&sum; /* the compiler may not drop the loop */
	return 0;
}

static int warm_up(struct workload_run *r)
{
	const struct spin_params *p = r->params;

	return crew_hire((struct crew **)&r->state, r, p->threads, 1, spin, NULL);
}

static int run(struct workload_run *r)
{
	const struct spin_params *p = r->params;

	ledger_add_units(r->ledger, p->threads * p->rounds);
	return crew_work(r->state);
}

static void finish(struct workload_run *r)
{
	crew_dismiss(r->state);
}

const struct workload_ops wl_spin_ops = {
	.name = "spin",
	.help = "threads compute in user space, without a syscall",
	.truth = WORKLOAD_LEDGER,
	.subject = WORKLOAD_CPU,
	.params = params,
	.params_size = sizeof(struct spin_params),
	.size = size,
	.warm_up = warm_up,
	.run = run,
	.finish = finish,
};
