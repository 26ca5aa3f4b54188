/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Every function of the malloc family a known number of times, failures included, and the sums as
 * its one line: allocs bytes frees freed live live_bytes. A realloc that works is one allocation
 * and, where it had a block, one free. No stdio: what is counted is all that the process allocates.
 * WAIT=1 begins when its input ends. With MALLOC_TRACE set it lets glibc's mtrace keep a second
 * record.
 */
#include "lib/base.h"

#include <malloc.h>
#include <mcheck.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/allocating/chunks.h"

static uint64_t allocs, bytes, frees, freed;
static struct {
	void *p;
	size_t size;
} blocks[1000];
static unsigned int n;

static void put(void *p, size_t size)
{
	blocks[n].p = p;
	blocks[n++].size = size;
	allocs++;
	bytes += size;
}

static void drop(void *p, size_t size)
{
	free(p);
	frees++;
	freed += size;
}

static void each_function(void)
{
	for (size_t i = 1; i <= 100; i++)
		put(malloc(i * 7), i * 7);
	for (size_t i = 1; i <= 50; i++)
		put(calloc(i, 24), i * 24);
	for (unsigned int i = 0; i < 20; i++) {
		void *p;

		if (posix_memalign(&p, 64, 1000))
			_exit(2);
		put(p, 1000);
	}
	for (unsigned int i = 0; i < 10; i++)
		put(aligned_alloc(256, 512), 512);
	put(memalign(4096, 100), 100);
	put(valloc(5000), 5000);
	put(malloc(0), 0);
	put(malloc(1 << 20), 1 << 20); /* a mapping of its own */
	for (unsigned int i = 0; i < 30; i++)
		put(strdup("twelve bytes"), 13); /* libc's own call */
}

static void each_realloc(void)
{
	/* More than there is, and the compiler cannot know. */
	volatile size_t huge = SIZE_MAX / 4;
	void *p;

	for (unsigned int i = 0; i < 40; i++) {
		blocks[i].p = realloc(blocks[i].p, 2000);
		frees++;
		freed += blocks[i].size;
		allocs++;
		bytes += blocks[i].size = 2000;
	}
	put(realloc(NULL, 333), 333);
	p = malloc(10);
	allocs++;
	bytes += 10;
	/* These fail: the block stays, nothing is counted. */
	if (realloc(p, huge) || malloc(huge) || calloc(huge, 8))
		_exit(2);
	drop(p, 10);
	put(reallocarray(NULL, 10, 11), 110);
	free(NULL);
}

int main(void)
{
	bool trace = getenv("MALLOC_TRACE");
	char line[200];
	int len;

	chunks_wait();
	if (trace)
		mtrace();
	each_function();
	each_realloc();
	for (unsigned int i = 0; i < n - 25; i++)
		drop(blocks[i].p, blocks[i].size);
	if (trace)
		muntrace();
	len = snprintf(line, sizeof(line), "%lu %lu %lu %lu %lu %lu\n", allocs, bytes, frees, freed,
		       allocs - frees, bytes - freed);
	return write(STDOUT_FILENO, line, (size_t)len) != len;
}
