/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Identities: they close when losses are counted, and break by one call. */
#include "lib/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "harness/subjects/memory.h"
#include "harness/verify/identity.h"
#include "harness/verify/judge.h"
#include "tests/unit/table_fixture.h"

#define FIELD(f) (1ULL << (f))

/* 100 mmaps (10 filtered), 80 munmaps, 5 brks, over two keys. */
static const struct model_totals calls = {
	.calls = {100, 80, 5, 3}, .mmap_filtered = 10, .mmap_bytes = 9000, .munmap_bytes = 7000};

struct capture {
	struct fix_row rows[2];
	struct counter_table table;
	struct identity_input in;
	struct identities out;
};

static int setup(void **state)
{
	static struct capture c;

	c = (struct capture){
		.rows = {{.key = 1, .value = {[MEM_MMAP_COUNT] = 60, [MEM_MUNMAP_COUNT] = 80}},
			 {.key = 2, .value = {[MEM_MMAP_COUNT] = 30}}}};
	c.table = FIX_TABLE(c.rows, 2, FIELD(MEM_MMAP_COUNT) | FIELD(MEM_MUNMAP_COUNT));
	c.in = (struct identity_input){.calls = &calls,
				       .caps = MONITOR_COUNTERS | MONITOR_EVENTS | MONITOR_CGROUP,
				       .table = &c.table,
				       .consumed = 175};
	*state = &c;
	return 0;
}

static const struct identity *find(const struct capture *c, const char *name)
{
	for (size_t i = 0; i < c->out.n; i++)
		if (!strcmp(c->out.v[i].name, name))
			return &c->out.v[i];
	return NULL;
}

static void closed(void **state)
{
	struct capture *c = *state;

	identities_check(&subject_memory, &c->in, &c->out);
	assert_int_equal(c->out.broken, 0);
	assert_int_equal(find(c, "mmap calls = filtered + counted")->left, 100);
	assert_int_equal(find(c, "munmap calls = counted")->right, 80);
	assert_int_equal(find(c, "calls that make an event = consumed + ring full")->left, 175);
	assert_non_null(find(c, "runs skipped by the kernel = none"));
	assert_null(find(c, "brk calls = counted")); /* not offered */
}

static void one_call_short(void **state)
{
	struct capture *c = *state;

	c->rows[1].value[MEM_MMAP_COUNT]--;
	identities_check(&subject_memory, &c->in, &c->out);
	assert_int_equal(c->out.broken, 1);
	assert_false(find(c, "mmap calls = filtered + counted")->holds);
	c->in.losses.map_full = 1; /* the monitor knows of it */
	identities_check(&subject_memory, &c->in, &c->out);
	assert_int_equal(c->out.broken, 0);
	assert_non_null(find(c, "mmap + munmap calls = filtered + counted + map full"));
	assert_null(find(c, "munmap calls = counted"));
	c->in.losses.map_full = UINT64_MAX; /* does not say */
	identities_check(&subject_memory, &c->in, &c->out);
	assert_int_equal(c->out.broken, 1);
	c->in.lost_updates = 1; /* says that it races */
	identities_check(&subject_memory, &c->in, &c->out);
	assert_int_equal(c->out.broken, 0);
}

static void ring(void **state)
{
	struct capture *c = *state;

	c->in.consumed = 170;
	c->in.losses.ring_full = 5;
	identities_check(&subject_memory, &c->in, &c->out);
	assert_int_equal(c->out.broken, 0);
	c->in.losses.ring_full = 4;
	identities_check(&subject_memory, &c->in, &c->out);
	assert_int_equal(c->out.broken, 1);
	c->in.caps &= ~(uint32_t)MONITOR_CGROUP; /* the losses may be others' */
	identities_check(&subject_memory, &c->in, &c->out);
	assert_int_equal(c->out.broken, 0);
	assert_null(find(c, "calls that make an event = consumed + ring full"));
}

static void all_that_a_script_may_offer(void **state)
{
	struct capture *c = *state;

	c->in.caps = MONITOR_COUNTERS;
	c->in.losses.recursion_misses = UINT64_MAX;
	c->table.fields |= FIELD(MEM_MMAP_SEEN) | FIELD(MEM_BRK_COUNT) | FIELD(MEM_MMAP_BYTES) |
			   FIELD(MEM_MUNMAP_BYTES);
	c->rows[0].value[MEM_MMAP_SEEN] = 100;
	c->rows[0].value[MEM_BRK_COUNT] = 5;
	c->rows[0].value[MEM_MMAP_BYTES] = 9000;
	c->rows[1].value[MEM_MUNMAP_BYTES] = 7000;
	identities_check(&subject_memory, &c->in, &c->out);
	assert_int_equal(c->out.n, 6);
	assert_int_equal(c->out.broken, 0);
	c->rows[1].value[MEM_MUNMAP_BYTES]++;
	c->rows[1].value[MEM_BRK_COUNT]++;
	c->rows[1].value[MEM_MMAP_SEEN]++;
	identities_check(&subject_memory, &c->in, &c->out);
	assert_int_equal(c->out.broken, 3);
}

