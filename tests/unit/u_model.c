/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The definition of the memory monitor, call by call: values worked out by hand. */
#include "lib/base.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "bpf/memmon/memmon.h"
#include "bpf/memmon/memmon_fast.h"
#include "harness/subjects/memory.h"
#include "tests/unit/ledger_fixture.h"

static const struct model_definition by_thread = {&subject_memory, MEM_MIN_LENGTH, MONITOR_KEY_TID};
static const struct model_definition by_process = {&subject_memory, MEM_MIN_LENGTH,
						   MONITOR_KEY_TGID};

static void filter_and_guard(void **state)
{
	static const struct ledger_entry calls[] = {
		FIX_MMAP(1, 0x10000),	      /* ignored */
		FIX_MMAP(1023, 0x11000),      /* ignored */
		FIX_MMAP(1024, 0x12000),      /* usage 1024 */
		FIX_MMAP(5000, -12),	      /* fails, counts all the same: usage 6024 = peak */
		FIX_MUNMAP(0x12000, 1024, 0), /* usage 5000 */
		FIX_MUNMAP(0x10000, 8192, 0), /* more than usage: not subtracted, counted */
		FIX_MUNMAP(0x11000, 1, 0),    /* not filtered: usage 4999 */
		FIX_BRK(0, 0x5000),	      /* event only */
		FIX_MREMAP(0x12000, 4096, 8192, 0x20000), /* unseen */
	};
	struct ledger_lane lane = fix_lane(7, 5, ARRAY_SIZE(calls));
	struct model_lane lanes[] = {{&lane, calls}};
	struct model m;
	const struct model_row *r;

	(void)state;
	assert_int_equal(model_build(&m, &by_thread, lanes, 1), 0);
	assert_int_equal(m.nrows, 1);
	assert_null(model_find(&m, 5));
	r = model_find(&m, 7);
	assert_non_null(r);
	assert_int_equal(r->value[MEM_MMAP_SEEN], 4);
	assert_int_equal(r->value[MEM_MMAP_COUNT], 2);
	assert_int_equal(r->value[MEM_MMAP_BYTES], 6024);
	assert_int_equal(r->value[MEM_MUNMAP_COUNT], 3);
	assert_int_equal(r->value[MEM_MUNMAP_BYTES], 9217);
	assert_int_equal(r->value[MEM_CURRENT_USAGE], 4999);
	assert_int_equal(r->most[MEM_CURRENT_USAGE], 4999);
	assert_int_equal(r->value[MEM_PEAK_USAGE], 6024);
	assert_int_equal(r->last[MEM_PEAK_USAGE].line, 4);
	assert_int_equal(r->last[MEM_CURRENT_USAGE].line, 7);
	assert_int_equal(r->value[MEM_BRK_COUNT], 1);
	assert_int_equal(r->value[MEM_TOTAL_ALLOCATED], 0);
	assert_int_equal(r->value[MEM_ALLOC_COUNT], 0);

	assert_int_equal(m.totals.calls[LEDGER_MMAP], 4);
	assert_int_equal(m.totals.mmap_filtered, 2);
	assert_int_equal(m.totals.failed[LEDGER_MMAP], 1);
	assert_int_equal(m.nevents, 6);
	assert_int_equal(m.streams[0].events[0].value[MEM_EVENT_SIZE], 1024);
	assert_int_equal(m.streams[0].events[0].line, 3);
	assert_int_equal(m.streams[0].events[5].value[MEM_EVENT_TYPE], MEM_EVENT_BRK);
	assert_int_equal(m.streams[0].events[5].value[MEM_EVENT_SIZE], 0);
	model_release(&m);
}

static void brk_fails_when_the_break_is_another(void **state)
{
	struct ledger_entry asked = FIX_BRK(0x8000, 0x8000), refused = FIX_BRK(0x8000, 0x5000),
			    query = FIX_BRK(0, 0x5000), odd = FIX_MMAP(1, 0xfffff000);

	(void)state;
	assert_false(model_call_failed(&asked));
	assert_true(model_call_failed(&refused));
	assert_false(model_call_failed(&query));
	assert_false(model_call_failed(&odd));
}

