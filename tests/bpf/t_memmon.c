/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The shipped objects on this kernel: a child's known calls are counted and told exactly. */
#include "lib/base.h"
#include "tests/bpf/live.h"

#include <bpf/bpf.h>
#include <poll.h>

#include "bpf/memmon/memmon.h"
#include "collector/object.h"

#define ROUNDS 101

static void known_calls(void)
{
	for (int i = 0; i < ROUNDS; i++) {
		void *big = raw_mmap(8192), *small = raw_mmap(1023);

		raw_munmap(big, 4096);
		raw_munmap((char *)big + 4096, 4096);
		raw_munmap(small, 1023);
		raw_brk(0x1234);
	}
	raw_mmap(1 << 20);
	raw_munmap((void *)1, 7); /* fails; counted all the same */
}

struct seen {
	uint64_t n, type[5], bytes[5];
	uint32_t pid;
	bool order; /* timestamps never went back */
	uint64_t last;
};

static void see(void *arg, const struct event *e)
{
	struct seen *s = arg;

	assert_int_equal(e->pid, s->pid);
	assert_int_equal(e->tgid, s->pid);
	assert_true(e->value[MEM_EVENT_TYPE] <= MEM_EVENT_BRK);
	assert_string_equal(e->comm, "t_memmon");
	assert_int_equal(e->length, sizeof(struct mem_event));
	assert_true(e->timestamp_ns >= s->last);
	if (e->value[MEM_EVENT_TYPE] == MEM_EVENT_BRK)
		assert_int_equal(e->value[MEM_EVENT_ADDRESS], 0x1234);
	s->last = e->timestamp_ns;
	s->n++;
	s->type[e->value[MEM_EVENT_TYPE]]++;
	s->bytes[e->value[MEM_EVENT_TYPE]] += e->value[MEM_EVENT_SIZE];
}

static void check_counters(struct monitor *m, uint32_t key)
{
	const uint64_t mmap_bytes = ROUNDS * 8192 + (1 << 20);
	struct counter_table t;
	const struct counter_row *row;

	assert_int_equal(monitor_snapshot(m, &t), 0);
	assert_int_equal(t.fields, (1 << MEM_MMAP_BYTES) - 1); /* the nine of the seeds */
	assert_int_equal(t.n, 1);
	row = counter_table_find(&t, key);
	assert_non_null(row);
	assert_int_equal(row->value[MEM_MMAP_COUNT], ROUNDS + 1);
	assert_int_equal(row->value[MEM_MUNMAP_COUNT], 3 * ROUNDS + 1);
	/* The 1023 bytes never added are taken away where they can be: from what the last mmap
	 * left. */
	assert_int_equal(row->value[MEM_CURRENT_USAGE], (1 << 20) - 7);
	assert_int_equal(row->value[MEM_PEAK_USAGE], 1 << 20);
	assert_in_range(row->value[MEM_LAST_UPDATE], 1, UINT64_MAX);
	assert_int_equal(row->value[MEM_TOTAL_ALLOCATED], 0);
	assert_true(row->value[MEM_CURRENT_USAGE] <= mmap_bytes);
	counter_table_release(&t);
}

static void check_losses(struct monitor *m)
{
	struct monitor_losses losses;

	assert_int_equal(monitor_losses(m, &losses), 0);
	assert_int_equal(losses.ring_full, 0);
	assert_int_equal(losses.map_full, 0);
	assert_int_equal(losses.recursion_misses, 0);
	assert_int_equal(losses.bad_records, 0);
}

