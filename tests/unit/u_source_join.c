/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Rows kept from frame to frame, and counters joined to them: threads, ends, numbers that are given
 * again, keys of nobody. */
#include "lib/base.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/table_fixture.h"
#include "monitor/source/join.h"
#include "monitor/source/tasks.h"

/* tasks.c has it beside libbpf. */
char tasks_state(uint32_t state)
{
	return state ? 'S' : 'R';
}

struct world {
	struct rows rows;
	struct join *join;
	uint32_t forgotten[16];
	size_t nforgotten, left;
	uint64_t now_ns; /* half a wait goes by from pass to pass */
};

static void on_forget(void *arg, uint32_t key)
{
	struct world *w = arg;

	w->forgotten[w->nforgotten++] = key;
}

static void on_leave(void *arg, const struct proc_row *row UNUSED)
{
	struct world *w = arg;

	w->left++;
}

static void world_open(struct world *w, enum monitor_key key, enum join_kind kind)
{
	const struct monitor_info info = {.key = key,
					  .words = &vocabulary_memory,
					  .fields = 1U << MEM_MMAP_COUNT | 1U << MEM_MUNMAP_COUNT |
						    1U << MEM_VM_BYTES};

	memset(w, 0, sizeof(*w));
	rows_init(&w->rows, true, false);
	w->rows.leaves = on_leave;
	w->rows.arg = w;
	assert_int_equal(join_new(&w->join, &info, kind, on_forget, w), 0);
}

static void world_close(struct world *w)
{
	join_free(w->join);
	rows_release(&w->rows);
}

struct task {
	uint32_t pid, tgid;
	uint64_t start_ns, ran_ns;
	const char *name;
};

/* A pass over the tasks; {0} ends the list. */
static void pass(struct world *w, const struct task *tasks, bool told)
{
	rows_begin(&w->rows, w->now_ns += ROWS_WAIT_NS / 2);
	join_begin(w->join);
	for (; tasks->pid; tasks++) {
		struct task_row row = {.thread = {.pid = tasks->pid,
						  .tgid = tasks->tgid,
						  .start_ns = tasks->start_ns,
						  .utime = tasks->ran_ns,
						  .runtime = tasks->ran_ns,
						  .switches = 1},
				       .flags = TASK_MEMORY,
				       .rss = 3,
				       .vm = 7,
				       .hiwater = 5};

		if (tasks->name)
			memcpy(row.comm, tasks->name, strlen(tasks->name));
		if (tasks->pid == tasks->tgid)
			rows_process(&w->rows, &row);
		else
			rows_thread(&w->rows, &row.thread);
		join_thread(w->join, &row.thread);
	}
	join_orphans(w->join, &w->rows, told);
	assert_int_equal(rows_finish(&w->rows, told), 0);
}

struct count {
	uint32_t key;
	uint64_t mmap, munmap, vm;
};

static struct counter_table table(struct fix_row *rows, const struct count *c)
{
	size_t n = 0;

	for (; c && c[n].key; n++) {
		rows[n] = (struct fix_row){.key = c[n].key};
		rows[n].value[MEM_MMAP_COUNT] = c[n].mmap;
		rows[n].value[MEM_MUNMAP_COUNT] = c[n].munmap;
		rows[n].value[MEM_VM_BYTES] = c[n].vm;
	}
	return FIX_TABLE(rows, n, 0);
}

static void counters(struct world *w, const struct count *taken, const struct count *now)
{
	struct fix_row rows[16];
	struct counter_table t = table(rows, taken);

	join_taken(w->join, &w->rows, &t);
	t = table(rows, now);
	join_table(w->join, &w->rows, &t);
}

static struct proc_row *row_of(struct world *w, uint32_t pid)
{
	struct proc_row *row = rows_find(&w->rows, pid);

	assert_non_null(row);
	return row;
}

static void check(struct world *w, uint32_t pid, double mmap, double munmap)
{
	assert_float_equal(row_value(row_of(w, pid), FIELD_MMAP), mmap, 0);
	assert_float_equal(row_value(row_of(w, pid), FIELD_MUNMAP), munmap, 0);
}

