/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* memmon_fast on this kernel: what threads and processes counted that are no more. */
#include "lib/base.h"
#include "tests/bpf/live.h"

#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/wait.h>

#include <bpf/bpf.h>

#include "bpf/memmon/memmon_fast.h"
#include "collector/object.h"

#define HOLE ((void *)0x100000000000) /* where nothing is mapped: munmap works there */

enum { THREADS = 8, PROCESSES = 40, BEGINNINGS = 600, STACK = 16384 };

/* Of the child's descendants, for parent and child. */
static struct {
	_Atomic int step;   /* raised by the one that waits for the other */
	_Atomic int ready;  /* threads that have made their calls */
	_Atomic int go;	    /* they may end */
	pid_t pid;	    /* of the latest process */
	int status;	    /* of the same */
	pid_t tid[THREADS]; /* of the threads that wait */
	pid_t exec[3];	    /* processes that called execve() */
} * shared;

/* Threads by the system call: libc's would map their stacks. */
static char stacks[THREADS][STACK] __attribute__((aligned(16)));

static void munmaps(int n)
{
	while (n--)
		raw_munmap(HOLE, 4096);
}

static void thread(int (*fn)(void *), int i)
{
	static int flags =
		CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM;

	if (clone(fn, stacks[i] + STACK, flags, (void *)(intptr_t)i) < 0)
		_exit(9);
}

static void nap(void)
{
	struct timespec t = {.tv_nsec = 100000};

	syscall(SYS_nanosleep, &t, NULL);
}

static void wait_for(_Atomic int *what, int value)
{
	while (atomic_load(what) < value)
		nap();
}

/* A process of its own that runs @body, whose pid is told; returns when it has ended. */
static void process(void (*body)(void))
{
	pid_t pid;

	atomic_store(&shared->ready, 0);
	atomic_store(&shared->go, 0);
	pid = fork();
	if (!pid) {
		body();
		syscall(SYS_exit_group, 0);
	}
	shared->pid = pid; /* before it ends: some look at it while it runs */
	if (waitpid(pid, &shared->status, 0) != pid)
		_exit(8);
}

static struct monitor *start(struct live *l, void (*calls)(void))
{
	struct monitor *m;

	memset(shared, 0, sizeof(*shared));
	live_start(l, calls);
	assert_int_equal(monitor_open(&m, "memmon_fast", &l->target, NULL), 0);
	assert_int_equal(monitor_attach(m), 0);
	return m;
}

static void stop(struct monitor *m, struct live *l)
{
	struct monitor_losses losses;

	assert_int_equal(monitor_losses(m, &losses), 0);
	assert_int_equal(losses.ring_full, 0);
	assert_int_equal(losses.map_full, 0);
	assert_int_equal(losses.recursion_misses, 0);
	monitor_close(m);
	live_end(l);
}

/* The munmaps of @pid now; UINT64_MAX: it has no row. */
static uint64_t munmaps_of(struct monitor *m, pid_t pid)
{
	const struct counter_row *row;
	struct counter_table t;
	uint64_t n;

	assert_int_equal(monitor_snapshot(m, &t), 0);
	row = counter_table_find(&t, (uint32_t)pid);
	n = row ? row->value[MEM_MUNMAP_COUNT] : UINT64_MAX;
	counter_table_release(&t);
	return n;
}

/* All that is taken out now, as one sum; @rows tells of how many processes. */
static uint64_t take(struct monitor *m, size_t *rows)
{
	struct counter_table t;
	uint64_t n = 0;

	assert_int_equal(monitor_take_ended(m, &t), 0);
	for (size_t i = 0; i < t.n; i++)
		n += counter_table_row(&t, i)->value[MEM_MUNMAP_COUNT];
	*rows = t.n;
	counter_table_release(&t);
	return n;
}

/* --- threads --- */

static int seven_and_wait(void *arg)
{
	munmaps(7);
	shared->tid[(intptr_t)arg] = (pid_t)syscall(SYS_gettid);
	atomic_fetch_add(&shared->ready, 1);
	wait_for(&shared->go, 1);
	syscall(SYS_exit, 0);
	return 0;
}

