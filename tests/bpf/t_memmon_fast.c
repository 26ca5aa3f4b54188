/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* memmon_fast on this kernel: a child's known calls, and the rings that tell of them. */
#include "lib/base.h"
#include "tests/bpf/live.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/wait.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "bpf/memmon/memmon.h"
#include "bpf/memmon/memmon_fast.h"
#include "lib/clock.h"
#include "collector/object.h"

#define HOLE ((void *)0x100000000000) /* where nothing is mapped */

enum { RECORD = sizeof(struct fast_event) + 8, MAX_SEEN = 4096 };

/* What parent and child tell each other while calls are being made. */
static struct {
	_Atomic int step;
	unsigned long heap; /* the break when the calls began */
	uint64_t vm_bytes;  /* VmSize when they were made */
	bool int80_lives;
} * shared;

static void reach(int step)
{
	struct timespec nap = {.tv_nsec = 200000};

	while (atomic_load(&shared->step) < step)
		clock_nanosleep(CLOCK_MONOTONIC, 0, &nap, NULL);
}

static void pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	syscall(SYS_sched_setaffinity, 0, sizeof(set), &set);
}

struct seen {
	uint32_t pid;
	size_t n;
	struct event all[MAX_SEEN];
};

static void see(void *arg, const struct event *e)
{
	struct seen *s = arg;

	assert_int_equal(e->tgid, s->pid);
	assert_int_equal(e->length, sizeof(struct fast_event));
	assert_string_equal(e->comm, "");
	if (s->n)
		assert_true(e->timestamp_ns >= s->all[s->n - 1].timestamp_ns);
	assert_in_range(s->n, 0, MAX_SEEN - 1);
	s->all[s->n++] = *e;
}

static struct monitor *start(struct live *l, void (*calls)(void), uint64_t ring_bytes)
{
	struct monitor *m;

	memset(shared, 0, sizeof(*shared));
	live_start(l, calls);
	l->target.ring_bytes = ring_bytes;
	assert_int_equal(monitor_open(&m, "memmon_fast", &l->target, NULL), 0);
	assert_int_equal(monitor_attach(m), 0);
	return m;
}

static size_t drain(struct monitor *m, struct seen *s, const struct live *l)
{
	s->pid = (uint32_t)l->child.pid;
	s->n = 0;
	while (monitor_poll(m, 0, see, s) > 0)
		;
	return s->n;
}

static uint64_t value(struct monitor *m, const struct live *l, enum mem_field f)
{
	struct counter_table t;
	const struct counter_row *row;
	uint64_t v;

	assert_int_equal(monitor_snapshot(m, &t), 0);
	row = counter_table_find(&t, (uint32_t)l->child.pid);
	v = row ? row->value[f] : UINT64_MAX;
	counter_table_release(&t);
	return v;
}

static void no_losses(struct monitor *m)
{
	struct monitor_losses losses;

	assert_int_equal(monitor_losses(m, &losses), 0);
	assert_int_equal(losses.ring_full, 0);
	assert_int_equal(losses.map_full, 0);
	assert_int_equal(losses.recursion_misses, 0);
	assert_int_equal(losses.bad_records, 0);
}

static void stop(struct monitor *m, struct live *l)
{
	monitor_close(m);
	live_end(l);
}

static uint64_t vm_size(void)
{
	char text[128] = "";
	int fd = open("/proc/self/statm", O_RDONLY);
	ssize_t n = read(fd, text, sizeof(text) - 1);

	close(fd);
	return n > 0 ? strtoull(text, NULL, 10) * 4096 : 0;
}

/* --- what counts, and how --- */

static void calls_that_work_and_not(void)
{
	char *at = raw_mmap(5000); /* two pages */

	raw_mmap(0);		  /* EINVAL */
	raw_munmap((void *)1, 7); /* EINVAL */
	raw_munmap(HOLE, 12289);  /* nothing there: works, four pages */
	at = (char *)syscall(SYS_mremap, at, 8192UL, 20000UL, MREMAP_MAYMOVE);
	syscall(SYS_mremap, HOLE, 4096UL, 8192UL, MREMAP_MAYMOVE); /* EFAULT */
	raw_munmap(at, 20000);
	raw_mmap(1 << 20);
	shared->vm_bytes = vm_size();
}