static void rows_come_and_go(void **state)
{
	struct world w;
	const struct task first[] = {
		{1, 1, 1, 0, "init"}, {5, 5, 50, 0, "five"}, {9, 9, 90, 0, "nine"}, {0}};
	const struct task second[] = {{1, 1, 1, 0, "init"},
				      {3, 3, 95, 0, "three"},
				      {9, 9, 99, 0, "other"},
				      {12, 12, 99, 0, "twelve"},
				      {0}};

	(void)state;
	world_open(&w, MONITOR_KEY_TGID, JOIN_LEAVES);
	pass(&w, first, false);
	counters(&w, NULL, NULL);
	assert_int_equal(w.rows.n, 3);
	assert_string_equal(row_of(&w, 5)->name, "five");
	assert_float_equal(row_value(row_of(&w, 5), FIELD_RSS), 3.0 * (double)w.rows.page_kb, 0);
	assert_float_equal(row_value(row_of(&w, 5), FIELD_PEAK), 5.0 * (double)w.rows.page_kb, 0);
	check(&w, 5, 0, 0);
	/* Without calls nothing is known of its address space: not 0. */
	assert_true(isnan(row_value(row_of(&w, 5), FIELD_USAGE)));
	pass(&w, second, false);
	/* 5 and the first 9 are shown once more, as ended; in the order of the numbers. */
	assert_int_equal(w.rows.n, 6);
	for (size_t i = 1; i < w.rows.n; i++)
		assert_true(w.rows.row[i - 1].pid <= w.rows.row[i].pid);
	assert_true(row_of(&w, 5)->flags & ROW_ENDED);
	assert_true(isnan(row_value(row_of(&w, 5), FIELD_RSS)));
	assert_string_equal(row_of(&w, 9)->name, "other");
	assert_false(row_of(&w, 9)->flags & ROW_ENDED);
	pass(&w, second, false);
	assert_int_equal(w.rows.n, 4);
	assert_int_equal(w.left, 2);
	assert_null(rows_find(&w.rows, 5));
	world_close(&w);
}

/* What is as it was told keeps its row, and what a look at it changed goes. */
static void same_as_before(void **state UNUSED)
{
	struct world w;
	const struct task tasks[] = {{1, 1, 1, 0, "init"}, {5, 5, 50, 2000000, "five"}, {0}};
	struct proc_row *row;
	double cpu_ms;

	world_open(&w, MONITOR_KEY_TGID, JOIN_LEAVES);
	rows_begin(&w.rows, NSEC_PER_SEC);
	assert_null(rows_same(&w.rows, 5));
	assert_int_equal(rows_finish(&w.rows, true), 0);
	pass(&w, tasks, true);
	row = row_of(&w, 5);
	cpu_ms = row_value(row, FIELD_TOTAL_MS);
	rows_look(&w.rows, row, 8 * w.rows.page_kb, w.rows.page_kb, 6 * w.rows.page_kb);
	assert_float_equal(row_value(row, FIELD_RSS), (double)w.rows.page_kb, 0);
	assert_float_equal(row_value(row, FIELD_PEAK), 6.0 * (double)w.rows.page_kb, 0);
	row->flags |= ROW_EXACT;
	rows_begin(&w.rows, 9 * NSEC_PER_SEC);
	assert_ptr_equal(rows_same(&w.rows, 5), row);
	assert_null(rows_same(&w.rows, 6));
	assert_int_equal(rows_finish(&w.rows, true), 0);
	row = row_of(&w, 5);
	assert_float_equal(row_value(row, FIELD_RSS), 3.0 * (double)w.rows.page_kb, 0);
	assert_float_equal(row_value(row, FIELD_HELD), row_value(row, FIELD_RSS), 0);
	assert_float_equal(row_value(row, FIELD_PEAK), 5.0 * (double)w.rows.page_kb, 0);
	assert_float_equal(row_value(row, FIELD_TOTAL_MS), cpu_ms, 0);
	assert_float_equal(row_value(row, FIELD_AGE), 9 - 50e-9, 1e-9);
	assert_false(row->flags & (ROW_EXACT | ROW_ENDED));
	/* Of one that is gone nothing can be as it was. */
	assert_int_equal(row_of(&w, 1)->state, 'X');
	rows_begin(&w.rows, 9 * NSEC_PER_SEC);
	assert_null(rows_same(&w.rows, 1));
	world_close(&w);
}

