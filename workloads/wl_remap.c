/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* mremap that grows, shrinks and moves, and MAP_FIXED over what was there: address space changes
 * hands without a munmap. */
#include "lib/base.h"
#include "workloads/workload.h"

#include <sys/mman.h>

#include "workloads/sizes.h"

struct remap_params {
	uint64_t rounds, pages;
	bool touch;
};

static const struct param params[] = {
	PARAM_ROW(remap_params, rounds, U64, "mappings led through it", 23, 1, 500000),
	PARAM_ROW(remap_params, pages, U64, "pages of a mapping at the start, at most", 37, 2,
		  65536),
	PARAM_ROW_BOOL(remap_params, touch, "write to every page", false),
	PARAM_END,
};

enum { CALLS = 8 };

static void size(const void *params_, uint32_t *lanes, uint64_t *entries)
{
	const struct remap_params *p = params_;

	*lanes = 1;
	*entries = CALLS * p->rounds;
}

static int64_t map(struct ledger_lane *lane, uint64_t addr, uint64_t len)
{
	return wl_mmap(lane, addr, len, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | (addr ? MAP_FIXED : 0));
}

static int one_round(struct workload_run *r, struct rng *rng)
{
	const struct remap_params *p = r->params;
	uint64_t page = wl_page_bytes(), pages = 2 + rng_below(rng, p->pages - 1);
	uint64_t small = pages / 2 * page, len = pages * page, big = 3 * len;
	int64_t a, hole;

	a = map(r->lane, 0, len);
	if (ledger_failed(a))
		return (int)a;
	if (p->touch)
		wl_touch(a, len);
	/* Grow, moving where there is no room; shrink in place; */
	a = wl_mremap(r->lane, (uint64_t)a, len, big, MREMAP_MAYMOVE, 0);
	if (ledger_failed(a))
		return (int)a;
	if (wl_mremap(r->lane, (uint64_t)a, big, len, 0, 0) != a)
		return -EFAULT;
	/* move onto a mapping that goes without a munmap; */
	hole = map(r->lane, 0, len);
	if (ledger_failed(hole))
		return (int)hole;
	a = wl_mremap(r->lane, (uint64_t)a, len, len, MREMAP_MAYMOVE | MREMAP_FIXED,
		      (uint64_t)hole);
	if (a != hole)
		return -EFAULT;
	/* map anew over the first half; */
	if (map(r->lane, (uint64_t)a, small) != a)
		return -EFAULT;
	/* shrink to that half by unmapping the rest of it, and end. */
	if (wl_munmap(r->lane, (uint64_t)a + small, len - small) ||
	    wl_munmap(r->lane, (uint64_t)a, small))
		return -EFAULT;
	return 0;
}

static int run(struct workload_run *r)
{
	const struct remap_params *p = r->params;
	struct rng rng = {.state = r->seed};

	for (uint64_t i = 0; i < p->rounds; i++) {
		int err = one_round(r, &rng);

		if (err)
			return err;
	}
	ledger_add_units(r->ledger, p->rounds);
	return 0;
}

const struct workload_ops wl_remap_ops = {
	.name = "remap",
	.help = "mremap that grows, shrinks and moves; MAP_FIXED over old mappings",
	.truth = WORKLOAD_LEDGER,
	.params = params,
	.params_size = sizeof(struct remap_params),
	.size = size,
	.run = run,
};
