/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* /proc readers, on fixtures and on the running process. */
#include "lib/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/clock.h"
#include "lib/procfs.h"

#define ROOT "tests/fixtures/proc"

static void memory(void **state)
{
	struct proc_memory m;

	(void)state;
	assert_int_equal(procfs_memory(ROOT, 77, &m), 0);
	assert_int_equal(m.size_bytes, 123456ULL * 1024);
	assert_int_equal(m.peak_bytes, 123460ULL * 1024);
	assert_int_equal(m.rss_bytes, 2048ULL * 1024);
	assert_int_equal(m.hwm_bytes, 2050ULL * 1024);
}

static void memory_of_kernel_thread(void **state)
{
	struct proc_memory m;

	(void)state;
	memset(&m, 0xff, sizeof(m));
	assert_int_equal(procfs_memory(ROOT, 2, &m), 0);
	assert_int_equal(m.size_bytes, 0);
	assert_int_equal(m.hwm_bytes, 0);
}

static void nobody(void **state)
{
	struct proc_memory m;
	struct proc_cpu c;

	(void)state;
	assert_int_equal(procfs_memory(ROOT, 12345, &m), -ESRCH);
	assert_int_equal(procfs_cpu(ROOT, 12345, &c), -ESRCH);
}

static void cpu(void **state)
{
	uint64_t tick_ns = NSEC_PER_SEC / (uint64_t)sysconf(_SC_CLK_TCK);
	struct proc_cpu c;

	(void)state;
	/* The name is "a) b (c": fields count from the last bracket. */
	assert_int_equal(procfs_cpu(ROOT, 77, &c), 0);
	assert_int_equal(c.user_ns, 123 * tick_ns);
	assert_int_equal(c.system_ns, 45 * tick_ns);
	assert_int_equal(procfs_cpu(ROOT, 78, &c), -EPROTO);
}

static void mounts(void **state)
{
	char path[64];

	(void)state;
	assert_int_equal(procfs_find_mount(ROOT, "cgroup2", path, sizeof(path)), 0);
	assert_string_equal(path, "/sys/fs/cgroup/uni fied\\x");
	assert_int_equal(procfs_find_mount(ROOT, "tracefs", path, sizeof(path)), 0);
	assert_string_equal(path, "/sys/kernel/tracing");
	assert_int_equal(procfs_find_mount(ROOT, "bpf", path, sizeof(path)), -ENOENT);
	assert_int_equal(procfs_find_mount(ROOT, "trace", path, sizeof(path)), -ENOENT);
	assert_int_equal(procfs_find_mount(ROOT, "tracefs", path, 4), -ENAMETOOLONG);
	assert_int_equal(procfs_find_mount(ROOT "/noself", "cgroup2", path, sizeof(path)), -ENOENT);
	assert_int_equal(procfs_find_mount("/nonexistent", "proc", path, sizeof(path)), -ENOENT);
}

static void ourselves(void **state)
{
	const size_t bytes = 64 << 20;
	struct proc_memory before, after;
	struct proc_cpu c;
	char path[256];
	void *p;

	(void)state;
	assert_int_equal(procfs_memory("/proc", getpid(), &before), 0);
	p = mmap(NULL, bytes, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_true(p != MAP_FAILED);
	assert_int_equal(procfs_memory("/proc", getpid(), &after), 0);
	munmap(p, bytes);
	assert_true(after.size_bytes >= before.size_bytes + bytes);
	assert_true(after.peak_bytes >= after.size_bytes);
	assert_int_equal(procfs_cpu("/proc", getpid(), &c), 0);
	assert_int_equal(procfs_find_mount("/proc", "proc", path, sizeof(path)), 0);
	assert_string_equal(path, "/proc");
}

static void steal(void **state)
{
	uint64_t ns = 0;

	(void)state;
	assert_int_equal(procfs_steal(ROOT, &ns), 0);
	assert_int_equal(ns, 305 * (NSEC_PER_SEC / (uint64_t)sysconf(_SC_CLK_TCK)));
	assert_int_equal(procfs_steal(ROOT "/77", &ns), -EPROTO);
	assert_int_equal(procfs_steal("/nowhere", &ns), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(steal),
		cmocka_unit_test(memory),
		cmocka_unit_test(memory_of_kernel_thread),
		cmocka_unit_test(nobody),
		cmocka_unit_test(cpu),
		cmocka_unit_test(mounts),
		cmocka_unit_test(ourselves),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