static void check_record(const struct event *e, uint8_t type, uint64_t size)
{
	assert_int_equal(e->value[MEM_EVENT_TYPE], type);
	assert_int_equal(e->value[MEM_EVENT_SIZE], size);
	assert_int_equal(e->value[MEM_EVENT_DOWN], 0);
	assert_true(e->value[MEM_EVENT_ADDRESS]);
}

static void only_what_worked(void **state UNUSED)
{
	struct seen seen;
	struct live l;
	struct monitor *m = start(&l, calls_that_work_and_not, 0);

	live_run(&l);
	assert_int_equal(monitor_info(m)->caps, MONITOR_COUNTERS | MONITOR_EVENTS | MONITOR_LOSSES |
							MONITOR_CGROUP | MONITOR_COMPAT);
	assert_int_equal(monitor_info(m)->key, MONITOR_KEY_TGID);
	assert_int_equal(monitor_info(m)->rings, libbpf_num_possible_cpus());
	assert_int_equal(monitor_info(m)->ring_bytes, 1 << 20);
	assert_int_equal(drain(m, &seen, &l), 5);
	check_record(&seen.all[0], FAST_EVENT_MMAP, 8192);
	check_record(&seen.all[1], FAST_EVENT_MUNMAP, 16384);
	assert_int_equal(seen.all[1].value[MEM_EVENT_ADDRESS], (uint64_t)(uintptr_t)HOLE);
	check_record(&seen.all[2], FAST_EVENT_MREMAP, 20480);
	check_record(&seen.all[3], FAST_EVENT_MUNMAP, 20480);
	assert_int_equal(seen.all[3].value[MEM_EVENT_ADDRESS],
			 seen.all[2].value[MEM_EVENT_ADDRESS]);
	check_record(&seen.all[4], FAST_EVENT_MMAP, 1 << 20);
	assert_int_equal(value(m, &l, MEM_MMAP_COUNT), 2);
	assert_int_equal(value(m, &l, MEM_MMAP_BYTES), 8192 + (1 << 20));
	assert_int_equal(value(m, &l, MEM_MUNMAP_COUNT), 2);
	assert_int_equal(value(m, &l, MEM_MUNMAP_BYTES), 16384 + 20480);
	assert_int_equal(value(m, &l, MEM_MREMAP_COUNT), 1);
	assert_int_equal(value(m, &l, MEM_FAILED_COUNT), 3);
	assert_int_equal(value(m, &l, MEM_BRK_COUNT), 0);
	assert_int_equal(value(m, &l, MEM_VM_BYTES), shared->vm_bytes);
	assert_int_equal(value(m, &l, MEM_VM_PEAK), shared->vm_bytes);
	no_losses(m);
	stop(m, &l);
}

static void moves_of_the_break(void)
{
	unsigned long at;

	shared->heap = at = (unsigned long)sbrk(0); /* libc's own note: no call */
	raw_brk(at + 4096);			    /* it was there before the monitor */
	raw_brk(at + 12288);
	raw_brk(at + 8192);
	raw_brk(at + 8192);
	raw_brk(1); /* refused */
	raw_brk(0);
	raw_brk(at + 20480);
	raw_brk(at);
}

