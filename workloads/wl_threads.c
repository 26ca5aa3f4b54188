/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Threads of one process, the main one among them, map and unmap at the same time. */
#include "lib/base.h"
#include "workloads/workload.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "workloads/crew.h"
#include "workloads/sizes.h"

struct threads_params {
	uint64_t threads, count, min, max;
	bool handover, end;
};

static const struct param params[] = {
	PARAM_ROW(threads_params, threads, U64, "threads, the main one included", 3, 1, 64),
	PARAM_ROW(threads_params, count, U64, "mappings made by each", 1009, 1, 1000000),
	PARAM_ROW(threads_params, min, BYTES, "smallest mapping", 512, 1, 1 << 30),
	PARAM_ROW(threads_params, max, BYTES, "largest mapping", 256 << 10, 1, 1 << 30),
	PARAM_ROW_BOOL(threads_params, handover,
		       "mappings (of max bytes) are unmapped by whichever thread comes next",
		       false),
	PARAM_ROW_BOOL(threads_params, end, "all but the main thread end before the process does",
		       false),
	PARAM_END,
};

struct shared {
	const struct threads_params *params;
	_Atomic uint64_t slot; /* handover: a mapping nobody unmapped yet, or 0 */
	struct crew *crew;
};

static void size(const void *params_, uint32_t *lanes, uint64_t *entries)
{
	const struct threads_params *p = params_;

	*lanes = (uint32_t)p->threads;
	*entries = p->threads * (2 * p->count + 1);
}

/*
 * What is to be unmapped: one's own mapping, or what another thread has left; 0: nothing. Not
 * atomic_exchange(): where the result may be @mine as well, gcc for s390x (11, 12, 14) exchanges
 * the slot with what is in it.
 */
static uint64_t handed_over(struct shared *s, uint64_t mine)
{
	uint64_t theirs;

	if (!s->params->handover)
		return mine;
	theirs = atomic_load(&s->slot);
	while (!atomic_compare_exchange_weak(&s->slot, &theirs, mine))
		;
	return theirs;
}

static int one_mapping(const struct crew_member *m, struct rng *rng)
{
	struct shared *s = m->shared;
	const struct threads_params *p = s->params;
	uint64_t min = MIN(p->min, p->max), max = MAX(p->min, p->max);
	uint64_t len = p->handover ? max : wl_log_uniform(rng, min, max), victim;
	int64_t addr =
		wl_mmap(m->lane, 0, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS);

	if (ledger_failed(addr))
		return (int)addr;
	victim = handed_over(s, (uint64_t)addr);
	return victim && wl_munmap(m->lane, victim, len) ? -EFAULT : 0;
}

static int map_and_unmap(const struct crew_member *m)
{
	const struct shared *s = m->shared;
	struct rng rng = {.state = m->run->seed + m->number};
	int err = 0;

	for (uint64_t i = 0; i < s->params->count && !err; i++)
		err = one_mapping(m, &rng);
	return err;
}

static int warm_up(struct workload_run *r)
{
	struct shared *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	s->params = r->params;
	r->state = s;
	return crew_hire(&s->crew, r, s->params->threads, 2 * s->params->count + 1, map_and_unmap,
			 s);
}

static int run(struct workload_run *r)
{
	struct shared *s = r->state;
	const struct threads_params *p = s->params;
	int err = crew_work(s->crew);
	uint64_t left = atomic_load(&s->slot);

	if (p->end)
		crew_end(s->crew);
	if (left && wl_munmap(r->lane, left, MAX(p->min, p->max)))
		return -EFAULT;
	ledger_add_units(r->ledger, p->threads * p->count);
	return err;
}

static void finish(struct workload_run *r)
{
	struct shared *s = r->state;

	crew_dismiss(s->crew);
	free(s);
}

const struct workload_ops wl_threads_ops = {
	.name = "threads",
	.help = "threads of one process map and unmap at the same time",
	.truth = WORKLOAD_LEDGER,
	.params = params,
	.params_size = sizeof(struct threads_params),
	.size = size,
	.warm_up = warm_up,
	.run = run,
	.finish = finish,
};
