/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Child processes: every way to start, to end and to fail. */
#include "lib/base.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/log.h"
#include "lib/subproc.h"
#include "tests/unit/process_fixture.h"

enum { LONG_MS = 20000 };

static char said[256];

static void keep(void *arg, enum log_level level, const char *line)
{
	(void)arg;
	(void)level;
	snprintf(said, sizeof(said), "%s", line);
}

static int setup(void **state)
{
	(void)state;
	said[0] = '\0';
	log_capture(keep, NULL);
	return 0;
}

static void assert_described(const struct subproc *p, const char *text)
{
	struct strbuf sb = STRBUF_INIT;

	subproc_describe(p, &sb);
	assert_string_equal(sb.s, text);
	strbuf_release(&sb);
}

static int start(struct subproc *p, const char *script)
{
	const char *argv[] = {"sh", "-c", script, NULL};
	struct subproc_opts opts = SUBPROC_OPTS_INIT;

	opts.argv = argv;
	return subproc_start(p, &opts);
}

static void exit_code(void **state)
{
	struct subproc p = SUBPROC_INIT;

	(void)state;
	assert_described(&p, "not started");
	assert_int_equal(start(&p, "exit 3"), 0);
	assert_int_equal(subproc_wait(&p, LONG_MS), 0);
	assert_true(p.reaped);
	assert_described(&p, "exit code 3");
	assert_int_equal(subproc_wait(&p, 0), 0);
	subproc_kill(&p, 1000);
	subproc_release(&p);
	subproc_release(&p);
}

static void own_group_and_stdin(void **state)
{
	struct subproc p = SUBPROC_INIT;

	(void)state;
	/* $5 of stat behind the name is the group. An empty stdin ends cat at once. */
	assert_int_equal(start(&p, "cat; read -r _ _ _ _ group _ </proc/$$/stat; [ $group = $$ ]"),
			 0);
	assert_int_equal(subproc_wait(&p, LONG_MS), 0);
	assert_described(&p, "exit code 0");
	subproc_release(&p);
}

