/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* More busy threads than CPUs: all of them want to run at any time, so that each is taken off its
 * CPU again and again, in the middle of whatever it does. */
#include "lib/base.h"
#include "workloads/workload.h"

#include <sched.h>
#include <sys/mman.h>

#include "workloads/crew.h"
#include "workloads/sizes.h"

enum { MOST = 64 };

struct crowd_params {
	uint64_t threads, count;
};

static const struct param params[] = {
	PARAM_ROW(crowd_params, threads, U64,
		  "threads, the main one included; 0: two for each CPU and one more", 0, 0, MOST),
	PARAM_ROW(crowd_params, count, U64, "calls of each kind made by all of them together",
		  12007, 1, 10000000),
	PARAM_END,
};

static uint64_t threads_of(const struct crowd_params *p)
{
	cpu_set_t may;
	int cpus = sched_getaffinity(0, sizeof(may), &may) ? 1 : CPU_COUNT(&may);

	return p->threads ? p->threads : MIN(2 * (uint64_t)cpus + 1, (uint64_t)MOST);
}

static uint64_t share_of(const struct crowd_params *p)
{
	uint64_t n = threads_of(p);

	return (p->count + n - 1) / n;
}

static void size(const void *params_, uint32_t *lanes, uint64_t *entries)
{
	*lanes = (uint32_t)threads_of(params_);
	*entries = *lanes * (3 * share_of(params_) + 1);
}

/* Each call is followed by some work of the thread's own. */
static void busy(struct rng *rng)
{
	for (int i = 0; i < 64; i++)
		rng_next(rng);
}

static int call(const struct crew_member *m)
{
	struct rng rng = {.state = m->run->seed + m->number};
	uint64_t share = share_of(m->run->params);

	for (uint64_t i = 0; i < share; i++) {
		uint64_t len = wl_log_uniform(&rng, 2048, 64 << 10);
		int64_t at = wl_mmap(m->lane, 0, len, PROT_READ | PROT_WRITE,
				     MAP_PRIVATE | MAP_ANONYMOUS);

		if (ledger_failed(at))
			return (int)at;
		busy(&rng);
		wl_brk(m->lane, 0);
		busy(&rng);
		if (wl_munmap(m->lane, (uint64_t)at, len))
			return -EFAULT;
		busy(&rng);
	}
	return 0;
}

static int warm_up(struct workload_run *r)
{
	struct crew *crew = NULL;
	int err =
		crew_hire(&crew, r, threads_of(r->params), 3 * share_of(r->params) + 1, call, NULL);

	r->state = crew;
	return err;
}

static int run(struct workload_run *r)
{
	int err = crew_work(r->state);

	ledger_add_units(r->ledger, threads_of(r->params) * share_of(r->params));
	return err;
}

static void finish(struct workload_run *r)
{
	crew_dismiss(r->state);
}

const struct workload_ops wl_crowd_ops = {
	.name = "crowd",
	.help = "more busy threads than CPUs map, unmap and ask for the break",
	.truth = WORKLOAD_LEDGER,
	.params = params,
	.params_size = sizeof(struct crowd_params),
	.size = size,
	.warm_up = warm_up,
	.run = run,
	.finish = finish,
};