static void ends_are_told(void **state)
{
	struct world w;
	const struct task first[] = {{1, 1, 1, 0, "init"}, {5, 5, 50, 2000000, "five"}, {0}};
	const struct task second[] = {{1, 1, 1, 0, "init"}, {0}};
	const struct task_end five = {.pid = 5,
				      .start_ns = 50,
				      .utime = 9000000,
				      .runtime = 9000000,
				      .own = 11,
				      .comm = "five"};
	const struct task_end brief = {
		.pid = 4, .start_ns = 60, .stime = 3000000, .runtime = 3000000, .comm = "brief"};

	(void)state;
	world_open(&w, MONITOR_KEY_TGID, JOIN_LEAVES);
	pass(&w, first, true);
	/* Gone, and nobody has told its end yet: it stays for a while. */
	pass(&w, second, true);
	pass(&w, second, true);
	assert_false(row_of(&w, 5)->flags & ROW_ENDED);
	assert_int_equal(row_of(&w, 5)->state, 'X');
	rows_end(&w.rows, &five);
	rows_end(&w.rows, &brief);
	pass(&w, second, true);
	assert_int_equal(w.rows.n, 3);
	assert_true(row_of(&w, 5)->flags & ROW_ENDED);
	assert_float_equal(row_value(row_of(&w, 5), FIELD_USER_MS), 9, 0);
	assert_float_equal(row_value(row_of(&w, 5), FIELD_PEAK), 11.0 * (double)w.rows.page_kb, 0);
	assert_true(row_of(&w, 4)->flags & ROW_ENDED);
	assert_string_equal(row_of(&w, 4)->name, "brief");
	assert_float_equal(row_value(row_of(&w, 4), FIELD_SYSTEM_MS), 3, 0);
	pass(&w, second, true);
	assert_int_equal(w.rows.n, 1);
	/* It is never told. */
	pass(&w, first, true);
	pass(&w, second, true);
	pass(&w, second, true);
	assert_false(row_of(&w, 5)->flags & ROW_ENDED);
	pass(&w, second, true);
	assert_true(row_of(&w, 5)->flags & ROW_ENDED);
	world_close(&w);
}

static void times_of_threads(void **state)
{
	struct world w;
	/* 3 belongs to 7: numbers were given again from the start. */
	const struct task tasks[] = {{3, 7, 80, 1000000, NULL},
				     {5, 5, 50, 2000000, "five"},
				     {6, 5, 51, 4000000, NULL},
				     {7, 7, 70, 8000000, "seven"},
				     {0}};
	struct task_thread late = {
		.pid = 2, .tgid = 7, .runtime = 5000000, .utime = 5000000, .stats_seq = 4};

	(void)state;
	world_open(&w, MONITOR_KEY_TGID, JOIN_LEAVES);
	pass(&w, tasks, false);
	assert_float_equal(row_value(row_of(&w, 5), FIELD_USER_MS), 6, 0);
	assert_float_equal(row_value(row_of(&w, 5), FIELD_SWITCHES), 2, 0);
	assert_float_equal(row_value(row_of(&w, 7), FIELD_USER_MS), 9, 0);
	/* Read before its process, which has moved on since: it may be among the ended already. */
	rows_begin(&w.rows, 2);
	rows_thread(&w.rows, &late);
	{
		struct task_row seven = {.thread = {.pid = 7,
						    .tgid = 7,
						    .start_ns = 70,
						    .utime = 8000000,
						    .runtime = 8000000,
						    .stats_seq = 6},
					 .ended_utime = 6000000,
					 .ended_runtime = 6000000};

		rows_process(&w.rows, &seven);
	}
	assert_int_equal(rows_finish(&w.rows, false), 0);
	assert_float_equal(row_value(row_of(&w, 7), FIELD_USER_MS), 14, 0);
	world_close(&w);
}

