/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Threads of one process, the main one among them, map and unmap at the same time. */
#include "lib/base.h"
#include "workloads/workload.h"

#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "workloads/sizes.h"

struct threads_params {
	uint64_t threads, count, min, max;
	bool handover;
};

static const struct param params[] = {
	PARAM_ROW(threads_params, threads, U64, "threads, the main one included", 3, 1, 64),
	PARAM_ROW(threads_params, count, U64, "mappings made by each", 1009, 1, 1000000),
	PARAM_ROW(threads_params, min, BYTES, "smallest mapping", 512, 1, 1 << 30),
	PARAM_ROW(threads_params, max, BYTES, "largest mapping", 256 << 10, 1, 1 << 30),
	PARAM_ROW_BOOL(threads_params, handover,
		       "mappings (of max bytes) are unmapped by whichever thread comes next",
		       false),
	PARAM_END,
};

/* What a gate's word says. */
enum { GATE_CLOSED, GATE_OPEN };

struct crew {
	const struct threads_params *params;
	struct workload_run *run;
	_Atomic uint32_t arrived, go, at_line, finished, leave;
	_Atomic uint64_t slot; /* handover: a mapping nobody unmapped yet, or 0 */
	_Atomic int err;
	uint64_t started; /* threads to join */
	struct member {
		struct crew *crew;
		uint64_t number;
		pthread_t thread;
		struct ledger_lane *lane;
	} members[];
};

static void futex_wait(_Atomic uint32_t *word, uint32_t value)
{
	syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, value, NULL, NULL, 0);
}

static void set_and_wake(_Atomic uint32_t *word, uint32_t value)
{
	atomic_store(word, value);
	syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
}

static void add_and_wake(_Atomic uint32_t *word)
{
	atomic_fetch_add(word, 1);
	syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
}

static void wait_for(_Atomic uint32_t *word, uint32_t value)
{
	for (uint32_t now; (now = atomic_load(word)) != value;)
		futex_wait(word, now);
}

static void size(const void *params_, uint32_t *lanes, uint64_t *entries)
{
	const struct threads_params *p = params_;

	*lanes = (uint32_t)p->threads;
	*entries = p->threads * (2 * p->count + 1);
}

static int one_mapping(struct member *m, struct rng *rng)
{
	const struct threads_params *p = m->crew->params;
	uint64_t min = MIN(p->min, p->max), max = MAX(p->min, p->max);
	uint64_t len = p->handover ? max : wl_log_uniform(rng, min, max), victim;
	int64_t addr =
		wl_mmap(m->lane, 0, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS);

	if (ledger_failed(addr))
		return (int)addr;
	victim = (uint64_t)addr;
	if (p->handover)
		victim = atomic_exchange(&m->crew->slot, victim);
	return victim && wl_munmap(m->lane, victim, len) ? -EFAULT : 0;
}

static void work(struct member *m)
{
	const struct threads_params *p = m->crew->params;
	struct rng rng = {.state = m->crew->run->seed + m->number};
	int err = 0;

	/* Being woken takes each thread another time; here they meet. */
	atomic_fetch_add(&m->crew->at_line, 1);
	while (atomic_load(&m->crew->at_line) < p->threads)
		sched_yield();
	for (uint64_t i = 0; i < p->count && !err; i++)
		err = one_mapping(m, &rng);
	if (err)
		atomic_store(&m->crew->err, err);
}

static void *thread_main(void *arg)
{
	struct member *m = arg;
	char comm[16];

	snprintf(comm, sizeof(comm), "wl-thread-%u", (unsigned int)m->number);
	prctl(PR_SET_NAME, comm);
	m->lane = ledger_open_lane(m->crew->run->ledger, 2 * m->crew->params->count + 1);
	add_and_wake(&m->crew->arrived);
	wait_for(&m->crew->go, GATE_OPEN);
	if (atomic_load(&m->crew->at_line) != UINT32_MAX)
		work(m);
	add_and_wake(&m->crew->finished);
	/* A thread that ends gives back its stack with munmap() or madvise(): not in the window. */
	wait_for(&m->crew->leave, GATE_OPEN);
	return NULL;
}

static void dismiss(struct crew *crew)
{
	set_and_wake(&crew->leave, GATE_OPEN);
	for (uint64_t i = 1; i <= crew->started; i++)
		pthread_join(crew->members[i].thread, NULL);
	free(crew);
}

static int warm_up(struct workload_run *r)
{
	const struct threads_params *p = r->params;
	struct crew *crew = calloc(1, sizeof(*crew) + p->threads * sizeof(crew->members[0]));
	int err;

	if (!crew)
		return -ENOMEM;
	crew->params = p;
	crew->run = r;
	for (uint64_t i = 0; i < p->threads; i++)
		crew->members[i] = (struct member){.crew = crew, .number = i, .lane = r->lane};
	for (uint64_t i = 1; i < p->threads; i++) {
		err = pthread_create(&crew->members[i].thread, NULL, thread_main,
				     &crew->members[i]);
		if (err) {
			/* Let those that are there through, with nothing to do. */
			atomic_store(&crew->at_line, UINT32_MAX);
			set_and_wake(&crew->go, GATE_OPEN);
			dismiss(crew);
			return -err;
		}
		crew->started++;
	}
	wait_for(&crew->arrived, (uint32_t)crew->started);
	r->state = crew;
	return 0;
}

static int run(struct workload_run *r)
{
	struct crew *crew = r->state;
	uint64_t left;

	set_and_wake(&crew->go, GATE_OPEN);
	work(&crew->members[0]);
	wait_for(&crew->finished, (uint32_t)crew->started);
	left = atomic_load(&crew->slot);
	if (left && wl_munmap(r->lane, left, MAX(crew->params->min, crew->params->max)))
		return -EFAULT;
	ledger_add_units(r->ledger, crew->params->threads * crew->params->count);
	return atomic_load(&crew->err);
}

static void finish(struct workload_run *r)
{
	dismiss(r->state);
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
