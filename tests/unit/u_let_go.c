/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Pages of a file that are let go of are no longer resident, and come back as they were; one that
 * was written in this process, as a tracer does for a breakpoint, stays as it is.
 */
#include "lib/base.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/let_go.h"

enum { PAGES = 200, WRITTEN = 77 }; /* more than pagemap is asked for at a time */

static size_t page;

static char *map_file(void)
{
	char path[] = "/tmp/u_let_go.XXXXXX", *text = malloc(PAGES * page), *at;
	int fd = mkstemp(path);

	assert_non_null(text);
	assert_true(fd >= 0);
	unlink(path);
	for (size_t i = 0; i < PAGES; i++)
		memset(text + i * page, 'a' + (int)(i % 26), page);
	assert_int_equal(write(fd, text, PAGES * page), PAGES * page);
	free(text);
	at = mmap(NULL, PAGES * page, PROT_READ, MAP_PRIVATE, fd, 0);
	assert_true(at != MAP_FAILED);
	close(fd);
	return at;
}

static void read_all(const char *at)
{
	for (size_t i = 0; i < PAGES; i++)
		if (i != WRITTEN)
			assert_int_equal(at[i * page], 'a' + i % 26);
}

/* Of the mapping, by /proc/self/pagemap: that it is there at all. */
static size_t count_resident(const char *at)
{
	uint64_t entry[PAGES];
	int fd = open("/proc/self/pagemap", O_RDONLY);
	size_t n = 0;

	assert_true(fd >= 0);
	assert_int_equal(
		pread(fd, entry, sizeof(entry), (off_t)((uintptr_t)at / page * sizeof(*entry))),
		sizeof(entry));
	close(fd);
	for (size_t i = 0; i < PAGES; i++)
		n += entry[i] >> 63;
	return n;
}

static void pages_come_back(void **state UNUSED)
{
	char *at = map_file();

	read_all(at);
	assert_int_equal(count_resident(at), PAGES);
	assert_int_equal(mprotect(at, PAGES * page, PROT_READ | PROT_WRITE), 0);
	at[WRITTEN * page] = '!';
	assert_int_equal(mprotect(at, PAGES * page, PROT_READ), 0);
	assert_true(let_go_of_file_pages() >= (PAGES - 1) * page);
	assert_int_equal(count_resident(at), 1);
	assert_int_equal(at[WRITTEN * page], '!');
	/* With it come at most three. */
	assert_int_equal(at[100 * page], 'a' + 100 % 26);
	assert_in_range(count_resident(at), 2, 5);
	read_all(at);
	munmap(at, PAGES * page);
}

/* What is to be written is not looked at: a program's data, and shared memory. */
static void writable_stays(void **state UNUSED)
{
	char *at = map_file();

	assert_int_equal(mprotect(at, PAGES * page, PROT_READ | PROT_WRITE), 0);
	read_all(at);
	let_go_of_file_pages();
	assert_int_equal(count_resident(at), PAGES);
	munmap(at, PAGES * page);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pages_come_back),
		cmocka_unit_test(writable_stays),
	};

	page = (size_t)sysconf(_SC_PAGESIZE);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