static void completed_calls(void **state)
{
	static const struct model_totals made = {.calls = {100, 80, 5, 3},
						 .failed = {10, 4, 1, 1},
						 .mmap_filtered = 10,
						 .worked = {90, 76, 3, 2},
						 .worked_mmap_bytes = 90 * 4096,
						 .worked_munmap_bytes = 76 * 4096};
	struct capture *c = *state;

	c->in.calls = &made;
	c->in.definition = MONITOR_COMPLETED;
	c->in.consumed = 171;
	c->table.fields |= FIELD(MEM_MREMAP_COUNT) | FIELD(MEM_FAILED_COUNT) |
			   FIELD(MEM_MMAP_BYTES) | FIELD(MEM_BRK_COUNT) | FIELD(MEM_MUNMAP_BYTES);
	c->rows[1].value[MEM_MMAP_COUNT] = 30;
	c->rows[0].value[MEM_MUNMAP_COUNT] = 76;
	c->rows[0].value[MEM_BRK_COUNT] = 3;
	c->rows[1].value[MEM_MREMAP_COUNT] = 2;
	c->rows[1].value[MEM_FAILED_COUNT] = 15; /* the refused brk is no error */
	c->rows[0].value[MEM_MMAP_BYTES] = 90 * 4096;
	c->rows[0].value[MEM_MUNMAP_BYTES] = 76 * 4096;
	identities_check(&subject_memory, &c->in, &c->out);
	assert_int_equal(c->out.n, 10);
	assert_int_equal(c->out.broken, 0);
	assert_int_equal(find(c, "calls counted <= entered")->left, 171);
	assert_int_equal(find(c, "calls counted <= entered")->right, 188);
	assert_int_equal(find(c, "calls that failed = counted")->left, 15);
	assert_int_equal(find(c, "calls that make an event = consumed + ring full")->left, 171);
	/* Number 13: what found no place in a full map closes the sum of all. */
	c->in.losses.map_full = 11;
	c->rows[1].value[MEM_MMAP_COUNT] -= 10;
	c->rows[1].value[MEM_FAILED_COUNT]--;
	identities_check(&subject_memory, &c->in, &c->out);
	assert_int_equal(c->out.broken, 0);
	assert_int_equal(find(c, "calls that worked or failed = counted + map full")->left, 186);
	assert_int_equal(find(c, "mmaps counted <= worked")->left, 80);
	c->in.losses.map_full = 10;
	identities_check(&subject_memory, &c->in, &c->out);
	assert_int_equal(c->out.broken, 1);
	c->in.losses.map_full = 0;
	c->rows[1].value[MEM_MMAP_COUNT] += 10;
	c->rows[1].value[MEM_FAILED_COUNT]++;
	c->in.losses.ring_full = 1; /* an event too many */
	c->rows[1].value[MEM_FAILED_COUNT]++;
	identities_check(&subject_memory, &c->in, &c->out);
	assert_int_equal(c->out.broken, 2);
	c->rows[1].value[MEM_MMAP_COUNT] += 18; /* more than were made */
	identities_check(&subject_memory, &c->in, &c->out);
	assert_false(find(c, "calls counted <= entered")->holds);
}

/* Issue 13, 22: calls that found the map full are not lost in races as well. */
static void a_full_map_is_no_race(void **state)
{
	struct capture *c = *state;
	struct judge_result judged = {0};

	c->in.races = true;
	c->rows[1].value[MEM_MMAP_COUNT] = 14;
	c->in.losses.map_full = 16;
	subject_memory.by_totals(&c->in, &judged);
	assert_int_equal(judged.lost_updates, 0);
	c->in.losses.map_full = 10;
	subject_memory.by_totals(&c->in, &judged);
	assert_int_equal(judged.lost_updates, 6);
	c->in.lost_updates = 6;
	identities_check(&subject_memory, &c->in, &c->out);
	assert_int_equal(c->out.broken, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(closed, setup),
		cmocka_unit_test_setup(one_call_short, setup),
		cmocka_unit_test_setup(ring, setup),
		cmocka_unit_test_setup(all_that_a_script_may_offer, setup),
		cmocka_unit_test_setup(completed_calls, setup),
		cmocka_unit_test_setup(a_full_map_is_no_race, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