static void scaled_as_proc_does(void **state)
{
	struct cputime shown = {0, 0};

	(void)state;
	cputime_scale(30, 10, 400, &shown);
	assert_int_equal(shown.user_ns, 300);
	assert_int_equal(shown.system_ns, 100);
	/* The ratio moved to system: user does not go back. */
	cputime_scale(30, 30, 420, &shown);
	assert_int_equal(shown.user_ns, 300);
	assert_int_equal(shown.system_ns, 120);
	/* The clock did not move: nothing does. */
	cputime_scale(90, 1, 420, &shown);
	assert_int_equal(shown.user_ns, 300);
	shown = (struct cputime){0, 0};
	cputime_scale(0, 5, 100, &shown);
	assert_int_equal(shown.system_ns, 100);
	shown = (struct cputime){0, 0};
	cputime_scale(0, 0, 100, &shown);
	assert_int_equal(shown.user_ns, 100);
	/* Years of many CPUs: no overflow. */
	shown = (struct cputime){0, 0};
	cputime_scale(1ULL << 60, 1ULL << 60, 1ULL << 61, &shown);
	assert_int_equal(shown.system_ns, 1ULL << 60);
}

static void by_process(void **state)
{
	struct world w;
	const struct task tasks[] = {{5, 5, 50, 0, "five"}, {9, 9, 90, 0, "nine"}, {0}};
	const struct task one[] = {{5, 5, 50, 0, "five"}, {0}};

	(void)state;
	world_open(&w, MONITOR_KEY_TGID, JOIN_LEAVES);
	pass(&w, tasks, false);
	counters(&w, NULL, (struct count[]){{5, 10, 4, 8192}, {9, 3, 1, 4096}, {0}});
	check(&w, 5, 10, 4);
	check(&w, 9, 3, 1);
	assert_float_equal(row_value(row_of(&w, 5), FIELD_USAGE), 8192, 0);
	assert_int_equal(join_calls(w.join), 18);
	/* 9 ends with 5 and 2; 77 came and went unseen: a row in the next frame. */
	pass(&w, one, false);
	counters(&w, (struct count[]){{9, 5, 2, 0}, {77, 6, 6, 0}, {0}},
		 (struct count[]){{5, 11, 4, 8192}, {0}});
	check(&w, 5, 11, 4);
	check(&w, 9, 5, 2);
	assert_true(row_of(&w, 9)->flags & ROW_ENDED);
	assert_null(rows_find(&w.rows, 77));
	assert_int_equal(join_calls(w.join), 34);
	pass(&w, one, false);
	counters(&w, NULL, (struct count[]){{5, 11, 4, 8192}, {0}});
	check(&w, 77, 6, 6);
	assert_true(row_of(&w, 77)->flags & ROW_ENDED);
	assert_null(rows_find(&w.rows, 9));
	pass(&w, one, false);
	assert_int_equal(w.rows.n, 1);
	assert_int_equal(join_unattributed(w.join), 0);
	assert_int_equal(w.nforgotten, 0);
	world_close(&w);
}

