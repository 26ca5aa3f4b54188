/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Two million blocks that another thread frees than allocates. Prints allocs and bytes; libc adds
 * one block of its own for the thread. */
#include "lib/base.h"

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { BLOCKS = 2000000, PLACES = 4096 };

static void *volatile place[PLACES];

static void *take_all(void *arg)
{
	for (unsigned int i = 0; i < BLOCKS; i++) {
		void *p;

		while (!(p = __atomic_exchange_n(&place[i % PLACES], NULL, __ATOMIC_ACQ_REL)))
			sched_yield();
		free(p);
	}
	return arg;
}

int main(void)
{
	uint64_t bytes = 0;
	pthread_t thread;
	char line[100];
	int len;

	if (pthread_create(&thread, NULL, take_all, NULL))
		return 2;
	for (unsigned int i = 0; i < BLOCKS; i++) {
		size_t size = 1 + i % 700;
		void *p = malloc(size);

		bytes += size;
		while (__atomic_load_n(&place[i % PLACES], __ATOMIC_ACQUIRE))
			sched_yield();
		__atomic_store_n(&place[i % PLACES], p, __ATOMIC_RELEASE);
	}
	pthread_join(thread, NULL);
	len = snprintf(line, sizeof(line), "%d %lu\n", BLOCKS, bytes);
	return write(STDOUT_FILENO, line, (size_t)len) != len;
}
