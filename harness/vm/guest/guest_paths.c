/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Drives one kernel path many times and counts the kernel's instructions of each call. */
#include "lib/base.h"
#include "harness/vm/guest/guest_counter.h"
#include "harness/vm/guest/guest_paths.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* glibc wants more for a thread's stack where pages may be larger. */
#ifdef __x86_64__
enum { STACK_BYTES = 65536, STACK_ALIGN = 4096 };
#else
enum { STACK_BYTES = 262144, STACK_ALIGN = 65536 };
#endif
enum { MAP_BYTES = 65536, SMALL_BYTES = 512 };

/*
 * User-space instructions of a bracket, the syscall instruction (or the nop) included: the least of
 * a few readings, between which an interrupt may come. Reading the counter is what is dear under
 * -icount: once for a process.
 */
static uint64_t bracket_cost(void)
{
	static uint64_t least;
	uint64_t ticks;
	long ret;

	for (int i = least ? 8 : 0; i < 8; i++) {
		BRACKET(GUEST_NOP, ticks, ret, 0, 0, 0, 0, 0, 0, 0);
		(void)ret;
		least = least ? MIN(least, ticks) : ticks;
	}
	return least;
}

/* Kernel instructions of one syscall; its result in @ret. */
static uint64_t count(long *ret, long nr, long a, long b, long c, long d, long e, long f)
{
	uint64_t ticks;
	long r;

	BRACKET(GUEST_CALL, ticks, r, nr, a, b, c, d, e, f);
	*ret = r;
	return ticks - bracket_cost();
}

