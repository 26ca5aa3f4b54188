/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What scripts/allocators.sh runs with one allocator after the other: allocating MODE [SECONDS].
 *
 * A mode is one pattern of malloc() and free(), the same calls whoever serves them. Nothing else
 * here maps memory: no stdio, and the tables are static. Patterns that last go on for SECONDS in
 * steps of 4 ms, and touch what they take, so that it is resident. A pointer that goes through
 * `volatile` keeps the compiler from leaving out a pair of malloc() and free().
 */
#include "lib/base.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MIB	    (1024 * 1024)
#define STEPS_PER_S 250
#define SMALL	    64
#define SMALLS	    (100 * MIB / SMALL)
#define CACHED	    (8 * MIB / 1024)

static void *kept[CACHED];

static void *take(size_t size)
{
	void *volatile block = malloc(size);

	if (!block)
		abort();
	memset(block, 1, size);
	return block;
}

static void rest(void)
{
	const struct timespec step = {.tv_nsec = 1000000000 / STEPS_PER_S};

	nanosleep(&step, NULL);
}

/* Ten blocks of 1 MiB, freed in order, and all that once more. */
static void blocks(void)
{
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < 10; i++)
			kept[i] = take(MIB);
		for (int i = 0; i < 10; i++)
			free(kept[i]);
	}
}

/* 100 MiB in blocks of 64 bytes; each holds the address of the one before, the last is returned. */
static void **small(void)
{
	void **last = NULL;

	for (size_t i = 0; i < SMALLS; i++) {
		void **block = take(SMALL);

		*block = last;
		last = block;
	}
	return last;
}

/* The same, freed again; of @one_of blocks one stays (0: none). Nothing happens for @seconds then.
 */
static void freed(size_t one_of, int seconds)
{
	size_t i = 0;

	for (void **block = small(), **before; block; block = before, i++) {
		before = *block;
		if (!one_of || i % one_of)
			free(block);
	}
	for (int step = 0; step < seconds * STEPS_PER_S; step++)
		rest();
}

/* 1 MiB a second in blocks of 1 KiB, kept. */
static void leak(int seconds)
{
	for (int i = 0; i < seconds * STEPS_PER_S; i++) {
		for (int n = 0; n < 1024 / STEPS_PER_S + (i % STEPS_PER_S < 1024 % STEPS_PER_S);
		     n++)
			take(1024);
		rest();
	}
}

/* Fills up to 8 MiB at that rate, then a new block takes an old one's place. */
static void cache(int seconds)
{
	size_t at = 0;

	for (int i = 0; i < seconds * STEPS_PER_S; i++) {
		for (int n = 0; n < 4; n++, at++) {
			free(kept[at % CACHED]);
			kept[at % CACHED] = take(1024);
		}
		rest();
	}
}

/* 8 MiB taken and given back, four times a second. */
static void buffer(int seconds)
{
	for (int i = 0; i < seconds * STEPS_PER_S; i++) {
		if (i % (STEPS_PER_S / 4) == 0)
			free(take(8 * MIB));
		rest();
	}
}

static void *first_of_a_thread(void *arg)
{
	free(take(16));
	return arg;
}

static void thread(void)
{
	pthread_t id;

	if (pthread_create(&id, NULL, first_of_a_thread, NULL) == 0)
		pthread_join(id, NULL);
}

int main(int argc, char **argv)
{
	const char *mode = argc > 1 ? argv[1] : "";
	const int seconds = argc > 2 ? atoi(argv[2]) : 0;

	if (!strcmp(mode, "start"))
		return 0;
	if (!strcmp(mode, "blocks"))
		blocks();
	else if (!strcmp(mode, "small"))
		small();
	else if (!strcmp(mode, "freed"))
		freed(0, seconds);
	else if (!strcmp(mode, "pinned"))
		freed(4096, seconds);
	else if (!strcmp(mode, "leak"))
		leak(seconds);
	else if (!strcmp(mode, "cache"))
		cache(seconds);
	else if (!strcmp(mode, "buffer"))
		buffer(seconds);
	else if (!strcmp(mode, "thread"))
		thread();
	else
		return EXIT_USAGE;
	return 0;
}
