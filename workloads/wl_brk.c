/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The break goes up and down in random steps, with questions where it stands in between. */
#include "lib/base.h"
#include "workloads/workload.h"

#include "workloads/sizes.h"

struct brk_params {
	uint64_t count, step, limit, keep;
	bool touch;
};

static const struct param params[] = {
	PARAM_ROW(brk_params, count, U64, "brk calls", 1009, 2, 5000000),
	PARAM_ROW(brk_params, step, BYTES, "largest step", 64 << 10, 1, 1 << 28),
	PARAM_ROW(brk_params, limit, BYTES, "highest rise above where it began", 1 << 20, 1,
		  1 << 30),
	PARAM_ROW(brk_params, keep, BYTES, "rise left at the end", 0, 0, 1 << 30),
	PARAM_ROW_BOOL(brk_params, touch, "write to every page gained", false),
	PARAM_END,
};

static void size(const void *params_, uint32_t *lanes, uint64_t *entries)
{
	const struct brk_params *p = params_;

	*lanes = 1;
	*entries = p->count;
}

/* One call in eight only asks, as sbrk(0) does. */
static bool only_ask(struct rng *rng)
{
	return rng_below(rng, 8) == 0;
}

static int run(struct workload_run *r)
{
	const struct brk_params *p = r->params;
	struct rng rng = {.state = r->seed};
	uint64_t base = (uint64_t)wl_brk(r->lane, 0), rise = 0;

	/* The first call asks and the last one sets the rest. */
	for (uint64_t i = 2; i < p->count; i++) {
		uint64_t step = 1 + rng_below(&rng, p->step), was = rise;
		bool up = rng_next(&rng) & 1;

		if (only_ask(&rng)) {
			if (wl_brk(r->lane, 0) != (int64_t)(base + rise))
				return -EFAULT;
			continue;
		}
		if (up)
			rise += MIN(step, p->limit - rise);
		else
			rise -= MIN(step, rise);
		if (wl_brk(r->lane, base + rise) != (int64_t)(base + rise))
			return -ENOMEM;
		if (p->touch && rise > was)
			wl_touch((int64_t)(base + was), rise - was);
	}
	if (wl_brk(r->lane, base + p->keep) != (int64_t)(base + p->keep))
		return -ENOMEM;
	ledger_add_units(r->ledger, p->count);
	return 0;
}

const struct workload_ops wl_brk_ops = {
	.name = "brk",
	.help = "the break goes up and down, and is asked for with brk(0)",
	.truth = WORKLOAD_LEDGER,
	.params = params,
	.params_size = sizeof(struct brk_params),
	.size = size,
	.run = run,
};
