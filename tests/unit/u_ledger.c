/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The ledger: what wrappers write, lanes of threads and processes, and what happens when it is
 * full.
 */
#include "lib/base.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "workloads/ledger.h"

static char said[256];

static void keep(void *arg, enum log_level level, const char *line)
{
	(void)arg;
	(void)level;
	snprintf(said, sizeof(said), "%s", line);
}

#define ANON (MAP_PRIVATE | MAP_ANONYMOUS)
#define RW   (PROT_READ | PROT_WRITE)

static void writes_what_was_asked(void **state)
{
	struct ledger_lane *lane;
	const struct ledger_entry *e;
	struct ledger *l;
	uint64_t begun = clock_ns();
	int64_t a, b, brk;

	(void)state;
	assert_int_equal(ledger_create(&l, 1, 16), 0);
	lane = ledger_open_lane(l, 16);
	assert_non_null(lane);
	a = wl_mmap(lane, 0, 10000, RW, ANON);
	assert_false(ledger_failed(a));
	memset((void *)(uintptr_t)a, 1, 10000);
	b = wl_mremap(lane, (uint64_t)a, 10000, 100000, MREMAP_MAYMOVE, 0);
	assert_false(ledger_failed(b));
	assert_int_equal(wl_munmap(lane, (uint64_t)b, 100000), 0);
	assert_int_equal(wl_munmap(lane, 1, 4096), -EINVAL);
	assert_int_equal(wl_mmap(lane, 4096, 0, RW, ANON), -EINVAL);
	brk = wl_brk(lane, 0);
	assert_int_equal(wl_brk(lane, 1), brk);
	assert_int_equal(wl_mremap(lane, 3, 1, 2, 0, 0), -EINVAL);

	assert_int_equal(ledger_lane_count(l), 1);
	assert_ptr_equal(ledger_lane(l, 0), lane);
	assert_int_equal(lane->count, 8);
	assert_int_equal(lane->tid, getpid());
	assert_int_equal(lane->tgid, getpid());
	e = ledger_entries(l, lane);
	assert_int_equal(e[0].op, LEDGER_MMAP);
	assert_int_equal(e[0].addr, 0);
	assert_int_equal(e[0].len, 10000);
	assert_int_equal(e[0].flags, ANON);
	assert_int_equal(e[0].ret, a);
	assert_int_equal(e[1].op, LEDGER_MREMAP);
	assert_int_equal(e[1].addr, a);
	assert_int_equal(e[1].len, 10000);
	assert_int_equal(e[1].len2, 100000);
	assert_int_equal(e[1].flags, MREMAP_MAYMOVE);
	assert_int_equal(e[1].ret, b);
	assert_int_equal(e[2].op, LEDGER_MUNMAP);
	assert_int_equal(e[2].addr, b);
	assert_int_equal(e[2].len, 100000);
	assert_int_equal(e[2].ret, 0);
	assert_int_equal(e[3].ret, -EINVAL);
	assert_int_equal(e[4].addr, 4096);
	assert_int_equal(e[4].ret, -EINVAL);
	assert_int_equal(e[5].op, LEDGER_BRK);
	assert_int_equal(e[5].addr, 0);
	assert_int_equal(e[6].addr, 1);
	assert_int_equal(e[6].ret, brk);
	assert_int_equal(e[7].ret, -EINVAL);
	assert_true(e[0].when_ns > begun && e[7].when_ns <= clock_ns());
	for (int i = 1; i < 8; i++)
		assert_true(e[i].when_ns >= e[i - 1].when_ns);
	assert_false(ledger_overflowed(l));
	ledger_destroy(l);
}

static void no_lane_is_a_bare_call(void **state)
{
	int64_t a = wl_mmap(NULL, 0, 4096, RW, ANON);

	(void)state;
	assert_false(ledger_failed(a));
	assert_int_equal(wl_munmap(NULL, (uint64_t)a, 4096), 0);
}

static void full_lane(void **state)
{
	struct ledger_lane *first, *second;
	struct ledger *l;

	(void)state;
	assert_int_equal(ledger_create(&l, 2, 3), 0);
	first = ledger_open_lane(l, 2);
	second = ledger_open_lane(l, 1);
	assert_true(wl_brk(first, 0) > 0);
	assert_true(wl_brk(second, 0) > 0);
	assert_true(wl_brk(first, 0) > 0);
	assert_false(ledger_overflowed(l));
	/* The call is made all the same, and nobody's entries are overwritten. */
	assert_int_equal(wl_munmap(first, 1, 1), -EINVAL);
	assert_true(ledger_overflowed(l));
	assert_int_equal(first->count, 2);
	assert_int_equal(second->count, 1);
	assert_int_equal(ledger_entries(l, second)->op, LEDGER_BRK);
	ledger_destroy(l);
}

static void no_room(void **state)
{
	struct ledger *l;

	(void)state;
	assert_int_equal(ledger_create(&l, 1, 4), 0);
	assert_non_null(ledger_open_lane(l, 2));
	assert_false(ledger_overflowed(l));
	assert_null(ledger_open_lane(l, 2)); /* entries, but no lane */
	assert_true(ledger_overflowed(l));
	assert_int_equal(ledger_lane_count(l), 1);
	ledger_destroy(l);

	assert_int_equal(ledger_create(&l, 2, 4), 0);
	assert_null(ledger_open_lane(l, 5)); /* a lane, but no entries */
	assert_true(ledger_overflowed(l));
	assert_int_equal(ledger_lane_count(l), 0);
	ledger_destroy(l);
	ledger_destroy(NULL);
}

