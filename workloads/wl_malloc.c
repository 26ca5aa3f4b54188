/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Every function of the malloc family, by one or several threads: blocks of known sizes come, grow
 * and go in random order, calls that fail and free(NULL) among them; some are held to the end of
 * the process. What is needed beside is not taken from the allocator, so that with one thread the
 * ledger is all that the program allocates.
 */
#include "lib/base.h"
#include "workloads/workload.h"

#include <mcheck.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "lib/rng.h"
#include "workloads/crew.h"
#include "workloads/heap.h"
#include "workloads/sizes.h"

struct malloc_params {
	uint64_t count, threads, min, max, held, errors;
	bool handover;
};

static const struct param params[] = {
	PARAM_ROW(malloc_params, count, U64, "blocks allocated by each thread", 1009, 1, 1000000),
	PARAM_ROW(malloc_params, threads, U64, "threads, the main one included", 1, 1, 64),
	PARAM_ROW(malloc_params, min, BYTES, "smallest block", 1, 0, 1 << 30),
	PARAM_ROW(malloc_params, max, BYTES, "largest block", 256 << 10, 1, 1 << 30),
	PARAM_ROW(malloc_params, held, U64, "blocks that each thread holds to the end", 23, 0,
		  1000000),
	PARAM_ROW(malloc_params, errors, U64, "calls of each thread that fail", 7, 0, 1000000),
	PARAM_ROW_BOOL(malloc_params, handover,
		       "blocks are freed by whichever thread comes next, as far as none are held",
		       false),
	PARAM_END,
};

enum { LIVE = 64 }; /* blocks of a thread that come and go at the same time */

struct shared {
	const struct malloc_params *params;
	struct heap_block (*live)[LIVE]; /* of each thread */
	size_t live_bytes;
	_Atomic(struct heap_block *) left; /* handover: a place that nobody emptied yet */
	struct heap_block *places;	   /* handover: @count of each thread */
	size_t places_bytes;
	struct crew *crew;
};

/* A block is allocated, may be reallocated, and is freed; with free(NULL) and failures. */
static uint64_t calls_of(const struct malloc_params *p)
{
	return 4 * p->count + p->errors + LIVE + 4;
}

static void size(const void *params_, uint32_t *lanes, uint64_t *entries)
{
	const struct malloc_params *p = params_;

	*lanes = (uint32_t)p->threads;
	*entries = p->threads * calls_of(p);
}

static uint64_t length(const struct malloc_params *p, struct rng *rng)
{
	uint64_t min = MIN(p->min, p->max), max = MAX(p->min, p->max);

	return min ? wl_log_uniform(rng, min, max) : wl_log_uniform(rng, 1, max + 1) - 1;
}

/* More than there is. */
static int fails(struct ledger_lane *lane, uint64_t i, struct heap_block *b)
{
	static const enum heap_function how[] = {HEAP_MALLOC, HEAP_CALLOC, HEAP_REALLOC,
						 HEAP_POSIX_MEMALIGN};
	enum heap_function f = how[i % ARRAY_SIZE(how)];
	struct heap_block none = {0};

	return wl_heap_call(lane, f, f == HEAP_REALLOC ? b : &none, SIZE_MAX / 4) ? -EFAULT : 0;
}

/* realloc(p, 0) is a free by one libc and a block by another: at least a byte is asked for. */
static int one_block(const struct crew_member *m, struct rng *rng, struct heap_block *b)
{
	static const enum heap_function how[] = {
		HEAP_MALLOC,	   HEAP_MALLOC,		HEAP_CALLOC,	    HEAP_REALLOC,
		HEAP_REALLOCARRAY, HEAP_POSIX_MEMALIGN, HEAP_ALIGNED_ALLOC, HEAP_MEMALIGN};
	const struct malloc_params *p = ((struct shared *)m->shared)->params;
	enum heap_function f = how[rng_below(rng, ARRAY_SIZE(how))];
	uint64_t bytes = length(p, rng);

	if (!wl_heap_call(m->lane, f, b, f == HEAP_MALLOC ? bytes : MAX(bytes, 1ULL)))
		return -ENOMEM;
	*(volatile char *)b->p = 1;
	if (rng_below(rng, 4) || wl_heap_call(m->lane, HEAP_REALLOC, b, MAX(length(p, rng), 1ULL)))
		return 0;
	return -ENOMEM;
}

