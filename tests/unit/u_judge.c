/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The judge: an exact capture passes, and each way to be wrong is named. */
/* links: harness/verify/model.c harness/verify/judge.c harness/verify/judge_events.c */
/* links: harness/verify/judge_explain.c */
/* links: monitor/table.c */
#include "lib/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "bpf/memmon/memmon.h"
#include "harness/verify/judge.h"
#include "tests/unit/ledger_fixture.h"

enum { TID = 7, OTHER = 8, PROCESS = 7, WINDOW_START = 1000, WINDOW_END = 9000 };

static const struct ledger_entry main_calls[] = {
	FIX_MMAP(1023, 0x10000),  FIX_MMAP(1024, 0x20000),	FIX_MMAP(6000, 0x30000),
	FIX_MMAP(4096, -12),	  FIX_MUNMAP(0x20000, 1024, 0), FIX_BRK(0x77, 0x5000),
	FIX_MUNMAP(0x1, 12, -22),
};
static const struct ledger_entry other_calls[] = {
	FIX_MMAP(4096, 0x40000),      FIX_MUNMAP(0x40000, 4096, 0), FIX_MMAP(4096, 0x40000),
	FIX_MUNMAP(0x40000, 4096, 0), FIX_MMAP(8192, 0x40000),
};

/* A capture that starts out exact; a test bends it. */
struct capture {
	struct ledger_lane lane[2];
	struct model_lane lanes[2];
	struct model model;
	struct mem_row rows[4];
	struct mem_table table;
	struct mem_record events[32];
	struct judge_input in;
	struct judge_result out;
};

static int setup(void **state)
{
	static const struct model_definition def = {MEM_MIN_LENGTH, MONITOR_KEY_TID};
	struct capture *c = calloc(1, sizeof(*c));
	size_t n = 0;

	c->lane[0] = fix_lane(TID, PROCESS, ARRAY_SIZE(main_calls));
	c->lane[1] = fix_lane(OTHER, PROCESS, ARRAY_SIZE(other_calls));
	c->lanes[0] = (struct model_lane){&c->lane[0], main_calls};
	c->lanes[1] = (struct model_lane){&c->lane[1], other_calls};
	assert_int_equal(model_build(&c->model, &def, c->lanes, 2), 0);
	c->table = (struct mem_table){c->rows, 2, (1U << (MEM_LAST_UPDATE + 1)) - 1};
	for (int i = 0; i < 2; i++) {
		c->rows[i].key = c->model.rows[i].key;
		memcpy(c->rows[i].value, c->model.rows[i].value, sizeof(c->rows[i].value));
		c->rows[i].value[MEM_LAST_UPDATE] = WINDOW_START + 10;
	}
	/* The threads' events alternate, as far as both have some. */
	for (size_t k = 0; k < 8; k++) {
		for (int i = 0; i < 2; i++) {
			const struct model_stream *s = &c->model.streams[i];

			if (k >= s->n)
				continue;
			c->events[n] = (struct mem_record){.timestamp_ns = WINDOW_START + n,
							   .pid = s->tid,
							   .tgid = s->tgid,
							   .type = s->events[k].type,
							   .size = s->events[k].size,
							   .address = s->events[k].address};
			memcpy(c->events[n++].comm, s->comm, sizeof(s->comm));
		}
	}
	c->in = (struct judge_input){.model = &c->model,
				     .caps = MONITOR_COUNTERS | MONITOR_EVENTS | MONITOR_LOSSES |
					     MONITOR_CGROUP,
				     .table = &c->table,
				     .events = c->events,
				     .nevents = n,
				     .window_start_ns = WINDOW_START,
				     .window_end_ns = WINDOW_END};
	*state = c;
	return 0;
}

static int teardown(void **state)
{
	struct capture *c = *state;

	model_release(&c->model);
	free(c);
	return 0;
}

static void drop_event(struct capture *c, size_t i)
{
	memmove(&c->events[i], &c->events[i + 1], (c->in.nevents - i) * sizeof(c->events[0]));
	c->in.nevents--;
}

/* The only mismatch must have this text. */
static void expect(struct capture *c, const char *text)
{
	judge(&c->in, &c->out);
	assert_int_equal(c->out.verdict, JUDGE_MISMATCH);
	for (size_t i = 0; i < MIN(c->out.mismatches, JUDGE_KEPT) && c->out.mismatches > 1; i++)
		print_message("also: %s\n", c->out.kept[i].text);
	assert_int_equal(c->out.mismatches, 1);
	assert_string_equal(c->out.kept[0].text, text);
}

