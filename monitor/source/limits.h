/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the memory cgroups of processes may have, and what is left of that: the least of a cgroup
 * and of all above it. Each is read once a frame, whoever is in it; of either version of cgroups.
 */
#ifndef MONITOR_SOURCE_LIMITS_H
#define MONITOR_SOURCE_LIMITS_H

#include "lib/base.h"

struct limits;

struct limit {
	double limit_kb, room_kb; /* NAN: there is no limit */
};

/* @proc_fd stays the caller's. 0 or -ENOMEM. */
int limits_new(struct limits **out, int proc_fd);
/* A frame begins: what was read before is old. */
void limits_begin(struct limits *l);
/* Of the cgroup with number @id, of which @pid is one; @ended: its main thread is not any more. */
struct limit limits_of(struct limits *l, uint64_t id, uint32_t pid, bool ended);
void limits_free(struct limits *l); /* accepts NULL */

#endif
