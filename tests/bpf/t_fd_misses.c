/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Runs skipped of the programs that a process has open, read from outside. */
#include "lib/base.h"
#include "tests/bpf/live.h"

#include <sys/mman.h>

#include "collector/fd_misses.h"

static void n43_skipped_runs_of_a_process(void **state UNUSED)
{
	struct monitor_losses losses;
	const char *b = getenv("B");
	struct monitor *m;
	char path[256];
	uint64_t before, after;

	assert_true(fd_misses(getpid()) == UINT64_MAX); /* it has no program */
	snprintf(path, sizeof(path), "%s/tests/bpf/n43_skipped.bpf.o", b ? b : "build");
	assert_int_equal(monitor_open(&m, path, NULL, NULL), 0);
	before = fd_misses(getpid());
	assert_int_equal(before, 0);
	assert_int_equal(monitor_attach(m), 0);
	for (int i = 0; i < 17; i++)
		munmap((void *)0x100000000000, 4096);
	after = fd_misses(getpid());
	assert_int_equal(monitor_detach(m), 0);
	assert_int_equal(monitor_losses(m, &losses), 0);
	assert_in_range(after, 17, losses.recursion_misses);
	monitor_close(m);
	assert_true(fd_misses(getpid()) == UINT64_MAX);
	assert_true(fd_misses(0x7fffffff) == UINT64_MAX); /* nobody */
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(n43_skipped_runs_of_a_process),
	};

	return live_main(tests, ARRAY_SIZE(tests), "t_fd_misses");
}