static uint64_t count_mmap(long *at, size_t bytes)
{
#ifdef __s390x__
	/* Its one argument is the address of six. */
	long block[] = {0, (long)bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0};

	return count(at, SYS_mmap, (long)block, 0, 0, 0, 0, 0);
#else
	return count(at, SYS_mmap, 0, (long)bytes, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
#endif
}

static uint64_t count_munmap(long at, size_t bytes)
{
	long ret;

	return count(&ret, SYS_munmap, at, (long)bytes, 0, 0, 0, 0);
}

static uint64_t count_brk(void)
{
	long ret;

	return count(&ret, SYS_brk, 0, 0, 0, 0, 0, 0);
}

/* One call of each kind: the count of the kind that is asked for. A mapping that is made is undone.
 */
enum kind { KIND_MMAP, KIND_MUNMAP, KIND_BRK, KIND_OTHER, KIND_SMALL };

static uint64_t one(enum kind kind)
{
	uint64_t mapped = 0, unmapped = 0;
	size_t bytes = kind == KIND_SMALL ? SMALL_BYTES : MAP_BYTES;
	long at;

	if (kind == KIND_OTHER)
		return count(&at, SYS_getppid, 0, 0, 0, 0, 0, 0);
	if (kind == KIND_BRK)
		return count_brk();
	mapped = count_mmap(&at, bytes);
	unmapped = count_munmap(at, bytes);
	return kind == KIND_MUNMAP ? unmapped : mapped;
}

static int run_kind(struct guest_rings *r, uint64_t *out, size_t n, enum kind kind)
{
	for (size_t i = 0; i < GUEST_WARM_UP_CALLS; i++) {
		guest_rings_make_room(r);
		one(kind);
	}
	for (size_t i = 0; i < n; i++) {
		guest_rings_make_room(r);
		out[i] = one(kind);
	}
	return 0;
}

#define KIND_RUNNER(name, kind)                                                                    \
	static int name(struct guest_rings *r, uint64_t *out, size_t n)                            \
	{                                                                                          \
		return run_kind(r, out, n, kind);                                                  \
	}
KIND_RUNNER(run_mmap, KIND_MMAP)
KIND_RUNNER(run_munmap, KIND_MUNMAP)
KIND_RUNNER(run_brk, KIND_BRK)
KIND_RUNNER(run_other, KIND_OTHER)
KIND_RUNNER(run_small, KIND_SMALL)

/* A stack that needs no mmap: threads leave the address space as it is. One thread at a time. */
static char stack[STACK_BYTES] __attribute__((aligned(STACK_ALIGN)));

static int own_stack(pthread_attr_t *attr)
{
	int err = pthread_attr_init(attr);

	return err ? -err : -pthread_attr_setstack(attr, stack, sizeof(stack));
}

/* --- the first event of a thread --- */

struct first {
	enum kind kind;
	long at; /* mapping that a munmap takes away */
	uint64_t count;
};

static void *first_thread(void *arg)
{
	struct first *f = arg;

	switch (f->kind) {
	case KIND_MMAP: f->count = count_mmap(&f->at, MAP_BYTES); break;
	case KIND_MUNMAP: f->count = count_munmap(f->at, MAP_BYTES); break;
	default: f->count = count_brk(); break;
	}
	return NULL;
}

static int run_first(struct guest_rings *r, uint64_t *out, size_t n, enum kind kind)
{
	pthread_attr_t attr;
	int err = own_stack(&attr);

	for (size_t i = 0; !err && i < n + GUEST_WARM_UP_TASKS; i++) {
		struct first f = {.kind = kind};
		pthread_t t;

		guest_rings_make_room(r);
		if (kind == KIND_MUNMAP)
			count_mmap(&f.at, MAP_BYTES);
		err = -pthread_create(&t, &attr, first_thread, &f);
		if (err)
			break;
		pthread_join(t, NULL);
		if (kind == KIND_MMAP)
			count_munmap(f.at, MAP_BYTES);
		if (i >= GUEST_WARM_UP_TASKS)
			out[i - GUEST_WARM_UP_TASKS] = f.count;
	}
	pthread_attr_destroy(&attr);
	return err;
}

static int run_first_mmap(struct guest_rings *r, uint64_t *out, size_t n)
{
	return run_first(r, out, n, KIND_MMAP);
}

static int run_first_munmap(struct guest_rings *r, uint64_t *out, size_t n)
{
	return run_first(r, out, n, KIND_MUNMAP);
}

static int run_first_brk(struct guest_rings *r, uint64_t *out, size_t n)
{
	return run_first(r, out, n, KIND_BRK);
}

/* --- the first event of a process --- */

static int process_main(void *arg)
{
	first_thread(arg);
	return 0;
}

/*
 * A child for each call: new as a thread and as a process, whichever of them a monitor counts by.
 * In a full hash each then has a bucket of its own. It shares what can be shared: nothing is
 * copied.
 */
static int run_process_mmap(struct guest_rings *r, uint64_t *out, size_t n)
{
	enum { SHARED = CLONE_VM | CLONE_FILES | CLONE_FS | CLONE_SIGHAND };

	for (size_t i = 0; i < n + GUEST_WARM_UP_TASKS; i++) {
		struct first f = {.kind = KIND_MMAP};
		int pid;

		guest_rings_make_room(r);
		pid = clone(process_main, stack + sizeof(stack), SHARED | SIGCHLD, &f);
		if (pid < 0 || waitpid(pid, NULL, 0) != pid)
			return -errno;
		count_munmap(f.at, MAP_BYTES);
		if (i >= GUEST_WARM_UP_TASKS)
			out[i - GUEST_WARM_UP_TASKS] = f.count;
	}
	return 0;
}

/* --- the ring --- */

/* The consumer has read everything before each call, so that each event finds it waiting. */
static int run_wake(struct guest_rings *r, uint64_t *out, size_t n, enum kind kind)
{
	for (size_t i = 0; i < GUEST_WARM_UP_CALLS; i++) {
		guest_rings_make_room(r);
		one(kind);
	}
	for (size_t i = 0; i < n; i++) {
		long at;

		guest_rings_drain(r);
		if (kind == KIND_MMAP) {
			out[i] = count_mmap(&at, MAP_BYTES);
			count_munmap(at, MAP_BYTES);
		} else {
			out[i] = count_brk();
		}
	}
	return 0;
}

static int run_wake_mmap(struct guest_rings *r, uint64_t *out, size_t n)
{
	return run_wake(r, out, n, KIND_MMAP);
}

static int run_wake_brk(struct guest_rings *r, uint64_t *out, size_t n)
{
	return run_wake(r, out, n, KIND_BRK);
}

static int run_full(struct guest_rings *r, uint64_t *out, size_t n, enum kind kind)
{
	struct guest_rings none = {0};
	int err;

	guest_rings_fill(r);
	err = run_kind(&none, out, n, kind);
	guest_rings_drain(r);
	return err;
}

static int run_full_mmap(struct guest_rings *r, uint64_t *out, size_t n)
{
	return run_full(r, out, n, KIND_MMAP);
}

static int run_full_munmap(struct guest_rings *r, uint64_t *out, size_t n)
{
	return run_full(r, out, n, KIND_MUNMAP);
}

static int run_full_brk(struct guest_rings *r, uint64_t *out, size_t n)
{
	return run_full(r, out, n, KIND_BRK);
}

/* --- a switch --- */

/*
 * Two threads of one real-time priority on the guest's only CPU give way to each other: sched_yield
 * then always switches. Who comes back reads the counter and takes off what the other one read
 * before it gave way: the way into one syscall, the switch, and the way out of the other's.
 */
struct pass {
	uint64_t stamp; /* counter before the latest yield */
	int owner;	/* whose */
	bool stop;
};

static struct pass pass;

static void *give_way(void *arg UNUSED)
{
	uint64_t ticks;

	while (!*(volatile bool *)&pass.stop) {
		*(volatile int *)&pass.owner = 1;
		YIELD_BRACKET(GUEST_CALL, ticks, pass.stamp, SYS_sched_yield);
		(void)ticks;
	}
	return NULL;
}

static int run_switch(struct guest_rings *r, uint64_t *out, size_t n)
{
	struct sched_param fifo = {.sched_priority = 10}, none = {0};
	uint64_t ticks, overhead;
	pthread_attr_t attr;
	pthread_t t;
	size_t tries = 0;
	int err = own_stack(&attr);

	pass = (struct pass){0};
	YIELD_BRACKET(GUEST_NOP, overhead, pass.stamp, SYS_sched_yield);
	if (!err && sched_setscheduler(0, SCHED_FIFO, &fifo))
		err = -errno;
	if (!err)
		err = -pthread_create(&t, &attr, give_way, NULL); /* inherits class and priority */
	for (size_t i = 0; !err && i < n + GUEST_WARM_UP_CALLS && tries < 4 * n; tries++) {
		guest_rings_make_room(r);
		*(volatile int *)&pass.owner = 0;
		YIELD_BRACKET(GUEST_CALL, ticks, pass.stamp, SYS_sched_yield);
		if (*(volatile int *)&pass.owner == 0)
			continue; /* came back at once: no switch */
		if (i >= GUEST_WARM_UP_CALLS)
			out[i - GUEST_WARM_UP_CALLS] = ticks - overhead;
		i++;
	}
	pass.stop = true;
	if (!err)
		pthread_join(t, NULL);
	sched_setscheduler(0, SCHED_OTHER, &none);
	pthread_attr_destroy(&attr);
	return err ? err : tries == 4 * n ? -EAGAIN : 0;
}

/* New threads and processes are dear: fewer calls. */
/* clang-format off */
const struct guest_path guest_paths[] = {
	{"mmap",	     NULL,	     0,			    100, run_mmap},
	{"munmap",	     NULL,	     0,			    100, run_munmap},
	{"brk",		     NULL,	     0,			    100, run_brk},
	{"other",	     NULL,	     0,			    100, run_other},
	{"mmap-small",	     NULL,	     0,			    100, run_small},
	{"switch",	     NULL,	     0,			    100, run_switch},
	{"mmap-first",	     NULL,	     GUEST_NEEDS_ROOM,	    50, run_first_mmap},
	{"munmap-first",     NULL,	     GUEST_NEEDS_ROOM,	    50, run_first_munmap},
	{"brk-first",	     NULL,	     GUEST_NEEDS_ROOM,	    50, run_first_brk},
	{"mmap-process",     NULL,	     GUEST_NEEDS_ROOM,	    50, run_process_mmap},
	{"mmap-wake",	     "mmap",	     GUEST_NEEDS_RING,	    100, run_wake_mmap},
	{"brk-wake",	     "brk",	     GUEST_NEEDS_RING,	    100, run_wake_brk},
	{"mmap-ring-full",   "mmap",	     GUEST_NEEDS_RING,	    100, run_full_mmap},
	{"munmap-ring-full", "munmap",	     GUEST_NEEDS_RING,	    100, run_full_munmap},
	{"brk-ring-full",    "brk",	     GUEST_NEEDS_RING,	    100, run_full_brk},
	/* In a full hash half of the buckets hold a key or more, each to be passed: more calls. */
	{"mmap-map-full",    "mmap-process", GUEST_NEEDS_FULL_HASH, 400, run_process_mmap},
	{NULL,		     NULL,	     0,			    0, NULL},
};
