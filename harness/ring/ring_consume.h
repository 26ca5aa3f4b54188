/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Taking records out of rings: our own reader, and the consumers of enum ring_consumer_kind, all of
 * one face, all of them checking what they take. */
#ifndef HARNESS_RING_CONSUME_H
#define HARNESS_RING_CONSUME_H

#include "harness/ring/ring_check.h"
#include "harness/ring/ring_rig.h"
#include "lib/base.h"

/*
 * Our own reader of a BPF ring buffer, straight from its memory. Layout from the kernel's
 * Documentation/bpf/ringbuf.rst and include/uapi/linux/bpf.h: page 0 holds the consumer's position
 * (ours to write), page 1 the producer's, then the data, mapped twice so that no record is ever
 * cut; a record is a header of 8 bytes (length with a busy and a discard bit, page offset) and its
 * data, rounded up to 8.
 */
struct ring_reader {
	uint64_t *consumer_pos;
	const uint64_t *producer_pos;
	const char *data;
	uint64_t at;	    /* read so far: the consumer's position, or what it was not told yet */
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

/*
 * Checks all records that are there, once around at most. Returns how many bytes of the ring they
 * took. With @keep the producer is told of the room only when a step is full: as long as it is not,
 * its ring is not empty, and it wakes nobody.
 */
uint64_t ring_reader_pass(struct ring_reader *r, struct ring_check *k, bool keep);
/* Tells the producer of all the room there is. */
void ring_reader_tell(struct ring_reader *r);

struct ring_buffer;

struct ring_consumer {
	enum ring_consumer_kind kind;
	struct ring_buffer *libbpf;		       /* NULL for RING_OWN, RING_PATIENT */
	struct ring_reader reader[RINGLOAD_PRODUCERS]; /* @nreaders, for these */
	uint32_t nreaders;
	int epoll_fd; /* of RING_PATIENT, else -1 */
	struct ring_check check;
};

/* A consumer for all rings of @rig, as its case says. Returns 0 or -errno after saying why; to be
 * closed in any case. */
int ring_consumer_open(struct ring_consumer *c, const struct ring_rig *rig);
void ring_consumer_close(struct ring_consumer *c);

/*
 * Takes what is there, as its kind does it: sleeping until woken (at most 100 ms), for its
 * interval, spinning, unless @wait is false. Returns 0, or -errno (prints nothing).
 */
int ring_consumer_pass(struct ring_consumer *c, bool wait);
/* Takes all that is there, woken or not. Nobody may produce any more. */
int ring_consumer_drain(struct ring_consumer *c);

#endif
