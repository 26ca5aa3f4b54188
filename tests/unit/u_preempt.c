/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which kernels preempt programs at tracepoints, and the names of stand-ins. */
#include "lib/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "lib/preempt.h"

static void n43_releases(void **state UNUSED)
{
	assert_false(preempt_release("6.1.0-32-cloud-amd64"));
	assert_false(preempt_release("6.12.117+deb12-cloud-amd64"));
	assert_false(preempt_release("6.19.99"));
	assert_true(preempt_release("7.0.0-rc1"));
	assert_true(preempt_release("7.2.13+deb14-cloud-amd64"));
	assert_true(preempt_release("10.1"));
	assert_false(preempt_release(""));
}

static void n43_the_environment_decides(void **state UNUSED)
{
	setenv("BEEBENCH_TRACEPOINTS", "preemptible", 1);
	assert_true(preempt_tracepoints());
	setenv("BEEBENCH_TRACEPOINTS", "steady", 1);
	assert_false(preempt_tracepoints());
	unsetenv("BEEBENCH_TRACEPOINTS");
}

static void n43_names_of_stand_ins(void **state UNUSED)
{
	char plain[16];

	assert_true(preempt_stands_in("call_ended_steady", plain, sizeof(plain)));
	assert_string_equal(plain, "call_ended");
	assert_false(preempt_stands_in("call_ended", plain, sizeof(plain)));
	assert_false(preempt_stands_in("_steady", plain, sizeof(plain)));
	assert_false(preempt_stands_in("steady_call", plain, sizeof(plain)));
	assert_false(preempt_stands_in("a_name_that_is_too_long_steady", plain, sizeof(plain)));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(n43_releases),
		cmocka_unit_test(n43_the_environment_decides),
		cmocka_unit_test(n43_names_of_stand_ins),
	};

	return cmocka_run_group_tests_name("u_preempt", tests, NULL, NULL);
}
