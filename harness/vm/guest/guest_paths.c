/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Drives one kernel path many times and counts the kernel's instructions of each call. */
#include "lib/base.h"
#include "harness/vm/guest/guest_counter.h"
#include "harness/vm/guest/guest_figure.h"
#include "harness/vm/guest/guest_mapping.h"
#include "harness/vm/guest/guest_paths.h"
#include "harness/vm/guest/guest_tasks.h"

#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdio.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "lib/strbuf.h"
#include "workloads/syscall_rig.h"

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

enum { MESSAGE_BYTES = 64 };

static int queue;
static struct {
	long type;
	char text[MESSAGE_BYTES];
} message = {.type = 1};

static uint64_t count_send(long *ret)
{
	return count(ret, SYS_msgsnd, queue, (long)&message, MESSAGE_BYTES, IPC_NOWAIT, 0, 0);
}

static uint64_t count_receive(long *ret)
{
	return count(ret, SYS_msgrcv, queue, (long)&message, MESSAGE_BYTES, 0, IPC_NOWAIT, 0);
}

/* --- one call ---------------------------------------------------------------------------------
 */

/* Of a call of the table: what it is made with, in this worker. */
static struct syscall_rig rig;

/* A call in the making: what is before it is done, and what is after it not yet. */
struct call {
	const struct guest_path *p;
	long at;	/* of a memory call: the mapping */
	long result;	/* of a call of the table, or of a message */
	uint64_t count; /* the kernel's instructions of the one that the path is about */
};

/* By the thread that is to make the call, or by another. */
static void before(struct call *c)
{
	if (c->p->kind == GUEST_MUNMAP)
		count_mmap(&c->at, MAP_BYTES);
	else if (c->p->kind == GUEST_TABLE && !c->p->fails)
		syscall_before(&rig, c->p->row, syscall_bare, NULL);
	else if (c->p->kind == GUEST_KFREE)
		count_send(&c->result);
}

static uint64_t count_row(struct call *c)
{
	const struct syscall_row *row = c->p->row;
	uint64_t a[SYSCALL_ARGS];

	syscall_resolve(&rig, c->p->fails ? row->bad : row->good, a);
	return count(&c->result, (long)row->call - 1, (long)a[0], (long)a[1], (long)a[2],
		     (long)a[3], (long)a[4], (long)a[5]);
}

static void make(struct call *c)
{
	long ret;

	switch (c->p->kind) {
	case GUEST_MMAP: c->count = count_mmap(&c->at, MAP_BYTES); break;
	case GUEST_SMALL: c->count = count_mmap(&c->at, SMALL_BYTES); break;
	case GUEST_MUNMAP: c->count = count_munmap(c->at, MAP_BYTES); break;
	case GUEST_BRK: c->count = count_brk(); break;
	case GUEST_OTHER: c->count = count(&ret, SYS_getppid, 0, 0, 0, 0, 0, 0); break;
	case GUEST_TABLE: c->count = count_row(c); break;
	case GUEST_KMALLOC: c->count = count_send(&c->result); break;
	case GUEST_KFREE: c->count = count_receive(&c->result); break;
	}
}

/* Returns 0, or -EPROTO where a call of the table did not end as it says. */
static int after(struct call *c)
{
	bool failed = c->result < 0 && c->result >= -4095;

	if (c->p->kind == GUEST_MMAP)
		count_munmap(c->at, MAP_BYTES);
	if (c->p->kind == GUEST_SMALL)
		count_munmap(c->at, SMALL_BYTES);
	if (c->p->kind == GUEST_KMALLOC && !failed) {
		count_receive(&c->result);
		failed = c->result != MESSAGE_BYTES;
	}
	if (c->p->kind == GUEST_KMALLOC || c->p->kind == GUEST_KFREE)
		return failed ? -EPROTO : 0;
	if (c->p->kind != GUEST_TABLE)
		return 0;
	if (c->p->fails)
		return c->result == -c->p->row->err ? 0 : -EPROTO;
	syscall_after(&rig, c->p->row, c->result, syscall_bare, NULL);
	return failed ? -EPROTO : 0;
}

