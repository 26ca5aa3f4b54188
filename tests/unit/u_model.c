/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The definition of the memory monitor, call by call: values worked out by hand. */
/* links: harness/verify/model.c */
#include "lib/base.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "bpf/memmon/memmon.h"
#include "tests/unit/ledger_fixture.h"

static const struct model_definition by_thread = {MEM_MIN_LENGTH, MONITOR_KEY_TID};
static const struct model_definition by_process = {MEM_MIN_LENGTH, MONITOR_KEY_TGID};

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
	assert_int_equal(r->most_usage, 4999);
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
	assert_int_equal(m.streams[0].events[0].size, 1024);
	assert_int_equal(m.streams[0].events[0].line, 3);
	assert_int_equal(m.streams[0].events[5].type, MEM_EVENT_BRK);
	assert_int_equal(m.streams[0].events[5].size, 0);
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
	assert_int_equal(r->most_usage, 14336);
	assert_int_equal(r->value[MEM_PEAK_USAGE], 10240);
	assert_int_equal(r->most_peak, 14336);
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
		cmocka_unit_test(nothing_at_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
