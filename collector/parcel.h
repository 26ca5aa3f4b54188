/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a child has made for this process: bytes and descriptors. libbpf 1.1 reads the types of the
 * whole kernel to load an object, twice over (11 MiB), and keeps much of the object; of who runs
 * for days that would be the highest it ever holds, and what it leaves behind in the heap stays. A
 * child that ends does it in its place.
 */
#ifndef COLLECTOR_PARCEL_H
#define COLLECTOR_PARCEL_H

#include "lib/base.h"

#include <sys/types.h>

/* SCM_MAX_FD: the kernel passes no more in a message. */
enum { PARCEL_FDS = 253, PARCEL_BYTES = 256 };

struct parcel {
	int fd[PARCEL_FDS]; /* @nfds, the receiver's to close */
	size_t nfds;
	unsigned char data[PARCEL_BYTES] __attribute__((aligned(8)));
};

/* A child that makes one. */
struct parcel_child {
	pid_t pid;
	int from; /* -1: nobody makes anything */
};

/*
 * Starts a child that calls @make, which fills @out and returns 0, or -errno. What it opens may
 * stay open: the child ends. 0 or -errno; prints nothing. For a process of one thread.
 */
int parcel_begin(struct parcel_child *c, int (*make)(void *arg, struct parcel *out), void *arg);
/* Waits for it. 0; what @make returned; -ECHILD: the child has ended without an answer; or another
 * -errno. Prints nothing. */
int parcel_end(struct parcel_child *c, struct parcel *out);
/* For who does not want it any more; also after parcel_end(). */
void parcel_drop(struct parcel_child *c);

void parcel_close(const struct parcel *p);

#endif