static void exact(void **state)
{
	struct capture *c = *state;

	judge(&c->in, &c->out);
	assert_int_equal(c->out.verdict, JUDGE_EXACT);
	assert_int_equal(c->out.mismatches, 0);
	assert_int_equal(c->out.keys, 2);
	assert_int_equal(c->out.counters, 18);
	assert_int_equal(c->out.events_expected, 11);
	assert_int_equal(c->out.events_captured, 11);
	c->in.caps = MONITOR_NULL;
	judge(&c->in, &c->out);
	assert_int_equal(c->out.verdict, JUDGE_NONE);
}

static void counter_with_a_cause(void **state)
{
	static const struct {
		enum mem_field field;
		uint64_t value;
		const char *text;
		uint64_t line;
	} cases[] = {
		{MEM_MMAP_COUNT, 4,
		 "mmap_count of key 7 is 4, the calls make it 3: as if mmaps of one byte less than "
		 "1024 were counted too",
		 1},
		{MEM_MMAP_COUNT, 2,
		 "mmap_count of key 7 is 2, the calls make it 3: as if mmaps of exactly 1024 bytes "
		 "were ignored",
		 2},
		{MEM_MUNMAP_COUNT, 4,
		 "munmap_count of key 7 is 4, the calls make it 2: as if each munmap were counted "
		 "twice",
		 5},
		{MEM_MUNMAP_COUNT, 1,
		 "munmap_count of key 7 is 1, the calls make it 2: as if munmaps below 1024 bytes "
		 "were ignored",
		 7},
		{MEM_PEAK_USAGE, 0,
		 "peak_usage of key 7 is 0, the calls make it 11120: it was never updated", 4},
		{MEM_PEAK_USAGE, 10084,
		 "peak_usage of key 7 is 10084, the calls make it 11120: as if peak followed usage "
		 "down",
		 5},
		{MEM_CURRENT_USAGE, 11120,
		 "current_usage of key 7 is 11120, the calls make it 10084: as if no munmap were "
		 "counted",
		 5},
		{MEM_CURRENT_USAGE, 6000,
		 "current_usage of key 7 is 6000, the calls make it 10084: as if calls that fail "
		 "were not counted",
		 4},
		{MEM_MMAP_COUNT, 77, "mmap_count of key 7 is 77, the calls make it 3", 4},
	};
	struct capture *c = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint64_t good = c->rows[0].value[cases[i].field];

		c->rows[0].value[cases[i].field] = cases[i].value;
		expect(c, cases[i].text);
		assert_int_equal(c->out.kept[0].what, JUDGE_COUNTER);
		assert_int_equal(c->out.kept[0].place.lane, 0);
		assert_int_equal(c->out.kept[0].place.line, cases[i].line);
		assert_int_equal(c->out.kept[0].captured, cases[i].value);
		c->rows[0].value[cases[i].field] = good;
	}
	c->rows[0].value[MEM_LAST_UPDATE] = WINDOW_END + 1;
	expect(c,
	       "last_update of key 7 is 9001, outside the window 1000..9000 (CLOCK_MONOTONIC ns)");
}

static void keys(void **state)
{
	struct capture *c = *state;

	c->table.n = 1;
	expect(c, "key 8 has no row, though its calls count: current_usage should be 8192");
	assert_int_equal(c->out.kept[0].what, JUDGE_KEY);
	assert_int_equal(c->out.kept[0].place.lane, 1);
	c->table.n = 3;
	c->rows[2].key = 99;
	expect(c, "key 99 has a row, but no thread of the workload has this key");
	c->in.caps &= ~(uint32_t)MONITOR_CGROUP; /* others may have rows then */
	judge(&c->in, &c->out);
	assert_int_equal(c->out.verdict, JUDGE_EXACT);
}