static void threads_share_a_key(void **state)
{
	static const struct ledger_entry one[] = {FIX_MMAP(4096, 0x1000),
						  FIX_MUNMAP(0x1000, 4096, 0)};
	static const struct ledger_entry two[] = {FIX_MMAP(8192, 0x2000), FIX_MMAP(2048, 0x5000),
						  FIX_BRK(0, 0x9000)};
	struct ledger_lane a = fix_lane(11, 10, 2), b = fix_lane(12, 10, 3),
			   idle = fix_lane(10, 10, 0);
	struct model_lane lanes[] = {{&idle, NULL}, {&a, one}, {&b, two}};
	const struct model_row *r;
	struct model m;

	(void)state;
	assert_int_equal(model_build(&m, &by_process, lanes, 3), 0);
	assert_int_equal(m.nrows, 1);
	r = model_find(&m, 10);
	assert_int_equal(r->lanes, 2);
	assert_int_equal(r->value[MEM_MMAP_COUNT], 3);
	assert_int_equal(r->value[MEM_MUNMAP_COUNT], 1);
	assert_int_equal(r->value[MEM_CURRENT_USAGE], 10240); /* at least: the munmap subtracted */
	assert_int_equal(r->most[MEM_CURRENT_USAGE], 14336);
	assert_int_equal(r->value[MEM_PEAK_USAGE], 10240);
	assert_int_equal(r->most[MEM_PEAK_USAGE], 14336);
	model_release(&m);

	assert_int_equal(model_build(&m, &by_thread, lanes, 3), 0);
	assert_int_equal(m.nrows, 3);
	assert_int_equal(model_find(&m, 11)->value[MEM_CURRENT_USAGE], 0);
	assert_int_equal(model_find(&m, 11)->value[MEM_PEAK_USAGE], 4096);
	assert_int_equal(model_find(&m, 12)->value[MEM_PEAK_USAGE], 10240);
	assert_int_equal(model_find(&m, 12)->last[MEM_PEAK_USAGE].lane, 2);
	assert_int_equal(model_find(&m, 12)->last[MEM_PEAK_USAGE].line, 2);
	assert_int_equal(m.nevents, 5);
	model_release(&m);
}

static const struct model_definition completed = {.subject = &subject_memory,
						  .key = MONITOR_KEY_TGID,
						  .calls = MONITOR_COMPLETED,
						  .page_bytes = 4096};

static void event_is(const struct model_event *e, uint8_t type, uint64_t size, uint64_t address,
		     uint8_t down, uint64_t line)
{
	assert_int_equal(e->value[MEM_EVENT_TYPE], type);
	assert_int_equal(e->value[MEM_EVENT_SIZE], size);
	assert_int_equal(e->value[MEM_EVENT_ADDRESS], address);
	assert_int_equal(e->value[MEM_EVENT_DOWN], down);
	assert_int_equal(e->line, line);
}

static void completed_calls(void **state)
{
	static const struct ledger_entry calls[] = {
		FIX_MMAP(1, 0x10000),	      /* a page */
		FIX_MMAP(5000, -12),	      /* failed */
		FIX_MMAP(5000, 0x20000),      /* two pages */
		FIX_MUNMAP(0x10000, 1, 0),    /* a page */
		FIX_MUNMAP(0x90000, 8192, 0), /* nothing there: it worked all the same */
		FIX_MUNMAP(0x3, 2048, -22),   /* failed */
		FIX_MREMAP(0x20000, 5000, 9000, 0x40000), /* three pages */
		FIX_MREMAP(0x1, 4096, 8192, -22),	  /* failed */
		FIX_BRK(0, 0x500100),			  /* asks */
		FIX_BRK(0x502100, 0x502100),		  /* up */
		FIX_BRK(0x1, 0x502100),			  /* refused: no error */
		FIX_BRK(0x501000, 0x501000),		  /* down */
		FIX_BRK(0x501000, 0x501000), /* stays: it is where it was asked to be */
	};
	struct ledger_lane lane = fix_lane(7, 5, ARRAY_SIZE(calls));
	struct model_lane lanes[] = {{&lane, calls}};
	const struct model_event *e;
	const struct model_row *r;
	struct model m;

	(void)state;
	lane.start_brk = 0x500100;
	assert_int_equal(model_build(&m, &completed, lanes, 1), 0);
	assert_int_equal(m.nrows, 1);
	r = model_find(&m, 5);
	assert_non_null(r);
	assert_int_equal(r->value[MEM_MMAP_COUNT], 2);
	assert_int_equal(r->value[MEM_MMAP_BYTES], 12288);
	assert_int_equal(r->value[MEM_MUNMAP_COUNT], 2);
	assert_int_equal(r->value[MEM_MUNMAP_BYTES], 12288);
	assert_int_equal(r->value[MEM_MREMAP_COUNT], 1);
	assert_int_equal(r->value[MEM_BRK_COUNT], 3);
	assert_int_equal(r->value[MEM_FAILED_COUNT], 3);
	assert_int_equal(r->last[MEM_FAILED_COUNT].line, 8);
	assert_false(model_fields(&completed) & (1U << MEM_VM_BYTES | 1U << MEM_CURRENT_USAGE));
	assert_int_equal(m.totals.worked[LEDGER_MMAP], 2);
	assert_int_equal(m.totals.worked[LEDGER_BRK], 3);
	assert_int_equal(m.totals.worked_mmap_bytes, 12288);
	assert_int_equal(model_errors(&m.totals), 3);
	assert_int_equal(m.nevents, 8);
	e = m.streams[0].events;
	event_is(&e[0], FAST_EVENT_MMAP, 4096, 0x10000, 0, 1);
	event_is(&e[1], FAST_EVENT_MMAP, 8192, 0x20000, 0, 3);
	event_is(&e[2], FAST_EVENT_MUNMAP, 4096, 0x10000, 0, 4);
	event_is(&e[3], FAST_EVENT_MUNMAP, 8192, 0x90000, 0, 5);
	event_is(&e[4], FAST_EVENT_MREMAP, 12288, 0x40000, 0, 7);
	event_is(&e[5], FAST_EVENT_BRK, 0x2000, 0x502100, 0, 10);
	event_is(&e[6], FAST_EVENT_BRK, 0x1100, 0x501000, 1, 12);
	event_is(&e[7], FAST_EVENT_BRK, 0, 0x501000, 0, 13);
	model_release(&m);
}

