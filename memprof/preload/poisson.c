/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* poisson.h */
#include "lib/base.h"

#include <string.h>

#include "memprof/preload/poisson.h"

#define LN2 0.69314718055994530942

double poisson_log(double x)
{
	uint64_t bits;
	int64_t exponent;
	double m, t, t2, sum = 0;

	memcpy(&bits, &x, sizeof(bits));
	exponent = (int64_t)(bits >> 52) - 1023;
	bits = (bits & ((1ULL << 52) - 1)) | 1023ULL << 52;
	memcpy(&m, &bits, sizeof(m));
	if (m > 1.41421356237309504880) {
		m /= 2;
		exponent++;
	}
	/* ln m = 2 artanh t, t = (m-1)/(m+1), |t| < 0.172: the term of t^21 is below 1e-17. */
	t = (m - 1) / (m + 1);
	t2 = t * t;
	for (int k = 21; k >= 1; k -= 2)
		sum = sum * t2 + 1.0 / k;
	return 2 * t * sum + (double)exponent * LN2;
}

/* e^(-x) - 1 for 0 <= x <= 0.35, as a series. */
static double small_hit(double x)
{
	double sum = 0;

	for (int k = 14; k >= 1; k--)
		sum = (1 - sum) * x / k;
	return sum;
}

double poisson_hit(double x)
{
	unsigned int halvings = 0;
	double hit;

	if (x > 50)
		return 1;
	for (; x > 0.35; x /= 2)
		halvings++;
	hit = small_hit(x);
	/* 1 - e^(-2x) = h (2 - h) with h = 1 - e^(-x) */
	while (halvings--)
		hit = hit * (2 - hit);
	return hit;
}

uint64_t poisson_draw(uint64_t *state, uint64_t rate)
{
	uint64_t x = *state;
	double u;

	x ^= x << 13; /* xorshift64, Marsaglia 2003 */
	x ^= x >> 7;
	x ^= x << 17;
	*state = x;
	u = (double)((x >> 11) + 1) * 0x1p-53; /* 0 < u <= 1 */
	return (uint64_t)(-poisson_log(u) * (double)rate) + 1;
}

struct poisson_weight poisson_weigh(uint64_t size, uint64_t rate)
{
	double z = (double)(size ? size : 1), p = poisson_hit(z / (double)rate);
	double var = (1 - p) / (p * p);

	return (struct poisson_weight){
		.blocks = (uint64_t)(65536 / p + 0.5),
		.bytes = (uint64_t)((double)size / p + 0.5),
		.blocks_var = var,
		.bytes_var = var * z * z,
	};
}
