/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Equivalence of two captures: equal ones are equal, and every way to differ is named. */
#include "lib/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "harness/compare/equiv.h"
#include "harness/record.h"
#include "tests/unit/table_fixture.h"

#define FIELDS ((1u << MEM_MMAP_COUNT) | (1u << MEM_CURRENT_USAGE) | (1u << MEM_LAST_UPDATE))

static struct fix_row row(uint32_t key, uint64_t mmaps, uint64_t usage, uint64_t last)
{
	struct fix_row r = {.key = key};

	r.value[MEM_MMAP_COUNT] = mmaps;
	r.value[MEM_CURRENT_USAGE] = usage;
	r.value[MEM_LAST_UPDATE] = last;
	return r;
}

static struct event event(uint32_t pid, uint8_t type, uint64_t size)
{
	return (struct event){.pid = pid,
			      .tgid = 1,
			      .value = {[MEM_EVENT_TYPE] = type, [MEM_EVENT_SIZE] = size},
			      .length = 56,
			      .comm = "w"};
}

static void equal_tables(void **state)
{
	struct fix_row a[] = {row(1, 23, 7, 100), row(2, 0, 0, 0), row(9, 5, 5, 1)};
	struct fix_row b[] = {row(1, 23, 7, 200), row(9, 5, 5, 1)};
	struct counter_table ta = FIX_TABLE(a, 3, FIELDS);
	struct counter_table tb = FIX_TABLE(b, 2, FIELDS | (1u << MEM_BRK_COUNT));
	struct equiv e = {.words = &vocabulary_memory};

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
	struct fix_row a[] = {row(1, 23, 7, 0), row(3, 1, 0, 0)};
	struct fix_row b[] = {row(1, 22, 7, 0), row(4, 1, 0, 0)};
	struct counter_table ta = FIX_TABLE(a, 2, FIELDS), tb = FIX_TABLE(b, 2, FIELDS);
	struct equiv e = {.words = &vocabulary_memory};

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
		struct fix_cpu_row a = {.key = 1}, b = {.key = 1};
		struct counter_table ta = FIX_TABLE_OF(vocabulary_cpu, &a, 1, 1u << CPU_USER_TIME);
		struct counter_table tb = FIX_TABLE_OF(vocabulary_cpu, &b, 1, 1u << CPU_USER_TIME);
		struct equiv e = {.words = &vocabulary_memory};

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
	struct event a[] = {event(5, 2, 10), event(6, 2, 20), event(5, 3, 10)};
	struct event b[] = {event(6, 2, 20), event(5, 2, 10), event(5, 3, 10)};
	struct equiv e = {.words = &vocabulary_memory};

	(void)state;
	b[0].length = 64;
	equiv_events(&e, "A", a, 3, 0, "B", b, 3, 0);
	assert_int_equal(e.differences, 0);
	assert_int_equal(e.events, 3);
	assert_true(e.record_length);
	b[2].value[MEM_EVENT_SIZE] = 11;
	strcpy(b[1].comm, "x");
	equiv_release(&e);
	e = (struct equiv){.words = &vocabulary_memory};
	equiv_events(&e, "A", a, 3, 0, "B", b, 3, 0);
	assert_int_equal(e.differences, 2);
	assert_string_equal(e.kept[0].text, "comm of event 0 of thread 5: A has 'w', B has 'x'");
	assert_string_equal(e.kept[1].text, "size of event 1 of thread 5: A has 10, B has 11");
	equiv_release(&e);
}

static void missing_event(void **state)
{
	struct event a[] = {event(5, 2, 10), event(5, 3, 10)};
	struct event b[] = {event(5, 2, 10)};
	struct equiv e = {.words = &vocabulary_memory};

	(void)state;
	equiv_events(&e, "A", a, 2, 0, "B", b, 1, 0);
	assert_int_equal(e.differences, 1);
	assert_string_equal(
		e.kept[0].text,
		"event 1 of thread 5 (size 10, address 0, event_type 3) is in A and not in B");
	equiv_release(&e);
}

/* Issue 13, number 41: one event too few, too many or other is one difference, whatever follows. */
static void n41_events_realign(void **state)
{
	static const struct {
		uint64_t a[12], b[12]; /* sizes, up to a 0 */
		uint64_t differences, events;
		const char *first;
	} cases[] = {
		{{1, 2, 3, 4, 5, 6},
		 {1, 3, 4, 5, 6},
		 1,
		 5,
		 "event 1 of thread 5 (size 2, address 0, event_type 2) is in A and not in B"},
		{{1, 3, 4},
		 {1, 2, 2, 3, 4},
		 2,
		 3,
		 "event 1 of thread 5 (size 2, address 0, event_type 2) is in B and not in A"},
		{{1, 2, 3, 4}, {1, 9, 3, 4}, 1, 4, "size of event 1 of thread 5: A has 2, B has 9"},
		{{2, 3, 4, 5},
		 {3, 4, 5, 9},
		 2,
		 3,
		 "event 0 of thread 5 (size 2, address 0, event_type 2) is in A and not in B"},
		{{1, 2, 3}, {4, 5, 6}, 3, 3, "size of event 0 of thread 5: A has 1, B has 4"},
		{{1, 1, 1, 2},
		 {1, 1, 2},
		 1,
		 3,
		 "event 2 of thread 5 (size 1, address 0, event_type 2) is in A and not in B"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct event a[13], b[13];
		struct equiv e = {.words = &vocabulary_memory};
		size_t na = 0, nb = 0;

		for (; cases[i].a[na]; na++)
			a[na] = event(5, 2, cases[i].a[na]);
		for (; cases[i].b[nb]; nb++)
			b[nb] = event(5, 2, cases[i].b[nb]);
		/* Another thread behind it does not care. */
		a[na++] = b[nb++] = event(6, 2, 77);
		equiv_events(&e, "A", a, na, 0, "B", b, nb, 0);
		assert_string_equal(e.kept[0].text, cases[i].first);
		assert_int_equal(e.differences, cases[i].differences);
		assert_int_equal(e.events, cases[i].events + 1);
		equiv_release(&e);
	}
}

static void losses_close(void **state)
{
	struct event a[] = {event(5, 2, 10), event(5, 3, 10)};
	struct equiv e = {.words = &vocabulary_memory};

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
	struct event a[100];
	struct equiv e = {.words = &vocabulary_memory};

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
		cmocka_unit_test(all_are_counted), cmocka_unit_test(n41_events_realign),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
