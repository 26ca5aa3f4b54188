/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Where programs stand by their sections, and which timed calls run them. */
#include "lib/base.h"
#include "harness/exchange/exchange_place.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <linux/bpf.h>

#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

enum { MMAP, MUNMAP, BRK, OTHER, PAIR };

static int place(struct place *out, uint32_t type, const char *section)
{
	const struct object_program p = {"f", section, type, 3};

	return place_of_program(out, &p, 7);
}

static void test_sections(void **state UNUSED)
{
	struct place p;

	assert_int_equal(place(&p, BPF_PROG_TYPE_TRACEPOINT, "tp/syscalls/sys_enter_mmap"), 0);
	assert_string_equal(p.category, "syscalls");
	assert_string_equal(p.name, "sys_enter_mmap");
	assert_int_equal(p.program, 7);
	assert_int_equal(place(&p, BPF_PROG_TYPE_RAW_TRACEPOINT, "raw_tp/sys_exit"), 0);
	assert_string_equal(p.category, "");
	assert_string_equal(p.name, "sys_exit");
	assert_int_equal(place(&p, BPF_PROG_TYPE_TRACING, "tp_btf/sched_switch"), 0);
	assert_string_equal(p.name, "sched_switch");
}

static void test_refused(void **state UNUSED)
{
	struct place p;

	assert_int_equal(place(&p, BPF_PROG_TYPE_TRACEPOINT, "tracepoint"), -ENOTSUP);
	assert_int_equal(place(&p, BPF_PROG_TYPE_TRACEPOINT, "tracepoint/sys_enter"), -ENOTSUP);
	assert_int_equal(place(&p, BPF_PROG_TYPE_TRACING, "fentry/do_brk"), -ENOTSUP);
	assert_int_equal(place(&p, BPF_PROG_TYPE_KPROBE, "kprobe/do_brk"), -ENOTSUP);
	assert_int_equal(place(&p, BPF_PROG_TYPE_XDP, "xdp"), -ENOTSUP);
}

static void test_one_call(void **state UNUSED)
{
	struct place p;

	place(&p, BPF_PROG_TYPE_TRACEPOINT, "tracepoint/syscalls/sys_enter_munmap");
	assert_true(place_answers(&p, MUNMAP) && place_answers(&p, PAIR));
	assert_false(place_answers(&p, MMAP) || place_answers(&p, OTHER));
	assert_true(place_is_of(&p, MUNMAP) && place_may_run(&p, PAIR));
	assert_false(place_may_run(&p, BRK));
	place(&p, BPF_PROG_TYPE_TRACEPOINT, "tracepoint/syscalls/sys_exit_brk");
	assert_true(place_answers(&p, BRK) && !place_may_run(&p, MMAP));
}

static void test_a_call_of_the_table(void **state UNUSED)
{
	int openat = timed_event_find("openat"), works = timed_event_find("openat-ok");
	struct place p;

	place(&p, BPF_PROG_TYPE_TRACEPOINT, "tracepoint/syscalls/sys_exit_openat");
	assert_true(place_is_about(&p, openat) && place_is_about(&p, works));
	assert_false(place_is_about(&p, MMAP) || place_answers(&p, MMAP));
	/* What a call is undone by is made as well, and is not what is timed. */
	place(&p, BPF_PROG_TYPE_TRACEPOINT, "tracepoint/syscalls/sys_enter_close");
	assert_false(place_is_about(&p, works));
	assert_true(place_may_run(&p, works) && !place_may_run(&p, openat));
	assert_true(place_is_about(&p, timed_event_find("close-ok")));
	place(&p, BPF_PROG_TYPE_RAW_TRACEPOINT, "raw_tp/sys_enter");
	assert_false(place_is_about(&p, openat));
	assert_true(place_answers(&p, openat));
}

static void test_probes_of_a_script(void **state UNUSED)
{
	static const char text[] =
		"#!/usr/bin/env bpftrace\n// tracepoint:syscalls:sys_enter_read\n"
		"tracepoint:syscalls:sys_enter_openat, t:syscalls:sys_exit_openat { @ = count(); "
		"}\n"
		"tracepoint:syscalls:sys_enter_openat /pid/ { @b = count(); }\n"
		"tracepoint:sched:sched_switch { @c = count(); }\n";
	char path[] = "/tmp/u_exchange_place-XXXXXX";
	struct place p[4];
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, sizeof(text) - 1), sizeof(text) - 1);
	close(fd);
	assert_int_equal(places_of_script(path, p, 4), 2);
	assert_string_equal(p[0].name, "sys_enter_openat");
	assert_string_equal(p[1].name, "sys_exit_openat");
	assert_true(place_is_about(&p[0], timed_event_find("openat")));
	assert_int_equal(places_of_script(path, p, 1), 1);
	unlink(path);
	assert_int_equal(places_of_script(path, p, 4), 0);
}

static void test_every_call(void **state UNUSED)
{
	static const char *const sections[] = {"raw_tp/sys_enter",
					       "tracepoint/raw_syscalls/sys_exit"};
	static const uint32_t types[] = {BPF_PROG_TYPE_RAW_TRACEPOINT, BPF_PROG_TYPE_TRACEPOINT};

	for (int i = 0; i < 2; i++) {
		struct place p;

		place(&p, types[i], sections[i]);
		for (int e = MMAP; e <= PAIR; e++) {
			assert_true(place_answers(&p, e) && place_may_run(&p, e));
			assert_false(place_is_of(&p, e));
		}
	}
}

static void test_no_call(void **state UNUSED)
{
	struct place p;

	place(&p, BPF_PROG_TYPE_TRACEPOINT, "tracepoint/sched/sched_switch");
	assert_true(place_may_run(&p, OTHER));
	assert_false(place_answers(&p, OTHER));
}

static void test_same(void **state UNUSED)
{
	struct place classic, raw, btf, other;

	place(&classic, BPF_PROG_TYPE_TRACEPOINT, "tracepoint/raw_syscalls/sys_enter");
	place(&raw, BPF_PROG_TYPE_RAW_TRACEPOINT, "raw_tp/sys_enter");
	place(&btf, BPF_PROG_TYPE_TRACING, "tp_btf/sys_enter");
	place(&other, BPF_PROG_TYPE_TRACING, "tp_btf/sys_exit");
	assert_true(place_same(&classic, &raw) && place_same(&raw, &btf));
	assert_false(place_same_type(&classic, &raw) || place_same_type(&raw, &btf));
	assert_true(place_same_type(&btf, &btf));
	assert_false(place_same(&btf, &other));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sections),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_one_call),
		cmocka_unit_test(test_a_call_of_the_table),
		cmocka_unit_test(test_probes_of_a_script),
		cmocka_unit_test(test_every_call),
		cmocka_unit_test(test_no_call),
		cmocka_unit_test(test_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
