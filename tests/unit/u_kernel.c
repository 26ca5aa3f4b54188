/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Names of kernels: what is no name, what is no kernel, where they are kept. */
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
#include "harness/vm/kernel.h"

static char said[512];

static void keep(void *arg UNUSED, enum log_level level UNUSED, const char *line)
{
	snprintf(said, sizeof(said), "%s", line);
}

static int find(const char *name)
{
	struct vm_kernel k = VM_KERNEL_INIT;
	int err;

	said[0] = '\0';
	log_capture(keep, NULL);
	err = vm_kernel_find(&k, name, NULL);
	log_capture(NULL, NULL);
	vm_kernel_release(&k);
	return err;
}

static void wrong_names_are_refused(void **state UNUSED)
{
	static const char *const names[] = {"", "6", "6.", ".12", "six", "6.12.1", "6.12x", "-6.1"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		assert_int_equal(find(names[i]), -EINVAL);
		assert_non_null(strstr(said, "6.12 or 6.1"));
	}
}

static void only_a_kernel_image_is_taken(void **state UNUSED)
{
	char path[] = "/tmp/u_kernel.XXXXXX";
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(find("/nonexistent/vmlinuz"), -ENOENT);
	assert_int_equal(find(path), -EINVAL); /* empty */
	assert_non_null(strstr(said, "bzImage"));
	assert_int_equal(pwrite(fd, "HdrX", 4, 0x202), 4);
	assert_int_equal(find(path), -EINVAL);
	assert_int_equal(pwrite(fd, "HdrS", 4, 0x202), 4);
	assert_int_equal(find(path), 0);
	close(fd);
	unlink(path);
}

static void cache_follows_the_environment(void **state UNUSED)
{
	static const struct {
		const char *own, *xdg, *home, *want;
	} cases[] = {
		{"/a", "/b", "/tmp", "/a"},
		{NULL, "/b", "/tmp", "/b/beebench"},
		{"", "", "/tmp", "/tmp/.cache/beebench"},
		/* The script that fills it works in another folder. */
		{"own", NULL, NULL, "/tmp/own"},
		{NULL, "xdg", NULL, "/tmp/xdg/beebench"},
		{NULL, NULL, ".", "/tmp/./.cache/beebench"},
		{NULL, NULL, "/nonexistent", NULL},
		{NULL, NULL, NULL, NULL},
	};

	assert_int_equal(chdir("/tmp"), 0);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct strbuf out = STRBUF_INIT;
		const char *const names[] = {"BEEBENCH_CACHE", "XDG_CACHE_HOME", "HOME"};
		const char *const values[] = {cases[i].own, cases[i].xdg, cases[i].home};

		for (size_t v = 0; v < 3; v++)
			values[v] ? setenv(names[v], values[v], 1) : unsetenv(names[v]);
		vm_cache_dir(&out);
		if (cases[i].want)
			assert_string_equal(out.s, cases[i].want);
		else
			assert_memory_equal(out.s, "/tmp/beebench-cache-", 20);
		strbuf_release(&out);
	}
}

static void checksum_is_sha256(void **state UNUSED)
{
	struct strbuf sum = STRBUF_INIT;

	assert_int_equal(vm_file_sha256("/dev/null", &sum), 0);
	/* Of nothing: FIPS 180-4. */
	assert_string_equal(sum.s,
			    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	strbuf_reset(&sum);
	assert_true(vm_file_sha256("/nonexistent", &sum) < 0);
	strbuf_release(&sum);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wrong_names_are_refused),
		cmocka_unit_test(only_a_kernel_image_is_taken),
		cmocka_unit_test(cache_follows_the_environment),
		cmocka_unit_test(checksum_is_sha256),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