static void the_break(void **state UNUSED)
{
	static const struct {
		uint64_t at, size;
		uint8_t down;
	} wanted[] = {
		{4096, 4096, 0}, {12288, 8192, 0},  {8192, 4096, 1},
		{8192, 0, 0},	 {20480, 12288, 0}, {0, 20480, 1},
	};
	struct seen seen;
	struct live l;
	struct monitor *m = start(&l, moves_of_the_break, 0);

	live_run(&l);
	assert_int_equal(drain(m, &seen, &l), ARRAY_SIZE(wanted));
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) {
		assert_int_equal(seen.all[i].value[MEM_EVENT_TYPE], FAST_EVENT_BRK);
		assert_int_equal(seen.all[i].value[MEM_EVENT_ADDRESS], shared->heap + wanted[i].at);
		assert_int_equal(seen.all[i].value[MEM_EVENT_SIZE], wanted[i].size);
		assert_int_equal(seen.all[i].value[MEM_EVENT_DOWN], wanted[i].down);
	}
	assert_int_equal(value(m, &l, MEM_BRK_COUNT), ARRAY_SIZE(wanted));
	assert_int_equal(value(m, &l, MEM_FAILED_COUNT), 0);
	no_losses(m);
	stop(m, &l);
}

/* brk(0) alone counts nowhere, and makes no row. */
static void ask_for_the_break(void)
{
	raw_brk(0);
}

static void a_question_is_no_call(void **state UNUSED)
{
	struct seen seen;
	struct live l;
	struct monitor *m = start(&l, ask_for_the_break, 0);

	live_run(&l);
	assert_int_equal(drain(m, &seen, &l), 0);
	assert_int_equal(value(m, &l, MEM_BRK_COUNT), UINT64_MAX);
	stop(m, &l);
}

/* link(), by the 32-bit number that is mmap's in 64 bits. */
static long int80(long nr)
{
	long ret;

	__asm__ volatile("int $0x80"
			 : "=a"(ret)
			 : "a"(nr), "b"(0L), "c"(0L)
			 : "memory", "r8", "r9", "r10", "r11");
	return ret;
}

static void calls_of_32_bits(void)
{
	static const long numbers[] = {9, 12};
	pid_t pid = fork();

	if (!pid) {
		for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
			int80(numbers[i]);
		shared->int80_lives = true;
		_exit(0);
	}
	waitpid(pid, NULL, 0);
}

static void other_numbers_of_32_bits(void **state UNUSED)
{
	struct counter_table t;
	struct live l;
	struct monitor *m = start(&l, calls_of_32_bits, 0);

	live_run(&l);
	assert_int_equal(monitor_snapshot(m, &t), 0);
	assert_int_equal(t.n, 0);
	counter_table_release(&t);
	stop(m, &l);
	if (!shared->int80_lives)
		skip(); /* this kernel runs no 32-bit calls */
}

/* --- rings --- */

static void flood(void)
{
	pin(0);
	for (int i = 0; i < 3001; i++)
		raw_munmap(HOLE, 4096);
}

static void a_full_ring(void **state UNUSED)
{
	struct monitor_losses losses;
	struct monitor_fill fill;
	struct seen seen;
	struct live l;
	struct monitor *m = start(&l, flood, 4096);

	live_run(&l);
	assert_int_equal(monitor_info(m)->ring_bytes, 4096);
	assert_int_equal(monitor_fill(m, &fill), 0);
	assert_int_equal(fill.ring_bytes, 4096ULL * monitor_info(m)->rings);
	assert_int_equal(fill.ring_pending, 4096 / RECORD * RECORD);
	assert_int_equal(fill.keys_max, 0);
	assert_int_equal(fill.ended_max, 10240);
	assert_int_equal(drain(m, &seen, &l), 4096 / RECORD);
	assert_int_equal(monitor_losses(m, &losses), 0);
	assert_int_equal(seen.n + losses.ring_full, 3001);
	assert_int_equal(losses.map_full, 0);
	assert_int_equal(value(m, &l, MEM_MUNMAP_COUNT), 3001);
	stop(m, &l);
}

enum { TURNS = 9, A_TURN = 1000 };

static void in_turns(void)
{
	pin(0);
	for (int t = 0; t < TURNS; t++) {
		reach(2 * t);
		for (int i = 0; i < A_TURN; i++)
			raw_munmap((char *)HOLE + 4096L * (A_TURN * t + i), 4096);
		atomic_store(&shared->step, 2 * t + 1);
	}
}

/* 9,000 records go through a ring that has room for 1,365: at its end a record is in one piece,
 * where it is no whole number of records long. */
