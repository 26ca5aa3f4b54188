/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Anonymous mappings come and go, a window of them alive at a time. */
#include "lib/base.h"
#include "workloads/workload.h"

#include <stdlib.h>
#include <sys/mman.h>

#include "lib/huge_page.h"
#include "workloads/sizes.h"

enum { SIZES_FIXED, SIZES_LOG };
enum { ORDER_FIFO, ORDER_LIFO, ORDER_RANDOM };

struct mmap_params {
	uint64_t count, sizes, size, min, max;
	uint64_t order, window, keep;
	bool touch, huge;
};

static const char *const size_names[] = {"fixed", "log", NULL};
static const char *const order_names[] = {"fifo", "lifo", "random", NULL};

static const struct param params[] = {
	PARAM_ROW(mmap_params, count, U64, "mappings made", 1009, 1, 5000000),
	PARAM_ROW_ENUM(mmap_params, sizes, "all of one size, or log-uniform", SIZES_FIXED,
		       size_names),
	PARAM_ROW(mmap_params, size, BYTES, "of each mapping when sizes=fixed", 64 << 10, 1,
		  1 << 30),
	PARAM_ROW(mmap_params, min, BYTES, "smallest when sizes=log", 512, 1, 1 << 30),
	PARAM_ROW(mmap_params, max, BYTES, "largest when sizes=log", 1 << 20, 1, 1 << 30),
	PARAM_ROW_ENUM(mmap_params, order, "which mapping goes first", ORDER_FIFO, order_names),
	PARAM_ROW(mmap_params, window, U64, "mappings alive at a time", 23, 1, 10000),
	PARAM_ROW(mmap_params, keep, U64, "mappings left at the end", 0, 0, 10000),
	PARAM_ROW_BOOL(mmap_params, touch, "write to every page", false),
	PARAM_ROW_BOOL(mmap_params, huge, "of huge pages (MAP_HUGETLB)", false),
	PARAM_END,
};

struct mapping {
	uint64_t addr, len;
};

static void size(const void *params_, uint32_t *lanes, uint64_t *entries)
{
	const struct mmap_params *p = params_;

	*lanes = 1;
	*entries = 2 * p->count;
}

static int warm_up(struct workload_run *r)
{
	const struct mmap_params *p = r->params;

	r->state = calloc(p->window, sizeof(struct mapping));
	return r->state ? 0 : -ENOMEM;
}

/* Takes one of @n live mappings out, keeping the age of the others. */
static struct mapping take(struct mapping *live, uint64_t n, uint64_t order, struct rng *rng)
{
	uint64_t i = order == ORDER_FIFO ? 0 : order == ORDER_LIFO ? n - 1 : rng_below(rng, n);
	struct mapping m = live[i];

	for (; i + 1 < n; i++)
		live[i] = live[i + 1];
	return m;
}

static int run(struct workload_run *r)
{
	const struct mmap_params *p = r->params;
	uint64_t n = 0, min = MIN(p->min, p->max), max = MAX(p->min, p->max);
	struct rng rng = {.state = r->seed};
	struct mapping *live = r->state;
	int flags = MAP_PRIVATE | MAP_ANONYMOUS | (p->huge ? MAP_HUGETLB : 0);
	uint64_t huge = huge_page_bytes((uint64_t)flags);

	for (uint64_t i = 0; i < p->count || n > MIN(p->keep, p->window); i++) {
		if (n == p->window || i >= p->count) {
			struct mapping m = take(live, n--, p->order, &rng);

			if (wl_munmap(r->lane, m.addr, m.len))
				return -EFAULT;
		}
		if (i < p->count) {
			uint64_t len =
				p->sizes == SIZES_LOG ? wl_log_uniform(&rng, min, max) : p->size;
			int64_t addr = wl_mmap(r->lane, 0, len, PROT_READ | PROT_WRITE, flags);

			if (ledger_failed(addr))
				return (int)addr;
			if (p->touch)
				wl_touch(addr, len);
			if (huge) /* which are unmapped as a whole */
				len = (len + huge - 1) / huge * huge;
			live[n++] = (struct mapping){(uint64_t)addr, len};
		}
	}
	ledger_add_units(r->ledger, p->count);
	return 0;
}

static void finish(struct workload_run *r)
{
	free(r->state);
}

const struct workload_ops wl_mmap_ops = {
	.name = "mmap",
	.help = "anonymous mappings come and go, fixed or log-uniform sizes",
	.truth = WORKLOAD_LEDGER,
	.params = params,
	.params_size = sizeof(struct mmap_params),
	.size = size,
	.warm_up = warm_up,
	.run = run,
	.finish = finish,
};