static int one(const struct guest_path *p, uint64_t *out)
{
	struct call c = {.p = p};

	before(&c);
	make(&c);
	*out = c.count;
	return after(&c);
}

static int run_plain(const struct guest_path *p, struct guest_rings *r, uint64_t *out, size_t n)
{
	uint64_t unused;
	int err = 0;

	for (size_t i = 0; i < GUEST_WARM_UP_CALLS && !err; i++) {
		guest_rings_make_room(r);
		err = one(p, &unused);
	}
	for (size_t i = 0; i < n && !err; i++) {
		guest_rings_make_room(r);
		err = one(p, &out[i]);
	}
	return err ? err : (int)n;
}

/* --- the first event of a thread or a process ---------------------------------------------------
 */

static void make_it(void *call)
{
	make(call);
}

/*
 * A thread or a process for each call. A process is new as a thread too, whichever of them a
 * monitor counts by; in a full hash each then has a bucket of its own. They are dear: of tasks that
 * wait the last is that after which the figure stands, looked at after each quarter of them. New
 * ones are all made: memory that the kernel keeps for each may come from elsewhere at the
 * beginning.
 */
static int run_tasks(const struct guest_path *p, enum guest_task kind, struct guest_rings *r,
		     uint64_t *out, size_t n)
{
	const size_t quarter = MAX(n / 4, (size_t)1);
	size_t counted = 0;

	for (size_t i = 0; counted < n; i++) {
		struct call c = {.p = p};
		int err;

		guest_rings_make_room(r);
		before(&c);
		err = p->waiting ? guest_task_waiting(kind, i, make_it, &c)
				 : guest_task_new(kind, make_it, &c);
		if (!err)
			err = after(&c);
		if (err)
			return err;
		if (i < GUEST_WARM_UP_TASKS)
			continue;
		out[counted++] = c.count;
		if (p->waiting && counted % quarter == 0 && guest_figure_stands(out, counted))
			break;
	}
	return (int)counted;
}

static int run_first(const struct guest_path *p, struct guest_rings *r, uint64_t *out, size_t n)
{
	return run_tasks(p, GUEST_THREAD, r, out, n);
}

static int run_process(const struct guest_path *p, struct guest_rings *r, uint64_t *out, size_t n)
{
	return run_tasks(p, GUEST_PROCESS, r, out, n);
}

/* --- the ring -----------------------------------------------------------------------------------
 */

/* The consumer has read everything before each call, so that each event finds it waiting. */
static int run_wake(const struct guest_path *p, struct guest_rings *r, uint64_t *out, size_t n)
{
	uint64_t unused;
	int err = 0;

	for (size_t i = 0; i < GUEST_WARM_UP_CALLS && !err; i++) {
		guest_rings_make_room(r);
		err = one(p, &unused);
	}
	for (size_t i = 0; i < n && !err; i++) {
		struct call c = {.p = p};

		before(&c);
		guest_rings_drain(r);
		make(&c);
		out[i] = c.count;
		err = after(&c);
	}
	return err ? err : (int)n;
}

static int run_full(const struct guest_path *p, struct guest_rings *r, uint64_t *out, size_t n)
{
	struct guest_rings none = {0};
	int counted;

	guest_rings_fill(r);
	counted = run_plain(p, &none, out, n);
	guest_rings_drain(r);
	return counted;
}

/* --- a switch -----------------------------------------------------------------------------------
 */

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
static sem_t begun;

static void *give_way(void *arg UNUSED)
{
	uint64_t ticks;

	while (sem_wait(&begun) && errno == EINTR)
		;
	while (!*(volatile bool *)&pass.stop) {
		*(volatile int *)&pass.owner = 1;
		YIELD_BRACKET(GUEST_CALL, ticks, pass.stamp, SYS_sched_yield);
		(void)ticks;
	}
	return NULL;
}

