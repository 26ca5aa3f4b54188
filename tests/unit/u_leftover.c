/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Number 17: the files that killed processes left are swept, and nobody else's (u_maker: whose). */
#include "lib/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/leftover.h"
#include "lib/maker.h"

/* The number of a process that has ended. */
static unsigned int dead_pid(void)
{
	pid_t pid = fork();

	if (!pid)
		_exit(0);
	waitpid(pid, NULL, 0);
	return (unsigned int)pid;
}

static bool there(const char *dir, const char *name)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return !access(path, F_OK);
}

static void make(const char *dir, const char *name, bool folder)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	if (folder) {
		assert_int_equal(mkdir(path, 0700), 0);
		strcat(path, "/out");
	}
	fclose(fopen(path, "w"));
}

static void files(void **state UNUSED)
{
	char dir[] = "/tmp/beebench-test.XXXXXX", names[4][128];
	struct strbuf path = STRBUF_INIT;
	unsigned int dead = dead_pid();
	unsigned long long start, ns;
	struct maker self;

	assert_int_equal(maker_self(&self), 0);
	start = self.start;
	ns = self.namespace;
	assert_non_null(mkdtemp(dir));
	setenv("TMPDIR", dir, 1);
	snprintf(names[0], sizeof(names[0]), "beebench-%u-%llu-%llu-abcDEF", dead, start, ns);
	snprintf(names[1], sizeof(names[1]), "beebench-%u-%llu-%llu-abcDEF.bpf.o", dead, start, ns);
	snprintf(names[2], sizeof(names[2]), "beebench-%u-%llu-%llu-my-notes", dead, start, ns);
	snprintf(names[3], sizeof(names[3]), "beebench-gate-notes");
	make(dir, names[0], true);
	make(dir, names[1], false);
	make(dir, names[2], true);
	make(dir, names[3], true);
	leftover_template(&path, "");
	assert_non_null(mkdtemp(path.s));
	assert_true(leftovers_sweep() >= 2);
	assert_false(there(dir, names[0]));
	assert_false(there(dir, names[1]));
	assert_true(there(dir, names[2])); /* of no form of ours */
	assert_true(there(dir, names[3]));
	assert_int_equal(access(path.s, F_OK), 0); /* its maker lives */
	strbuf_reset(&path);
	strbuf_addf(&path, "rm -r %s", dir);
	assert_int_equal(system(path.s), 0);
	strbuf_release(&path);
	unsetenv("TMPDIR");
}

/* A build, or a compiler, that is started in another folder must find what we made. */
static void relative(void **state UNUSED)
{
	struct strbuf path = STRBUF_INIT;

	assert_int_equal(chdir("/var"), 0);
	setenv("TMPDIR", "tmp", 1);
	leftover_template(&path, "");
	assert_memory_equal(path.s, "/var/tmp/beebench-", 18);
	strbuf_reset(&path);
	unsetenv("TMPDIR");
	leftover_folder(&path);
	assert_string_equal(path.s, "/tmp");
	strbuf_release(&path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files),
		cmocka_unit_test(relative),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
