/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What calls of an allocator, and messages, come to; and what is said of a profiler that is off. */
#include "lib/base.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>

#include <cmocka.h>

#include "harness/verify/judge.h"
#include "lib/rng.h"
#include "tests/unit/ledger_fixture.h"
#include "workloads/heap.h"

enum { ALLOCS, BYTES, FREES, FREED_BYTES, LIVE_BLOCKS, LIVE_BYTES, EXACT, SIZES = EXACT };
enum { MALLOC, KMALLOC };

extern const struct subject_ops subject_allocations;

static struct model model;

static void predict(int definition, const struct ledger_entry *entries, size_t n)
{
	static struct ledger_lane lane;
	static struct model_lane lanes[1];
	const struct model_definition def = {.subject = &subject_allocations,
					     .key = MONITOR_KEY_TGID,
					     .calls = (enum monitor_definition)definition,
					     .page_bytes = 4096};

	model_release(&model);
	lane = fix_lane(7, 7, n);
	lanes[0] = (struct model_lane){&lane, entries};
	assert_int_equal(model_build(&model, &def, lanes, 1), 0);
	assert_int_equal(model.nrows, 1);
}

static int forget(void **state UNUSED)
{
	model_release(&model);
	return 0;
}

static void comes_to(uint64_t allocs, uint64_t bytes, uint64_t frees, uint64_t freed)
{
	const uint64_t *v = model.rows[0].value;

	assert_true(v[ALLOCS] == allocs);
	assert_true(v[BYTES] == bytes);
	assert_true(v[FREES] == frees);
	assert_true(v[FREED_BYTES] == freed);
	assert_true(v[LIVE_BLOCKS] == allocs - frees);
	assert_true(v[LIVE_BYTES] == bytes - freed);
}

#define HEAP(function, old, had, asked, got)                                                       \
	{                                                                                          \
		.op = LEDGER_HEAP, .nr = HEAP_##function, .addr = (old), .len = (had),             \
		.len2 = (asked), .ret = (got)                                                      \
	}

static const struct ledger_entry heap[] = {
	HEAP(MALLOC, 0, 0, 100, 0x1000),
	HEAP(MALLOC, 0, 0, 0, 0x2000),
	HEAP(REALLOC, 0x1000, 100, 300, 0x3000),
	HEAP(REALLOC, 0, 0, 5, 0x4000),
	HEAP(REALLOCARRAY, 0x4000, 5, 6, 0x4000),
	HEAP(MEMALIGN, 0, 0, 64, 0x5000),
	HEAP(CALLOC, 0, 0, 1ULL << 62, 0),	  /* fails */
	HEAP(REALLOC, 0x5000, 64, 1ULL << 62, 0), /* likewise, and keeps its block */
	HEAP(FREE, 0, 0, 0, 0),
	HEAP(FREE, 0x2000, 0, 0, 0),
	HEAP(FREE, 0x3000, 300, 0, 0),
};

static void of_malloc(void **state UNUSED)
{
	uint32_t sizes = vocabulary_slot(subject_allocations.words, SIZES);

	predict(MALLOC, heap, ARRAY_SIZE(heap));
	comes_to(6, 100 + 300 + 5 + 6 + 64, 4, 100 + 5 + 0 + 300);
	/* 0 bytes; 5 and 6; 64; 100; 300 */
	assert_true(model.rows[0].value[sizes] == 1);
	assert_true(model.rows[0].value[sizes + 3] == 2);
	assert_true(model.rows[0].value[sizes + 7] == 2);
	assert_true(model.rows[0].value[sizes + 9] == 1);
	/* Of the other definition they are nothing. */
	predict(KMALLOC, heap, ARRAY_SIZE(heap));
	comes_to(0, 0, 0, 0);
}

#define SEND(queue, length, result)                                                                \
	{                                                                                          \
		.op = LEDGER_OTHER, .nr = SYS_msgsnd, .args = {(queue), 1, (length), 0},           \
		.ret = (result)                                                                    \
	}
#define RECEIVE(result)                                                                            \
	{                                                                                          \
		.op = LEDGER_OTHER, .nr = SYS_msgrcv, .args = {3, 1, 8192, 0}, .ret = (result)     \
	}

static void of_messages(void **state UNUSED)
{
	static const struct ledger_entry messages[] = {
		SEND(3, 0, 0),		SEND(3, 80, 0), SEND(3, 4048, 0), /* a page with its head of
									     48 */
		SEND(3, 4049, 0),	/* a page, and one byte behind a head of 8 */
		SEND(9, 10, -EINVAL),	/* refused after it was copied: gone at once */
		SEND(-1U, 10, -EINVAL), /* refused before */
		SEND(3, 9999, -E2BIG),	RECEIVE(0),	RECEIVE(-ENOMSG), RECEIVE(4049),
	};
	static const uint64_t long_one = 4096 + 9;

	predict(KMALLOC, messages, ARRAY_SIZE(messages));
	comes_to(6, 48 + 128 + 4096 + long_one + 58, 4, 58 + 48 + long_one);
}

