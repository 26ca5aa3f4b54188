/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The null workload: sleeps and makes no memory call. What is counted beside it is the harness's
 * noise. */
#include "lib/base.h"
#include "workloads/workload.h"

#include "lib/clock.h"

struct idle_params {
	uint64_t ms;
};

static const struct param params[] = {
	PARAM_ROW(idle_params, ms, U64, "how long to sleep, in milliseconds", 101, 0, 600000),
	PARAM_END,
};

static void size(const void *p, uint32_t *lanes, uint64_t *entries)
{
	(void)p;
	*lanes = 1;
	*entries = 1;
}

static int run(struct workload_run *r)
{
	const struct idle_params *p = r->params;
	uint64_t end = clock_ns() + p->ms * NSEC_PER_MSEC, now;

	while ((now = clock_ns()) < end)
		clock_sleep_ns(end - now);
	return 0;
}

const struct workload_ops wl_idle_ops = {
	.name = "idle",
	.help = "sleeps and makes no memory call: prices the harness itself",
	.truth = WORKLOAD_LEDGER,
	.params = params,
	.params_size = sizeof(struct idle_params),
	.size = size,
	.run = run,
};
