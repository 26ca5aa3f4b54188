/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The record of raw syscalls: what a child did is in it, both sides, texts, names and times. */
#include "lib/base.h"
#include "tests/bpf/live.h"

#include <fcntl.h>

#include "harness/verify/calls.h"
#include "lib/clock.h"

enum { CALLS = 1009, OPENS = 7 };

#define PATH "/beebench/no/such/file"

static void make_calls(void)
{
	/* On the stack, whose page is there: a program of BPF cannot wait for another. */
	char path[] = PATH;

	for (long i = 0; i < CALLS; i++)
		syscall(SYS_getpgid, -1 - i);
	for (int i = 0; i < OPENS; i++)
		syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
	syscall(SYS_getuid);
}

static void want(struct calls_wanted *w, long nr)
{
	w->enter[nr] = w->exit[nr] = true;
}

/* A record of @live's child from before its calls to after them, while it stands at its gates. */
static struct calls *record(struct live *live, const struct calls_wanted *w,
			    struct calls_verdict *verdict)
{
	struct calls *c;
	bool exact;

	live_start(live, make_calls);
	assert_int_equal(calls_open(&c, &live->cgroup, w), 0);
	assert_int_equal(cgroup_freeze(&live->cgroup, true), 0);
	assert_int_equal(calls_attach(c), 0);
	assert_int_equal(calls_attach_stamps(c), 0);
	assert_int_equal(calls_run_canary(c, &exact), 0);
	assert_true(exact);
	assert_int_equal(cgroup_freeze(&live->cgroup, false), 0);
	live_run(live);
	assert_int_equal(cgroup_freeze(&live->cgroup, true), 0);
	assert_int_equal(calls_finish(c, verdict), 0);
	assert_int_equal(cgroup_freeze(&live->cgroup, false), 0);
	live_end(live);
	assert_int_equal(verdict->lost, 0);
	assert_int_equal(verdict->skipped, 0);
	assert_int_equal(verdict->below, 0);
	assert_true(verdict->whole);
	return c;
}

static void check_call(const struct call *c, size_t nth, uint32_t pid)
{
	assert_int_equal(c->tid, pid);
	assert_int_equal(c->tgid, pid);
	assert_int_equal(c->uid, getuid());
	assert_false(c->compat);
	assert_true(c->comm[0]);
	assert_true(c->late_ns >= c->ns);
	if (c->number == SYS_getpgid) {
		assert_int_equal((int32_t)c->args[0], -1 - (int32_t)nth);
		assert_int_equal(c->ret, c->exit ? -ESRCH : 0);
		assert_null(c->text[0]);
	} else if (c->number == SYS_openat) {
		assert_string_equal(c->text[0], PATH);
		assert_int_equal(c->text_arg[0], 1);
		assert_int_equal(c->args[2], O_RDONLY | O_CLOEXEC);
		assert_int_equal(c->ret, c->exit ? -ENOENT : 0);
	}
}

/* All that is wanted, and nothing else; in order, with times that do not go back. */
static void wanted_calls(void **state)
{
	struct calls_wanted w = {.times = true};
	struct calls_verdict verdict;
	const struct call *list;
	struct live live;
	struct calls *c;
	size_t n, seen[2][2] = {{0}};
	uint64_t last_ns = 0;
	uint32_t pid;

	(void)state;
	want(&w, SYS_getpgid);
	want(&w, SYS_openat);
	w.text[SYS_openat] = 1 << 1;
	c = record(&live, &w, &verdict);
	list = calls_list(c, &n);
	assert_int_equal(n, verdict.recorded);
	assert_int_equal(n, 2 * (CALLS + OPENS));
	pid = list[0].tid;
	for (size_t i = 0; i < n; i++) {
		bool open = list[i].number == SYS_openat;

		assert_true(open || list[i].number == SYS_getpgid);
		assert_true(list[i].ns >= last_ns);
		last_ns = list[i].late_ns;
		check_call(&list[i], seen[open][list[i].exit]++, pid);
	}
	for (int exit = 0; exit < 2; exit++) {
		assert_int_equal(seen[0][exit], CALLS);
		assert_int_equal(seen[1][exit], OPENS);
	}
	calls_close(c);
}

/* The child stood in a read() when the record began, and stands in one when it ends: of each there
 * is what was seen. */
static void edges(void **state)
{
	struct calls_wanted w = {0};
	struct calls_verdict verdict;
	struct calls *c;
	struct live live;
	const struct call *list;
	size_t n;

	(void)state;
	for (int i = 0; i < CALL_NUMBERS; i++)
		want(&w, i);
	c = record(&live, &w, &verdict);
	list = calls_list(c, &n);
	/* Stopped and let go, the read is entered again, and then it returns. */
	assert_in_range(n, 2 * (CALLS + OPENS + 1), SIZE_MAX);
	for (size_t i = 0; i + 1 < n; i++)
		if (!list[i].exit) {
			assert_true(list[i + 1].exit);
			assert_int_equal(list[i].number, list[i + 1].number);
		}
	for (size_t i = 0; i < n; i++)
		assert_int_equal(list[i].late_ns, list[i].ns);
	calls_close(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wanted_calls),
		cmocka_unit_test(edges),
	};

	return live_main(tests, ARRAY_SIZE(tests), "t_calls");
}
