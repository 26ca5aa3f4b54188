/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the malloc family answers to requests at the edges: a line for each, block or none, with
 * errno as the call left it (77 before). The same with a profiler as without.
 */
#include "lib/base.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char text[1 << 16];
static size_t len;

static void say(const char *what, size_t a, size_t b, int code, const void *p)
{
	int err = errno;

	len += (size_t)snprintf(text + len, sizeof(text) - len, "%s(%zx, %zx): %d %s errno %d\n",
				what, a, b, code, p ? "block" : "none", err);
	errno = 77;
}

static void one(const char *what, size_t a, size_t b, void *p)
{
	say(what, a, b, 0, p);
	free(p);
	say("..freed", 0, 0, 0, NULL);
}

/* The compiler is not to know what is asked for. */
static volatile size_t sizes[] = {0,
				  1,
				  100,
				  5000,
				  3 << 20,
				  SIZE_MAX / 2 - 8,
				  SIZE_MAX / 2 + 2,
				  SIZE_MAX - 4096,
				  SIZE_MAX - 8,
				  SIZE_MAX - 7,
				  SIZE_MAX};
static volatile size_t aligns[] = {0, 1, 3, 4, 8, 16, 24, 64, 4096, 1UL << 40, 1UL << 63};

static void each_aligned(size_t size)
{
	for (size_t k = 0; k < ARRAY_SIZE(aligns); k++) {
		size_t align = aligns[k];
		void *p = text;
		int code;

		one("memalign", align, size, memalign(align, size));
		one("aligned_alloc", align, size, aligned_alloc(align, size));
		code = posix_memalign(&p, align, size);
		say("posix_memalign", align, size, code, p);
		if (p == text)
			say("..left its argument alone", 0, 0, 0, p);
		else
			free(p);
	}
}

static void each_realloc(size_t size)
{
	char *p = malloc(100), *q;

	memset(p, 7, 100);
	q = realloc(p, size);
	say("realloc", 100, size, q && size >= 100 ? q[99] : 0, q);
	/* Where it failed, the block is as it was; of no bytes it is freed, or another one. */
	if (!q && size) {
		say("..has its bytes", 0, 0, p[99], p);
		free(p);
	}
	free(q);
	p = malloc(100);
	q = reallocarray(p, size, 2);
	say("reallocarray", size, 2, 0, q);
	if (!q && size)
		free(p);
	free(q);
}

int main(void)
{
	errno = 77;
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		size_t size = sizes[i];

		one("malloc", size, 0, malloc(size));
		one("calloc", size, 1, calloc(size, 1));
		one("calloc", 2, size, calloc(2, size));
		one("realloc", 0, size, realloc(NULL, size));
		one("reallocarray", size, 2, reallocarray(NULL, size, 2));
		one("valloc", size, 0, valloc(size));
		one("pvalloc", size, 0, pvalloc(size));
		each_aligned(size);
		each_realloc(size);
	}
	say("free", 0, 0, 0, NULL);
	return write(STDOUT_FILENO, text, len) != (ssize_t)len;
}
