/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Takes records out of a BPF ring buffer and puts them in our terms. */
#ifndef MONITOR_RING_H
#define MONITOR_RING_H

#include "monitor/collect.h"
#include "monitor/manifest.h"

/* Where the fields of a record are. */
struct event_layout {
	uint32_t length; /* bytes of the struct: a shorter record is bad */
	uint32_t fields; /* bit (1 << enum event_field) for each field there is */
	uint32_t offset[EVENT_FIELD_COUNT];
};

/* Reads a record of at least @l->length bytes. Fields it does not have are 0. */
void event_decode(const struct event_layout *l, const void *data, size_t length,
		  struct mem_record *out);

struct ring;

/* Maps the ring of @map_fd into memory. 0 or -errno; prints nothing. */
int ring_open(struct ring **out, int map_fd, const struct event_layout *layout);
/*
 * Delivers what is there; when nothing is, waits at most @timeout_ms (0: not at all) and looks
 * again. A producer faster than us does not hold us for ever: at most about @ring's capacity is
 * delivered per call. Returns records delivered, or -errno (-EINTR).
 */
int ring_poll(struct ring *r, int timeout_ms, monitor_event_fn fn, void *arg);
uint64_t ring_bad_records(const struct ring *r);
void ring_close(struct ring *r); /* accepts NULL */

#endif
