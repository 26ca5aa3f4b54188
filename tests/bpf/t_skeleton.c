/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What docs/adding-a-monitor.md shows works as it stands there. */
#include "lib/base.h"
#include "tests/bpf/live.h"

#define CALLS 29

static void some_calls(void)
{
	for (int i = 0; i < CALLS; i++) {
		raw_mmap(4096);
		raw_brk(0);
	}
}

/* Copies the block "```LANGUAGE FILE" of the page to a file of that name. */
static void extract(const char *file)
{
	char command[1024];

	snprintf(command, sizeof(command),
		 "awk -v file=%s '/^```[a-z]+ / { on = $2 == file; next } /^```/ { on = 0 } on' "
		 "docs/adding-a-monitor.md >%s && test -s %s",
		 file, live_path(file), live_path(file));
	assert_int_equal(system(command), 0);
}

/* Watches some_calls() with the file @name; the child's row is checked by @check. */
static void watch(const char *name,
		  void (*check)(const struct counter_table *t, const struct counter_row *row))
{
	char path[256];
	struct monitor *m;
	struct counter_table t;
	struct live l;
	int err;

	snprintf(path, sizeof(path), "%s", live_path(name));
	live_start(&l, some_calls);
	err = monitor_open(&m, path, &l.target, NULL);
	if (err == -ENOTSUP) {
		live_end(&l);
		print_message("# bpftrace is not installed\n");
		skip();
	}
	assert_int_equal(err, 0);
	assert_int_equal(monitor_info(m)->caps, MONITOR_COUNTERS | MONITOR_CGROUP);
	assert_int_equal(monitor_attach(m), 0);
	live_run(&l);
	assert_int_equal(monitor_detach(m), 0);
	assert_int_equal(monitor_snapshot(m, &t), 0);
	assert_int_equal(t.n, 1);
	assert_non_null(counter_table_find(&t, (uint32_t)l.child.pid));
	check(&t, counter_table_find(&t, (uint32_t)l.child.pid));
	counter_table_release(&t);
	monitor_close(m);
	live_end(&l);
}

static void check_object(const struct counter_table *t, const struct counter_row *row)
{
	assert_int_equal(t->fields, 1 << MEM_MMAP_SEEN | 1 << MEM_MMAP_BYTES);
	assert_int_equal(row->value[MEM_MMAP_SEEN], CALLS);
	assert_int_equal(row->value[MEM_MMAP_BYTES], CALLS * 4096);
}

static void object(void **state UNUSED)
{
	const char *clang = getenv("CLANG") ? getenv("CLANG") : "clang";
	char source[256], command[2048];

	extract("calls.bpf.c");
	extract("calls.manifest.json");
	snprintf(source, sizeof(source), "%s", live_path("calls.bpf.c"));
	snprintf(command, sizeof(command),
		 "%s -g -O2 -target bpf -D__TARGET_ARCH_x86 -I. -I%s -Wall -Wextra -Werror "
		 "-Wno-unused-parameter -c -o %s %s",
		 clang, live_built("gen"), live_path("calls.bpf.o"), source);
	assert_int_equal(system(command), 0);
	watch("calls.bpf.o", check_object);
	/* The same by its manifest, which names no file: the one beside it. */
	watch("calls.manifest.json", check_object);
}

static void check_script(const struct counter_table *t, const struct counter_row *row)
{
	assert_int_equal(t->fields, 1 << MEM_BRK_COUNT);
	assert_int_equal(row->value[MEM_BRK_COUNT], CALLS);
}

static void bpftrace_script(void **state UNUSED)
{
	extract("calls.bt");
	watch("calls.bt", check_script);
}

static void command(void **state UNUSED)
{
	struct monitor *m;

	extract("calls.json");
	assert_int_equal(monitor_open(&m, live_path("calls.json"), NULL, NULL), 0);
	assert_int_equal(monitor_info(m)->kind, MONITOR_COMMAND);
	assert_int_equal(monitor_info(m)->fields, 1 << MEM_MMAP_COUNT);
	monitor_close(m);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(object),
		cmocka_unit_test(bpftrace_script),
		cmocka_unit_test(command),
	};

	return live_main(tests, ARRAY_SIZE(tests), "t_skeleton");
}
