/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Our ring reader on a ring made by hand in a file: two position pages, then the data twice. */
#include "lib/base.h"
#include "harness/ring/ring_consume.h"

#include <linux/bpf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/log.h"

struct ring {
	int fd;
	size_t page, bytes;
	char *base; /* the whole file, writable */
	struct ring_reader reader;
};

static uint64_t *position(struct ring *r, int page)
{
	return (uint64_t *)(void *)(r->base + (size_t)page * r->page);
}

static int setup(void **state)
{
	static struct ring r;
	size_t whole;

	r.page = (size_t)sysconf(_SC_PAGESIZE);
	r.bytes = 4 * r.page;
	whole = 2 * r.page + 2 * r.bytes;
	r.fd = memfd_create("ring", 0);
	assert_true(r.fd >= 0);
	assert_int_equal(ftruncate(r.fd, (off_t)whole), 0);
	r.base = mmap(NULL, whole, PROT_READ | PROT_WRITE, MAP_SHARED, r.fd, 0);
	assert_ptr_not_equal(r.base, MAP_FAILED);
	assert_int_equal(ring_reader_open(&r.reader, r.fd, r.bytes), 0);
	*state = &r;
	return 0;
}

static int teardown(void **state)
{
	struct ring *r = *state;

	ring_reader_close(&r->reader);
	ring_reader_close(&r->reader); /* once more does no harm */
	munmap(r->base, 2 * r->page + 2 * r->bytes);
	close(r->fd);
	return 0;
}

/* Both copies of the data, as the kernel's double mapping has it. */
static void put(struct ring *r, uint64_t at, const void *data, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		uint64_t where = (at + i) & (r->bytes - 1);

		r->base[2 * r->page + where] = ((const char *)data)[i];
		r->base[2 * r->page + r->bytes + where] = ((const char *)data)[i];
	}
}

/* Writes record @seq at @at with @flags in its header; returns the position after it. */
static uint64_t put_record(struct ring *r, uint64_t at, uint32_t bytes, uint64_t seq,
			   uint32_t flags)
{
	uint64_t word[RINGLOAD_MAX_RECORD / 8], head = ringload_head(0, seq),
						mix = ringload_mix(head);
	uint32_t header[2] = {bytes | flags, 0};

	word[0] = head | mix >> 48;
	for (uint32_t w = 1; w < bytes / 8; w++)
		word[w] = mix += RINGLOAD_STEP;
	put(r, at, header, sizeof(header));
	put(r, at + sizeof(header), word, bytes);
	return at + sizeof(header) + bytes;
}

static void test_empty(void **state)
{
	struct ring *r = *state;
	struct ring_check k;

	ring_check_init(&k, 8, 1);
	assert_int_equal(ring_reader_pass(&r->reader, &k, false), 0);
	assert_int_equal(k.lane[0].consumed, 0);
	assert_int_equal(*position(r, 0), 0);
}

/* Several times around, so that records lie across the end of the data. */
static void test_around_and_around(void **state)
{
	static const uint32_t sizes[] = {8, 56, 64, 256, 88};
	struct ring *r = *state;

	for (size_t s = 0; s < ARRAY_SIZE(sizes); s++) {
		uint64_t at = *position(r, 0), seq = 0;
		struct ring_check k;

		ring_check_init(&k, sizes[s], 1);
		for (int pass = 0; pass < 23; pass++) {
			uint64_t from = at;

			while (at - from + sizes[s] + 8 <= r->bytes)
				at = put_record(r, at, sizes[s], seq++, 0);
			*position(r, 1) = at;
			assert_int_equal(ring_reader_pass(&r->reader, &k, false), at - from);
			assert_int_equal(*position(r, 0), at);
		}
		assert_int_equal(k.bad, 0);
		assert_int_equal(k.lane[0].consumed, seq);
		assert_int_equal(k.lane[0].gaps, 0);
	}
}

