/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The judge: an exact capture passes, and each way to be wrong is named. */
#include "lib/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "bpf/memmon/memmon.h"
#include "harness/verify/judge.h"
#include "harness/subjects/memory.h"
#include "tests/unit/ledger_fixture.h"
#include "tests/unit/table_fixture.h"

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
	struct fix_row rows[4];
	struct counter_table table;
	struct event events[32];
	struct judge_input in;
	struct judge_result out;
};

static int setup(void **state)
{
	static const struct model_definition def = {&subject_memory, MEM_MIN_LENGTH,
						    MONITOR_KEY_TID};
	struct capture *c = calloc(1, sizeof(*c));
	size_t n = 0;

	c->lane[0] = fix_lane(TID, PROCESS, ARRAY_SIZE(main_calls));
	c->lane[1] = fix_lane(OTHER, PROCESS, ARRAY_SIZE(other_calls));
	c->lanes[0] = (struct model_lane){&c->lane[0], main_calls};
	c->lanes[1] = (struct model_lane){&c->lane[1], other_calls};
	assert_int_equal(model_build(&c->model, &def, c->lanes, 2), 0);
	c->table = FIX_TABLE(c->rows, 2, (1U << (MEM_LAST_UPDATE + 1)) - 1);
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
			c->events[n] = (struct event){
				.timestamp_ns = WINDOW_START + n,
				.pid = s->tid,
				.tgid = s->tgid,
				.value[MEM_EVENT_TYPE] = s->events[k].value[MEM_EVENT_TYPE],
				.value[MEM_EVENT_SIZE] = s->events[k].value[MEM_EVENT_SIZE],
				.value[MEM_EVENT_ADDRESS] = s->events[k].value[MEM_EVENT_ADDRESS]};
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

	c->events[0].value[MEM_EVENT_TYPE] = MEM_EVENT_MUNMAP;
	expect(c, "event 1 of thread 7 should be mmap of 1024 bytes, captured was munmap of 1024 "
		  "bytes");
	assert_string_equal(c->out.kept[0].field, "type");
	assert_int_equal(c->out.kept[0].place.line, 2);
	c->events[0].value[MEM_EVENT_TYPE] = MEM_EVENT_MMAP;

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
	struct event swap = c->events[0];

	c->events[0].value[MEM_EVENT_SIZE] = c->events[2].value[MEM_EVENT_SIZE];
	c->events[2].value[MEM_EVENT_SIZE] = swap.value[MEM_EVENT_SIZE];
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

/* --- completed calls --------------------------------------------------------------------------
 */

static const struct ledger_entry done_main[] = {
	FIX_MMAP(100, 0x10000),
	FIX_MMAP(4096, -12),
	FIX_MUNMAP(0x10000, 100, 0),
	FIX_BRK(0, 0x5000),
	FIX_MREMAP(0x1, 4096, 8192, -22),
	FIX_BRK(0x7000, 0x7000),
	FIX_BRK(1, 0x7000),
	FIX_MMAP(9000, 0x20000),
};
static const struct ledger_entry done_other[] = {
	FIX_MMAP(4096, 0x40000),
	FIX_MREMAP(0x40000, 4096, 8192, 0x50000),
	FIX_MUNMAP(0x50000, 8192, 0),
};

static void to_completed(struct capture *c, bool *alive)
{
	static const struct model_definition def = {.subject = &subject_memory,
						    .key = MONITOR_KEY_TGID,
						    .calls = MONITOR_COMPLETED,
						    .page_bytes = 4096};
	size_t n = 0;

	model_release(&c->model);
	c->lane[0] = fix_lane(TID, PROCESS, ARRAY_SIZE(done_main));
	c->lane[1] = fix_lane(OTHER, PROCESS, ARRAY_SIZE(done_other));
	c->lane[0].start_brk = c->lane[1].start_brk = 0x5000;
	c->lanes[0].entries = done_main;
	c->lanes[1].entries = done_other;
	assert_int_equal(model_build(&c->model, &def, c->lanes, 2), 0);
	assert_int_equal(c->model.nrows, 1);
	c->table =
		FIX_TABLE(c->rows, 1, model_fields(&def) | 1U << MEM_VM_BYTES | 1U << MEM_VM_PEAK);
	c->rows[0].key = PROCESS;
	memcpy(c->rows[0].value, c->model.rows[0].value, sizeof(c->rows[0].value));
	c->rows[0].value[MEM_VM_BYTES] = 1 << 20;
	c->rows[0].value[MEM_VM_PEAK] = 2 << 20;
	/* Each ring by itself is in order; the thread's second half came from the first ring. */
	for (int i = 1; i >= 0; i--) {
		const struct model_stream *s = &c->model.streams[i];

		for (size_t k = 0; k < s->n; k++) {
			size_t from = (k + s->n / 2) % s->n;

			c->events[n++] = (struct event){
				.timestamp_ns = WINDOW_START + 10 * from + (unsigned int)i,
				.pid = s->tid,
				.tgid = s->tgid,
				.value[MEM_EVENT_TYPE] = s->events[from].value[MEM_EVENT_TYPE],
				.value[MEM_EVENT_DOWN] = s->events[from].value[MEM_EVENT_DOWN],
				.value[MEM_EVENT_SIZE] = s->events[from].value[MEM_EVENT_SIZE],
				.value[MEM_EVENT_ADDRESS] =
					s->events[from].value[MEM_EVENT_ADDRESS]};
		}
	}
	c->in.nevents = n;
	c->in.rings = 2;
	c->in.alive = alive;
}

static void completed_exact(void **state)
{
	struct capture *c = *state;

	to_completed(c, NULL);
	judge(&c->in, &c->out);
	assert_int_equal(c->out.mismatches, 0);
	assert_int_equal(c->out.verdict, JUDGE_EXACT);
	assert_int_equal(c->out.counters, 7);
	assert_int_equal(c->out.events_expected, 7);
	assert_int_equal(c->out.events_captured, 7);
	c->rows[0].value[MEM_VM_PEAK] = 4096;
	expect(c, "vm_peak of key 7 is 4096, less than its vm_bytes of 1048576");
}

static void completed_causes(void **state)
{
	static const struct {
		enum mem_field field;
		uint64_t value;
		const char *text;
		uint32_t lane;
		uint64_t line;
	} cases[] = {
		{MEM_MMAP_COUNT, 4,
		 "mmap_count of key 7 is 4, the calls make it 3: as if calls that failed were "
		 "counted "
		 "too",
		 0, 2},
		{MEM_FAILED_COUNT, 3,
		 "failed_count of key 7 is 3, the calls make it 2: as if refused brks were counted "
		 "as "
		 "failed calls",
		 0, 7},
		{MEM_FAILED_COUNT, 1,
		 "failed_count of key 7 is 1, the calls make it 2: as if mremaps were left out", 0,
		 5},
		{MEM_BRK_COUNT, 2,
		 "brk_count of key 7 is 2, the calls make it 1: as if brk(0), which only asks, "
		 "were "
		 "counted",
		 0, 4},
		{MEM_MMAP_BYTES, 13196,
		 "mmap_bytes of key 7 is 13196, the calls make it 20480: as if lengths were not "
		 "rounded up to pages",
		 0, 1},
		{MEM_MUNMAP_BYTES, 4096,
		 "munmap_bytes of key 7 is 4096, the calls make it 12288: as if what threads "
		 "counted "
		 "that have ended were forgotten",
		 1, 3},
		{MEM_MREMAP_COUNT, 0,
		 "mremap_count of key 7 is 0, the calls make it 1: it was never updated", 1, 2},
		{MEM_MMAP_COUNT, 77, "mmap_count of key 7 is 77, the calls make it 3", 1, 1},
	};
	bool alive[] = {true, false};
	struct capture *c = *state;

	to_completed(c, alive);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint64_t good = c->rows[0].value[cases[i].field];

		c->rows[0].value[cases[i].field] = cases[i].value;
		expect(c, cases[i].text);
		assert_int_equal(c->out.kept[0].place.lane, cases[i].lane);
		assert_int_equal(c->out.kept[0].place.line, cases[i].line);
		c->rows[0].value[cases[i].field] = good;
	}
	alive[1] = true; /* then nobody ended: it is the main thread alone */
	c->rows[0].value[MEM_MUNMAP_BYTES] = 4096;
	expect(c, "munmap_bytes of key 7 is 4096, the calls make it 12288: as if only the main "
		  "thread's calls were counted");
	alive[0] = alive[1] = false;
	c->in.caps = MONITOR_COUNTERS;
	c->table.n = 0;
	expect(c,
	       "key 7 has no row, though its calls count: mmap_count should be 3; the process has "
	       "ended");
}

