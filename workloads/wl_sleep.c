/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Sleeps many times: hardly any CPU time, all of its wall time inside a syscall. */
#include "lib/base.h"
#include "workloads/workload.h"

#include "lib/clock.h"

struct sleep_params {
	uint64_t count, us;
};

static const struct param params[] = {
	PARAM_ROW(sleep_params, count, U64, "sleeps", 23, 1, 1000000),
	PARAM_ROW(sleep_params, us, U64, "microseconds of each", 2003, 1, 10000000),
	PARAM_END,
};

static void size(const void *params_ UNUSED, uint32_t *lanes, uint64_t *entries)
{
	*lanes = 1;
	*entries = 1;
}

static int run(struct workload_run *r)
{
	const struct sleep_params *p = r->params;

	for (uint64_t i = 0; i < p->count; i++)
		clock_sleep_ns(p->us * NSEC_PER_USEC);
	ledger_add_units(r->ledger, p->count);
	return 0;
}

const struct workload_ops wl_sleep_ops = {
	.name = "sleep",
	.help = "sleeps in a syscall, again and again: wall time without CPU time",
	.truth = WORKLOAD_LEDGER,
	.subject = WORKLOAD_CPU,
	.params = params,
	.params_size = sizeof(struct sleep_params),
	.size = size,
	.run = run,
};
