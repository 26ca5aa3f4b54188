/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A preloaded library that walks every 37th malloc's stack twice, by memprof's unwinder and by
 * libunwind, and appends to $UNWIND_PEER: program samples equal longer shorter different. Longer
 * and shorter: the one is the beginning of the other.
 */
#include "lib/base.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#define UNW_LOCAL_ONLY
#include <libunwind.h>

#include "memprof/preload/unwind.h"

enum { EVERY = 37, FRAMES = UNWIND_FRAMES_MAX };

extern void *__libc_malloc(size_t size);
static __thread bool busy;
static __thread uint64_t stack_lo, stack_hi;
static unsigned long calls, samples, equal, longer, shorter, different;

static void find_stack(void)
{
	pthread_attr_t attr;
	size_t size;
	void *lo;

	if (pthread_getattr_np(pthread_self(), &attr))
		return;
	pthread_attr_getstack(&attr, &lo, &size);
	pthread_attr_destroy(&attr);
	stack_lo = (uint64_t)lo;
	stack_hi = (uint64_t)lo + size;
}

static void compare(const struct unwind_stack *own, const uint64_t *theirs, unsigned int n)
{
	unsigned int both = MIN(own->n, n);

	samples++;
	if (memcmp(own->pc, theirs, both * sizeof(*theirs)))
		different++;
	else if (own->n == n)
		equal++;
	else if (own->n > n)
		longer++;
	else
		shorter++;
}

static __attribute__((noinline)) void sample(const uint64_t *fp)
{
	struct unwind_stack own;
	uint64_t theirs[FRAMES + 8];
	int n, skip = 0;

	busy = true;
	if (!stack_hi)
		find_stack();
	unwind_walk(fp, stack_lo, stack_hi, &own, NULL, 0);
	n = unw_backtrace((void **)theirs, FRAMES + 8);
	/* This library's own frames come first there. */
	while (skip < n && theirs[skip] != own.pc[0])
		skip++;
	n = MIN(n - skip, FRAMES);
	if (n > 0 && !theirs[skip + n - 1])
		n--;
	if (n > 0)
		compare(&own, theirs + skip, (unsigned int)n);
	busy = false;
}

void *malloc(size_t size)
{
	if (!busy && __atomic_fetch_add(&calls, 1, __ATOMIC_RELAXED) % EVERY == EVERY - 1)
		sample(__builtin_frame_address(0));
	return __libc_malloc(size);
}

static __attribute__((destructor)) void tell(void)
{
	const char *path = getenv("UNWIND_PEER");
	char name[17] = "", line[200];
	int fd, len;

	busy = true;
	fd = path && samples ? open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644) : -1;
	if (fd < 0)
		return;
	prctl(PR_GET_NAME, name);
	len = snprintf(line, sizeof(line), "%s %lu %lu %lu %lu %lu\n", name, samples, equal, longer,
		       shorter, different);
	if (write(fd, line, (size_t)len) != len)
		close(fd);
}
