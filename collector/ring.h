/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Takes records out of BPF ring buffers and puts them in our terms. */
#ifndef COLLECTOR_RING_H
#define COLLECTOR_RING_H

#include "collector/collect.h"
#include "collector/manifest.h"

/* Records a call delivers at most: more than a ring of common size can hold at once. */
#define RING_BATCH 65536

/* Where the fields of a record are. */
struct event_layout {
	uint32_t length; /* bytes of the struct: a shorter record is bad */
	uint32_t fields; /* bit (1 << field) for each there is: enum event_field, then the values */
	uint32_t offset[EVENT_FIELDS_MAX];
	uint32_t bytes[EVENT_FIELDS_MAX]; /* of the values, and of the name */
	/* Their codes of kinds become ours; NULL: they are ours. */
	const struct vocabulary *recode;
	uint32_t kinds;
	uint64_t codes[EVENT_KINDS_MAX];
};

/* Reads a record of at least @l->length bytes. Fields it does not have are 0. */
void event_decode(const struct event_layout *l, const void *data, size_t length, struct event *out);

struct ring;

/*
 * Maps @n ring buffers, or mapped rings (bpf/ring/mapped_ring.h), into memory, which are read as
 * one. @wake_fd: a ring buffer by which the writers of mapped rings end a sleep, -1: none. 0 or
 * -errno; prints nothing. The descriptors stay the caller's, who keeps them open.
 */
int ring_open(struct ring **out, const int *map_fds, size_t n, int wake_fd,
	      const struct event_layout *layout);
/*
 * Delivers what is there; when nothing is, waits at most @timeout_ms (0: not at all) and looks
 * again. A producer faster than us does not hold us for ever: at most RING_BATCH records are
 * delivered per call. The records of one ring come in its order; those of several rings in that of
 * their timestamps (bpf_ktime_get_ns()), so that the records of a thread that changes CPUs are in
 * order, too. Returns records delivered, or -errno (-EINTR).
 */
int ring_poll(struct ring *r, int timeout_ms, monitor_event_fn fn, void *arg);
uint64_t ring_bad_records(const struct ring *r);
/* Bytes written and not read, and the bytes there are, of all rings. */
void ring_fill(const struct ring *r, uint64_t *pending, uint64_t *bytes);
/* What to poll(2) for a wake-up by a producer. */
int ring_event_fd(const struct ring *r);
void ring_close(struct ring *r); /* accepts NULL */

/* A ring for each CPU, in an array of maps: ring buffers of the kernel's, or mapped ones. */

/* Bytes of each of @n rings when nobody says: 1 MiB, less when there are so many that together they
 * would take more than 64 MiB. */
uint64_t rings_default_bytes(size_t n);
/* The kernel takes rings of this size: a power of two, whole pages. */
bool rings_size_is_good(uint64_t bytes);

/* Makes one of @bytes: the kernel's, or a mapped one. The descriptor, the caller's, or -errno. */
int rings_make_one(const char *name, bool mapped, uint64_t bytes);
/*
 * Makes @n rings of @bytes each and puts them into the array of maps @outer_fd at 0 to @n - 1.
 * Returns 0 with their descriptors in @fds, the caller's to close, or -errno; prints nothing.
 */
int rings_make(int outer_fd, const char *name, bool mapped, uint64_t bytes, int *fds, size_t n);

#endif
