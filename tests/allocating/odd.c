/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Stacks that are awkward to walk, each with a malloc of a size of its own at its end: recursion
 * 300 deep (1000 bytes), 70 KB of alloca (77), frames realigned to 32 bytes (88), signal handlers
 * on the stack (99) and on one of their own (98), a callback from libc (55), a coroutine, threads.
 */
#include "lib/base.h"

#include <alloca.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>
#include <unistd.h>

#define NOINLINE static __attribute__((noinline))

static _Thread_local void *volatile keep; /* of three threads each its own */

static inline __attribute__((always_inline)) void allocate(size_t size)
{
	keep = malloc(size);
	free(keep);
}

NOINLINE int deep(int n)
{
	volatile char room[40];

	room[0] = (char)n;
	if (!n) {
		allocate(1000);
		return 0;
	}
	return deep(n - 1) + room[0];
}

NOINLINE int with_alloca(int n)
{
	size_t size = (size_t)n * 100 + 1;
	char *room = alloca(size);

	memset(room, n, size);
	allocate(77);
	return room[n];
}

typedef double vector __attribute__((vector_size(32)));

NOINLINE int realigned(int n)
{
	volatile vector v[3];
	char *room = alloca((size_t)n + 8);

	for (int i = 0; i < 3; i++)
		v[i] = (vector){n, i, n, i};
	room[0] = 1;
	keep = room;
	if (n > 0)
		return realigned(n - 1) + (int)v[1][0];
	allocate(88);
	return (int)v[2][1];
}

static void on_signal(int sig)
{
	allocate(sig == SIGUSR1 ? 99 : 98);
}

static int compare(const void *a, const void *b)
{
	allocate(55);
	return *(const int *)a - *(const int *)b;
}

static ucontext_t outside, inside;

static void coroutine(void)
{
	for (int i = 0; i < 50; i++) {
		deep(3);
		swapcontext(&inside, &outside);
	}
}

static void *thread_main(void *arg)
{
	for (int i = 0; i < 50; i++) {
		deep(5);
		realigned(4);
		with_alloca(30);
	}
	return arg;
}

static void signals(void)
{
	stack_t own = {.ss_size = 65536};
	struct sigaction act = {.sa_handler = on_signal, .sa_flags = SA_ONSTACK};

	own.ss_sp = malloc(own.ss_size);
	sigaltstack(&own, NULL);
	signal(SIGUSR1, on_signal);
	sigaction(SIGUSR2, &act, NULL);
}

int main(void)
{
	int numbers[100];
	pthread_t thread[3];

	signals();
	for (int i = 0; i < 50; i++) {
		deep(i);
		with_alloca(i);
		realigned(i % 9);
		raise(SIGUSR1);
		raise(SIGUSR2);
	}
	deep(300);
	with_alloca(700);
	for (int i = 0; i < 100; i++)
		numbers[i] = i * 7919 % 101;
	qsort(numbers, 100, sizeof(numbers[0]), compare);
	for (int i = 0; i < 3; i++)
		pthread_create(&thread[i], NULL, thread_main, NULL);
	for (int i = 0; i < 3; i++)
		pthread_join(thread[i], NULL);
	getcontext(&inside);
	inside.uc_stack.ss_size = 65536;
	inside.uc_stack.ss_sp = malloc(inside.uc_stack.ss_size);
	inside.uc_link = &outside;
	makecontext(&inside, coroutine, 0);
	for (int i = 0; i < 50; i++)
		swapcontext(&outside, &inside);
	return write(STDOUT_FILENO, "done\n", 5) != 5;
}
