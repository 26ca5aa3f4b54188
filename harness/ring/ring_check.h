/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Checks the content of every record of the ring load (bpf/probes/ringload.h) as it is consumed.
 * Works on plain memory: no BPF here. The first part is inline because it runs 30 million times a
 * second.
 */
#ifndef HARNESS_RING_CHECK_H
#define HARNESS_RING_CHECK_H

#include "bpf/probes/ringload.h"
#include "lib/base.h"
#include "lib/strbuf.h"

/* What was wrong with a record. */
enum ring_wrong {
	RING_RIGHT,
	RING_WRONG_LENGTH,
	RING_WRONG_CHECK, /* of the first word */
	RING_WRONG_PRODUCER,
	RING_WRONG_CONTENT, /* of the other words */
	RING_WRONG_ORDER,   /* a sequence number that came before */
};

struct ring_lane {
	uint64_t next;	   /* sequence number that must come, or a later one */
	uint64_t gaps;	   /* numbers that were passed over */
	uint64_t consumed; /* right records */
};

struct ring_check {
	uint32_t record_bytes, producers;
	struct ring_lane lane[RINGLOAD_PRODUCERS];
	uint64_t bad;
	enum ring_wrong first_wrong; /* of the first bad record, with its first word and length */
	uint64_t first_word;
	uint32_t first_length;
};

void ring_check_init(struct ring_check *k, uint32_t record_bytes, uint32_t producers);
/* Counts a bad record, remembers the first. */
void ring_check_blame(struct ring_check *k, const void *record, uint32_t length,
		      enum ring_wrong wrong);

/* @length is a constant to the compiler where speed matters, and equals k->record_bytes then. */
static inline __attribute__((always_inline)) enum ring_wrong
ring_check_words(struct ring_check *k, const uint64_t *word, uint32_t length)
{
	uint64_t first = word[0], head = first & ~0xffffULL, mix = ringload_mix(head), wrong = 0;
	uint64_t seq = head >> 16 & RINGLOAD_SEQ_MASK;
	uint32_t producer = (uint32_t)(head >> 56);
	struct ring_lane *lane;

	if (__builtin_expect((mix >> 48) != (first & 0xffff), 0))
		return RING_WRONG_CHECK;
	if (__builtin_expect(producer >= k->producers, 0))
		return RING_WRONG_PRODUCER;
	for (uint32_t w = 1; w < length / 8; w++)
		wrong |= word[w] ^ (mix + w * RINGLOAD_STEP);
	if (__builtin_expect(wrong != 0, 0))
		return RING_WRONG_CONTENT;
	lane = &k->lane[producer];
	if (__builtin_expect(seq < lane->next, 0))
		return RING_WRONG_ORDER;
	lane->gaps += seq - lane->next;
	lane->next = seq + 1;
	lane->consumed++;
	return RING_RIGHT;
}

static inline __attribute__((always_inline)) void
ring_check_record(struct ring_check *k, const void *record, uint32_t length, uint32_t expected)
{
	enum ring_wrong wrong = RING_WRONG_LENGTH;

	if (__builtin_expect(length == expected, 1))
		wrong = ring_check_words(k, record, expected);
	if (__builtin_expect(wrong != RING_RIGHT, 0))
		ring_check_blame(k, record, length, wrong);
}

/* The books of one producer at the end: what it did by its own count, what the program says, what
 * arrived. */
struct ring_books {
	uint64_t produced; /* records it asked for: runs of the program times records a run, counted
			      in user space */
	uint64_t attempts, dropped; /* by the program */
	uint64_t consumed, gaps;    /* by the checker, with what is missing at the end */
};

/* What the checker knows of @producer, to be called after the last record. */
struct ring_books ring_check_books(const struct ring_check *k, uint32_t producer, uint64_t produced,
				   const struct ringload_producer *said);
/* consumed + dropped == produced == attempts, and gaps == dropped. */
bool ring_books_close(const struct ring_books *b);

/* A sentence on the first bad record, for the report. Nothing when there is none. */
void ring_check_explain(const struct ring_check *k, struct strbuf *out);
/* A sentence on books that do not close. */
void ring_books_explain(const struct ring_books *b, uint32_t producer, struct strbuf *out);

#endif