static void some_threads_end(void)
{
	munmaps(5);
	for (int i = 0; i < 3; i++)
		thread(seven_and_wait, i);
	wait_for(&shared->ready, 3);
	atomic_store(&shared->step, 1);
	wait_for(&shared->step, 2);
	atomic_store(&shared->go, 1);
	/* until they are gone; their tasks are let go when nobody can find them any more */
	for (int left = 3; left; nap()) {
		char path[64];

		left = 0;
		for (int i = 0; i < 3; i++) {
			snprintf(path, sizeof(path), "/proc/self/task/%d", (int)shared->tid[i]);
			left += !access(path, F_OK);
		}
	}
	munmaps(1);
}

/* Alive and ended, they are one process. */
static void threads_are_summed(void **state UNUSED)
{
	struct live l;
	struct monitor *m = start(&l, some_threads_end);
	char go = 'g';

	assert_int_equal(write(l.go[1], &go, 1), 1);
	wait_for(&shared->step, 1);
	assert_int_equal(munmaps_of(m, l.child.pid), 5 + 3 * 7);
	atomic_store(&shared->step, 2);
	assert_int_equal(read(l.done[0], &go, 1), 1);
	assert_int_equal(munmaps_of(m, l.child.pid), 5 + 3 * 7 + 1);
	stop(m, &l);
}

/* All at once, by the process's end. */
static void end_together(void)
{
	munmaps(5);
	for (int i = 0; i < THREADS; i++)
		thread(seven_and_wait, i);
	wait_for(&shared->ready, THREADS);
}

/* One by one, but as nearly together as can be; the leader among them. */
static void end_each(void)
{
	end_together();
	atomic_store(&shared->go, 1);
	syscall(SYS_exit, 0);
}

static void many_ends(void)
{
	for (int i = 0; i < PROCESSES; i++)
		process(i % 2 ? end_each : end_together);
}

static void threads_end_at_the_same_moment(void **state UNUSED)
{
	struct live l;
	struct monitor *m = start(&l, many_ends);
	size_t rows;

	live_run(&l);
	assert_int_equal(take(m, &rows), PROCESSES * (5 + THREADS * 7));
	assert_int_equal(rows, PROCESSES);
	assert_int_equal(take(m, &rows), 0);
	assert_int_equal(rows, 0);
	stop(m, &l);
}

/* The slot is claimed by whoever comes first; nobody's first call is lost. */
static int begin_with_the_leader(void *arg UNUSED)
{
	atomic_fetch_add(&shared->ready, 1);
	while (!atomic_load(&shared->go))
		;
	munmaps(1);
	atomic_fetch_add(&shared->ready, 1);
	syscall(SYS_exit, 0);
	return 0;
}

static void begin_together(void)
{
	thread(begin_with_the_leader, 0);
	while (atomic_load(&shared->ready) < 1)
		sched_yield();
	atomic_store(&shared->go, 1);
	munmaps(1);
	wait_for(&shared->ready, 2);
}

static void many_beginnings(void)
{
	for (int i = 0; i < BEGINNINGS; i++)
		process(begin_together);
}

static void first_calls_at_the_same_moment(void **state UNUSED)
{
	struct live l;
	struct monitor *m = start(&l, many_beginnings);
	size_t rows;

	live_run(&l);
	assert_int_equal(take(m, &rows), 2 * BEGINNINGS);
	assert_int_equal(rows, BEGINNINGS);
	stop(m, &l);
}

/* The leader is gone, its thread goes on. */
static int outlive(void *arg UNUSED)
{
	munmaps(3);
	wait_for(&shared->step, 2);
	munmaps(4);
	syscall(SYS_exit, 0);
	return 0;
}

static void lead_and_leave(void)
{
	munmaps(20);
	thread(outlive, 0);
	shared->pid = getpid();
	atomic_store(&shared->step, 1);
	syscall(SYS_exit, 0);
}

static void process_without_leader(void)
{
	process(lead_and_leave);
}

