/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Partial, overlapping and repeated munmap. munmap() of what is not mapped succeeds and frees
 * nothing, so the sum of lengths unmapped is larger than what was mapped: only an interval set over
 * the ledger knows how many bytes are left. (stress-ng's mmapmany unmaps the middle page of three,
 * then all three.)
 */
#include "lib/base.h"
#include "workloads/workload.h"

#include <sys/mman.h>

#include "workloads/sizes.h"

struct partial_params {
	uint64_t rounds, pages, steps;
};

static const struct param params[] = {
	PARAM_ROW(partial_params, rounds, U64, "mappings taken apart", 23, 1, 500000),
	PARAM_ROW(partial_params, pages, U64, "pages of each mapping", 31, 3, 65536),
	PARAM_ROW(partial_params, steps, U64, "random holes and fillings in each mapping", 11, 0,
		  1000),
	PARAM_END,
};

enum { FIXED_CALLS = 4 };

static void size(const void *params_, uint32_t *lanes, uint64_t *entries)
{
	const struct partial_params *p = params_;

	*lanes = 1;
	*entries = p->rounds * (p->steps + FIXED_CALLS);
}

/* A random piece of the mapping: unmapped, mapped or half so, nobody looks; one in four is filled
 * again. */
static int random_piece(struct ledger_lane *lane, struct rng *rng, uint64_t base, uint64_t pages)
{
	uint64_t page = wl_page_bytes(), first = rng_below(rng, pages),
		 n = 1 + rng_below(rng, pages - first);
	uint64_t addr = base + first * page;
	/* The last page may be asked for in part: the kernel rounds up. */
	uint64_t len = n * page - rng_below(rng, page);

	if (rng_below(rng, 4))
		return (int)wl_munmap(lane, addr, len);
	return wl_mmap(lane, addr, len, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED) == (int64_t)addr
		       ? 0
		       : -EFAULT;
}

static int take_apart(struct workload_run *r, struct rng *rng)
{
	const struct partial_params *p = r->params;
	uint64_t page = wl_page_bytes(), len = p->pages * page, base;
	int64_t addr =
		wl_mmap(r->lane, 0, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS);
	int err = 0;

	if (ledger_failed(addr))
		return (int)addr;
	base = (uint64_t)addr;
	/* The middle page, then anything, then the whole, and the whole again. Nothing else maps
	 * between the two last calls, so the second one finds nothing. */
	err |= wl_munmap(r->lane, base + p->pages / 2 * page, page) != 0;
	for (uint64_t i = 0; i < p->steps; i++)
		err |= random_piece(r->lane, rng, base, p->pages) != 0;
	err |= wl_munmap(r->lane, base, len) != 0;
	err |= wl_munmap(r->lane, base, len) != 0;
	return err ? -EFAULT : 0;
}

static int run(struct workload_run *r)
{
	const struct partial_params *p = r->params;
	struct rng rng = {.state = r->seed};

	for (uint64_t i = 0; i < p->rounds; i++) {
		int err = take_apart(r, &rng);

		if (err)
			return err;
	}
	ledger_add_units(r->ledger, p->rounds);
	return 0;
}

const struct workload_ops wl_partial_ops = {
	.name = "partial",
	.help = "partial, overlapping and repeated munmap: sums of lengths lie here",
	.truth = WORKLOAD_LEDGER,
	.params = params,
	.params_size = sizeof(struct partial_params),
	.size = size,
	.run = run,
};
