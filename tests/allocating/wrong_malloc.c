/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A profiler of allocations that is small enough to be wrong on purpose: a preloaded library that
 * counts what its process allocates and, when that ends, writes it as memprof report --format json
 * would. WRONG=MISTAKE makes one mistake, PROFILE=FILE is where it writes. See
 * tests/cli/verify_allocations.t.
 */
#include "lib/base.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void *__libc_malloc(size_t bytes);
void *__libc_calloc(size_t n, size_t bytes);
void *__libc_realloc(void *p, size_t bytes);
void *__libc_memalign(size_t alignment, size_t bytes);
void __libc_free(void *p);

/* Blocks that are live: open addressing, the place of a block that is gone stays taken. */
enum { PLACES = 1 << 16 };
static struct {
	void *p;
	size_t bytes;
} blocks[PLACES];

static uint64_t allocs, bytes_sum, frees, freed_sum;

static bool mistake(const char *name)
{
	const char *wrong = getenv("WRONG");

	return wrong && !strcmp(wrong, name);
}

static size_t place_of(const void *p)
{
	size_t i = ((uintptr_t)p >> 4) * 0x9e3779b1U % PLACES;

	while (blocks[i].p && blocks[i].p != p)
		i = (i + 1) % PLACES;
	return i;
}

static void comes(void *p, size_t bytes)
{
	size_t i = place_of(p);

	blocks[i].p = p;
	blocks[i].bytes = bytes + 1;
	allocs++;
	bytes_sum += mistake("halves") ? bytes / 2 : bytes;
}

static void goes(void *p)
{
	size_t i = p ? place_of(p) : 0;

	if (!p && mistake("null"))
		frees++;
	if (!p || !blocks[i].bytes || mistake("no-frees"))
		return;
	frees++;
	freed_sum += mistake("halves") ? (blocks[i].bytes - 1) / 2 : blocks[i].bytes - 1;
	blocks[i].bytes = 0;
}

static void *given(void *p, size_t bytes)
{
	if (p)
		comes(p, bytes);
	else if (mistake("failed"))
		allocs++;
	return p;
}

void *malloc(size_t bytes)
{
	return given(__libc_malloc(bytes), bytes);
}

void *calloc(size_t n, size_t bytes)
{
	return given(__libc_calloc(n, bytes), n * bytes);
}

/* The block goes before it may be another thread's; where the call fails it is back. */
static void *again(void *p, size_t bytes)
{
	size_t i = p ? place_of(p) : 0;
	size_t had = p && !mistake("realloc") && !mistake("no-frees") ? blocks[i].bytes : 0;
	void *q;

	if (had)
		goes(p);
	q = __libc_realloc(p, bytes);
	if (!q && had) {
		blocks[i].bytes = had;
		frees--;
		freed_sum -= had - 1;
	}
	return given(q, bytes);
}

void *realloc(void *p, size_t bytes)
{
	return again(p, bytes);
}

void *reallocarray(void *p, size_t n, size_t bytes)
{
	void *q = again(p, n * bytes);

	if (q && mistake("reallocarray")) {
		allocs++;
		bytes_sum += n * bytes;
	}
	return q;
}

static void *aligned(size_t alignment, size_t bytes)
{
	void *p = __libc_memalign(alignment, bytes);

	return mistake("memalign") ? p : given(p, bytes);
}

void *memalign(size_t alignment, size_t bytes)
{
	return aligned(alignment, bytes);
}

void *aligned_alloc(size_t alignment, size_t bytes)
{
	return given(__libc_memalign(alignment, bytes), bytes);
}

int posix_memalign(void **out, size_t alignment, size_t bytes)
{
	void *p = given(__libc_memalign(alignment, bytes), bytes);

	if (!p)
		return ENOMEM;
	*out = p;
	return 0;
}

void free(void *p)
{
	goes(p);
	__libc_free(p);
}

static __attribute__((destructor)) void tell(void)
{
	const char *path = getenv("PROFILE");
	int fd = path ? open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600) : -1;
	char text[512];
	int n = snprintf(
		text, sizeof(text),
		"{\"processes\": [{\"pid\": %d}], \"losses\": [], \"stacks\": [{\"frames\": [], "
		"\"pid\": %d, \"allocs\": %" PRIu64 ", \"bytes\": %" PRIu64 ", \"frees\": %" PRIu64
		", \"freed_bytes\": %" PRIu64 ", \"live_blocks\": %" PRIu64
		", \"live_bytes\": %" PRIu64 "}]}\n",
		getpid(), getpid(), allocs, bytes_sum, frees, freed_sum, allocs - frees,
		bytes_sum - freed_sum);

	if (fd < 0 || write(fd, text, (size_t)n) != n)
		_exit(125);
	close(fd);
}