static void counts_exactly(const char *name, enum monitor_key key)
{
	struct monitor *m;
	struct seen seen = {0};
	struct live l;

	live_start(&l, known_calls);
	assert_int_equal(monitor_open(&m, name, &l.target, NULL), 0);
	assert_string_equal(monitor_info(m)->name, name);
	assert_int_equal(monitor_info(m)->key, key);
	assert_int_equal(monitor_info(m)->caps,
			 MONITOR_COUNTERS | MONITOR_EVENTS | MONITOR_LOSSES | MONITOR_CGROUP);
	assert_int_equal(monitor_info(m)->ring_bytes, MEM_RING_BYTES);
	assert_int_equal(monitor_info(m)->map_entries, MEM_STATS_MAX);
	assert_int_equal(monitor_attach(m), 0);
	live_run(&l);
	assert_int_equal(monitor_detach(m), 0);
	assert_int_equal(monitor_detach(m), 0);
	seen.pid = (uint32_t)l.child.pid;
	while (monitor_poll(m, 0, see, &seen) > 0)
		;
	assert_int_equal(seen.n, 5 * ROUNDS + 2); /* but for the mmaps of 1023 bytes */
	assert_int_equal(seen.type[MEM_EVENT_MMAP], ROUNDS + 1);
	assert_int_equal(seen.type[MEM_EVENT_MUNMAP], 3 * ROUNDS + 1);
	assert_int_equal(seen.type[MEM_EVENT_BRK], ROUNDS);
	assert_int_equal(seen.bytes[MEM_EVENT_MMAP], ROUNDS * 8192 + (1 << 20));
	assert_int_equal(seen.bytes[MEM_EVENT_MUNMAP], ROUNDS * (8192 + 1023) + 7);
	check_counters(m, seen.pid);
	check_losses(m);
	monitor_close(m);
	live_end(&l);
}

static void memmon(void **state UNUSED)
{
	counts_exactly("memmon", MONITOR_KEY_TID);
}

static void memmon_tgid(void **state UNUSED)
{
	counts_exactly("memmon-tgid", MONITOR_KEY_TGID);
}

#define FLOOD 6000

static void flood(void)
{
	for (int i = 0; i < FLOOD; i++)
		raw_munmap((void *)1, 4096);
}

/* More records than the ring holds, and nobody reads: each call is a record or a loss. */
static void a_full_ring(void **state UNUSED)
{
	struct monitor_losses losses;
	struct seen seen = {0};
	struct monitor *m;
	struct counter_table t;
	struct live l;
	int n;

	live_start(&l, flood);
	assert_int_equal(monitor_open(&m, "memmon", &l.target, NULL), 0);
	assert_int_equal(monitor_attach(m), 0);
	live_run(&l);
	assert_int_equal(monitor_detach(m), 0);
	seen.pid = (uint32_t)l.child.pid;
	n = monitor_poll(m, 0, see, &seen);
	assert_int_equal(n, MEM_RING_BYTES / 64 -
				    1); /* 56 bytes and a header of 8; never quite full */
	assert_int_equal(monitor_poll(m, 0, see, &seen), 0);
	assert_int_equal(monitor_losses(m, &losses), 0);
	assert_int_equal(losses.ring_full, FLOOD - n);
	assert_int_equal(losses.map_full, 0);
	assert_int_equal(monitor_snapshot(m, &t), 0);
	assert_int_equal(counter_table_row(&t, 0)->value[MEM_MUNMAP_COUNT], FLOOD);
	counter_table_release(&t);
	monitor_close(m);
	live_end(&l);
}

/* How full it is, what wakes its reader, and keys that are taken out. */
static void fill_and_forget(void **state UNUSED)
{
	struct monitor_fill fill;
	struct seen seen = {0};
	struct counter_table t;
	struct monitor *m;
	struct pollfd fd;
	struct live l;

	live_start(&l, known_calls);
	assert_int_equal(monitor_open(&m, "memmon", &l.target, NULL), 0);
	assert_int_equal(monitor_event_fds(m, &fd.fd, 1), 1);
	assert_int_equal(monitor_event_fds(m, NULL, 0), 1);
	assert_int_equal(monitor_attach(m), 0);
	fd.events = POLLIN;
	assert_int_equal(poll(&fd, 1, 0), 0);
	live_run(&l);
	assert_int_equal(monitor_detach(m), 0);
	assert_int_equal(poll(&fd, 1, 1000), 1);
	assert_int_equal(monitor_fill(m, &fill), 0);
	assert_int_equal(fill.keys, 1);
	assert_int_equal(fill.keys_max, MEM_STATS_MAX);
	assert_int_equal(fill.ended_max, 0);
	assert_int_equal(fill.ring_pending, (5 * ROUNDS + 2) * 64);
	assert_int_equal(fill.ring_bytes, MEM_RING_BYTES);
	seen.pid = (uint32_t)l.child.pid;
	assert_int_equal(monitor_poll(m, 0, see, &seen), 5 * ROUNDS + 2);
	assert_int_equal(monitor_forget(m, 1), 0); /* never there */
	assert_int_equal(monitor_forget(m, seen.pid), 0);
	assert_int_equal(monitor_fill(m, &fill), 0);
	assert_int_equal(fill.keys, 0);
	assert_int_equal(fill.ring_pending, 0);
	assert_int_equal(monitor_set_events(m, false), -ENOTSUP);
	assert_int_equal(monitor_take_ended(m, &t), -ENOTSUP);
	monitor_close(m);
	live_end(&l);
}

