/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A ring for one CPU in the one element of an array that both sides have mapped
 * (BPF_F_MMAPABLE): how it lies there. An object has an array of such maps, one for each CPU, which
 * user space makes; docs/adding-a-monitor.md says what it declares.
 *
 *     0    u64: bytes that the reader has read since the ring was made
 *   128    u64: bytes that the program has written since then
 *   256    records, each behind a header of 8 bytes as the kernel's ring buffers have: u32 length,
 *          u32 0; padded to 8 bytes
 *
 * A record is at 256 + (position modulo the ring's bytes), in one piece: one that begins at the end
 * of the ring goes on behind it, where there is room for the longest.
 */
#ifndef BPF_MAPPED_RING_H
#define BPF_MAPPED_RING_H

enum {
	MAPPED_RING_CONSUMER = 0,
	MAPPED_RING_PRODUCER = 128, /* a cache line of its own, and the next one's prefetch */
	MAPPED_RING_DATA = 256,
	MAPPED_RING_HEADER = 8,
	MAPPED_RING_LONGEST = 256, /* record, with its header */
};

/* Bytes of the map's value, for a ring of @bytes. */
#define MAPPED_RING_VALUE(bytes) (MAPPED_RING_DATA + (bytes) + MAPPED_RING_LONGEST)

#endif
