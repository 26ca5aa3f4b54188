/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The default size is what /proc/meminfo says, another one stands in the flags (mmap(2)). */
#include "lib/base.h"
#include "lib/huge_page.h"

#include <stdio.h>
#include <sys/mman.h>

enum { SIZE_SHIFT = 26, SIZE_MASK = 63 }; /* MAP_HUGE_SHIFT, MAP_HUGE_MASK */

static uint64_t read_default(void)
{
	FILE *f = fopen("/proc/meminfo", "re");
	char line[128];
	unsigned long long kb = 0;

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "Hugepagesize: %llu kB", &kb) == 1)
			break;
	if (f)
		fclose(f);
	return kb << 10;
}

uint64_t huge_page_default(void)
{
	static uint64_t bytes = UINT64_MAX;

	if (bytes == UINT64_MAX)
		bytes = read_default();
	return bytes;
}

uint64_t huge_page_bytes(uint64_t flags)
{
	uint64_t bits = flags >> SIZE_SHIFT & SIZE_MASK;

	if (!(flags & MAP_ANONYMOUS) || !(flags & MAP_HUGETLB))
		return 0;
	return bits ? 1ULL << bits : huge_page_default();
}