static void the_leader_ends_first(void **state UNUSED)
{
	struct live l;
	struct monitor *m = start(&l, process_without_leader);
	char path[64], line[256] = "", go = 'g';
	size_t rows;

	assert_int_equal(write(l.go[1], &go, 1), 1);
	wait_for(&shared->step, 1);
	snprintf(path, sizeof(path), "/proc/%d/stat", (int)shared->pid);
	while (!strstr(line, ") Z ")) {
		FILE *f = fopen(path, "r");

		assert_non_null(f);
		assert_non_null(fgets(line, sizeof(line), f));
		fclose(f);
		nap();
	}
	while (munmaps_of(m, shared->pid) < 23)
		nap();
	assert_int_equal(munmaps_of(m, shared->pid), 23);
	assert_int_equal(take(m, &rows), 0); /* it has not ended */
	assert_int_equal(munmaps_of(m, shared->pid), 23);
	atomic_store(&shared->step, 2);
	assert_int_equal(read(l.done[0], &go, 1), 1);
	assert_int_equal(munmaps_of(m, shared->pid), 27);
	assert_int_equal(take(m, &rows), 27);
	assert_int_equal(rows, 1);
	assert_int_equal(munmaps_of(m, shared->pid), UINT64_MAX);
	stop(m, &l);
}

static int idle(void *arg UNUSED)
{
	wait_for(&shared->step, 1);
	syscall(SYS_exit, 0);
	return 0;
}

static void lead_and_leave_nothing_to_do(void)
{
	munmaps(20);
	thread(idle, 0);
	syscall(SYS_exit, 0);
}

static void process_of_an_idle_thread(void)
{
	process(lead_and_leave_nothing_to_do);
}

/* What the leader left is of an ended process when a thread that counted nothing ends. */
static void the_last_has_nothing(void **state UNUSED)
{
	struct live l;
	struct monitor *m = start(&l, process_of_an_idle_thread);
	char go = 'g';
	size_t rows;

	assert_int_equal(write(l.go[1], &go, 1), 1);
	while (!shared->pid)
		nap();
	while (munmaps_of(m, shared->pid) != 20)
		nap();
	atomic_store(&shared->step, 1);
	assert_int_equal(read(l.done[0], &go, 1), 1);
	assert_int_equal(take(m, &rows), 20);
	assert_int_equal(rows, 1);
	stop(m, &l);
}

/* --- processes --- */

static void eleven(void)
{
	munmaps(11);
}

static void short_lives(void)
{
	for (int i = 0; i < PROCESSES; i++)
		process(eleven);
	munmaps(2);
}

static void short_lived_processes_count(void **state UNUSED)
{
	struct monitor_fill fill;
	struct counter_table t;
	struct live l;
	struct monitor *m = start(&l, short_lives);
	size_t rows;

	live_run(&l);
	assert_int_equal(monitor_snapshot(m, &t), 0);
	assert_int_equal(t.n, PROCESSES + 1);
	for (size_t i = 0; i < t.n; i++)
		assert_int_equal(counter_table_row(&t, i)->value[MEM_MUNMAP_COUNT],
				 counter_table_row(&t, i)->key == (uint32_t)l.child.pid ? 2 : 11);
	counter_table_release(&t);
	assert_int_equal(monitor_fill(m, &fill), 0);
	assert_int_equal(fill.ended, PROCESSES);
	assert_int_equal(take(m, &rows), 11 * PROCESSES);
	assert_int_equal(rows, PROCESSES);
	assert_int_equal(monitor_snapshot(m, &t), 0);
	assert_int_equal(t.n, 1);
	counter_table_release(&t);
	stop(m, &l);
}

static void one_process(void)
{
	process(eleven);
}

/* The map has no room: what is lost is counted in calls. */
static void no_room_for_the_ended(void **state UNUSED)
{
	struct monitor_losses losses;
	struct live l;
	struct monitor *m = start(&l, one_process);
	struct fast_row row = {.ended = 1};

	for (uint32_t key = 1U << 30; key < (1U << 30) + 10240; key++)
		assert_int_equal(bpf_map_update_elem(monitor_map_fd(m, "mem_ended"), &key, &row,
						     BPF_NOEXIST),
				 0);
	live_run(&l);
	assert_int_equal(monitor_losses(m, &losses), 0);
	assert_int_equal(losses.map_full, 11);
	assert_int_equal(munmaps_of(m, shared->pid), UINT64_MAX);
	monitor_close(m);
	live_end(&l);
}

