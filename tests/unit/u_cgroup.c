/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Cgroup leaves of our own: made, entered, emptied, removed, swept. Real ones need root. */
#include "lib/base.h"

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

#include "lib/cgroup.h"
#include "lib/log.h"
#include "lib/maker.h"
#include "lib/strbuf.h"
#include "lib/subproc.h"

static char said[512];

static void keep(void *arg, enum log_level level, const char *line)
{
	(void)arg;
	(void)level;
	snprintf(said, sizeof(said), "%s", line);
}

static void needs_cgroups(void)
{
	struct cgroup cg;

	if (!getuid() && !cgroup_create(&cg, "probe")) {
		cgroup_remove(&cg);
		return;
	}
	print_message("%s\n", getuid() ? "needs root" : said);
	skip();
}

static void finds_mount(void **state)
{
	char path[64];

	(void)state;
	assert_int_equal(cgroup_find_mount("tests/fixtures/proc", path, sizeof(path)), 0);
	assert_string_equal(path, "/sys/fs/cgroup/uni fied\\x");
	assert_int_equal(cgroup_find_mount("tests/fixtures/proc/noself", path, sizeof(path)),
			 -ENOENT);
}

static void none(void **state)
{
	struct cgroup cg = {.path = ""};

	(void)state;
	assert_int_equal(cgroup_enter(&cg, 0), -ENOENT);
	cgroup_remove(&cg);
}

static void lives_and_goes(void **state)
{
	struct strbuf expected = STRBUF_INIT;
	struct maker self;
	char path[256];
	struct cgroup cg;
	struct stat st;

	(void)state;
	needs_cgroups();
	assert_int_equal(cgroup_create(&cg, "unit"), 0);
	assert_int_equal(maker_self(&self), 0);
	strbuf_addstr(&expected, "/beebench-");
	maker_write(&self, &expected);
	strbuf_addstr(&expected, "-unit");
	assert_string_equal(strrchr(cg.path, '/'), expected.s);
	strbuf_release(&expected);
	assert_int_equal(stat(cg.path, &st), 0);
	assert_int_equal(cg.id, st.st_ino);
	snprintf(path, sizeof(path), "%s", cg.path);
	cgroup_remove(&cg);
	assert_int_equal(access(path, F_OK), -1);
	assert_string_equal(cg.path, "");
	cgroup_remove(&cg);
}

static void empty_one_is_taken_over(void **state)
{
	struct cgroup cg, again;

	(void)state;
	needs_cgroups();
	assert_int_equal(cgroup_create(&cg, "again"), 0);
	assert_int_equal(cgroup_create(&again, "again"), 0);
	assert_string_equal(cg.path, again.path);
	cgroup_remove(&again);
}

static void name_too_long(void **state)
{
	struct cgroup cg;
	char name[400];

	(void)state;
	needs_cgroups();
	memset(name, 'x', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	assert_int_equal(cgroup_create(&cg, name), -ENAMETOOLONG);
	assert_string_equal(cg.path, "");
}

static pid_t sleeper(void)
{
	pid_t pid = fork();

	if (!pid) {
		signal(SIGTERM, SIG_IGN);
		sleep(100);
		_exit(0);
	}
	return pid;
}

static void kills_what_is_inside(void **state)
{
	char path[256];
	struct cgroup cg;
	pid_t in, out;
	int status;

	(void)state;
	needs_cgroups();
	assert_int_equal(cgroup_create(&cg, "kill"), 0);
	in = sleeper();
	out = sleeper();
	assert_int_equal(cgroup_enter(&cg, in), 0);
	assert_int_equal(cgroup_enter(&cg, 1 << 30), -ESRCH);
	snprintf(path, sizeof(path), "%s", cg.path);
	cgroup_remove(&cg);
	assert_int_equal(access(path, F_OK), -1);
	assert_int_equal(waitpid(in, &status, 0), in);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	/* Nobody else. */
	assert_int_equal(waitpid(out, &status, WNOHANG), 0);
	kill(out, SIGKILL);
	waitpid(out, &status, 0);
}

static int make_and_leave(void *arg)
{
	struct cgroup cg;

	if (cgroup_create(&cg, "left"))
		return 1;
	return write(*(int *)arg, cg.path, sizeof(cg.path)) == sizeof(cg.path) ? 0 : 1;
}

static void sweeps_the_dead_only(void **state)
{
	struct subproc_opts opts = SUBPROC_OPTS_INIT;
	struct subproc p;
	struct cgroup mine;
	char path[256];
	int fds[2];

	(void)state;
	needs_cgroups();
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(cgroup_create(&mine, "alive"), 0);
	opts.child = make_and_leave;
	opts.arg = &fds[1];
	assert_int_equal(subproc_start(&p, &opts), 0);
	assert_int_equal(read(fds[0], path, sizeof(path)), sizeof(path));
	assert_int_equal(subproc_wait(&p, 20000), 0);
	assert_int_equal(access(path, F_OK), 0);
	assert_true(cgroup_sweep() >= 1);
	assert_int_equal(access(path, F_OK), -1);
	assert_int_equal(access(mine.path, F_OK), 0);
	cgroup_remove(&mine);
	subproc_release(&p);
	close(fds[0]);
	close(fds[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_mount),		cmocka_unit_test(none),
		cmocka_unit_test(lives_and_goes),	cmocka_unit_test(empty_one_is_taken_over),
		cmocka_unit_test(name_too_long),	cmocka_unit_test(kills_what_is_inside),
		cmocka_unit_test(sweeps_the_dead_only),
	};

	log_capture(keep, NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
