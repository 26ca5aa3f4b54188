/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A monitor that is loaded apart is the one that is loaded here: the same programs, maps and
 * figures, while the types of the kernel never were in this process; what cannot be loaded has the
 * same reason.
 */
#include "lib/base.h"
#include "tests/bpf/live.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "collector/object.h"
#include "collector/program.h"

#define MONITOR "memmon_fast"

static uint64_t peak_bytes(void)
{
	struct rusage use;

	assert_int_equal(getrusage(RUSAGE_SELF, &use), 0);
	return (uint64_t)use.ru_maxrss * 1024;
}

static struct monitor *opened(bool apart)
{
	const struct monitor_target target = {.rows_of = true, .apart = apart};
	struct monitor *m = NULL;

	assert_int_equal(monitor_open(&m, MONITOR, &target, NULL), 0);
	return m;
}

static size_t count_fds(void)
{
	size_t n = 0;

	for (int fd = 0; fd < 1024; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

/* Before anything else: what this process holds at most only grows. */
static void types_stay_out(void **state UNUSED)
{
	uint64_t before = peak_bytes();
	struct monitor *m;
	struct stat types;

	if (stat("/sys/kernel/btf/vmlinux", &types))
		skip();
	m = opened(true);
	assert_true(peak_bytes() - before < (uint64_t)types.st_size / 2);
	monitor_close(m);
}

static void same_program(const struct bpf_program *a, const struct bpf_program *b)
{
	struct bpf_prog_info x = {0}, y = {0};
	uint32_t size = sizeof(x);

	assert_string_equal(bpf_program__name(a), bpf_program__name(b));
	assert_int_equal(program_fd(a) >= 0, program_fd(b) >= 0);
	if (program_fd(a) < 0)
		return;
	assert_int_equal(bpf_obj_get_info_by_fd(program_fd(a), &x, &size), 0);
	size = sizeof(y);
	assert_int_equal(bpf_obj_get_info_by_fd(program_fd(b), &y, &size), 0);
	assert_memory_equal(x.tag, y.tag, sizeof(x.tag));
	assert_int_equal(x.nr_map_ids, y.nr_map_ids);
	assert_int_equal(x.attach_btf_id, y.attach_btf_id);
}

static void same_map(const struct bpf_map *a, const struct bpf_map *b)
{
	struct bpf_map_info x = {0}, y = {0};
	uint32_t size = sizeof(x);

	assert_string_equal(bpf_map__name(a), bpf_map__name(b));
	assert_int_equal(bpf_map__fd(a) >= 0, bpf_map__fd(b) >= 0);
	if (bpf_map__fd(a) < 0)
		return;
	assert_int_equal(bpf_obj_get_info_by_fd(bpf_map__fd(a), &x, &size), 0);
	size = sizeof(y);
	assert_int_equal(bpf_obj_get_info_by_fd(bpf_map__fd(b), &y, &size), 0);
	assert_int_equal(x.type, y.type);
	assert_int_equal(x.value_size, y.value_size);
	assert_int_equal(x.max_entries, y.max_entries);
	assert_int_not_equal(x.id, y.id);
}

static void is_the_same(void **state UNUSED)
{
	struct monitor *apart = opened(true), *here = opened(false);
	struct bpf_object *a = monitor_bpf_object(apart), *b = monitor_bpf_object(here);
	struct bpf_program *p = NULL, *q = NULL;
	struct bpf_map *s = NULL, *t = NULL;
	size_t elsewhere = 0;

	while ((p = bpf_object__next_program(a, p))) {
		q = bpf_object__next_program(b, q);
		assert_non_null(q);
		same_program(p, q);
		elsewhere += program_fd(p) >= 0 && bpf_program__fd(p) < 0;
	}
	while ((s = bpf_object__next_map(a, s))) {
		t = bpf_object__next_map(b, t);
		assert_non_null(t);
		same_map(s, t);
	}
	assert_true(elsewhere > 0);
	assert_int_equal(monitor_info(apart)->fields, monitor_info(here)->fields);
	assert_int_equal(monitor_info(apart)->caps, monitor_info(here)->caps);
	monitor_close(here);
	monitor_close(apart);
}

static uint64_t counted(struct monitor *m, enum mem_field f)
{
	struct counter_table t = {0};
	const struct counter_row *row;
	uint64_t n;

	assert_int_equal(monitor_snapshot(m, &t), 0);
	row = counter_table_find(&t, (uint32_t)getpid());
	n = row ? row->value[f] : 0;
	counter_table_release(&t);
	return n;
}

/* 300 calls of each are 300 of each; when it is closed nothing is left in this process. */
static void counts(void **state UNUSED)
{
	enum { CALLS = 300 };
	size_t fds = count_fds();
	struct monitor *m = opened(true);
	uint64_t mapped, unmapped;

	assert_int_equal(monitor_attach(m), 0);
	mapped = counted(m, MEM_MMAP_COUNT);
	unmapped = counted(m, MEM_MUNMAP_COUNT);
	for (int i = 0; i < CALLS; i++)
		raw_munmap(raw_mmap(4096), 4096);
	/* The tables of a snapshot may be mapped, too. */
	assert_true(counted(m, MEM_MMAP_COUNT) - mapped >= CALLS);
	assert_true(counted(m, MEM_MUNMAP_COUNT) - unmapped >= CALLS);
	assert_true(counted(m, MEM_MMAP_COUNT) - mapped < 2 * CALLS);
	assert_int_equal(monitor_detach(m), 0);
	monitor_close(m);
	assert_int_equal(count_fds(), fds);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(types_stay_out),
		cmocka_unit_test(is_the_same),
		cmocka_unit_test(counts),
	};

	return live_main(tests, ARRAY_SIZE(tests), "t_apart");
}
