/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Reads whole BPF maps while programs change them. */
#ifndef COLLECTOR_MAPS_H
#define COLLECTOR_MAPS_H

#include "lib/base.h"

/*
 * All elements of a map. A key that is in the map from the start of the read to its end is there
 * exactly once; one that comes or goes meanwhile may be there or not. A value may be read while a
 * program writes it: its fields are each whole (aligned words), but not of one moment.
 */
struct map_dump {
	unsigned char *keys;   /* @n keys of @key_size bytes; owned, free with map_dump_release() */
	unsigned char *values; /* @n values of @stride bytes */
	size_t n;
	uint32_t key_size, value_size;
	uint32_t ncpu;	 /* copies in a value: 1, or the possible CPUs for a per-CPU map */
	uint32_t stride; /* bytes from value to value: ncpu copies of value_size rounded up to 8 */
};

/* How map_read() goes about it: the way that works best, or one of the two (tests). */
enum map_way { MAP_BEST, MAP_BATCH, MAP_WALK };

/*
 * Reads all of the map @fd: in batches where the kernel has them for the type (each hash bucket at
 * one moment), else key by key, where a delete can throw the walk back to its beginning; that is
 * bounded. Returns 0 or -errno (-EAGAIN: the map changes faster than it can be walked; -EOPNOTSUPP:
 * no such way); prints nothing. Release @out in any case.
 */
int map_read(int fd, enum map_way way, struct map_dump *out);
void map_dump_release(struct map_dump *d);

/* The u64 at @offset in value @i, summed over the CPUs. */
uint64_t map_dump_sum(const struct map_dump *d, size_t i, uint32_t offset);
/* The same, but the highest of the CPUs. */
uint64_t map_dump_max(const struct map_dump *d, size_t i, uint32_t offset);

#endif
