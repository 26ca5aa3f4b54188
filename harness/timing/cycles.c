/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* How long a tick of the finest clock is. */
#include "lib/base.h"
#include "harness/timing/cycles.h"

#include "lib/stats.h"

enum { WINDOW_NS = 500000, TRIES_MAX = 64 };

double cycles_ns_per_tick(unsigned int tries)
{
	double ratio[TRIES_MAX];
	unsigned int n = MIN(MAX(tries, 1U), (unsigned int)TRIES_MAX);

	for (unsigned int i = 0; i < n; i++) {
		uint64_t ns0 = clock_ns(), c0 = cycles_now(), ns1, c1;

		do {
			ns1 = clock_ns();
			c1 = cycles_now();
		} while (ns1 - ns0 < WINDOW_NS || c1 == c0);
		ratio[i] = (double)(ns1 - ns0) / (double)(c1 - c0);
	}
	return stats_median(ratio, n);
}