/* A process is the sum of its threads, and they share a break. */
static void completed_threads(void **state)
{
	static const struct ledger_entry one[] = {
		{.op = LEDGER_BRK, .addr = 0x2000, .ret = 0x2000, .when_ns = 10},
		{.op = LEDGER_BRK, .addr = 0x5000, .ret = 0x5000, .when_ns = 30},
		{.op = LEDGER_MMAP, .len = 1, .ret = 0x10000, .when_ns = 40},
	};
	static const struct ledger_entry two[] = {
		{.op = LEDGER_BRK, .addr = 0x4000, .ret = 0x4000, .when_ns = 20},
		{.op = LEDGER_MMAP, .len = 1, .ret = 0x20000, .when_ns = 25},
		{.op = LEDGER_BRK, .addr = 0x1000, .ret = 0x1000, .when_ns = 50},
	};
	static const struct ledger_entry other[] = {
		{.op = LEDGER_BRK, .addr = 0x9000, .ret = 0x9000, .when_ns = 45},
	};
	struct ledger_lane a = fix_lane(11, 10, 3), b = fix_lane(12, 10, 3),
			   c = fix_lane(13, 13, 1);
	struct model_lane lanes[] = {{&a, one}, {&b, two}, {&c, other}};
	struct model m;

	(void)state;
	a.start_brk = b.start_brk = c.start_brk = 0x1000;
	assert_int_equal(model_build(&m, &completed, lanes, 3), 0);
	assert_int_equal(m.nrows, 2);
	assert_int_equal(model_find(&m, 10)->value[MEM_MMAP_COUNT], 2);
	assert_int_equal(model_find(&m, 10)->value[MEM_BRK_COUNT], 4);
	event_is(&m.streams[0].events[0], FAST_EVENT_BRK, 0x1000, 0x2000, 0, 1);
	event_is(&m.streams[0].events[1], FAST_EVENT_BRK, 0x1000, 0x5000, 0, 2);
	event_is(&m.streams[1].events[0], FAST_EVENT_BRK, 0x2000, 0x4000, 0, 1);
	event_is(&m.streams[1].events[2], FAST_EVENT_BRK, 0x4000, 0x1000, 1, 3);
	event_is(&m.streams[2].events[0], FAST_EVENT_BRK, 0x8000, 0x9000, 0, 1);
	model_release(&m);
}

static void nothing_at_all(void **state)
{
	struct model m;

	(void)state;
	assert_int_equal(model_build(&m, &by_thread, NULL, 0), 0);
	assert_int_equal(m.nrows, 0);
	assert_int_equal(m.nevents, 0);
	assert_null(model_find(&m, 1));
	model_release(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(filter_and_guard),
		cmocka_unit_test(brk_fails_when_the_break_is_another),
		cmocka_unit_test(threads_share_a_key),
		cmocka_unit_test(completed_calls),
		cmocka_unit_test(completed_threads),
		cmocka_unit_test(nothing_at_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
