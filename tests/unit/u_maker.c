/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Issue 13, numbers 1 and 17: only what a process that has ended left behind is nobody's. */
#include "lib/base.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/maker.h"

static void it_is_read_as_it_was_written(void **state UNUSED)
{
	struct strbuf text = STRBUF_INIT;
	struct maker self, back;
	const char *end;

	assert_int_equal(maker_self(&self), 0);
	assert_int_equal(self.pid, getpid());
	assert_true(self.start > 0);
	maker_write(&self, &text);
	strbuf_addstr(&text, "-trial");
	assert_true(maker_read(&back, text.s, &end));
	assert_int_equal(back.pid, self.pid);
	assert_int_equal(back.start, self.start);
	assert_int_equal(back.namespace, self.namespace);
	assert_string_equal(end, "-trial");
	strbuf_release(&text);
}

static void other_names_are_nobodys(void **state UNUSED)
{
	static const char *const texts[] = {"",
					    "notes",
					    "12",
					    "12-",
					    "12-34",
					    "12-34-",
					    "0-1-2",
					    "-1-2-3",
					    "12-x-3",
					    "12-34-x",
					    "5000000000-1-2",
					    "12--3",
					    " 1-2-3",
					    "1-99999999999999999999-2"};
	struct maker m;

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		assert_false(maker_read(&m, texts[i], NULL));
}

static void the_living_are_not_gone(void **state UNUSED)
{
	struct maker self, other;

	assert_int_equal(maker_self(&self), 0);
	assert_false(maker_is_gone(&self));
	/* Somebody who got the number later. */
	other = self;
	other.start++;
	assert_true(maker_is_gone(&other));
	other.start = 0; /* not known */
	assert_false(maker_is_gone(&other));
	/* A number of another namespace says nothing here: unless this is the machine's own, whose
	 * root sees that nobody is in the other. */
	other.namespace = 1;
	assert_int_equal(maker_is_gone(&other), !maker_is_contained() && !geteuid());
	other.namespace = 0;
	assert_false(maker_is_gone(&other));
}

static void the_dead_are(void **state UNUSED)
{
	struct maker m;
	pid_t pid = fork();

	siginfo_t info;

	assert_int_equal(maker_self(&m), 0);
	if (!pid)
		_exit(0);
	m.pid = pid;
	m.start = 0;
	/* Ended, and whoever should ask for it, as a container's first process, does not. */
	assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
	assert_true(maker_is_gone(&m));
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_true(maker_is_gone(&m));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_is_read_as_it_was_written),
		cmocka_unit_test(other_names_are_nobodys),
		cmocka_unit_test(the_living_are_not_gone),
		cmocka_unit_test(the_dead_are),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
