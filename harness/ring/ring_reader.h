/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Our own reader of a BPF ring buffer, straight from its memory. Layout from the kernel's
 * Documentation/bpf/ringbuf.rst and include/uapi/linux/bpf.h: page 0 holds the consumer's position
 * (ours to write), page 1 the producer's, then the data, mapped twice so that no record is ever
 * cut; a record is a header of 8 bytes (length with a busy and a discard bit, page offset) and its
 * data, rounded up to 8.
 */
#ifndef HARNESS_RING_READER_H
#define HARNESS_RING_READER_H

#include "harness/ring/ring_check.h"
#include "lib/base.h"

struct ring_reader {
	uint64_t *consumer_pos;
	const uint64_t *producer_pos;
	const char *data;
	uint64_t mask;	    /* ring_bytes - 1 */
	uint64_t step;	    /* bytes after which the producer is told of the room: tells rarely, but
			       before it runs dry */
	size_t page, bytes; /* what is mapped */
};

#define RING_READER_INIT                                                                           \
	{                                                                                          \
		.consumer_pos = NULL                                                               \
	}

/* Maps the ring buffer map @fd of @ring_bytes. Returns 0 or -errno after saying why. */
int ring_reader_open(struct ring_reader *r, int fd, size_t ring_bytes);
void ring_reader_close(struct ring_reader *r);

/* Checks all records that are there, once around at most. Returns how many bytes of the ring they
 * took. */
uint64_t ring_reader_pass(struct ring_reader *r, struct ring_check *k);

#endif
