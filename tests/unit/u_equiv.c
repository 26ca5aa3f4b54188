/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Equivalence of two captures: equal ones are equal, and every way to differ is named. */
#include "lib/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "harness/compare/equiv.h"
#include "harness/record.h"

const char *const mem_field_names[MEM_FIELD_COUNT] = {
	"total_allocated", "total_freed", "current_usage", "peak_usage",  "alloc_count",
	"free_count",	   "mmap_count",  "munmap_count",  "last_update", "mmap_bytes",
	"munmap_bytes",	   "brk_count",	  "mmap_seen",	   "user_time",
};

#define FIELDS ((1u << MEM_MMAP_COUNT) | (1u << MEM_CURRENT_USAGE) | (1u << MEM_LAST_UPDATE))

static struct mem_row row(uint32_t key, uint64_t mmaps, uint64_t usage, uint64_t last)
{
	struct mem_row r = {.key = key};

	r.value[MEM_MMAP_COUNT] = mmaps;
	r.value[MEM_CURRENT_USAGE] = usage;
	r.value[MEM_LAST_UPDATE] = last;
	return r;
}

static struct mem_record event(uint32_t pid, uint8_t type, uint64_t size)
{
	return (struct mem_record){
		.pid = pid, .tgid = 1, .type = type, .size = size, .length = 56, .comm = "w"};
}

static void equal_tables(void **state)
{
	struct mem_row a[] = {row(1, 23, 7, 100), row(2, 0, 0, 0), row(9, 5, 5, 1)};
	struct mem_row b[] = {row(1, 23, 7, 200), row(9, 5, 5, 1)};
	struct mem_table ta = {a, 3, FIELDS}, tb = {b, 2, FIELDS | (1u << MEM_BRK_COUNT)};
	struct equiv e = {0};

	(void)state;
	equiv_tables(&e, "A", &ta, "B", &tb);
	assert_int_equal(e.differences, 0);
	assert_int_equal(e.keys, 2);
	assert_int_equal(e.counters, 4);
	assert_true(e.timestamp);
	equiv_release(&e);
}

static void different_tables(void **state)
{
	struct mem_row a[] = {row(1, 23, 7, 0), row(3, 1, 0, 0)};
	struct mem_row b[] = {row(1, 22, 7, 0), row(4, 1, 0, 0)};
	struct mem_table ta = {a, 2, FIELDS}, tb = {b, 2, FIELDS};
	struct equiv e = {0};

	(void)state;
	equiv_tables(&e, "A", &ta, "B", &tb);
	assert_int_equal(e.differences, 3);
	assert_string_equal(e.kept[0].text, "mmap_count of key 1: A has 23, B has 22");
	assert_string_equal(e.kept[1].text, "key 3 is in A and not in B");
	assert_string_equal(e.kept[2].text, "key 4 is in B and not in A");
	equiv_release(&e);
}

/* Two readings of the clock, one after the other, and the hypervisor in between. */
static void sums_of_clocks(void **state)
{
	const uint64_t ms = 1000000;
	const struct {
		uint64_t a, b;
		bool equal;
	} cases[] = {
		{100 * ms, 100 * ms, true},  {ms / 2, ms / 5, true},
		{0, 2 * ms, true},	     {100 * ms, 82 * ms, true},
		{100 * ms, 118 * ms, true},  {0, 4 * ms, false},
		{100 * ms, 81 * ms, false},  {100 * ms, 130 * ms, false},
		{200 * ms, 100 * ms, false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct mem_row a = {.key = 1}, b = {.key = 1};
		struct mem_table ta = {&a, 1, 1u << CPU_USER_TIME},
				 tb = {&b, 1, 1u << CPU_USER_TIME};
		struct equiv e = {0};

		a.value[CPU_USER_TIME] = cases[i].a;
		b.value[CPU_USER_TIME] = cases[i].b;
		equiv_tables(&e, "A", &ta, "B", &tb);
		if ((e.differences == 0) != cases[i].equal)
			fail_msg("%lu and %lu ns", (unsigned long)cases[i].a,
				 (unsigned long)cases[i].b);
		equiv_release(&e);
	}
}

static void events_by_thread(void **state)
{
	/* The same two streams, merged differently. */
	struct mem_record a[] = {event(5, 2, 10), event(6, 2, 20), event(5, 3, 10)};
	struct mem_record b[] = {event(6, 2, 20), event(5, 2, 10), event(5, 3, 10)};
	struct equiv e = {0};

	(void)state;
	b[0].length = 64;
	equiv_events(&e, "A", a, 3, 0, "B", b, 3, 0);
	assert_int_equal(e.differences, 0);
	assert_int_equal(e.events, 3);
	assert_true(e.record_length);
	b[2].size = 11;
	strcpy(b[1].comm, "x");
	equiv_release(&e);
	memset(&e, 0, sizeof(e));
	equiv_events(&e, "A", a, 3, 0, "B", b, 3, 0);
	assert_int_equal(e.differences, 2);
	assert_string_equal(e.kept[0].text, "comm of event 0 of thread 5: A has 'w', B has 'x'");
	assert_string_equal(e.kept[1].text, "size of event 1 of thread 5: A has 10, B has 11");
	equiv_release(&e);
}

static void missing_event(void **state)
{
	struct mem_record a[] = {event(5, 2, 10), event(5, 3, 10)};
	struct mem_record b[] = {event(5, 2, 10)};
	struct equiv e = {0};

	(void)state;
	equiv_events(&e, "A", a, 2, 0, "B", b, 1, 0);
	assert_int_equal(e.differences, 1);
	assert_string_equal(e.kept[0].text,
			    "event 1 of thread 5 (type 3, size 10) is in A and not in B");
	equiv_release(&e);
}

static void losses_close(void **state)
{
	struct mem_record a[] = {event(5, 2, 10), event(5, 3, 10)};
	struct equiv e = {0};

	(void)state;
	equiv_events(&e, "A", a, 2, 3, "B", a, 1, 4);
	assert_int_equal(e.differences, 0);
	equiv_events(&e, "A", a, 2, 3, "B", a, 1, 3);
	assert_int_equal(e.differences, 1);
	assert_string_equal(e.kept[0].text, "events captured and lost: A has 2 + 3, B has 1 + 3 (a "
					    "ring was full: contents not compared)");
	equiv_release(&e);
}

static void all_are_counted(void **state)
{
	struct mem_record a[100];
	struct equiv e = {0};

	(void)state;
	for (unsigned int i = 0; i < 100; i++)
		a[i] = event(5, 2, i);
	equiv_events(&e, "A", a, 100, 0, "B", a, 0, 0);
	assert_int_equal(e.differences, 100);
	equiv_release(&e);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equal_tables),	   cmocka_unit_test(different_tables),
		cmocka_unit_test(sums_of_clocks),  cmocka_unit_test(events_by_thread),
		cmocka_unit_test(missing_event),   cmocka_unit_test(losses_close),
		cmocka_unit_test(all_are_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
