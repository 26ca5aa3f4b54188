/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Many calls, as fast as they go or at a rate: what a ring buffer has to stand. */
#include "lib/base.h"
#include "workloads/workload.h"

#include <sys/mman.h>

#include "lib/clock.h"
#include "workloads/sizes.h"

enum { OPS_MMAP, OPS_MUNMAP, OPS_BRK, OPS_MIXED };

struct flood_params {
	uint64_t count, rate, ops, size;
};

static const char *const ops_names[] = {"mmap", "munmap", "brk", "mixed", NULL};

static const struct param params[] = {
	PARAM_ROW(flood_params, count, U64, "calls", 100003, 1, 20000000),
	PARAM_ROW(flood_params, rate, U64, "calls a second; 0: as fast as they go", 0, 0,
		  100000000),
	PARAM_ROW_ENUM(flood_params, ops,
		       "mmap and munmap in turn, munmap of nothing, brk(0), or all of them",
		       OPS_MMAP, ops_names),
	PARAM_ROW(flood_params, size, BYTES, "of each mapping", 4096, 1, 1 << 30),
	PARAM_END,
};

/* Sleeping is rougher than this: below it, look at the clock until the time has come. */
#define SPIN_NS (200 * NSEC_PER_USEC)

static void size(const void *params_, uint32_t *lanes, uint64_t *entries)
{
	const struct flood_params *p = params_;

	*lanes = 1;
	*entries = p->count + 1;
}

/* A call that comes late does not move those after it: times are intended, not measured. */
static void wait_until(uint64_t when_ns)
{
	uint64_t now;

	while ((now = clock_ns()) < when_ns) {
		if (when_ns - now > 2 * SPIN_NS)
			clock_sleep_ns(when_ns - now - SPIN_NS);
	}
}

/* mmap and munmap in turn; @live is the mapping that stands, 0 for none. */
static int64_t in_turn(struct workload_run *r, uint64_t *live)
{
	const struct flood_params *p = r->params;
	int64_t ret;

	if (*live) {
		ret = wl_munmap(r->lane, *live, p->size);
		*live = 0;
		return ret;
	}
	ret = wl_mmap(r->lane, 0, p->size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS);
	if (!ledger_failed(ret))
		*live = (uint64_t)ret;
	return ret;
}

static int64_t one_call(struct workload_run *r, uint64_t ops, uint64_t *live)
{
	switch (ops) {
	case OPS_MUNMAP:
		/* Succeeds and finds nothing: page 0 is never mapped (vm.mmap_min_addr). */
		return wl_munmap(r->lane, 0, wl_page_bytes());
	case OPS_BRK: return wl_brk(r->lane, 0);
	default: return in_turn(r, live);
	}
}

static int run(struct workload_run *r)
{
	const struct flood_params *p = r->params;
	struct rng rng = {.state = r->seed};
	uint64_t begin = clock_ns(), live = 0;
	int64_t ret;

	for (uint64_t i = 0; i < p->count; i++) {
		if (p->rate)
			wait_until(begin +
				   (uint64_t)((unsigned __int128)i * NSEC_PER_SEC / p->rate));
		ret = one_call(r, p->ops == OPS_MIXED ? rng_below(&rng, OPS_MIXED) : p->ops, &live);
		if (ledger_failed(ret))
			return (int)ret;
	}
	if (live && wl_munmap(r->lane, live, p->size))
		return -EFAULT;
	ledger_add_units(r->ledger, p->count);
	return 0;
}

const struct workload_ops wl_flood_ops = {
	.name = "flood",
	.help = "many calls, as fast as they go or at a rate",
	.truth = WORKLOAD_LEDGER,
	.params = params,
	.params_size = sizeof(struct flood_params),
	.size = size,
	.run = run,
};