/* What the caller ignores or blocks must not make a child deaf. */
static void fresh_signals(void **state)
{
	struct subproc p = SUBPROC_INIT;
	sigset_t set, old;

	(void)state;
	signal(SIGUSR1, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	sigprocmask(SIG_BLOCK, &set, &old);
	assert_int_equal(start(&p, "kill -USR1 $$; exit 3"), 0);
	assert_int_equal(subproc_wait(&p, LONG_MS), 0);
	assert_described(&p, "killed by signal 10 (User defined signal 1)");
	subproc_release(&p);
	assert_int_equal(start(&p, "kill -USR2 $$; exit 3"), 0);
	assert_int_equal(subproc_wait(&p, LONG_MS), 0);
	assert_described(&p, "killed by signal 12 (User defined signal 2)");
	subproc_release(&p);
	sigprocmask(SIG_SETMASK, &old, NULL);
	signal(SIGUSR1, SIG_DFL);
}

static void deadline(void **state)
{
	struct subproc p = SUBPROC_INIT;

	(void)state;
	assert_int_equal(start(&p, "sleep 100"), 0);
	assert_int_equal(subproc_wait(&p, 20), -ETIMEDOUT);
	assert_described(&p, "still running");
	subproc_kill(&p, 5000);
	assert_described(&p, "killed by signal 15 (Terminated)");
	subproc_release(&p);
}

static void stubborn(void **state)
{
	struct strbuf out = STRBUF_INIT;
	struct subproc p = SUBPROC_INIT;
	struct subproc_opts opts = SUBPROC_OPTS_INIT;
	const char *argv[] = {"sh", "-c", "trap '' TERM; echo up; while :; do sleep 0.1; done",
			      NULL};
	int fds[2];
	char c;

	(void)state;
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	opts.argv = argv;
	opts.stdout_fd = fds[1];
	assert_int_equal(subproc_start(&p, &opts), 0);
	assert_int_equal(read(fds[0], &c, 1), 1);
	subproc_kill(&p, 50);
	assert_described(&p, "killed by signal 9 (Killed)");
	subproc_release(&p);
	close(fds[0]);
	close(fds[1]);
	strbuf_release(&out);
}

static void descendants_go_too(void **state)
{
	const char *argv[] = {"sh", "-c", "sleep 100 >/dev/null & echo $!", NULL};
	struct strbuf out = STRBUF_INIT;

	(void)state;
	assert_int_equal(subproc_capture(argv, LONG_MS, &out, NULL), 0);
	assert_true(atoi(out.s) > 1);
	assert_true(process_dies(atoi(out.s)));
	strbuf_release(&out);
}

static void no_such_program(void **state)
{
	const char *argv[] = {"beebench-no-such-program", NULL};
	struct subproc p = SUBPROC_INIT;
	struct subproc_opts opts = SUBPROC_OPTS_INIT;

	(void)state;
	opts.argv = argv;
	assert_int_equal(subproc_start(&p, &opts), -ENOENT);
	assert_string_equal(said, "no such program: beebench-no-such-program");
	assert_int_equal(p.pid, 0);
	subproc_release(&p);
}

static int nothing(void *arg)
{
	(void)arg;
	return 0;
}

static void not_a_program(void **state)
{
	char path[] = "/tmp/beebench-test.XXXXXX";
	const char *argv[] = {path, NULL};
	struct subproc p = SUBPROC_INIT;
	struct subproc_opts opts = SUBPROC_OPTS_INIT;
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "\177ELF no", 7), 7);
	opts.argv = argv;
	/* Not executable is seen before the fork, a wrong format only by exec(). */
	assert_int_equal(subproc_start(&p, &opts), -EACCES);
	assert_int_equal(fchmod(fd, 0700), 0);
	close(fd);
	assert_int_equal(subproc_start(&p, &opts), -ENOEXEC);
	assert_non_null(strstr(said, "Exec format error"));
	assert_int_equal(p.pid, 0);
	opts.child = nothing; /* with a gate before it, exec() comes later */
	assert_int_equal(subproc_start(&p, &opts), 0);
	assert_int_equal(subproc_wait(&p, LONG_MS), 0);
	assert_int_equal(p.exec_err, ENOEXEC);
	assert_described(&p, "could not be executed: Exec format error");
	subproc_release(&p);
	unlink(path);
}

static int give_code(void *arg)
{
	return *(int *)arg;
}

static void child_function(void **state)
{
	const char *argv[] = {"sh", "-c", "exit 5", NULL};
	struct subproc p = SUBPROC_INIT;
	struct subproc_opts opts = SUBPROC_OPTS_INIT;
	int code = 7;

	(void)state;
	opts.child = give_code;
	opts.arg = &code;
	assert_int_equal(subproc_start(&p, &opts), 0);
	assert_int_equal(subproc_wait(&p, LONG_MS), 0);
	assert_described(&p, "exit code 7");
	subproc_release(&p);

	opts.argv = argv; /* a positive value lets exec() happen, a negative one does not */
	assert_int_equal(subproc_start(&p, &opts), 0);
	assert_int_equal(subproc_wait(&p, LONG_MS), 0);
	assert_described(&p, "exit code 5");
	subproc_release(&p);
	code = -2;
	assert_int_equal(subproc_start(&p, &opts), 0);
	assert_int_equal(subproc_wait(&p, LONG_MS), 0);
	assert_described(&p, "exit code 254");
	assert_int_equal(p.exec_err, 0);
	subproc_release(&p);
}

