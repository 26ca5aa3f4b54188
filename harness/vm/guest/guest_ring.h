/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The reader's side of BPF ring buffers, as far as a worker needs it: to have room, or none. Layout
 * of the mapping as linux/bpf.h and the kernel's Documentation/bpf/ringbuf.rst describe it: a page
 * whose first word is the consumer's position, then a page with the producer's.
 */
#ifndef VM_GUEST_RING_H
#define VM_GUEST_RING_H

#include "lib/base.h"

enum { GUEST_MAX_RINGS = 2 };

struct guest_ring_fd {
	int fd;
	uint64_t bytes; /* of its data area */
};

struct guest_rings {
	struct {
		volatile uint64_t *consumer;
		const volatile uint64_t *producer;
		uint64_t bytes;
	} ring[GUEST_MAX_RINGS];
	size_t n;
};

/*
 * Maps the rings, and dummies in the place of those that are not there, always at the same
 * addresses: the address space, which the price of an mmap depends on, is the same with every
 * object. Returns 0 or -errno.
 */
int guest_rings_map(struct guest_rings *r, const struct guest_ring_fd *fds, size_t n);
/* The consumer has read everything. */
void guest_rings_drain(struct guest_rings *r);
/* Drains when some ring is more than half full. No syscall: usable between measured calls. */
void guest_rings_make_room(struct guest_rings *r);
/*
 * As if nothing had been read for a whole ring: the consumer's position, which is user space's to
 * write, goes that far behind. No record fits from then on until the rings are drained.
 */
void guest_rings_fill(struct guest_rings *r);

#endif
