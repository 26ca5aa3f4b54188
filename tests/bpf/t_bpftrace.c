/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* bpftrace's counters against the C monitor's, attached together; and scripts that cannot work. */
#include "lib/base.h"
#include "tests/bpf/live.h"

#define ROUNDS 97

static void hard_calls(void)
{
	/* A failing mmap that would wrap the usage, when there is none yet: the highest peak. */
	raw_mmap((size_t)-8192);
	for (int i = 0; i < ROUNDS; i++) {
		void *big = raw_mmap(8192), *small = raw_mmap(1023);

		raw_munmap(big, 4096);
		raw_munmap((char *)big + 4096, 4096);
		raw_munmap(small, 1023);
		raw_brk(0);
	}
	raw_mmap(0);
	raw_mmap(1024);
	raw_mmap((size_t)1 << 62);
	raw_munmap((void *)4096, (size_t)-4096);
	raw_munmap((void *)4096, (size_t)1 << 63);
	raw_munmap((void *)1, 7);
}

static void bpftrace_agrees(void **state UNUSED)
{
	static const enum mem_field both[] = {MEM_MMAP_COUNT, MEM_MUNMAP_COUNT, MEM_CURRENT_USAGE,
					      MEM_PEAK_USAGE};
	struct monitor *c, *bt;
	struct counter_table ct, bt_t;
	struct monitor_losses losses;
	struct monitor_cost cost;
	const struct counter_row *row;
	struct strbuf extras = STRBUF_INIT;
	struct live l;

	if (monitor_open(&bt, "memmon.bt", NULL, NULL) == -ENOTSUP) {
		print_message("# bpftrace is not installed\n");
		skip();
	}
	assert_int_equal(monitor_info(bt)->caps, MONITOR_COUNTERS);
	monitor_close(bt);
	live_start(&l, hard_calls);
	assert_int_equal(monitor_open(&c, "memmon", &l.target, NULL), 0);
	assert_int_equal(monitor_open(&bt, "memmon.bt", &l.target, NULL), 0);
	assert_int_equal(monitor_info(bt)->caps, MONITOR_COUNTERS | MONITOR_CGROUP);
	assert_int_equal(monitor_info(bt)->kind, MONITOR_BPFTRACE);
	assert_int_equal(monitor_attach(c), 0);
	assert_int_equal(monitor_attach(bt), 0);
	live_run(&l);
	assert_int_equal(monitor_poll(bt, 1, NULL, NULL), 0);
	assert_int_equal(monitor_detach(bt), 0);
	assert_int_equal(monitor_detach(c), 0);
	assert_int_equal(monitor_snapshot(c, &ct), 0);
	assert_int_equal(monitor_snapshot(bt, &bt_t), 0);
	assert_int_equal(bt_t.n, 1);
	row = counter_table_find(&bt_t, (uint32_t)l.child.pid);
	assert_non_null(row);
	for (size_t i = 0; i < ARRAY_SIZE(both); i++)
		assert_int_equal(row->value[both[i]], counter_table_row(&ct, 0)->value[both[i]]);
	assert_int_equal(row->value[MEM_MMAP_COUNT], ROUNDS + 3);
	assert_int_equal(row->value[MEM_MMAP_SEEN], 2 * ROUNDS + 4);
	assert_int_equal(row->value[MEM_BRK_COUNT], ROUNDS);
	assert_int_equal(row->value[MEM_MUNMAP_COUNT], 3 * ROUNDS + 3);
	assert_true(row->value[MEM_PEAK_USAGE] == (uint64_t)-8192);
	assert_true(row->value[MEM_MMAP_BYTES] ==
		    (uint64_t)-8192 + ROUNDS * 8192 + 1024 + ((uint64_t)1 << 62));
	assert_true(row->value[MEM_MUNMAP_BYTES] ==
		    (uint64_t)ROUNDS * (8192 + 1023) - 4096 + ((uint64_t)1 << 63) + 7);
	assert_int_equal(monitor_losses(bt, &losses), 0);
	assert_int_equal(losses.lost_events, 0);
	assert_int_equal(losses.map_full, 0);
	assert_int_equal(monitor_cost(bt, &cost), 0);
	assert_true(cost.cpu_ns > 0 && cost.rss_bytes > 1 << 20 && cost.attach_ns > 0);
	monitor_extras(bt, &extras);
	assert_string_equal(extras.s, "");
	strbuf_release(&extras);
	counter_table_release(&ct);
	counter_table_release(&bt_t);
	monitor_close(bt);
	monitor_close(c);
	live_end(&l);
}

/*
 * bpftrace 0.17 forgets a SIGINT that comes between two of its waits. strace holds it there for
 * most of the time; that the wait was cut short is then up to us.
 */
static void a_forgotten_signal(void **state UNUSED)
{
	static const char hold[] =
		"command -v strace >/dev/null || exit 77\n"
		"p=$(grep -lx 'PPid:\t%d' /proc/[0-9]*/status 2>/dev/null | cut -d/ -f3 |\n"
		"    while read -r q; do grep -qx bpftrace /proc/$q/comm && echo $q; done)\n"
		"timeout 3 strace -qq -p $p -e 'trace=?epoll_wait,epoll_pwait' \\\n"
		"    -e 'inject=?epoll_wait,epoll_pwait:delay_exit=900000' >/dev/null 2>&1 &\n"
		"sleep 1.2";
	char command[1024];
	struct monitor *m;
	struct counter_table t;
	struct live l;
	int code;

	live_start(&l, hard_calls);
	code = monitor_open(&m, "memmon.bt", &l.target, NULL);
	if (!code) {
		assert_int_equal(monitor_attach(m), 0);
		snprintf(command, sizeof(command), hold, getpid());
		code = system(command);
	}
	if (code) {
		print_message("# needs bpftrace and strace\n");
		monitor_close(m);
		live_run(&l);
		live_end(&l);
		skip();
	}
	live_run(&l);
	assert_int_equal(monitor_detach(m), 0);
	assert_int_equal(monitor_snapshot(m, &t), 0);
	assert_int_equal(t.n, 1);
	assert_int_equal(counter_table_row(&t, 0)->value[MEM_BRK_COUNT], ROUNDS);
	counter_table_release(&t);
	monitor_close(m);
	live_end(&l);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(bpftrace_agrees),
		cmocka_unit_test(a_forgotten_signal),
	};

	return live_main(tests, ARRAY_SIZE(tests), "t_bpftrace");
}
