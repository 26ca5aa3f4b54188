/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A small seeded generator, so that every run can be repeated: splitmix64 (Steele, Lea, Flood
 * 2014). */
#ifndef LIB_RNG_H
#define LIB_RNG_H

#include "lib/base.h"

struct rng {
	uint64_t state; /* any value is a good seed */
};

static inline uint64_t rng_next(struct rng *r)
{
	uint64_t z = (r->state += 0x9e3779b97f4a7c15ULL);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return z ^ (z >> 31);
}

/* Uniform in [0, n); n must not be 0. Multiply-shift: the bias is below 2^-32 for n < 2^32. */
static inline uint64_t rng_below(struct rng *r, uint64_t n)
{
	return (uint64_t)(((unsigned __int128)rng_next(r) * n) >> 64);
}

/* Fisher-Yates over @n indices. */
static inline void rng_shuffle(struct rng *r, unsigned int *idx, unsigned int n)
{
	for (unsigned int i = n; i > 1; i--) {
		unsigned int j = (unsigned int)rng_below(r, i), t = idx[i - 1];

		idx[i - 1] = idx[j];
		idx[j] = t;
	}
}

#endif