static void wait_and_eleven(void)
{
	shared->pid = getpid();
	atomic_store(&shared->step, 1);
	wait_for(&shared->step, 2);
	munmaps(11);
	atomic_store(&shared->step, 3);
	wait_for(&shared->step, 4);
}

static void a_process_that_waits(void)
{
	process(wait_and_eleven);
}

/* An earlier process had the id and was not taken out yet. */
static void an_id_that_was_used(void **state UNUSED)
{
	struct live l;
	struct monitor *m = start(&l, a_process_that_waits);
	struct fast_row old = {.ended = 1, .stats = {.munmap_count = 100, .vm_bytes = 1ULL << 50}};
	const struct counter_row *row;
	struct counter_table t;
	char go = 'g';
	uint32_t key;
	size_t rows;

	assert_int_equal(write(l.go[1], &go, 1), 1);
	wait_for(&shared->step, 1);
	key = old.tgid = (uint32_t)shared->pid;
	assert_int_equal(
		bpf_map_update_elem(monitor_map_fd(m, "mem_ended"), &key, &old, BPF_NOEXIST), 0);
	atomic_store(&shared->step, 2);
	wait_for(&shared->step, 3);
	assert_int_equal(monitor_snapshot(m, &t), 0);
	row = counter_table_find(&t, key);
	assert_non_null(row);
	assert_int_equal(row->value[MEM_MUNMAP_COUNT], 111);
	assert_in_range(row->value[MEM_VM_BYTES], 1, 1ULL << 40); /* the living one's */
	counter_table_release(&t);
	atomic_store(&shared->step, 4);
	assert_int_equal(read(l.done[0], &go, 1), 1);
	assert_int_equal(munmaps_of(m, shared->pid), 111);
	assert_int_equal(take(m, &rows), 111);
	assert_int_equal(rows, 1);
	stop(m, &l);
}

/* --- slots --- */

static uint32_t slot_of(pid_t pid)
{
	return (uint32_t)pid & 32767;
}

static struct fast_slot read_slot(struct monitor *m, uint32_t place)
{
	struct fast_slot s;

	assert_int_equal(bpf_map_lookup_elem(monitor_map_fd(m, "threads_slots"), &place, &s), 0);
	return s;
}

static void write_slot(struct monitor *m, uint32_t place, const struct fast_slot *s)
{
	assert_int_equal(
		bpf_map_update_elem(monitor_map_fd(m, "threads_slots"), &place, s, BPF_ANY), 0);
}

/* Its number falls on a slot that another process has, and of two threads that come at once one may
 * find that it has just become free: what both counted is one sum. */
static void a_slot_that_another_has(void **state UNUSED)
{
	struct live l;
	struct monitor *m = start(&l, a_process_that_waits);
	struct fast_slot mine, others = {.owner = 77, .tgid = 1U << 30};
	char go = 'g';
	uint32_t key;
	size_t rows;

	assert_int_equal(write(l.go[1], &go, 1), 1);
	wait_for(&shared->step, 1);
	mine = read_slot(m, slot_of(shared->pid));
	write_slot(m, slot_of(shared->pid), &others);
	atomic_store(&shared->step, 2);
	wait_for(&shared->step, 3);
	assert_int_equal(munmaps_of(m, shared->pid), 11);
	assert_int_equal(read_slot(m, slot_of(shared->pid)).stats.munmap_count, 0);
	mine.stats.munmap_count = 100;
	write_slot(m, slot_of(shared->pid), &mine);
	assert_int_equal(munmaps_of(m, shared->pid), 111);
	atomic_store(&shared->step, 4);
	assert_int_equal(read(l.done[0], &go, 1), 1);
	assert_int_equal(munmaps_of(m, shared->pid), 111);
	assert_int_equal(take(m, &rows), 111);
	assert_int_equal(rows, 1);
	assert_int_equal(read_slot(m, slot_of(shared->pid)).owner, 0);
	assert_int_not_equal(
		bpf_map_get_next_key(monitor_map_fd(m, "threads_overflow"), NULL, &key), 0);
	stop(m, &l);
}

