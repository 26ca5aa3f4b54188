/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Mappings that nobody took in time are told as lost at once, though no record follows them. */
#include "lib/base.h"
#include "tests/bpf/live.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/clock.h"
#include "memprof/both/mappings.h"

static void map_code(unsigned int times)
{
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	for (unsigned int i = 0; i < times; i++) {
		void *at = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);

		assert_ptr_not_equal(at, MAP_FAILED);
		munmap(at, 4096);
	}
	close(fd);
}

static struct mappings *opened(void)
{
	struct mappings *m = NULL;

	if (mappings_open(&m)) {
		print_message("skip: no perf events of all processes here\n");
		skip();
	}
	return m;
}

static void losses_without_a_record_after(void **state UNUSED)
{
	struct mappings *m = opened();

	mappings_of(m, (uint32_t)getpid(), clock_ns(), 0);
	map_code(20000); /* two rings of 256 KiB have room for fewer than 6000 */
	mappings_of(m, (uint32_t)getpid(), clock_ns(), 0);
	assert_true(mappings_lost(m) > 10000);
	assert_true(mappings_lost(m) < 30000);
	mappings_close(m);
}

static void nothing_is_lost_of_a_few(void **state UNUSED)
{
	struct mappings *m = opened();
	uint64_t before;

	mappings_of(m, (uint32_t)getpid(), clock_ns(), 0);
	before = mappings_lost(m);
	map_code(100);
	mappings_of(m, (uint32_t)getpid(), clock_ns(), 0);
	assert_int_equal(mappings_lost(m), before);
	mappings_close(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(losses_without_a_record_after),
		cmocka_unit_test(nothing_is_lost_of_a_few),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
