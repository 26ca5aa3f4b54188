/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Calls that change nothing: each a different mistake, in random order. */
#include "lib/base.h"
#include "workloads/workload.h"

#include <sys/mman.h>

#include "lib/rng.h"
#include "lib/sys_mmap.h"

struct fail_params {
	uint64_t rounds;
};

static const struct param params[] = {
	PARAM_ROW(fail_params, rounds, U64, "times each of the failing calls is made", 23, 1,
		  500000),
	PARAM_END,
};

#define ANON (MAP_PRIVATE | MAP_ANONYMOUS)
#define RW   (PROT_READ | PROT_WRITE)

/* The kernel's answers: mmap(2), munmap(2), mremap(2). */
static const struct {
	enum ledger_op op;
	int err;
	uint64_t addr, len, len2;
	int flags;
} mistakes[] = {
	{LEDGER_MMAP, EINVAL, 0, 0, 0, ANON},
	{LEDGER_MMAP, EINVAL, 0, 65536, 0, MAP_ANONYMOUS}, /* neither shared nor private */
	{LEDGER_MMAP, ENOMEM, 0, SYS_TOO_LONG, 0, ANON},
	{LEDGER_MMAP, EINVAL, 4097, 65536, 0, ANON | MAP_FIXED}, /* not on a page */
	{LEDGER_MMAP, EBADF, 0, 65536, 0, MAP_PRIVATE},		 /* descriptor -1 */
	{LEDGER_MUNMAP, EINVAL, 65537, 65536, 0, 0},		 /* not on a page */
	{LEDGER_MUNMAP, EINVAL, 65536, 0, 0, 0},
	{LEDGER_MUNMAP, EINVAL, 65536, SYS_TOO_LONG, 0, 0},
	{LEDGER_MREMAP, EINVAL, 65537, 65536, 131072, MREMAP_MAYMOVE},
	{LEDGER_MREMAP, EINVAL, 65536, 65536, 0, MREMAP_MAYMOVE},
};

/* And brk(), which never fails: below the heap's start it does nothing and says where it is. */
enum { NCALLS = ARRAY_SIZE(mistakes) + 1 };

static void size(const void *params_, uint32_t *lanes, uint64_t *entries)
{
	const struct fail_params *p = params_;

	*lanes = 1;
	*entries = NCALLS * p->rounds + 1;
}

static int64_t make(struct ledger_lane *lane, unsigned int i)
{
	switch (mistakes[i].op) {
	case LEDGER_MMAP:
		return wl_mmap(lane, mistakes[i].addr, mistakes[i].len, RW, mistakes[i].flags);
	case LEDGER_MUNMAP: return wl_munmap(lane, mistakes[i].addr, mistakes[i].len);
	default:
		return wl_mremap(lane, mistakes[i].addr, mistakes[i].len, mistakes[i].len2,
				 mistakes[i].flags, 0);
	}
}

static int run(struct workload_run *r)
{
	const struct fail_params *p = r->params;
	struct rng rng = {.state = r->seed};
	int64_t brk = wl_brk(r->lane, 0);
	unsigned int order[NCALLS];

	for (unsigned int n = 0; n < NCALLS; n++)
		order[n] = n;
	for (uint64_t i = 0; i < p->rounds; i++) {
		rng_shuffle(&rng, order, NCALLS);
		for (unsigned int n = 0; n < NCALLS; n++) {
			unsigned int which = order[n];

			if (which == NCALLS - 1) {
				if (wl_brk(r->lane, 1) != brk)
					return -EPROTO;
			} else if (make(r->lane, which) != -mistakes[which].err) {
				return -EPROTO;
			}
		}
	}
	ledger_add_units(r->ledger, p->rounds * NCALLS);
	return 0;
}

const struct workload_ops wl_fail_ops = {
	.name = "fail",
	.help = "calls that fail (EINVAL, ENOMEM, EBADF) and a brk that does nothing",
	.truth = WORKLOAD_LEDGER,
	.params = params,
	.params_size = sizeof(struct fail_params),
	.size = size,
	.run = run,
};