/*
 * Lets the other one go when the kernel has done what it was asked for: what waits for ksoftirqd,
 * which runs below both, would be looked at in each switch until the end.
 */
static void begin_switching(void)
{
	const struct timespec quiet = {.tv_nsec = 20 * 1000 * 1000};

	nanosleep(&quiet, NULL);
	sem_post(&begun);
}

static int run_switch(const struct guest_path *p UNUSED, struct guest_rings *r, uint64_t *out,
		      size_t n)
{
	struct sched_param fifo = {.sched_priority = 10}, none = {0};
	uint64_t ticks, overhead;
	pthread_attr_t attr;
	pthread_t t;
	size_t tries = 0;
	int err = guest_task_stack(&attr);

	pass = (struct pass){0};
	sem_init(&begun, 0, 0);
	YIELD_BRACKET(GUEST_NOP, overhead, pass.stamp, SYS_sched_yield);
	if (!err && sched_setscheduler(0, SCHED_FIFO, &fifo))
		err = -errno;
	if (!err)
		err = -pthread_create(&t, &attr, give_way, NULL); /* inherits class and priority */
	if (!err)
		begin_switching();
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
	return err ? err : tries == 4 * n ? -EAGAIN : (int)n;
}

/* --- the list -----------------------------------------------------------------------------------
 */

/* What can be done with a call, whichever it is. New threads and processes are dear: fewer calls.
 */
static const struct way {
	const char *suffix;
	const char *same_as; /* its suffix where no object is attached; NULL: its own */
	uint32_t needs;
	unsigned int percent;
	int (*run)(const struct guest_path *p, struct guest_rings *r, uint64_t *out, size_t n);
} ways[] = {
	{"", NULL, 0, 100, run_plain},
	{"-first", NULL, GUEST_NEEDS_ROOM | GUEST_TAKES_TASKS, 50, run_first},
	{"-process", NULL, GUEST_NEEDS_ROOM | GUEST_TAKES_TASKS, 50, run_process},
	{"-wake", "", GUEST_NEEDS_RING, 100, run_wake},
	{"-ring-full", "", GUEST_NEEDS_RING, 100, run_full},
	/* In a full hash half of the buckets hold a key or more, each to be passed: more calls. */
	{"-map-full", "-process", GUEST_NEEDS_FULL_HASH | GUEST_TAKES_TASKS, 400, run_process},
};

enum { PLAIN, FIRST, PROCESS, WAKE, RING_FULL, MAP_FULL };

/* Those of memory calls, what is beside them, and those of the kernel's blocks. A way of NULL is
 * that of the row. */
static const struct {
	const char *call;
	enum guest_kind kind;
	const struct way *way, own;
} fixed[] = {
	{"mmap", GUEST_MMAP, &ways[PLAIN], {0}},
	{"munmap", GUEST_MUNMAP, &ways[PLAIN], {0}},
	{"brk", GUEST_BRK, &ways[PLAIN], {0}},
	{"other", GUEST_OTHER, &ways[PLAIN], {0}},
	{"mmap-small", GUEST_SMALL, &ways[PLAIN], {0}},
	{"switch", GUEST_OTHER, NULL, {"", NULL, 0, 100, run_switch}},
	{"mmap", GUEST_MMAP, &ways[FIRST], {0}},
	{"munmap", GUEST_MUNMAP, &ways[FIRST], {0}},
	{"brk", GUEST_BRK, &ways[FIRST], {0}},
	{"mmap", GUEST_MMAP, &ways[PROCESS], {0}},
	{"mmap", GUEST_MMAP, &ways[WAKE], {0}},
	{"brk", GUEST_BRK, &ways[WAKE], {0}},
	{"mmap", GUEST_MMAP, &ways[RING_FULL], {0}},
	{"munmap", GUEST_MUNMAP, &ways[RING_FULL], {0}},
	{"brk", GUEST_BRK, &ways[RING_FULL], {0}},
	{"mmap", GUEST_MMAP, &ways[MAP_FULL], {0}},
	{"kmalloc", GUEST_KMALLOC, &ways[PLAIN], {0}},
	{"kfree", GUEST_KFREE, &ways[PLAIN], {0}},
	{"kmalloc", GUEST_KMALLOC, &ways[PROCESS], {0}},
};

