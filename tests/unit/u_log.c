/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Lines on stderr: their form, their levels, and who catches them. */
#include "lib/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/log.h"
#include "lib/strbuf.h"
#include "lib/subproc.h"

static char said[256];
static enum log_level said_level;

static void keep(void *arg, enum log_level level, const char *line)
{
	assert_ptr_equal(arg, said);
	said_level = level;
	snprintf(said, sizeof(said), "%s", line);
}

static void captured(void **state)
{
	(void)state;
	log_capture(keep, said);
	log_err("no %s", "luck");
	assert_string_equal(said, "no luck");
	assert_int_equal(said_level, LOG_ERROR);
	log_err_sys(-ENOENT, "open %s", "x");
	assert_string_equal(said, "open x: No such file or directory");
	log_err_sys(EACCES, "open");
	assert_string_equal(said, "open: Permission denied");
	/* A catcher hears what the terminal would not. */
	log_dbg("quiet");
	assert_string_equal(said, "quiet");
	assert_int_equal(said_level, LOG_DEBUG);
	log_capture(NULL, NULL);
}

static void mark(void *arg)
{
	if (write(STDERR_FILENO, arg, strlen(arg)) < 0)
		_exit(1);
}

static int talk(void *arg)
{
	(void)arg;
	log_init("prog", LOG_INFO);
	log_err("one");
	log_warn("two");
	log_info("three");
	log_dbg("four");
	log_before_line(mark, (void *)(uintptr_t) "<");
	log_info("five");
	log_before_line(NULL, NULL);
	log_init("other", LOG_ERROR);
	log_warn("six");
	log_err("seven");
	log_init("other", LOG_DEBUG);
	log_dbg("eight");
	fflush(stderr);
	return log_level() == LOG_DEBUG ? 0 : 1;
}

static void on_stderr(void **state)
{
	struct subproc_opts opts = SUBPROC_OPTS_INIT;
	struct subproc p;
	char text[512] = "";
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	opts.child = talk;
	opts.stderr_fd = fds[1];
	assert_int_equal(subproc_start(&p, &opts), 0);
	assert_int_equal(subproc_wait(&p, 20000), 0);
	assert_int_equal(p.status, 0);
	assert_true(read(fds[0], text, sizeof(text) - 1) > 0);
	assert_string_equal(text, "prog: error: one\nprog: warning: two\nprog: three\n<prog: five\n"
				  "other: error: seven\nother: debug: eight\n");
	subproc_release(&p);
	close(fds[0]);
	close(fds[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(captured),
		cmocka_unit_test(on_stderr),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
