/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Sizes around a monitor's size filter and around the page, in random order. */
#include "lib/base.h"
#include "workloads/workload.h"

#include <sys/mman.h>

#include "lib/rng.h"

struct filter_params {
	uint64_t rounds, threshold;
};

static const struct param params[] = {
	PARAM_ROW(filter_params, rounds, U64, "times each size is mapped and unmapped", 23, 1,
		  500000),
	PARAM_ROW(filter_params, threshold, BYTES, "the filter: sizes below it are ignored", 1024,
		  2, 1 << 30),
	PARAM_END,
};

enum { NSIZES = 6 };

static void size(const void *params_, uint32_t *lanes, uint64_t *entries)
{
	const struct filter_params *p = params_;

	*lanes = 1;
	*entries = 2 * NSIZES * p->rounds;
}

static int run(struct workload_run *r)
{
	const struct filter_params *p = r->params;
	const uint64_t sizes[NSIZES] = {
		1, p->threshold - 1, p->threshold, p->threshold + 1, 4095, 4096,
	};
	unsigned int order[NSIZES] = {0, 1, 2, 3, 4, 5};
	struct rng rng = {.state = r->seed};

	for (uint64_t i = 0; i < p->rounds; i++) {
		rng_shuffle(&rng, order, NSIZES);
		for (unsigned int n = 0; n < NSIZES; n++) {
			uint64_t len = sizes[order[n]];
			int64_t addr = wl_mmap(r->lane, 0, len, PROT_READ | PROT_WRITE,
					       MAP_PRIVATE | MAP_ANONYMOUS);

			if (ledger_failed(addr))
				return (int)addr;
			if (wl_munmap(r->lane, (uint64_t)addr, len))
				return -EFAULT;
		}
	}
	ledger_add_units(r->ledger, p->rounds * NSIZES);
	return 0;
}

const struct workload_ops wl_filter_ops = {
	.name = "filter",
	.help = "sizes around the monitor's filter and the page: 1, 1023, 1024, 1025, 4095, 4096",
	.truth = WORKLOAD_LEDGER,
	.params = params,
	.params_size = sizeof(struct filter_params),
	.size = size,
	.run = run,
};
