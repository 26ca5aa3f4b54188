/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Files that are there as a whole or not at all, and leave nothing beside. */
#include "lib/base.h"

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/outfile.h"

static char root[64];
static char file[128];

static int make(void **state UNUSED)
{
	strcpy(root, "/tmp/u_outfile.XXXXXX");
	if (!mkdtemp(root))
		return -1;
	snprintf(file, sizeof(file), "%s/out", root);
	return 0;
}

static int clear(void **state UNUSED)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf %s", root);
	return system(command);
}

static int entries(void)
{
	DIR *dir = opendir(root);
	struct dirent *e;
	int n = 0;

	assert_non_null(dir);
	while ((e = readdir(dir)))
		n += e->d_name[0] != '.';
	closedir(dir);
	return n;
}

static void is(const char *path, const char *want)
{
	struct strbuf got = STRBUF_INIT;

	assert_int_equal(strbuf_read_file(&got, path), 0);
	assert_string_equal(got.s, want);
	strbuf_release(&got);
}

static bool has_nameless(void)
{
	int fd = open(root, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

/* Somebody who is killed in the middle of writing. */
static void test_killed(void **state UNUSED)
{
	int status;
	pid_t pid;

	if (!has_nameless())
		skip();
	assert_int_equal(outfile_write(file, "old", 3, 0644), 0);
	pid = fork();
	if (!pid) {
		struct outfile f = OUTFILE_INIT;

		if (!outfile_begin(&f, file, 0644) && fd_write_all(f.fd, "half", 4) == 0)
			raise(SIGKILL);
		_exit(1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(entries(), 1);
	is(file, "old");
}

static void test_placed(void **state UNUSED)
{
	struct outfile f = OUTFILE_INIT;
	char link[128];
	struct stat st;

	assert_int_equal(outfile_begin(&f, file, 0640), 0);
	assert_int_equal(fd_write_all(f.fd, "new", 3), 0);
	assert_int_equal(access(file, F_OK), -1);
	assert_int_equal(outfile_place(&f), 0);
	outfile_end(&f);
	is(file, "new");
	assert_int_equal(entries(), 1);

	/* Over one that is there, through a link: its mode stays. */
	snprintf(link, sizeof(link), "%s/link", root);
	assert_int_equal(symlink("out", link), 0);
	assert_int_equal(chmod(file, 0604), 0);
	assert_int_equal(outfile_write(link, "newer", 5, 0600), 0);
	is(file, "newer");
	assert_int_equal(lstat(link, &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	assert_int_equal(stat(file, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0604);
	assert_int_equal(entries(), 2);
}

static void test_dropped(void **state UNUSED)
{
	struct outfile f = OUTFILE_INIT;

	assert_int_equal(outfile_begin(&f, file, 0644), 0);
	outfile_end(&f);
	assert_int_equal(outfile_check(file), 0);
	assert_int_equal(entries(), 0);
	snprintf(file, sizeof(file), "%s/no/out", root);
	assert_int_equal(outfile_check(file), -ENOENT);
	assert_int_equal(outfile_write(file, "x", 1, 0644), -ENOENT);
}

static void test_folders(void **state UNUSED)
{
	char path[128];
	struct stat st;

	snprintf(path, sizeof(path), "%s/a//b/c", root);
	assert_int_equal(outfile_make_above(path), 0);
	assert_int_equal(stat(path, &st), -1);
	*strrchr(path, '/') = '\0';
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(outfile_make_above("/dev/null/x/y"), -ENOTDIR);
	assert_int_equal(outfile_make_above("/dev/null/"), -ENOTDIR);
	assert_int_equal(outfile_make_above("here"), 0);
	assert_int_equal(outfile_make_above("/"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_killed, make, clear),
		cmocka_unit_test_setup_teardown(test_placed, make, clear),
		cmocka_unit_test_setup_teardown(test_dropped, make, clear),
		cmocka_unit_test_setup_teardown(test_folders, make, clear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