static void name_path(struct guest_path *p, const char *call, const struct way *way)
{
	snprintf(p->call, sizeof(p->call), "%s", call);
	snprintf(p->name, sizeof(p->name), "%s%s", call, way->suffix);
	snprintf(p->same_as, sizeof(p->same_as), "%s%s", call,
		 way->same_as ? way->same_as : way->suffix);
	p->needs = way->needs;
	p->percent = way->percent;
	p->run = way->run;
}

static void get_fixed(size_t index, struct guest_path *p)
{
	p->kind = fixed[index].kind;
	name_path(p, fixed[index].call, fixed[index].way ? fixed[index].way : &fixed[index].own);
	/* One timed event is both. */
	if (p->kind == GUEST_KMALLOC || p->kind == GUEST_KFREE)
		snprintf(p->call, sizeof(p->call), "kmalloc+kfree");
}

/* Memory's own calls are in the table too, and are counted as fixed. */
static bool is_fixed(const char *call)
{
	for (size_t i = 0; i < ARRAY_SIZE(fixed); i++)
		if (!strcmp(fixed[i].call, call))
			return true;
	return false;
}

/* After the fixed ones: of each row the failing call and the working one, in every way. */
static bool get_row(size_t index, struct guest_path *p)
{
	size_t of_row = 2 * ARRAY_SIZE(ways);
	const struct syscall_row *row = &syscall_rows[index / of_row];
	bool works = index % of_row >= ARRAY_SIZE(ways);
	char call[sizeof(p->call)];

	p->kind = GUEST_TABLE;
	p->row = row;
	p->fails = !works;
	if (!row->call || (works ? !row->works : !row->fails) || is_fixed(row->name))
		return false;
	snprintf(call, sizeof(call), "%s%s", row->name, works && row->fails ? "-ok" : "");
	name_path(p, call, &ways[index % ARRAY_SIZE(ways)]);
	return true;
}

size_t guest_path_count(void)
{
	return ARRAY_SIZE(fixed) + syscall_row_count * 2 * ARRAY_SIZE(ways);
}

bool guest_path_get(size_t index, struct guest_path *out)
{
	*out = (struct guest_path){0};
	if (index >= guest_path_count())
		return false;
	if (index >= ARRAY_SIZE(fixed))
		return get_row(index - ARRAY_SIZE(fixed), out);
	get_fixed(index, out);
	return true;
}

int guest_path_run(const struct guest_path *p, struct guest_rings *r, uint64_t *out, size_t n)
{
	char dir[] = "/tmp/harmless-XXXXXX";
	struct strbuf why = STRBUF_INIT;
	struct guest_mapping mapping = {.ask = -1, .hear = -1, .segment = -1};
	int err = 0, counted = 0;

	if (p->kind == GUEST_MMAP || p->kind == GUEST_SMALL || p->kind == GUEST_MUNMAP)
		err = guest_mapping_choose(&mapping);
	if (p->kind == GUEST_TABLE)
		err = syscall_rig_open(&rig, dir, &why);
	if (p->kind == GUEST_KMALLOC || p->kind == GUEST_KFREE) {
		queue = msgget(IPC_PRIVATE, 0600);
		err = queue < 0 ? -errno : 0;
	}
	if (!err)
		counted = p->run(p, r, out, n);
	if (p->kind == GUEST_KMALLOC || p->kind == GUEST_KFREE)
		msgctl(queue, IPC_RMID, NULL);
	syscall_rig_close(&rig);
	guest_mapping_end(&mapping);
	strbuf_release(&why);
	return err ? err : counted;
}