/* Who is as it was told is not among those whose rows are asked for. */
static void counts_of_the_same(void **state UNUSED)
{
	struct world w;
	const struct task tasks[] = {{5, 5, 50, 0, "five"}, {9, 9, 90, 0, "nine"}, {0}};

	world_open(&w, MONITOR_KEY_TGID, JOIN_LEAVES);
	pass(&w, tasks, true);
	counters(&w, NULL, (struct count[]){{5, 10, 4, 8192}, {9, 3, 1, 4096}, {0}});
	rows_begin(&w.rows, w.now_ns += ROWS_WAIT_NS / 2);
	join_begin(w.join);
	assert_non_null(rows_same(&w.rows, 5));
	assert_non_null(rows_same(&w.rows, 9));
	assert_int_equal(rows_finish(&w.rows, true), 0);
	counters(&w, NULL, (struct count[]){{9, 4, 1, 4096}, {0}});
	check(&w, 5, 10, 4);
	check(&w, 9, 4, 1);
	assert_float_equal(row_value(row_of(&w, 5), FIELD_USAGE), 8192, 0);
	assert_int_equal(join_calls(w.join), 19);
	/* 5 is a zombie that nobody has waited for: its counts were taken, and count once. */
	rows_begin(&w.rows, w.now_ns += ROWS_WAIT_NS / 2);
	join_begin(w.join);
	assert_non_null(rows_same(&w.rows, 5));
	assert_int_equal(rows_finish(&w.rows, true), 0);
	counters(&w, (struct count[]){{5, 10, 4, 0}, {0}}, NULL);
	check(&w, 5, 10, 4);
	assert_int_equal(join_calls(w.join), 14);
	world_close(&w);
}

static void by_thread(void **state)
{
	struct world w;
	const struct task all[] = {
		{5, 5, 50, 0, "five"}, {6, 5, 51, 0, NULL}, {7, 5, 52, 0, NULL}, {0}};
	const struct task fewer[] = {{5, 5, 50, 0, "five"}, {6, 5, 51, 0, NULL}, {0}};
	const struct task again[] = {
		{5, 5, 50, 0, "five"}, {6, 5, 51, 0, NULL}, {7, 7, 60, 0, "seven"}, {0}};

	(void)state;
	world_open(&w, MONITOR_KEY_TID, JOIN_STAYS);
	pass(&w, all, false);
	counters(&w, NULL, (struct count[]){{5, 1, 0, 0}, {6, 20, 2, 0}, {7, 300, 30, 0}, {0}});
	check(&w, 5, 321, 32);
	/* The thread ended after 305: it stays in the sum, its key is not needed any more. */
	pass(&w, fewer, false);
	counters(&w, NULL, (struct count[]){{5, 1, 0, 0}, {6, 20, 2, 0}, {7, 305, 30, 0}, {0}});
	check(&w, 5, 326, 32);
	assert_int_equal(w.nforgotten, 1);
	assert_int_equal(w.forgotten[0], 7);
	/* Its number is given to a process, which inherits nothing. */
	pass(&w, again, false);
	counters(&w, NULL, (struct count[]){{5, 1, 0, 0}, {6, 20, 2, 0}, {7, 4, 0, 0}, {0}});
	check(&w, 5, 326, 32);
	check(&w, 7, 4, 0);
	assert_int_equal(join_calls(w.join), 305 + 30 + 1 + 22 + 4);
	assert_int_equal(join_unattributed(w.join), 0);
	world_close(&w);
}

/* The number is another thread's before anybody saw that the first had ended. */
static void number_given_again(void **state)
{
	struct world w;
	const struct task before[] = {
		{5, 5, 50, 0, "five"}, {7, 5, 52, 0, NULL}, {8, 8, 53, 0, "eight"}, {0}};
	const struct task after[] = {
		{5, 5, 50, 0, "five"}, {7, 8, 99, 0, NULL}, {8, 8, 53, 0, "eight"}, {0}};

	(void)state;
	world_open(&w, MONITOR_KEY_TID, JOIN_STAYS);
	pass(&w, before, false);
	counters(&w, NULL, (struct count[]){{7, 40, 0, 0}, {0}});
	check(&w, 5, 40, 0);
	pass(&w, after, false);
	counters(&w, NULL, (struct count[]){{7, 43, 0, 0}, {0}});
	check(&w, 5, 40, 0);
	check(&w, 8, 3, 0);
	world_close(&w);
}

