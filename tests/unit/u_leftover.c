/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Number 17: what killed processes left is swept, by number, begin and namespace of its owner. */
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

/* The parts of this process's name. */
static void parts(unsigned int *pid, unsigned long long *start, unsigned long long *ns)
{
	char owner[OWNER_MAX];

	owner_name(owner);
	assert_int_equal(sscanf(owner, "%u-%llu-%llu", pid, start, ns), 3);
	assert_int_equal(*pid, getpid());
	assert_true(*start && *ns);
}

static bool gone(unsigned int pid, unsigned long long start, unsigned long long ns)
{
	char name[128];
	const char *rest;
	bool is;

	snprintf(name, sizeof(name), "%u-%llu-%llu-rest", pid, start, ns);
	is = owner_is_gone(name, &rest);
	assert_string_equal(rest, "rest");
	return is;
}

/* The number of a process that has ended. */
static unsigned int dead_pid(void)
{
	pid_t pid = fork();

	if (!pid)
		_exit(0);
	waitpid(pid, NULL, 0);
	return (unsigned int)pid;
}

static void owners(void **state UNUSED)
{
	unsigned long long start, ns;
	unsigned int pid;

	parts(&pid, &start, &ns);
	assert_false(gone(pid, start, ns));
	assert_false(gone(pid, 0, ns)); /* its begin is not known */
	assert_true(gone(dead_pid(), start, ns));
	assert_true(gone(pid, start + 1, ns)); /* the number was given again */
	assert_false(gone(dead_pid(), start, 0));
}

/* In another namespace the same numbers are others. */
static void other_namespaces(void **state UNUSED)
{
	unsigned long long start, ns;
	unsigned int pid;

	parts(&pid, &start, &ns);
	/* Of one that nobody is in, only the machine itself is sure (and root, who sees them all).
	 */
	assert_int_equal(gone(pid, start, 1), ns == 0xeffffffc && !geteuid());
}

static void other_names(void **state UNUSED)
{
	static const char *const names[] = {"",		"notes",   "1-",      "1-2-3",
					    "-1-2-3-x", "0-2-3-x", "1-2-x-y", "99999999999-1-1-x"};
	const char *rest;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		assert_false(owner_is_gone(names[i], &rest));
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
	unsigned long long start, ns;
	unsigned int pid, dead = dead_pid();

	parts(&pid, &start, &ns);
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
	assert_int_equal(access(path.s, F_OK), 0); /* its owner lives */
	strbuf_reset(&path);
	strbuf_addf(&path, "rm -r %s", dir);
	assert_int_equal(system(path.s), 0);
	strbuf_release(&path);
	unsetenv("TMPDIR");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(owners),
		cmocka_unit_test(other_namespaces),
		cmocka_unit_test(other_names),
		cmocka_unit_test(files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