/* @f is said to be @captured: what is guessed. */
static const char *guess(uint64_t f, uint64_t captured)
{
	static struct judge_mismatch m;
	const struct judge_input in = {.model = &model};

	m = (struct judge_mismatch){
		.expected = model.rows[0].value[f], .captured = captured, .numeric = true};
	subject_allocations.explain(&in, &model.rows[0], f, &m);
	return m.text;
}

static void guesses(void **state UNUSED)
{
	predict(MALLOC, heap, ARRAY_SIZE(heap));
	assert_string_equal(guess(BYTES, 475 + 6), ": as if reallocarray were counted twice");
	assert_string_equal(guess(BYTES, 475 - 64), ": as if memalign were not counted");
	assert_string_equal(guess(ALLOCS, 5), ": as if reallocarray or memalign were not counted");
	assert_string_equal(guess(ALLOCS, 8), ": as if malloc or realloc were counted twice");
	assert_string_equal(guess(FREES, 5), ": as if realloc or reallocarray were counted twice");
	assert_string_equal(guess(FREES, 0), ": as if nothing were freed");
	assert_string_equal(guess(LIVE_BLOCKS, 6), ": as if nothing were freed");
	assert_string_equal(guess(LIVE_BYTES, 475), ": as if nothing were freed");
	assert_string_equal(guess(BYTES, 236), ": as if each block had half its bytes");
	assert_string_equal(guess(BYTES, 477), "");
	predict(KMALLOC, heap, 0);
	assert_string_equal(guess(ALLOCS, 3), "");
}

enum { BLOCKS = 2000, RATE = 4096, SAMPLINGS = 2000 };
enum { ALLOCS_ERROR = SIZES + 1, BYTES_ERROR, LIVE_BLOCKS_ERROR, LIVE_BYTES_ERROR, RATES };

/* What a profiler would print that samples each byte: a row of estimates and half intervals. */
static void sample(struct rng *rng, const struct ledger_entry *e, size_t n, double scale,
		   struct counter_table *out)
{
	const struct vocabulary *words = subject_allocations.words;
	double sum[4] = {0}, square[4] = {0};
	struct counter_row *row;

	for (size_t i = 0; i < n; i++) {
		double z = (double)e[i].len2, p = 1 - exp(-z / RATE);

		if ((double)rng_below(rng, 1U << 30) / (1U << 30) >= p)
			continue;
		for (size_t f = 0; f < 4; f++) {
			double w = f & 1 ? z : 1;

			sum[f] += w / p;
			square[f] += w * w * (1 - p) / p / p;
		}
	}
	*out = counter_table_new(words, ((1ULL << EXACT) - 1) | 31ULL << ALLOCS_ERROR, 4);
	row = counter_table_add(out, 7);
	for (size_t f = 0; f < 4; f++) {
		static const uint32_t values[] = {ALLOCS, BYTES, LIVE_BLOCKS, LIVE_BYTES};

		row->value[values[f]] = (uint64_t)(scale * sum[f]);
		row->value[vocabulary_slot(words, ALLOCS_ERROR + f)] =
			(uint64_t)(1.96 * sqrt(square[f]));
	}
	row->value[vocabulary_slot(words, RATES)] = RATE;
	counter_table_finish(out);
}

static uint64_t mismatches(const struct counter_table *table)
{
	static struct judge_result r;
	const struct judge_input in = {.model = &model, .table = table};

	subject_allocations.judge(&in, &r);
	assert_int_equal(r.counters, 8);
	assert_int_equal(r.verdict, r.mismatches ? JUDGE_MISMATCH : JUDGE_BOUNDED);
	return r.mismatches;
}

/* Chance explains all of 2,000 samplings, and none of those that are off by a tenth. */
static void samplings(void **state UNUSED)
{
	static struct ledger_entry blocks[BLOCKS];
	struct rng rng = {.state = 1};
	struct counter_table table;

	for (size_t i = 0; i < BLOCKS; i++)
		blocks[i] = (struct ledger_entry)HEAP(MALLOC, 0, 0, 16 + rng_below(&rng, 20000),
						      (int64_t)(i + 1) << 16);
	predict(MALLOC, blocks, BLOCKS);
	for (int i = 0; i < SAMPLINGS; i++) {
		sample(&rng, blocks, BLOCKS, 1, &table);
		assert_int_equal(mismatches(&table), 0);
		counter_table_release(&table);
	}
	for (int i = 0; i < 20; i++) {
		sample(&rng, blocks, BLOCKS, 1.1, &table);
		assert_true(mismatches(&table) >= 2);
		counter_table_release(&table);
	}
}

static void workloads(void **state UNUSED)
{
	assert_int_equal(subject_allocations.workloads_by((enum monitor_definition)MALLOC),
			 WORKLOAD_MALLOC);
	assert_int_equal(subject_allocations.workloads_by((enum monitor_definition)KMALLOC),
			 WORKLOAD_KMALLOC);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(of_malloc), cmocka_unit_test(of_messages),
		cmocka_unit_test(guesses),   cmocka_unit_test(samplings),
		cmocka_unit_test(workloads),
	};

	return cmocka_run_group_tests(tests, NULL, forget);
}
