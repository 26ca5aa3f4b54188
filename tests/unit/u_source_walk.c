/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a walk along the kernel's list has written, given in the order of process numbers: those
 * that began anew, records and numbers alone, and what is none. Which kernels have such a walk. */
#include "lib/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "bpf/calls/walked.h"
#include "bpf/procs/tasks.h"
#include "lib/kernel.h"
#include "monitor/source/walk.h"

enum { BYTES = 16 * 1024, PLACES = 64 };

/* Both maps, as the kernel would have them. */
static struct {
	int records, same;
	char text[BYTES];
	struct walked *head;
	uint64_t place[PLACES];
} maps;

static void start(void)
{
	maps.head = (void *)maps.text;
	*maps.head = (struct walked){.used = sizeof(*maps.head)};
	maps.records = memfd_create("records", MFD_CLOEXEC);
	maps.same = memfd_create("same", MFD_CLOEXEC);
	assert_int_equal(ftruncate(maps.records, BYTES), 0);
	assert_int_equal(ftruncate(maps.same, sizeof(maps.place)), 0);
}

static void add_same(uint32_t pid)
{
	maps.place[maps.head->nsame++] = TASK_PLACE((uint64_t)pid, TASK_SAME);
}

static void add(uint32_t pid, uint32_t tgid)
{
	struct task_thread *t = (void *)(maps.text + maps.head->used);

	*t = (struct task_thread){.pid = pid | TASK_MARK, .tgid = tgid, .runtime = pid};
	maps.head->used += pid == tgid ? sizeof(struct task_row) : sizeof(*t);
}

static struct walk *written(void)
{
	struct walk *w = NULL;

	assert_int_equal(pwrite(maps.records, maps.text, BYTES, 0), BYTES);
	assert_int_equal(pwrite(maps.same, maps.place, sizeof(maps.place), 0), sizeof(maps.place));
	assert_int_equal(walk_open(&w, maps.records, BYTES, maps.same, PLACES), 0);
	return w;
}

static void finish(struct walk *w)
{
	walk_close(w);
	close(maps.records);
	close(maps.same);
}

/* All of them, as "number+" of a record and "number" alone. */
static void given(struct walk *w, char *out, size_t size)
{
	char *record;
	uint32_t pid;
	size_t n = 0;

	*out = '\0';
	while (walk_next(w, &pid, &record)) {
		n += (size_t)snprintf(out + n, size - n, "%u%s ", pid, record ? "+" : "");
		assert_true(n < size);
		if (record)
			assert_int_equal(((struct task_thread *)(void *)record)->runtime, pid);
	}
}

static void by_number(void **state UNUSED)
{
	struct walk *w;
	char out[256];

	start();
	/* The oldest tasks have the highest numbers, twice. */
	add(500, 500);
	add(503, 500);
	add(100, 100);
	add(7, 7);
	add(9, 9);
	add_same(501);
	add_same(900);
	add_same(3);
	add_same(101);
	add_same(8);
	w = written();
	assert_int_equal(walk_begin(w, maps.head->used), 0);
	given(w, out, sizeof(out));
	assert_string_equal(out, "3 7+ 8 9+ 100+ 101 500+ 501 503+ 900 ");
	/* And once more. */
	assert_int_equal(walk_begin(w, maps.head->used), 0);
	given(w, out, sizeof(out));
	assert_string_equal(out, "3 7+ 8 9+ 100+ 101 500+ 501 503+ 900 ");
	finish(w);
}

static void backwards(void **state UNUSED)
{
	char out[512], want[512] = "";
	struct walk *w;
	size_t n = 0;

	start();
	for (uint32_t pid = 41; pid; pid--)
		add_same(pid);
	for (uint32_t pid = 1; pid < 42; pid++)
		n += (size_t)snprintf(want + n, sizeof(want) - n, "%u ", pid);
	w = written();
	assert_int_equal(walk_begin(w, maps.head->used), 0);
	given(w, out, sizeof(out));
	assert_string_equal(out, want);
	finish(w);
}

static void nothing(void **state UNUSED)
{
	struct walk *w;
	char out[16];

	start();
	w = written();
	assert_int_equal(walk_begin(w, maps.head->used), 0);
	given(w, out, sizeof(out));
	assert_string_equal(out, "");
	assert_int_equal(walk_begin(w, 0), -ENOBUFS);
	finish(w);
}

static void no_records(void **state UNUSED)
{
	struct walk *w;

	start();
	add(5, 5);
	w = written();
	/* Cut, longer than the map, less than a head. */
	assert_int_equal(walk_begin(w, maps.head->used - 8), -EPROTO);
	assert_int_equal(walk_begin(w, BYTES + 8), -EPROTO);
	assert_int_equal(walk_begin(w, sizeof(*maps.head) - 8), -EPROTO);
	finish(w);
	start();
	add(5, 5);
	memset(maps.text + sizeof(*maps.head), 0, sizeof(uint32_t));
	w = written();
	assert_int_equal(walk_begin(w, maps.head->used), -EPROTO);
	finish(w);
	start();
	maps.head->nsame = PLACES + 1;
	w = written();
	assert_int_equal(walk_begin(w, maps.head->used), -EPROTO);
	finish(w);
}

static void kernels(void **state UNUSED)
{
	assert_false(kernel_release_walks_tasks("6.1.0-32-cloud-amd64"));
	assert_false(kernel_release_walks_tasks("6.6.99"));
	assert_false(kernel_release_walks_tasks("5.15.0"));
	assert_false(kernel_release_walks_tasks(""));
	assert_true(kernel_release_walks_tasks("6.7.0-rc1"));
	assert_true(kernel_release_walks_tasks("6.12.117+deb12-cloud-amd64"));
	assert_true(kernel_release_walks_tasks("7.0"));
	assert_true(kernel_release_walks_tasks("10"));
	setenv("BEEBENCH_TASKS", "iterator", 1);
	assert_false(kernel_walks_tasks());
	unsetenv("BEEBENCH_TASKS");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(by_number), cmocka_unit_test(backwards),
		cmocka_unit_test(nothing),   cmocka_unit_test(no_records),
		cmocka_unit_test(kernels),
	};

	return cmocka_run_group_tests_name("u_source_walk", tests, NULL, NULL);
}