static void completed_events(void **state)
{
	struct capture *c = *state;
	size_t brk = 0;

	to_completed(c, NULL);
	while (c->events[brk].value[MEM_EVENT_TYPE] != MEM_EVENT_BRK)
		brk++;
	c->events[brk].value[MEM_EVENT_DOWN] = 1;
	expect(c,
	       "event 3 of thread 7 should be brk up 8192 bytes to 0x7000, captured was brk down "
	       "8192 bytes to 0x7000");
	assert_string_equal(c->out.kept[0].field, "down");
	c->events[brk].value[MEM_EVENT_DOWN] = 0;
	c->events[brk].value[MEM_EVENT_ADDRESS]++;
	expect(c, "event 3 of thread 7 should be brk up 8192 bytes to 0x7000, captured was brk up "
		  "8192 bytes to 0x7001");
	assert_string_equal(c->out.kept[0].field, "address");
	c->events[brk].value[MEM_EVENT_ADDRESS]--;
	c->events[0].value[MEM_EVENT_ADDRESS]++;
	expect(c,
	       "event 2 of thread 8 should be mremap of 8192 bytes at 0x50000, captured was one at "
	       "0x50001");
	for (size_t i = 0; i < c->in.nevents; i++)
		if (c->events[i].value[MEM_EVENT_TYPE] == 5)
			drop_event(c, i);
	expect(c, "event 2 of thread 8 (mremap of 8192 bytes) is missing, and no loss was counted");
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
		cmocka_unit_test_setup_teardown(completed_exact, setup, teardown),
		cmocka_unit_test_setup_teardown(completed_causes, setup, teardown),
		cmocka_unit_test_setup_teardown(completed_events, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
