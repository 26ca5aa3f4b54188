/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One path is driven by a fresh process: the guest's program, executed again. Its address space is
 * then the same for every path, object and boot, and so is what an mmap has to do in it. Paths
 * whose calls may be made by threads and processes that wait for them share one such process, which
 * stays with its tasks until the end, and which has the same address space.
 */
#ifndef VM_GUEST_WORKER_H
#define VM_GUEST_WORKER_H

#include "lib/base.h"
#include "harness/vm/guest/guest_paths.h"

#define GUEST_WORKER "worker" /* argv[0] by which main() knows it */

/*
 * Runs path number @path of guest_paths in a worker with these rings; @waiting: by tasks that wait,
 * where the guest has room for as many. Fills @out with up to @n counts. Returns
 * how many, or -errno.
 */
int guest_worker_run(size_t path, const struct guest_ring_fd *rings, size_t nrings, bool waiting,
		     uint64_t *out, size_t n);

/* The worker's main(). */
int guest_worker_main(int argc, char *argv[]);

#endif
