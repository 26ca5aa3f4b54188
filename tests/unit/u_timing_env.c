/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Placement and environment, on fixtures. */
#include "lib/base.h"
#include "harness/timing/env.h"

#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/log.h"

static char root[] = "/tmp/beebench-env.XXXXXX";
static char said[512];

static void keep(void *arg UNUSED, enum log_level level UNUSED, const char *line)
{
	snprintf(said, sizeof(said), "%s", line);
}

/* Makes @path below the fixture root with all its folders. */
static void put(const char *path, const char *text)
{
	char whole[512];
	FILE *f;

	snprintf(whole, sizeof(whole), "%s/%s", root, path);
	for (char *c = whole + strlen(root) + 1; (c = strchr(c, '/')); c++) {
		*c = '\0';
		mkdir(whole, 0777);
		*c = '/';
	}
	f = fopen(whole, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static int make_root(void **state UNUSED)
{
	return mkdtemp(root) ? 0 : -1;
}

static int remove_root(void **state UNUSED)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf '%s'", root);
	return system(command);
}

static void test_stats_on(void **state UNUSED)
{
	put("proc/sys/kernel/bpf_stats_enabled", "1\n");
	log_capture(keep, NULL);
	{
		char proc[256];

		snprintf(proc, sizeof(proc), "%s/proc", root);
		assert_int_equal(env_refuse_stats(proc), -EBUSY);
		assert_non_null(strstr(said, "sysctl kernel.bpf_stats_enabled=0"));
		put("proc/sys/kernel/bpf_stats_enabled", "0\n");
		assert_int_equal(env_refuse_stats(proc), 0);
	}
	assert_int_equal(env_refuse_stats("/nonexistent"), 0); /* an older kernel */
	log_capture(NULL, NULL);
}

static void test_one_cpu(void **state UNUSED)
{
	struct placement p;
	cpu_set_t before;

	sched_getaffinity(0, sizeof(before), &before);
	placement_choose(&p, root);
	assert_int_equal(placement_pin(p.producer_cpu), 0);
	placement_choose(&p, root);
	assert_true(p.same_cpu);
	assert_false(p.siblings);
	assert_int_equal(p.consumer_cpu, p.producer_cpu);
	sched_setaffinity(0, sizeof(before), &before);
}

/* Whatever CPUs there are: all of them threads of one core, then none. */
static void test_siblings(void **state UNUSED)
{
	struct placement p;
	char path[128];

	placement_choose(&p, root);
	if (p.same_cpu)
		skip();
	assert_false(p.siblings); /* the fixture says nothing */
	assert_true(p.producer_cpu > p.consumer_cpu);
	snprintf(path, sizeof(path), "devices/system/cpu/cpu%d/topology/thread_siblings_list",
		 p.producer_cpu);
	put(path, "0-1023\n");
	placement_choose(&p, root);
	assert_true(p.siblings);
	put(path, "9998,9999\n");
	placement_choose(&p, root);
	assert_false(p.siblings);
	assert_int_not_equal(placement_pin(9999), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stats_on),
		cmocka_unit_test(test_one_cpu),
		cmocka_unit_test(test_siblings),
	};

	return cmocka_run_group_tests(tests, make_root, remove_root);
}
