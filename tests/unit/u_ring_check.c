/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The ring's checker: every wrong bit is found, and books close only when they should. */
#include "lib/base.h"
#include "harness/ring/ring_check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "lib/rng.h"

/* A record as the BPF program writes it (bpf/probes/ringload.bpf.c). */
static void make_record(uint64_t *word, uint32_t bytes, uint64_t producer, uint64_t seq)
{
	uint64_t head = ringload_head(producer, seq), mix = ringload_mix(head);

	word[0] = head | mix >> 48;
	for (uint32_t w = 1; w < bytes / 8; w++)
		word[w] = mix += RINGLOAD_STEP;
}

static void take(struct ring_check *k, uint32_t bytes, uint64_t producer, uint64_t seq)
{
	uint64_t word[RINGLOAD_MAX_RECORD / 8];

	make_record(word, bytes, producer, seq);
	ring_check_record(k, word, bytes, bytes);
}

static void test_right_records_are_counted(void **state UNUSED)
{
	for (uint32_t bytes = 8; bytes <= RINGLOAD_MAX_RECORD; bytes += 8) {
		struct ring_check k;

		ring_check_init(&k, bytes, 2);
		for (uint64_t seq = 0; seq < 23; seq++)
			take(&k, bytes, seq & 1, seq / 2);
		assert_int_equal(k.bad, 0);
		assert_int_equal(k.lane[0].consumed, 12);
		assert_int_equal(k.lane[1].consumed, 11);
		assert_int_equal(k.lane[0].gaps + k.lane[1].gaps, 0);
	}
}

static void test_every_single_wrong_bit_is_found(void **state UNUSED)
{
	static const uint32_t sizes[] = {8, 16, 56, 64, 256};
	struct rng rng = {.state = 23};

	for (size_t s = 0; s < ARRAY_SIZE(sizes); s++)
		for (int round = 0; round < 101; round++) {
			uint64_t seq = rng_next(&rng) & RINGLOAD_SEQ_MASK;

			for (uint32_t bit = 0; bit < sizes[s] * 8; bit++) {
				uint64_t word[32];
				struct ring_check k;

				make_record(word, sizes[s], 1, seq);
				word[bit / 64] ^= 1ULL << bit % 64;
				ring_check_init(&k, sizes[s], 2);
				ring_check_record(&k, word, sizes[s], sizes[s]);
				assert_int_equal(k.bad, 1);
				assert_int_equal(k.first_wrong,
						 bit < 64 ? RING_WRONG_CHECK : RING_WRONG_CONTENT);
				assert_int_equal(k.lane[1].consumed, 0);
			}
		}
}

static void test_words_of_two_records_do_not_pass(void **state UNUSED)
{
	uint64_t a[8], b[8];

	for (uint32_t cut = 1; cut < 8; cut++) {
		struct ring_check k;

		make_record(a, 64, 0, 1008);
		make_record(b, 64, 0, 1009);
		memcpy(a + cut, b + cut, (8 - cut) * sizeof(*a));
		ring_check_init(&k, 64, 1);
		ring_check_record(&k, a, 64, 64);
		assert_int_equal(k.first_wrong, RING_WRONG_CONTENT);
	}
}

static void test_length_producer_and_order(void **state UNUSED)
{
	struct strbuf sb = STRBUF_INIT;
	uint64_t word[8];
	struct ring_check k;

	ring_check_init(&k, 56, 1);
	make_record(word, 64, 0, 5);
	ring_check_record(&k, word, 64, 56);
	assert_int_equal(k.first_wrong, RING_WRONG_LENGTH);
	assert_int_equal(k.first_length, 64);

	ring_check_init(&k, 56, 1);
	make_record(word, 56, 1, 5);
	ring_check_record(&k, word, 56, 56);
	assert_int_equal(k.first_wrong, RING_WRONG_PRODUCER);

	ring_check_init(&k, 56, 1);
	take(&k, 56, 0, 7);
	take(&k, 56, 0, 7);
	take(&k, 56, 0, 6);
	assert_int_equal(k.bad, 2);
	assert_int_equal(k.lane[0].consumed, 1);
	ring_check_explain(&k, &sb);
	assert_string_equal(sb.s,
			    "2 bad records; the first (56 bytes, producer 0, sequence number 7): "
			    "its sequence number came before");
	strbuf_release(&sb);
}

static void test_nothing_to_explain(void **state UNUSED)
{
	struct strbuf sb = STRBUF_INIT;
	struct ring_check k;

	ring_check_init(&k, 8, 1);
	ring_check_explain(&k, &sb);
	assert_int_equal(sb.len, 0);
	strbuf_release(&sb);
}

/* 1009 asked for; those from 100 to 122 and the last three found no room. */
static struct ring_books close_after(uint64_t attempts, uint64_t dropped, bool lose_one)
{
	const struct ringload_producer said = {.attempts = attempts, .dropped = dropped};
	struct ring_check k;

	ring_check_init(&k, 8, 1);
	for (uint64_t seq = 0; seq < 1006; seq++)
		if ((seq < 100 || seq > 122) && !(lose_one && seq == 500))
			take(&k, 8, 0, seq);
	return ring_check_books(&k, 0, 1009, &said);
}

static void test_books_close_when_gaps_are_drops(void **state UNUSED)
{
	struct ring_books b = close_after(1009, 26, false);

	assert_int_equal(b.consumed, 983);
	assert_int_equal(b.gaps, 26);
	assert_true(ring_books_close(&b));
}

static void test_books_do_not_close(void **state UNUSED)
{
	struct strbuf sb = STRBUF_INIT;
	struct ring_books b;

	b = close_after(1009, 25, false); /* a drop was not counted */
	assert_false(ring_books_close(&b));
	b = close_after(1009, 26, true); /* a record vanished */
	assert_false(ring_books_close(&b));
	b = close_after(1009, 27, true); /* counted as dropped: fine */
	assert_true(ring_books_close(&b));
	b = close_after(1010, 26, false); /* the program ran once more than it was asked to */
	assert_false(ring_books_close(&b));
	b = close_after(1008, 26, false); /* a run was skipped */
	assert_false(ring_books_close(&b));
	ring_books_explain(&b, 0, &sb);
	assert_string_equal(sb.s,
			    "producer 0: asked for 1009 records, the program counted 1008, of "
			    "which 26 dropped; 983 arrived, 26 sequence numbers are missing");
	strbuf_release(&sb);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_right_records_are_counted),
		cmocka_unit_test(test_every_single_wrong_bit_is_found),
		cmocka_unit_test(test_words_of_two_records_do_not_pass),
		cmocka_unit_test(test_length_producer_and_order),
		cmocka_unit_test(test_nothing_to_explain),
		cmocka_unit_test(test_books_close_when_gaps_are_drops),
		cmocka_unit_test(test_books_do_not_close),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