static void events_lost(void **state)
{
	struct capture *c = *state;

	drop_event(c, 3); /* the second of the other thread */
	expect(c, "event 2 of thread 8 (munmap of 4096 bytes) is missing, and no loss was counted");
	assert_int_equal(c->out.kept[0].what, JUDGE_EVENT);
	assert_int_equal(c->out.kept[0].place.lane, 1);
	assert_int_equal(c->out.kept[0].place.line, 2);
	c->in.losses.ring_full = 1;
	judge(&c->in, &c->out);
	assert_int_equal(c->out.verdict, JUDGE_EXACT);
	assert_int_equal(c->out.events_missing, 1);
	c->in.losses.ring_full = 2;
	expect(c, "1 events are missing, the monitor says that it lost 2");
	c->in.losses.ring_full = UINT64_MAX; /* does not say: then none may be missing */
	expect(c, "event 2 of thread 8 (munmap of 4096 bytes) is missing, and no loss was counted");
	c->in.losses.ring_full = 1;
	c->in.losses.map_full = 3;
	expect(c, "3 calls were not counted because the map was full");
}

static void all_events_of_a_thread_lost(void **state)
{
	struct capture *c = *state;

	for (size_t i = c->in.nevents; i-- > 0;)
		if (c->events[i].pid == OTHER)
			drop_event(c, i);
	judge(&c->in, &c->out);
	assert_int_equal(c->out.mismatches, 5);
	c->in.losses.ring_full = 5;
	judge(&c->in, &c->out);
	assert_int_equal(c->out.verdict, JUDGE_EXACT);
}

static void events_bent(void **state)
{
	struct capture *c = *state;

	c->events[0].type = MEM_EVENT_MUNMAP;
	expect(c, "event 1 of thread 7 should be mmap of 1024 bytes, captured was munmap of 1024 "
		  "bytes");
	assert_string_equal(c->out.kept[0].field, "type");
	assert_int_equal(c->out.kept[0].place.line, 2);
	c->events[0].type = MEM_EVENT_MMAP;

	c->events[0].tgid = 9;
	expect(c, "event 1 of thread 7 names process 9, it is process 7");
	c->events[0].tgid = PROCESS;

	c->events[2].comm[0] = 'X';
	expect(c, "event 2 of thread 7 has the name 'Xl-test', the thread's is 'wl-test'");
	c->events[2].comm[0] = 'w';

	c->events[2].timestamp_ns = WINDOW_START;
	judge(&c->in, &c->out); /* equal to the one before: allowed */
	assert_int_equal(c->out.verdict, JUDGE_EXACT);
	c->events[2].timestamp_ns = WINDOW_START - 1;
	judge(&c->in, &c->out);
	assert_string_equal(c->out.kept[0].field, "timestamp");
	c->events[2].timestamp_ns = WINDOW_START + 2;

	c->events[c->in.nevents] = c->events[c->in.nevents - 1];
	c->in.nevents++;
	expect(c, "record 7 of thread 7 (munmap of 12 bytes) belongs to no call");
	c->events[c->in.nevents - 1].pid = 99;
	expect(c, "an event (munmap of 12 bytes) has pid 99, which is no thread of the workload");
	c->in.caps &= ~(uint32_t)MONITOR_CGROUP;
	judge(&c->in, &c->out);
	assert_int_equal(c->out.verdict, JUDGE_EXACT);
}

static void order_matters(void **state)
{
	struct capture *c = *state;
	struct mem_record swap = c->events[0];

	c->events[0].size = c->events[2].size;
	c->events[2].size = swap.size;
	judge(&c->in, &c->out);
	assert_int_equal(c->out.verdict, JUDGE_MISMATCH);
	c->in.losses.ring_full = 1; /* a swap is no subsequence either */
	judge(&c->in, &c->out);
	assert_int_equal(c->out.verdict, JUDGE_MISMATCH);
}

static void keeps_twenty_counts_all(void **state)
{
	struct capture *c = *state;

	for (size_t i = 0; i < c->in.nevents; i++) {
		c->events[i].tgid = 1;
		c->events[i].comm[0] = 'X';
	}
	judge(&c->in, &c->out);
	assert_int_equal(c->out.mismatches, 2 * c->in.nevents);
	assert_string_equal(c->out.kept[JUDGE_KEPT - 1].field, "comm");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(exact, setup, teardown),
		cmocka_unit_test_setup_teardown(counter_with_a_cause, setup, teardown),
		cmocka_unit_test_setup_teardown(keys, setup, teardown),
		cmocka_unit_test_setup_teardown(events_lost, setup, teardown),
		cmocka_unit_test_setup_teardown(all_events_of_a_thread_lost, setup, teardown),
		cmocka_unit_test_setup_teardown(events_bent, setup, teardown),
		cmocka_unit_test_setup_teardown(order_matters, setup, teardown),
		cmocka_unit_test_setup_teardown(keeps_twenty_counts_all, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