/* No room for a new thread: its calls are counted as lost, their records are written. */
static void a_full_map(void **state UNUSED)
{
	struct mem_stats value = {.mmap_count = 1};
	struct monitor_losses losses;
	struct seen seen = {0};
	struct monitor *m;
	struct counter_table t;
	struct live l;

	live_start(&l, known_calls);
	assert_int_equal(monitor_open(&m, "memmon", &l.target, NULL), 0);
	for (uint32_t i = 0; i < MEM_STATS_MAX; i++) {
		uint32_t key = UINT32_MAX - i;

		assert_int_equal(bpf_map_update_elem(monitor_map_fd(m, "mem_stats_map"), &key,
						     &value, BPF_NOEXIST),
				 0);
	}
	assert_int_equal(monitor_attach(m), 0);
	live_run(&l);
	assert_int_equal(monitor_detach(m), 0);
	assert_int_equal(monitor_losses(m, &losses), 0);
	assert_int_equal(losses.map_full, ROUNDS + 1 + 3 * ROUNDS + 1);
	assert_int_equal(losses.ring_full, 0);
	seen.pid = (uint32_t)l.child.pid;
	assert_int_equal(monitor_poll(m, 0, see, &seen), 5 * ROUNDS + 2);
	assert_int_equal(monitor_snapshot(m, &t), 0);
	assert_int_equal(t.n, MEM_STATS_MAX);
	assert_null(counter_table_find(&t, seen.pid));
	assert_non_null(counter_table_find(&t, UINT32_MAX));
	counter_table_release(&t);
	monitor_close(m);
	live_end(&l);
}

static void nop_and_none(void **state UNUSED)
{
	static const char *const names[] = {"nop", "none"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct monitor *m;
		struct monitor_cost cost;
		struct counter_table t;

		assert_int_equal(monitor_open(&m, names[i], NULL, NULL), 0);
		assert_int_equal(monitor_info(m)->caps, MONITOR_NULL);
		assert_int_equal(monitor_attach(m), 0);
		assert_int_equal(monitor_poll(m, 0, NULL, NULL), 0);
		assert_int_equal(monitor_snapshot(m, &t), 0);
		assert_int_equal(t.n, 0);
		counter_table_release(&t);
		assert_int_equal(monitor_cost(m, &cost), 0);
		assert_int_equal(cost.nprograms, i ? 0 : 3);
		monitor_close(m);
	}
}

static void names(void **state UNUSED)
{
	char **list = monitor_names();
	bool found[5] = {0};

	for (size_t i = 0; list[i]; i++) {
		found[0] |= !strcmp(list[i], "memmon");
		found[1] |= !strcmp(list[i], "memmon-tgid");
		found[2] |= !strcmp(list[i], "none");
		found[3] |= !strcmp(list[i], "nop");
		found[4] |= !strcmp(list[i], "memmon.bt");
		if (i)
			assert_true(strcmp(list[i - 1], list[i]) < 0);
	}
	for (size_t i = 0; i < ARRAY_SIZE(found); i++)
		assert_true(found[i]);
	free(list);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(memmon),	   cmocka_unit_test(memmon_tgid),
		cmocka_unit_test(a_full_ring),	   cmocka_unit_test(a_full_map),
		cmocka_unit_test(fill_and_forget), cmocka_unit_test(nop_and_none),
		cmocka_unit_test(names),
	};

	return live_main(tests, ARRAY_SIZE(tests), "t_memmon");
}