static void capture(void **state)
{
	const char *both[] = {"sh", "-c", "echo out; echo err >&2; exit 4", NULL};
	const char *much[] = {"sh", "-c",
			      "i=0; while [ $i -lt 20000 ]; do echo 123456789; "
			      "i=$((i+1)); done",
			      NULL};
	const char *killed[] = {"sh", "-c", "kill -9 $$", NULL};
	const char *hang[] = {"sh", "-c", "echo begun; sleep 100", NULL};
	struct strbuf out = STRBUF_INIT, err = STRBUF_INIT;

	(void)state;
	assert_int_equal(subproc_capture(both, LONG_MS, &out, &err), 4);
	assert_string_equal(out.s, "out\n");
	assert_string_equal(err.s, "err\n");
	strbuf_reset(&out);
	assert_int_equal(subproc_capture(much, -1, &out, NULL), 0);
	assert_int_equal(out.len, 200000);
	strbuf_reset(&out);
	assert_int_equal(subproc_capture(killed, LONG_MS, &out, NULL), 128 + SIGKILL);
	assert_int_equal(subproc_capture(hang, 300, &out, NULL), -ETIMEDOUT);
	strbuf_release(&out);
	strbuf_release(&err);
}

static void environment(void **state)
{
	const char *argv[] = {"sh", "-c", "[ \"$PATH\" = /nowhere ] && [ \"$BEE\" = 1 ]", NULL};
	const char *env[] = {"PATH=/nowhere", "BEE=1", NULL};
	struct subproc p = SUBPROC_INIT;
	struct subproc_opts opts = SUBPROC_OPTS_INIT;

	(void)state;
	opts.argv = argv;
	opts.env = env;
	assert_int_equal(subproc_start(&p, &opts), 0);
	assert_int_equal(subproc_wait(&p, LONG_MS), 0);
	assert_described(&p, "exit code 0");
	subproc_release(&p);
}

static void find_program(void **state)
{
	char path[64];

	(void)state;
	assert_int_equal(subproc_find_program("sh", path, sizeof(path)), 0);
	assert_int_equal(path[0], '/');
	assert_int_equal(subproc_find_program("/bin/sh", path, sizeof(path)), 0);
	assert_string_equal(path, "/bin/sh");
	assert_int_equal(subproc_find_program("", path, sizeof(path)), -ENOENT);
	assert_int_equal(subproc_find_program("./no/such", path, sizeof(path)), -ENOENT);
	assert_int_equal(subproc_find_program("sh", path, 3), -ENOENT);
}

/* Lives as long as its parent: the parent here is a process that starts it and is killed. */
static int orphan_maker(void *arg)
{
	struct subproc inner = SUBPROC_INIT;
	int fd = *(int *)arg;

	if (start(&inner, "sleep 100"))
		return 1;
	if (write(fd, &inner.pid, sizeof(inner.pid)) != sizeof(inner.pid))
		return 1;
	pause();
	return 0;
}

static void dies_with_its_parent(void **state)
{
	struct subproc p = SUBPROC_INIT;
	struct subproc_opts opts = SUBPROC_OPTS_INIT;
	pid_t inner;
	int fds[2];

	(void)state;
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	opts.child = orphan_maker;
	opts.arg = &fds[1];
	assert_int_equal(subproc_start(&p, &opts), 0);
	assert_int_equal(read(fds[0], &inner, sizeof(inner)), sizeof(inner));
	assert_true(process_is_alive(inner));
	kill(p.pid, SIGKILL);
	assert_true(process_dies(inner));
	subproc_release(&p);
	close(fds[0]);
	close(fds[1]);
}

static void nothing_is_left_open(void **state)
{
	unsigned int before = open_fds();

	exit_code(state);
	no_such_program(state);
	not_a_program(state);
	capture(state);
	deadline(state);
	assert_int_equal(open_fds(), before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(exit_code, setup),
		cmocka_unit_test_setup(own_group_and_stdin, setup),
		cmocka_unit_test_setup(fresh_signals, setup),
		cmocka_unit_test_setup(deadline, setup),
		cmocka_unit_test_setup(stubborn, setup),
		cmocka_unit_test_setup(descendants_go_too, setup),
		cmocka_unit_test_setup(no_such_program, setup),
		cmocka_unit_test_setup(not_a_program, setup),
		cmocka_unit_test_setup(child_function, setup),
		cmocka_unit_test_setup(capture, setup),
		cmocka_unit_test_setup(environment, setup),
		cmocka_unit_test_setup(find_program, setup),
		cmocka_unit_test_setup(dies_with_its_parent, setup),
		cmocka_unit_test_setup(nothing_is_left_open, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