static void give_back(const struct crew_member *m, struct heap_block *b, uint64_t i)
{
	struct shared *s = m->shared;
	struct heap_block *mine;

	if (!s->params->handover || !b->p) {
		wl_heap_call(m->lane, HEAP_FREE, b, 0);
		return;
	}
	mine = &s->places[m->number * s->params->count + i];
	*mine = *b;
	*b = (struct heap_block){0};
	mine = atomic_exchange(&s->left, mine);
	if (mine)
		wl_heap_call(m->lane, HEAP_FREE, mine, 0);
}

/* The last blocks that it allocates are those that it holds. */
static int work(const struct crew_member *m)
{
	const struct shared *s = m->shared;
	const struct malloc_params *p = s->params;
	struct heap_block *live = s->live[m->number];
	uint64_t held = MIN(p->held, p->count);
	struct rng rng = {.state = m->run->seed + m->number};
	int err = 0;

	for (uint64_t i = 0; i < p->count && !err; i++) {
		struct heap_block kept = {0}, *b = &live[rng_below(&rng, LIVE)];
		bool holds = i + held >= p->count;

		if (!holds && b->p)
			give_back(m, b, i);
		err = one_block(m, &rng, holds ? &kept : b);
		for (uint64_t k = i * p->errors / p->count;
		     !err && k < (i + 1) * p->errors / p->count; k++)
			err = fails(m->lane, k, holds ? &kept : b);
	}
	wl_heap_call(m->lane, HEAP_FREE, &(struct heap_block){0}, 0);
	for (uint64_t i = 0; i < LIVE && !err; i++)
		if (live[i].p)
			wl_heap_call(m->lane, HEAP_FREE, &live[i], 0);
	return err;
}

static void *pages(size_t bytes)
{
	void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

static int warm_up(struct workload_run *r)
{
	const struct malloc_params *p = r->params;
	struct shared *s = pages(sizeof(*s));
	size_t places = p->handover ? p->threads * p->count : 1;

	if (!s)
		return -ENOMEM;
	s->params = p;
	s->live_bytes = p->threads * sizeof(s->live[0]);
	s->live = pages(s->live_bytes);
	s->places_bytes = places * sizeof(s->places[0]);
	s->places = pages(s->places_bytes);
	r->state = s;
	if (!s->live || !s->places)
		return -ENOMEM;
	/* A second witness: glibc's own record, of a process that has libc_malloc_debug. */
	if (getenv("MALLOC_TRACE"))
		mtrace();
	if (p->threads == 1)
		return 0;
	return crew_hire(&s->crew, r, p->threads, calls_of(p), work, s);
}

static int run(struct workload_run *r)
{
	struct shared *s = r->state;
	struct crew_member alone = {.run = r, .lane = r->lane, .shared = s};
	int err = s->crew ? crew_work(s->crew) : work(&alone);
	struct heap_block *left = atomic_load(&s->left);

	if (left)
		wl_heap_call(r->lane, HEAP_FREE, left, 0);
	ledger_add_units(r->ledger, s->params->threads * s->params->count);
	return err;
}

/* What is held stays to the end: it is what is live then. */
static void finish(struct workload_run *r)
{
	struct shared *s = r->state;

	crew_dismiss(s->crew);
	if (getenv("MALLOC_TRACE"))
		muntrace(); /* writes what it holds back */
	munmap(s->places, s->places_bytes);
	munmap(s->live, s->live_bytes);
	munmap(s, sizeof(*s));
}

const struct workload_ops wl_malloc_ops = {
	.name = "malloc",
	.help = "the malloc family: blocks of known sizes come, grow and go, some are held",
	.truth = WORKLOAD_LEDGER,
	.subject = WORKLOAD_MALLOC,
	.params = params,
	.params_size = sizeof(struct malloc_params),
	.size = size,
	.warm_up = warm_up,
	.run = run,
	.finish = finish,
};