static void keys_of_nobody(void **state)
{
	struct world w;
	const struct task five[] = {{5, 5, 50, 0, "five"}, {0}};
	const struct task with[] = {{5, 5, 50, 0, "five"}, {31, 5, 90, 0, NULL}, {0}};
	const struct count now[] = {{20, 2, 0, 0}, {21, 7, 1, 0}, {31, 9, 0, 0}, {0}};

	(void)state;
	world_open(&w, MONITOR_KEY_TID, JOIN_STAYS);
	/* The ring says whose 21 is; 31 began after the tasks were read; 20 is nobody's. */
	join_learn(w.join, 21, 5, "");
	pass(&w, five, false);
	counters(&w, NULL, now);
	check(&w, 5, 0, 0);
	assert_int_equal(w.nforgotten, 0);
	pass(&w, with, false);
	counters(&w, NULL, now);
	check(&w, 5, 16, 1);
	assert_int_equal(join_unattributed(w.join), 2);
	assert_int_equal(w.nforgotten, 2);
	/* A flood of records of many threads. */
	for (uint32_t i = 0; i < 100000; i++)
		join_learn(w.join, 1000 + i % 700, 5, "");
	/* Of a process that was never seen: once, with the name of the ring. */
	join_learn(w.join, 41, 40, "brief");
	for (int i = 0; i < 2; i++) {
		pass(&w, with, false);
		counters(&w, NULL, (struct count[]){{31, 9, 0, 0}, {41, 6, 0, 0}, {0}});
	}
	pass(&w, with, false);
	counters(&w, NULL, (struct count[]){{31, 9, 0, 0}, {0}});
	check(&w, 40, 6, 0);
	assert_string_equal(row_of(&w, 40)->name, "brief");
	assert_true(row_of(&w, 40)->flags & ROW_ENDED);
	pass(&w, with, false);
	assert_null(rows_find(&w.rows, 40));
	world_close(&w);
}

/* n29: user and system time never go back, whatever the tick saw and whoever reads /proc meanwhile,
 * and their sum is what the scheduler measured. */
static void test_n29_times_never_go_back(void **state UNUSED)
{
	struct rows rows;
	uint64_t random = 29, utime = 0, stime = 0, runtime = 0, user = 0, system = 0;
	struct cputime kernel = {0, 0};

	rows_init(&rows, true, false);
	for (int i = 0; i < 5000; i++) {
		struct task_row row = {.thread = {.pid = 7, .tgid = 7, .start_ns = 1},
				       .flags = TASK_MEMORY};
		uint64_t ran, sum;

		random = random * 6364136223846793005ULL + 1442695040888963407ULL;
		ran = random >> 42;
		runtime += ran;
		*(random >> 33 & 7 ? &utime : &stime) += random >> 50 & 1 ? 4000000 : 0;
		/* Somebody reads /proc/7/stat now and then: the kernel scales for him. */
		if (random >> 37 & 1)
			cputime_scale(utime, stime, runtime - ran / 2, &kernel);
		row.thread.utime = utime;
		row.thread.stime = stime;
		row.thread.runtime = runtime;
		row.shown_utime = kernel.user_ns;
		row.shown_stime = kernel.system_ns;
		rows_begin(&rows, (uint64_t)i);
		rows_process(&rows, &row);
		assert_int_equal(rows_finish(&rows, true), 0);
		assert_true(rows.row[0].told.user_ns >= user);
		assert_true(rows.row[0].told.system_ns >= system);
		user = rows.row[0].told.user_ns;
		system = rows.row[0].told.system_ns;
		sum = user + system;
		assert_int_equal(sum, runtime);
	}
	rows_release(&rows);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_come_and_go),
		cmocka_unit_test(same_as_before),
		cmocka_unit_test(ends_are_told),
		cmocka_unit_test(times_of_threads),
		cmocka_unit_test(scaled_as_proc_does),
		cmocka_unit_test(by_process),
		cmocka_unit_test(counts_of_the_same),
		cmocka_unit_test(by_thread),
		cmocka_unit_test(number_given_again),
		cmocka_unit_test(keys_of_nobody),
		cmocka_unit_test(test_n29_times_never_go_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