static void a_ring_that_turns_over(void **state UNUSED)
{
	struct seen seen;
	struct live l;
	struct monitor *m = start(&l, in_turns, 64 << 10);
	char go = 'g';

	assert_int_equal(write(l.go[1], &go, 1), 1);
	for (int t = 0; t < TURNS; t++) {
		reach(2 * t + 1);
		assert_int_equal(drain(m, &seen, &l), A_TURN);
		for (int i = 0; i < A_TURN; i++) {
			assert_int_equal(seen.all[i].value[MEM_EVENT_ADDRESS],
					 (uint64_t)(uintptr_t)HOLE + 4096ULL * (A_TURN * t + i));
			assert_int_equal(seen.all[i].value[MEM_EVENT_SIZE], 4096);
			assert_int_equal(seen.all[i].length, sizeof(struct fast_event));
		}
		atomic_store(&shared->step, 2 * t + 2);
	}
	no_losses(m);
	assert_int_equal(read(l.done[0], &go, 1), 1);
	stop(m, &l);
}

/* On one CPU, then another, and back: the records are in order all the same. */
static void wander(void)
{
	for (int i = 0; i < 600; i++) {
		if (i % 3 == 0)
			pin(i / 3 % 2);
		raw_munmap((char *)HOLE + 4096L * i, 4096);
	}
}

static void a_ring_for_each_cpu(void **state UNUSED)
{
	struct seen seen;
	struct live l;
	struct monitor *m = start(&l, wander, 64 << 10);
	cpu_set_t set;

	sched_getaffinity(0, sizeof(set), &set);
	live_run(&l);
	assert_int_equal(drain(m, &seen, &l), 600);
	for (size_t i = 0; i < 600; i++)
		assert_int_equal(seen.all[i].value[MEM_EVENT_ADDRESS],
				 (uint64_t)(uintptr_t)HOLE + 4096 * i);
	no_losses(m);
	stop(m, &l);
	if (CPU_COUNT(&set) < 2)
		skip();
}

static void by_steps(void)
{
	static const int calls[] = {100, 300, 50, 70};

	pin(0);
	for (int s = 0; s < (int)ARRAY_SIZE(calls); s++) {
		for (int i = 0; i < calls[s]; i++)
			raw_munmap(HOLE, 4096);
		atomic_store(&shared->step, 2 * s + 1);
		if (s + 1 < (int)ARRAY_SIZE(calls))
			reach(2 * s + 2);
	}
}

/* A quarter of 64 KiB is 341 records; the child makes 100, then 300. */
static void nobody_is_woken_early(void **state UNUSED)
{
	struct pollfd fd = {.events = POLLIN};
	struct seen seen;
	struct live l;
	struct monitor *m = start(&l, by_steps, 64 << 10);
	char go = 'g';

	assert_int_equal(monitor_event_fds(m, &fd.fd, 1), 1);
	assert_int_equal(write(l.go[1], &go, 1), 1);
	reach(1);
	assert_int_equal(poll(&fd, 1, 20), 0);
	atomic_store(&shared->step, 2);
	assert_int_equal(poll(&fd, 1, 5000), 1);
	reach(3);
	assert_int_equal(drain(m, &seen, &l), 400);
	assert_int_equal(poll(&fd, 1, 0), 0);
	/* Off: counted and not told. On again: told. */
	assert_int_equal(monitor_set_events(m, false), 0);
	atomic_store(&shared->step, 4);
	reach(5);
	assert_int_equal(drain(m, &seen, &l), 0);
	assert_int_equal(value(m, &l, MEM_MUNMAP_COUNT), 450);
	assert_int_equal(monitor_set_events(m, true), 0);
	atomic_store(&shared->step, 6);
	reach(7);
	assert_int_equal(drain(m, &seen, &l), 70);
	assert_int_equal(value(m, &l, MEM_MUNMAP_COUNT), 520);
	no_losses(m);
	assert_int_equal(read(l.done[0], &go, 1), 1);
	stop(m, &l);
}

