/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Where programs look for their files: the variable, the installed folder, the build tree. */
#include "lib/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/data.h"

static char root[] = "/tmp/u_data.XXXXXX";

static int make_tree(void **state)
{
	static const char *const dirs[] = {"bin",   "lib",	    "lib/beebench",
					   "build", "build/static", "build/plots"};
	char path[256];

	(void)state;
	if (!mkdtemp(root))
		return -1;
	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++) {
		snprintf(path, sizeof(path), "%s/%s", root, dirs[i]);
		if (mkdir(path, 0777))
			return -1;
	}
	return 0;
}

static int remove_tree(void **state)
{
	static const char *const dirs[] = {"build/static", "build/plots", "build",
					   "lib/beebench", "lib",	  "bin"};
	char path[256];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++) {
		snprintf(path, sizeof(path), "%s/%s", root, dirs[i]);
		rmdir(path);
	}
	return rmdir(root) && errno != ENOENT;
}

static void check(const char *exe_in_root, const char *env, const char *what, const char *want)
{
	char exe[256], got[512], full[512];

	snprintf(exe, sizeof(exe), "%s/%s", root, exe_in_root);
	snprintf(full, sizeof(full), "%s%s%s", *want == '/' ? "" : root, *want == '/' ? "" : "/",
		 want);
	assert_int_equal(data_path_of(exe, env, what, got, sizeof(got)), 0);
	assert_string_equal(got, full);
}

static void in_this_order(void **state)
{
	(void)state;
	check("bin/beebench", NULL, "bpf", "bin/../lib/beebench/bpf");
	check("bin/beebench", "", "bpf", "bin/../lib/beebench/bpf");
	check("bin/beebench", "/else", "vm/guest-init", "/else/vm/guest-init");
	/* One folder deeper there is no ../lib/beebench: the build tree. */
	check("build/static/beebench", NULL, "plots", "build/static/../plots");
	check("build/static/beebench", NULL, "none", "build/static/none");
}

static void too_long_is_an_error(void **state)
{
	char path[16];

	(void)state;
	assert_int_equal(data_path_of("/a/b", "/0123456789", "abcdef", path, sizeof(path)),
			 -ENAMETOOLONG);
	assert_int_equal(data_path_of("/0123456789/b", NULL, "abcdef", path, sizeof(path)),
			 -ENAMETOOLONG);
	assert_int_equal(data_path_of("b", NULL, "bpf", path, sizeof(path)), -ENOENT);
}

static void the_running_program(void **state)
{
	char beside[512], path[512];

	(void)state;
	assert_int_equal(data_beside("u_data", beside, sizeof(beside)), 0);
	assert_int_equal(access(beside, X_OK), 0);
	unsetenv("BEEBENCH_DATA");
	assert_int_equal(data_path("u_data", path, sizeof(path)), 0);
	assert_string_equal(path, beside);
	setenv("BEEBENCH_DATA", "/else", 1);
	assert_int_equal(data_path("bpf", path, sizeof(path)), 0);
	assert_string_equal(path, "/else/bpf");
	unsetenv("BEEBENCH_DATA");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(in_this_order),
		cmocka_unit_test(too_long_is_an_error),
		cmocka_unit_test(the_running_program),
	};

	return cmocka_run_group_tests(tests, make_tree, remove_tree);
}
