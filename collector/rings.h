/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A ring buffer for each CPU, in an array of maps. */
#ifndef COLLECTOR_RINGS_H
#define COLLECTOR_RINGS_H

#include "lib/base.h"

/* Bytes of each of @n rings when nobody says: 1 MiB, less when there are so many that together they
 * would take more than 64 MiB. */
uint64_t rings_default_bytes(size_t n);
/* The kernel takes rings of this size: a power of two, whole pages. */
bool rings_size_is_good(uint64_t bytes);

/*
 * Makes @n rings of @bytes each and puts them into the array of maps @outer_fd at 0 to @n - 1.
 * Returns 0 with their descriptors in @fds, the caller's to close, or -errno; prints nothing.
 */
int rings_make(int outer_fd, const char *name, uint64_t bytes, int *fds, size_t n);

#endif