static void test_stops_at_a_busy_record(void **state)
{
	struct ring *r = *state;
	struct ring_check k;
	uint64_t busy, end;

	ring_check_init(&k, 56, 1);
	busy = put_record(r, 0, 56, 0, 0);
	end = put_record(r, busy, 56, 1, BPF_RINGBUF_BUSY_BIT);
	end = put_record(r, end, 56, 2, 0);
	*position(r, 1) = end;
	assert_int_equal(ring_reader_pass(&r->reader, &k, false), busy);
	assert_int_equal(*position(r, 0), busy);
	assert_int_equal(ring_reader_pass(&r->reader, &k, false), 0);
	put_record(r, busy, 56, 1, 0);
	assert_int_equal(ring_reader_pass(&r->reader, &k, false), end - busy);
	assert_int_equal(k.lane[0].consumed, 3);
	assert_int_equal(k.lane[0].gaps + k.bad, 0);
}

/* The producer is told of the room when a step is full, when asked to, and by a pass that keeps
 * nothing, even one that finds nothing. */
static void test_keeps_the_room_to_itself(void **state)
{
	struct ring *r = *state;
	uint64_t at = 0, seq = 0;
	struct ring_check k;

	ring_check_init(&k, 56, 1);
	at = put_record(r, at, 56, seq++, 0);
	*position(r, 1) = at;
	assert_int_equal(ring_reader_pass(&r->reader, &k, true), at);
	assert_int_equal(*position(r, 0), 0);
	assert_int_equal(ring_reader_pass(&r->reader, &k, true), 0); /* and not once more */
	ring_reader_tell(&r->reader);
	assert_int_equal(*position(r, 0), at);
	while (at < r->reader.step + 64)
		at = put_record(r, at, 56, seq++, 0);
	at = put_record(r, at, 56, seq++, 0);
	*position(r, 1) = at;
	ring_reader_pass(&r->reader, &k, true);
	assert_int_equal(*position(r, 0), r->reader.step + 64);
	assert_int_equal(ring_reader_pass(&r->reader, &k, false), 0);
	assert_int_equal(*position(r, 0), at);
	assert_int_equal(k.lane[0].consumed, seq);
	assert_int_equal(k.lane[0].gaps + k.bad, 0);
}

static void test_passes_over_discarded_and_counts_strange_records(void **state)
{
	struct ring *r = *state;
	struct ring_check k;
	uint64_t at;

	ring_check_init(&k, 64, 1);
	at = put_record(r, 0, 64, 0, 0);
	at = put_record(r, at, 8, 77, BPF_RINGBUF_DISCARD_BIT);
	at = put_record(r, at, 64, 1, 0);
	at = put_record(r, at, 56, 2, 0); /* of another size */
	at = put_record(r, at, 64, 3, 0);
	*position(r, 1) = at;
	assert_int_equal(ring_reader_pass(&r->reader, &k, false), at);
	assert_int_equal(k.lane[0].consumed, 3);
	assert_int_equal(k.lane[0].gaps, 1);
	assert_int_equal(k.bad, 1);
	assert_int_equal(k.first_wrong, RING_WRONG_LENGTH);
}

static void swallow(void *arg UNUSED, enum log_level level UNUSED, const char *line UNUSED)
{
}

static void test_what_cannot_be_mapped(void **state UNUSED)
{
	struct ring_reader r = RING_READER_INIT;

	log_capture(swallow, NULL);
	assert_int_equal(ring_reader_open(&r, -1, 4096), -EBADF);
	log_capture(NULL, NULL);
	ring_reader_close(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_empty, setup, teardown),
		cmocka_unit_test_setup_teardown(test_around_and_around, setup, teardown),
		cmocka_unit_test_setup_teardown(test_stops_at_a_busy_record, setup, teardown),
		cmocka_unit_test_setup_teardown(test_keeps_the_room_to_itself, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_passes_over_discarded_and_counts_strange_records, setup, teardown),
		cmocka_unit_test(test_what_cannot_be_mapped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
