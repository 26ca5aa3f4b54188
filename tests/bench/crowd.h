/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A crowd of idle processes: what process monitors have to look at. */
#ifndef BENCH_CROWD_H
#define BENCH_CROWD_H

#include "lib/base.h"

struct crowd {
	pid_t *pids; /* owned */
	size_t n, cap;
};

/* Forks idle children until there are @n. They end with the calling thread. Returns 0, or -errno
 * after saying which limit is in the way. */
int crowd_grow(struct crowd *c, size_t n);
/* Ends them all, by their ids, and reaps them. */
void crowd_end(struct crowd *c);
/* Processes of the whole machine, without threads; 0 when /proc cannot be read. */
size_t crowd_machine(void);

#endif
