/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Number 39: how far a break moved whose beginning no call had told (a process that was there
 * before the monitor, a child, a program just started), and the lengths of huge pages.
 */
#include "lib/base.h"
#include "tests/bpf/live.h"

#include <sched.h>
#include <signal.h>
#include <sys/wait.h>

#include "bpf/memmon/memmon_fast.h"
#include "lib/huge_page.h"

enum { MAX_SEEN = 256, KB = 1024, HUGE_PAGES = 64 };

#define OVERCOMMIT "/proc/sys/vm/nr_overcommit_hugepages"

struct seen {
	size_t n;
	struct event all[MAX_SEEN];
};

static void see(void *arg, const struct event *e)
{
	struct seen *s = arg;

	assert_in_range(s->n, 0, MAX_SEEN - 1);
	s->all[s->n++] = *e;
}

/* What @calls makes, and what the monitor says of them; the sum of mmap_bytes of all rows. */
static uint64_t watch(void (*calls)(void), struct seen *seen)
{
	struct counter_table t;
	struct monitor *m;
	uint64_t mapped = 0;
	struct live l;

	memset(seen, 0, sizeof(*seen));
	live_start(&l, calls);
	assert_int_equal(monitor_open(&m, "memmon_fast", &l.target, NULL), 0);
	assert_int_equal(monitor_attach(m), 0);
	live_run(&l);
	while (monitor_poll(m, 0, see, seen) > 0)
		;
	assert_int_equal(monitor_snapshot(m, &t), 0);
	for (size_t i = 0; i < t.n; i++)
		mapped += counter_table_row(&t, i)->value[MEM_MMAP_BYTES];
	counter_table_release(&t);
	monitor_close(m);
	live_end(&l);
	return mapped;
}

/* --- breaks --- */

static void child_of(pid_t (*make)(void))
{
	unsigned long at = (unsigned long)sbrk(0); /* libc's own note: no call */
	pid_t pid = make();

	if (!pid) {
		raw_brk(at + 64 * KB);
		raw_brk(at + 16 * KB);
		_exit(0);
	}
	waitpid(pid, NULL, __WALL);
}

static pid_t by_fork(void)
{
	return fork();
}

static pid_t by_clone3(void)
{
	uint64_t args[11] = {[4] = SIGCHLD};

	return (pid_t)syscall(SYS_clone3, args, sizeof(args));
}

static void children(void)
{
	child_of(by_fork);
	child_of(by_clone3);
}

/* The child's child, after the break was moved and before anybody asked where it is. */
static void grandchild(void)
{
	pid_t pid;

	raw_brk((unsigned long)sbrk(0) + 32 * KB);
	pid = fork();
	if (!pid) {
		child_of(by_fork);
		_exit(0);
	}
	waitpid(pid, NULL, 0);
}

static void check_breaks(const struct seen *s, const int64_t *kb, size_t n)
{
	assert_int_equal(s->n, n);
	for (size_t i = 0; i < n; i++) {
		int64_t size = (int64_t)s->all[i].value[MEM_EVENT_SIZE];

		assert_int_equal(s->all[i].value[MEM_EVENT_TYPE], FAST_EVENT_BRK);
		assert_int_equal(s->all[i].value[MEM_EVENT_DOWN] ? -size : size, kb[i] * KB);
	}
}

static void first_break_of_a_child(void **state UNUSED)
{
	static const int64_t one[] = {64, -48, 64, -48};
	static const int64_t deep[] = {32, 32, -48};
	struct seen seen;

	watch(children, &seen);
	check_breaks(&seen, one, ARRAY_SIZE(one));
	watch(grandchild, &seen);
	check_breaks(&seen, deep, ARRAY_SIZE(deep));
}

/* --- huge pages --- */

static size_t huge;
static bool allowed;

static void *map_huge(size_t length, unsigned long flags, int fd)
{
	return (void *)sys_mmap(NULL, length, PROT_READ | PROT_WRITE, flags, fd, 0UL);
}

static void huge_pages(void)
{
	const unsigned long anonymous = MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB;
	unsigned long bits = (unsigned long)__builtin_ctzl(huge) << 26;
	int fd = memfd_create("huge", MFD_HUGETLB);
	void *at = map_huge(4096, anonymous, -1);

	raw_munmap(at, 4096); /* EINVAL: half a page */
	raw_munmap(at, huge);
	map_huge(huge + 1, anonymous | bits, -1);
	map_huge(3 * 4096, MAP_SHARED, fd);
	at = map_huge(3 * huge, anonymous, -1);
	syscall(SYS_mremap, at, 3 * huge, huge + 4096, MREMAP_MAYMOVE);
	raw_mmap(4097);
}

static uint64_t read_number(const char *path)
{
	unsigned long long n = 0;
	FILE *f = fopen(path, "re");

	if (f && fscanf(f, "%llu", &n) != 1)
		n = 0;
	if (f)
		fclose(f);
	return n;
}

static bool write_number(const char *path, uint64_t n)
{
	FILE *f = fopen(path, "we");
	bool good = f && fprintf(f, "%llu\n", (unsigned long long)n) > 0;

	return f && !fclose(f) && good;
}

static void lengths_of_huge_pages(void **state UNUSED)
{
	const struct {
		uint8_t type;
		uint64_t size;
	} wanted[] = {
		{FAST_EVENT_MMAP, huge}, {FAST_EVENT_MUNMAP, huge},   {FAST_EVENT_MMAP, 2 * huge},
		{FAST_EVENT_MMAP, huge}, {FAST_EVENT_MMAP, 3 * huge}, {FAST_EVENT_MREMAP, 2 * huge},
		{FAST_EVENT_MMAP, 8192},
	};
	struct seen seen;
	uint64_t mapped;
	void *one = MAP_FAILED;

	if (allowed)
		one = map_huge(8 * huge, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1);
	if (one == MAP_FAILED) {
		print_message("eight huge pages are not to be had (" OVERCOMMIT ")\n");
		skip();
	}
	munmap(one, 8 * huge);
	mapped = watch(huge_pages, &seen);
	assert_int_equal(seen.n, ARRAY_SIZE(wanted));
	for (size_t i = 0; i < seen.n; i++) {
		assert_int_equal(seen.all[i].value[MEM_EVENT_TYPE], wanted[i].type);
		assert_int_equal(seen.all[i].value[MEM_EVENT_SIZE], wanted[i].size);
	}
	assert_int_equal(mapped, 7 * huge + 8192);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_break_of_a_child),
		cmocka_unit_test(lengths_of_huge_pages),
	};
	uint64_t before = read_number(OVERCOMMIT);
	int failed;

	huge = huge_page_default();
	allowed = huge && write_number(OVERCOMMIT, before + HUGE_PAGES);
	failed = live_main(tests, ARRAY_SIZE(tests), "t_n39_lengths");
	if (allowed)
		write_number(OVERCOMMIT, before);
	return failed;
}
