/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The consumers of enum ring_consumer_kind: all of one face, all of them checking what they take.
 */
#ifndef HARNESS_RING_CONSUME_H
#define HARNESS_RING_CONSUME_H

#include "harness/ring/ring_check.h"
#include "harness/ring/ring_reader.h"
#include "harness/ring/ring_rig.h"
#include "lib/base.h"

struct ring_buffer;

struct ring_consumer {
	enum ring_consumer_kind kind;
	struct ring_buffer *libbpf;		       /* NULL for RING_OWN */
	struct ring_reader reader[RINGLOAD_PRODUCERS]; /* @nreaders, for RING_OWN */
	uint32_t nreaders;
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
