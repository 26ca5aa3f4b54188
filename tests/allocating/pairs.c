/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Pairs of malloc and free, 1,024 blocks live, sizes 16 to 527, from a stack of a chosen depth:
 * pairs [PAIRS] [DEPTH] [THREADS] [LIVE]. Prints what a pair takes and what it did: ns allocs bytes
 * frees. HOLD=1 keeps the last blocks. WAIT=1 begins when its input ends. CHUNK: pairs that are
 * timed together (2,048).
 */
#include "lib/base.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/allocating/chunks.h"

enum { THREADS_MAX = 64 };

static unsigned long pairs = 1000000, live = 1024, chunk = 2048;
static unsigned int depth = 3;
static bool hold;

static struct done {
	uint64_t allocs, bytes, frees;
	double ns;
	char apart[96];
} done[THREADS_MAX];

static __attribute__((noinline)) void *leaf(size_t size)
{
	void *p = malloc(size);

	__asm__ volatile("" : "+r"(p)::"memory");
	return p;
}

static __attribute__((noinline)) void *mid(size_t size, unsigned int d)
{
	void *p = d > 1 ? mid(size, d - 1) : leaf(size);

	__asm__ volatile("" : "+r"(p)::"memory");
	return p;
}

static __attribute__((noinline)) void *work(void *arg)
{
	struct done *d = arg, l = {0};
	void **block = chunks_map(live * sizeof(*block));
	uint32_t x = 0x12345 + (uint32_t)(d - done) * 77;
	struct chunks chunks;

	chunks_begin(&chunks, pairs, chunk);
	for (unsigned long i = 0; i < pairs; i++) {
		size_t size, k;

		x ^= x << 13;
		x ^= x >> 17;
		x ^= x << 5;
		size = 16 + (x >> 20) % 512;
		k = x % live;
		if (block[k]) {
			free(block[k]);
			l.frees++;
		}
		block[k] = mid(size, depth > 2 ? depth - 1 : 1);
		l.allocs++;
		l.bytes += size;
		chunks_step(&chunks, i);
	}
	l.ns = chunks_end(&chunks);
	for (unsigned long k = 0; !hold && k < live; k++)
		if (block[k]) {
			free(block[k]);
			l.frees++;
		}
	*d = l;
	return NULL;
}

int main(int argc, char *argv[])
{
	unsigned int threads = 1;
	pthread_t thread[THREADS_MAX];
	struct done sum = {0};
	char line[200];
	int len;

	if (argc > 1)
		pairs = strtoul(argv[1], NULL, 10);
	if (argc > 2)
		depth = (unsigned int)strtoul(argv[2], NULL, 10);
	if (argc > 3)
		threads = (unsigned int)strtoul(argv[3], NULL, 10);
	if (argc > 4)
		live = strtoul(argv[4], NULL, 10);
	if (getenv("CHUNK"))
		chunk = strtoul(getenv("CHUNK"), NULL, 10);
	if (!live || !threads || threads > THREADS_MAX || !chunk)
		return 2;
	hold = getenv("HOLD");
	chunks_wait();
	for (unsigned int i = 1; i < threads; i++)
		if (pthread_create(&thread[i], NULL, work, &done[i]))
			return 2;
	work(&done[0]);
	for (unsigned int i = 1; i < threads; i++)
		pthread_join(thread[i], NULL);
	for (unsigned int i = 0; i < threads; i++) {
		sum.allocs += done[i].allocs;
		sum.bytes += done[i].bytes;
		sum.frees += done[i].frees;
		sum.ns = MAX(sum.ns, done[i].ns);
	}
	len = snprintf(line, sizeof(line), "%.2f %lu %lu %lu\n", sum.ns, sum.allocs, sum.bytes,
		       sum.frees);
	return write(STDOUT_FILENO, line, (size_t)len) != len;
}