static void wrong_ring_sizes(void **state UNUSED)
{
	struct monitor_target target = {.ring_bytes = 5000};
	struct monitor *m = NULL;
	char text[1024];

	live_listen();
	assert_int_equal(monitor_open(&m, "memmon_fast", &target, NULL), -EINVAL);
	log_capture(NULL, NULL);
	snprintf(text, sizeof(text),
		 "%s: map 'mem_rings' is of rings of 5000 bytes: a power of two and whole pages "
		 "are expected",
		 live_built("bpf/memmon/memmon_fast.bpf.o"));
	assert_string_equal(live_said, text);
	assert_null(m);
}

/* --- nothing stays --- */

static bool any_is_there(const uint32_t *ids, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		int fd = bpf_prog_get_fd_by_id(ids[i]);

		if (fd < 0)
			continue;
		close(fd);
		return true;
	}
	return false;
}

/* What is left unread would be told as an extra: of its maps, neither the slots of processes nor
 * the rings are. */
static void all_of_it_is_read(void **state UNUSED)
{
	struct strbuf extras = STRBUF_INIT;
	struct monitor *m;

	assert_int_equal(monitor_open(&m, "memmon_fast", NULL, NULL), 0);
	monitor_extras(m, &extras);
	assert_null(strstr(extras.s, "map threads_"));
	assert_null(strstr(extras.s, "mem_rings"));
	strbuf_release(&extras);
	monitor_close(m);
}

/* Loads, attaches, reads once, tells the ids of its programs, and waits to be killed. */
static void reader(int out)
{
	struct object_program programs[7];
	struct counter_table t;
	struct monitor *m;
	uint32_t ids[4];
	size_t n = 0;

	/* Two for each of its places, of which one is loaded, two iterators, and a walk that
	 * nobody asked for. */
	if (monitor_open(&m, "memmon_fast", NULL, NULL) || monitor_attach(m) ||
	    monitor_snapshot(m, &t) ||
	    monitor_programs(m, programs, ARRAY_SIZE(programs)) != ARRAY_SIZE(programs))
		_exit(1);
	for (size_t i = 0; i < ARRAY_SIZE(programs); i++) {
		struct bpf_prog_info info = {0};
		uint32_t size = sizeof(info);

		if (programs[i].fd < 0)
			continue;
		if (n == ARRAY_SIZE(ids) || bpf_obj_get_info_by_fd(programs[i].fd, &info, &size))
			_exit(1);
		ids[n++] = info.id;
	}
	if (n != ARRAY_SIZE(ids) || write(out, ids, sizeof(ids)) != sizeof(ids))
		_exit(1);
	for (;;)
		pause();
}

static void a_reader_is_killed(void **state UNUSED)
{
	uint64_t deadline = clock_ns() + 10 * NSEC_PER_SEC;
	uint32_t ids[4];
	int told[2];
	pid_t pid;

	assert_int_equal(pipe(told), 0);
	pid = fork();
	if (!pid)
		reader(told[1]);
	close(told[1]);
	assert_int_equal(read(told[0], ids, sizeof(ids)), sizeof(ids));
	close(told[0]);
	assert_true(any_is_there(ids, ARRAY_SIZE(ids)));
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	while (any_is_there(ids, ARRAY_SIZE(ids)) && clock_ns() < deadline)
		clock_sleep_ns(NSEC_PER_MSEC);
	assert_false(any_is_there(ids, ARRAY_SIZE(ids)));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_what_worked),
		cmocka_unit_test(the_break),
		cmocka_unit_test(a_question_is_no_call),
		cmocka_unit_test(other_numbers_of_32_bits),
		cmocka_unit_test(a_full_ring),
		cmocka_unit_test(a_ring_for_each_cpu),
		cmocka_unit_test(a_ring_that_turns_over),
		cmocka_unit_test(nobody_is_woken_early),
		cmocka_unit_test(wrong_ring_sizes),
		cmocka_unit_test(all_of_it_is_read),
		cmocka_unit_test(a_reader_is_killed),
	};

	shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(shared, MAP_FAILED);
	return live_main(tests, ARRAY_SIZE(tests), "t_memmon_fast");
}
