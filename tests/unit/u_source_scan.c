/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The walk through /proc, over a folder made for it: odd names, processes that go while they are
 * read, files that may not be read, kernel threads. */
#include "lib/base.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/log.h"
#include "monitor/source/tasks.h"

static char root[] = "/tmp/u_source_scan.XXXXXX";

static void put(const char *name, const char *text)
{
	char path[256];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", root, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

static void folder(const char *name)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", root, name);
	assert_int_equal(mkdir(path, 0755), 0);
}

static struct task_row rows[8];
static struct task_thread threads[8];
static size_t nrows, nthreads;

static void on_process(void *arg UNUSED, const struct task_row *row)
{
	rows[nrows++] = *row;
}

static void on_thread(void *arg UNUSED, const struct task_thread *thread)
{
	threads[nthreads++] = *thread;
}

static const struct task_row *row_of(uint32_t pid)
{
	for (size_t i = 0; i < nrows; i++)
		if (rows[i].thread.pid == pid)
			return &rows[i];
	fail_msg("no process %u", pid);
	return NULL;
}

static int scan(bool with_threads, struct tasks_missed *missed)
{
	const struct tasks_reader to = {.process = on_process, .thread = on_thread};
	int fd = open(root, O_RDONLY | O_DIRECTORY), err;

	nrows = nthreads = 0;
	*missed = (struct tasks_missed){0};
	err = scan_read(fd, &to, with_threads, missed);
	close(fd);
	return err;
}

static void walk(void **state UNUSED)
{
	uint64_t tick_ns = NSEC_PER_SEC / (uint64_t)sysconf(_SC_CLK_TCK);
	struct tasks_missed missed;
	uint64_t page_kb = (uint64_t)sysconf(_SC_PAGESIZE) / 1024;

	folder("79");
	put("79/stat", "79 (a) R\n1 (b) S 5 79 79 0 -1 0 1 0 0 0 250 30 0 0 20 0 3 0 5000 9 1\n");
	put("79/statm", "2560 300 200 10 0 400 0\n");
	folder("79/task");
	folder("79/task/79");
	folder("79/task/80");
	folder("79/task/95");
	folder("2");
	put("2/stat", "2 (kthreadd) I 0 0 0 0 -1 2129984 0 0 0 0 0 9 0 0 20 0 1 0 1 0 0\n");
	put("2/statm", "0 0 0 0 0 0 0\n");
	folder("60"); /* went after its folder was read */
	folder("61"); /* went between two of its files */
	put("61/stat", "61 (x) S 5 79 79 0 -1 0 1 0 0 0 250 30 0 0 20 0 1 0 5000 9 1\n");
	folder("62"); /* went in the middle of one */
	put("62/stat", "62 (x) S 5");
	put("62/statm", "1 1 1 1 1 1 1\n");
	folder("self");
	folder("0x1");
	folder("12a");
	assert_int_equal(scan(true, &missed), 0);
	assert_int_equal(nrows, 2);
	assert_int_equal(missed.vanished, 2);
	assert_int_equal(missed.hidden, 0);
	assert_string_equal(row_of(79)->comm, "a) R\n1 (b");
	assert_int_equal(row_of(79)->ppid, 5);
	assert_int_equal(row_of(79)->uid, getuid());
	assert_int_equal(row_of(79)->threads, 3);
	assert_int_equal(row_of(79)->vm * page_kb, 2560 * page_kb);
	assert_int_equal(row_of(79)->rss, 300);
	assert_int_equal(row_of(79)->flags, TASK_MEMORY);
	assert_int_equal(row_of(79)->thread.start_ns, 5000 * tick_ns);
	assert_int_equal(row_of(79)->thread.runtime, 280 * tick_ns);
	assert_int_equal(row_of(2)->flags, TASK_KERNEL);
	assert_int_equal(nthreads, 2);
	for (size_t i = 0; i < nthreads; i++) {
		assert_int_equal(threads[i].tgid, 79);
		assert_true(threads[i].pid == 80 || threads[i].pid == 95);
	}
	assert_int_equal(scan(false, &missed), 0);
	assert_int_equal(nthreads, 0);
}

static void refused(void **state UNUSED)
{
	const struct tasks_reader to = {.process = on_process};
	struct tasks_missed missed = {0};

	log_init("u_source_scan", LOG_QUIET);
	assert_int_equal(scan_read(-1, &to, false, &missed), -EBADF);
}

static int make(void **state UNUSED)
{
	return mkdtemp(root) ? 0 : -1;
}

static int clear(void **state UNUSED)
{
	char command[64];

	snprintf(command, sizeof(command), "rm -r %s", root);
	return system(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(walk),
		cmocka_unit_test(refused),
	};

	return cmocka_run_group_tests(tests, make, clear);
}