static void too_large(void **state)
{
	struct ledger *l = (struct ledger *)&l;

	(void)state;
	log_capture(keep, NULL);
	assert_int_equal(ledger_create(&l, 1, UINT64_MAX / 2), -EOVERFLOW);
	assert_null(l);
	assert_non_null(strstr(said, "too large"));
	assert_int_equal(ledger_create(&l, 1, 1ULL << 43), -ENOMEM);
	assert_null(l);
	assert_non_null(strstr(said, "ask for fewer calls"));
	log_capture(NULL, NULL);
}

enum { THREADS = 8, CALLS = 2000 };

static void *in_thread(void *arg)
{
	struct ledger_lane *lane;

	prctl(PR_SET_NAME, "ledger-thread");
	lane = ledger_open_lane(arg, CALLS);
	for (int i = 0; i < CALLS; i++)
		wl_munmap(lane, 1, lane->tid);
	return NULL;
}

static void threads_have_lanes_of_their_own(void **state)
{
	pthread_t threads[THREADS];
	struct ledger *l;

	(void)state;
	assert_int_equal(ledger_create(&l, THREADS, THREADS * CALLS), 0);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, in_thread, l), 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(ledger_lane_count(l), THREADS);
	for (uint32_t i = 0; i < THREADS; i++) {
		const struct ledger_lane *lane = ledger_lane(l, i);
		const struct ledger_entry *e = ledger_entries(l, lane);

		assert_int_equal(lane->count, CALLS);
		assert_int_equal(lane->tgid, getpid());
		assert_int_not_equal(lane->tid, lane->tgid);
		assert_string_equal(lane->comm, "ledger-thread");
		for (int n = 0; n < CALLS; n++)
			assert_int_equal(e[n].len, lane->tid);
	}
	assert_false(ledger_overflowed(l));
	ledger_destroy(l);
}

static void a_forked_process(void **state)
{
	const struct ledger_lane *lane;
	struct ledger *l;
	int64_t brk;
	pid_t pid;

	(void)state;
	assert_int_equal(ledger_create(&l, 2, 8), 0);
	brk = wl_brk(NULL, 0);
	pid = fork();
	if (!pid) {
		struct ledger_lane *mine;

		ledger_prepare(l);
		ledger_open_window(l);
		mine = ledger_open_lane(l, 4);
		wl_brk(mine, (uint64_t)brk + 4096);
		mine = ledger_open_lane(l, 4); /* knows the break of its process */
		wl_brk(mine, (uint64_t)brk);
		ledger_add_units(l, 5);
		ledger_add_units(l, 2);
		ledger_close_window(l);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_int_equal(ledger_lane_count(l), 2);
	lane = ledger_lane(l, 0);
	assert_int_equal(lane->tid, pid);
	assert_int_equal(lane->start_brk, brk);
	assert_int_equal(ledger_entries(l, lane)->ret, brk + 4096);
	lane = ledger_lane(l, 1);
	assert_int_equal(lane->start_brk, brk + 4096);
	assert_int_equal(ledger_entries(l, lane)->ret, brk);
	assert_int_equal(ledger_units(l), 7);
	assert_true(ledger_window_start_ns(l) > 0);
	assert_true(ledger_window_end_ns(l) >= ledger_window_start_ns(l));
	assert_true(ledger_window_end_ns(l) <= clock_ns());
	ledger_destroy(l);
}

static uint64_t faults(void)
{
	struct rusage ru;

	getrusage(RUSAGE_SELF, &ru);
	return (uint64_t)ru.ru_minflt;
}

/* The child writes a large ledger without a page fault of its own: those that are left are the
 * sanitizer's shadow, an eighth of it, and fork()'s copies. */
static void prepared(void **state)
{
	enum { MANY = 50000 }; /* 2 MB, some 490 pages */
	struct ledger *l;
	int status;
	pid_t pid;

	(void)state;
	assert_int_equal(ledger_create(&l, 1, MANY), 0);
	pid = fork();
	if (!pid) {
		struct ledger_lane *lane;
		uint64_t before;

		ledger_prepare(l);
		lane = ledger_open_lane(l, MANY);
		before = faults();
		for (int i = 0; i < MANY; i++)
			wl_munmap(lane, 1, 1);
		_exit(faults() - before < 200 ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(ledger_lane(l, 0)->count, MANY);
	ledger_destroy(l);
}

static void names(void **state)
{
	(void)state;
	for (int i = 0; i < LEDGER_OP_COUNT; i++)
		assert_non_null(ledger_op_names[i]);
	assert_string_equal(ledger_op_names[LEDGER_MREMAP], "mremap");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_what_was_asked),
		cmocka_unit_test(no_lane_is_a_bare_call),
		cmocka_unit_test(full_lane),
		cmocka_unit_test(no_room),
		cmocka_unit_test(too_large),
		cmocka_unit_test(threads_have_lanes_of_their_own),
		cmocka_unit_test(a_forked_process),
		cmocka_unit_test(prepared),
		cmocka_unit_test(names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
