/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Which bytes are samples, and what a sample stands for.
 *
 * Samples are the events of a Poisson process over the bytes that are allocated, @rate bytes apart
 * on average. A block is taken when at least one event falls into it, which for z bytes has the
 * probability p = 1 - e^(-z/rate); so it stands for 1/p blocks and z/p bytes, and sums of these
 * are unbiased whatever the sizes are (Horvitz and Thompson 1952). After a sample the process
 * begins anew: it has no memory.
 *
 * Own logarithm and exponential: libm would become part of every program that is looked at.
 */
#ifndef MEMPROF_PRELOAD_POISSON_H
#define MEMPROF_PRELOAD_POISSON_H

#include "lib/base.h"

/* ln(x) for 0 < x < infinity, to 1e-15 or so. */
double poisson_log(double x);
/* 1 - e^(-x) for x >= 0, to 1e-14 of itself. */
double poisson_hit(double x);

/* Bytes to the next event, at least 1; *@state is of the generator and not 0. */
uint64_t poisson_draw(uint64_t *state, uint64_t rate);

struct poisson_weight {
	uint64_t blocks; /* in parts of 1/65536 */
	uint64_t bytes;
	double blocks_var, bytes_var; /* (1-p)/p^2 and size^2 times that: as profile_weigh() */
};

/* What a sampled block of @size bytes stands for. */
struct poisson_weight poisson_weigh(uint64_t size, uint64_t rate);

#endif