/* A process of the same number ended while nobody was attached. */
static void a_slot_of_the_dead(void **state UNUSED)
{
	struct live l;
	struct monitor *m = start(&l, a_process_that_waits);
	struct fast_slot old;
	char go = 'g';
	size_t rows;

	assert_int_equal(write(l.go[1], &go, 1), 1);
	wait_for(&shared->step, 1);
	old = (struct fast_slot){
		.owner = 77, .tgid = (uint32_t)shared->pid, .stats = {.munmap_count = 100}};
	write_slot(m, slot_of(shared->pid), &old);
	atomic_store(&shared->step, 2);
	wait_for(&shared->step, 3);
	assert_int_equal(read_slot(m, slot_of(shared->pid)).stats.munmap_count, 11);
	assert_int_equal(munmaps_of(m, shared->pid), 111);
	atomic_store(&shared->step, 4);
	assert_int_equal(read(l.done[0], &go, 1), 1);
	assert_int_equal(take(m, &rows), 111);
	assert_int_equal(rows, 1);
	stop(m, &l);
}

/* --- exec --- */

static void run_true(void)
{
	static char *const argv[] = {"true", NULL}, *const env[] = {NULL};

	execve("/bin/true", argv, env);
	syscall(SYS_exit_group, 7);
}

static int exec_from_a_thread(void *arg UNUSED)
{
	munmaps(6);
	run_true();
	return 0;
}

static void exec_alone(void)
{
	munmaps(6);
	run_true();
}

static void exec_by_another(void)
{
	munmaps(30);
	thread(seven_and_wait, 1);
	wait_for(&shared->ready, 1);
	thread(exec_from_a_thread, 0);
	for (;;)
		nap();
}

static void exec_by_another_without_leader(void)
{
	munmaps(30);
	thread(seven_and_wait, 1);
	wait_for(&shared->ready, 1);
	thread(exec_from_a_thread, 0);
	syscall(SYS_exit, 0);
}

static void execs(void)
{
	static void (*const ways[])(void) = {exec_alone, exec_by_another,
					     exec_by_another_without_leader};

	for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
		process(ways[i]);
		shared->exec[i] = shared->pid;
		if (shared->status)
			_exit(7);
	}
}

/* A thread that execs takes its leader's place; what leader and threads counted stays. */
static void exec_keeps_the_process(void **state UNUSED)
{
	struct live l;
	struct monitor *m = start(&l, execs);
	uint64_t alone;
	size_t rows;

	live_run(&l);
	alone = munmaps_of(m, shared->exec[0]);
	assert_in_range(alone, 6, 1000);
	assert_int_equal(munmaps_of(m, shared->exec[1]), alone + 37);
	assert_int_equal(munmaps_of(m, shared->exec[2]), alone + 37);
	assert_int_equal(take(m, &rows), 3 * alone + 74);
	assert_int_equal(rows, 3);
	stop(m, &l);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(threads_are_summed),
		cmocka_unit_test(threads_end_at_the_same_moment),
		cmocka_unit_test(first_calls_at_the_same_moment),
		cmocka_unit_test(the_leader_ends_first),
		cmocka_unit_test(the_last_has_nothing),
		cmocka_unit_test(short_lived_processes_count),
		cmocka_unit_test(no_room_for_the_ended),
		cmocka_unit_test(an_id_that_was_used),
		cmocka_unit_test(a_slot_that_another_has),
		cmocka_unit_test(a_slot_of_the_dead),
		cmocka_unit_test(exec_keeps_the_process),
	};

	shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(shared, MAP_FAILED);
	return live_main(tests, ARRAY_SIZE(tests), "t_memmon_ends");
}
