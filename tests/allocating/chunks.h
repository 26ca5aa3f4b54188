/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a step takes, in a program that does nothing but such steps: the 10th percentile of chunks
 * of so many steps that to ask for the time is nothing beside them, and so few that a chunk is
 * short beside a time slice: what other processes take does not count. Nothing here allocates.
 */
#ifndef TESTS_ALLOCATING_CHUNKS_H
#define TESTS_ALLOCATING_CHUNKS_H

#include "lib/base.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

struct chunks {
	double *ns, before;
	size_t n, steps; /* chunks; steps of each */
};

/* Not from the heap that is counted. */
static inline void *chunks_map(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	if (p == MAP_FAILED)
		_exit(2);
	return p;
}

static inline double chunks_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* With WAIT in the environment: until the input ends, so that something can be attached. */
static inline void chunks_wait(void)
{
	char byte;

	while (getenv("WAIT") && read(STDIN_FILENO, &byte, 1) > 0)
		;
}

/* @all steps are to come, and @steps make a chunk. */
static inline void chunks_begin(struct chunks *c, size_t all, size_t steps)
{
	c->ns = chunks_map((all / steps + 1) * sizeof(*c->ns));
	c->n = 0;
	c->steps = steps;
	c->before = chunks_now();
}

/* After step @i, from 0 on. */
static inline void chunks_step(struct chunks *c, size_t i)
{
	double now;

	if ((i + 1) % c->steps)
		return;
	now = chunks_now();
	c->ns[c->n++] = (now - c->before) / (double)c->steps;
	c->before = now;
}

/* The ns of a step; 0: there was no whole chunk. */
static inline double chunks_end(struct chunks *c)
{
	/* qsort() allocates. */
	for (size_t i = 1; i < c->n; i++) {
		double x = c->ns[i];
		size_t k = i;

		for (; k && c->ns[k - 1] > x; k--)
			c->ns[k] = c->ns[k - 1];
		c->ns[k] = x;
	}
	return c->n ? c->ns[c->n / 10] : 0;
}

#endif
