/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Watches the allocator of a process that runs, and makes a profile of what it did meanwhile. */
#ifndef MEMPROF_ATTACH_ATTACH_H
#define MEMPROF_ATTACH_ATTACH_H

#include "lib/base.h"
#include "memprof/attach/places.h"
#include "memprof/attach/probes.h"
#include "memprof/profile.h"

struct attachment;

/* 0, or -errno after saying why: as probes_open(). */
int attach_open(struct attachment **out, const struct probes_options *opts,
		const struct places *at);
enum probes_way attach_way(const struct attachment *a);
pid_t attach_pid(const struct attachment *a);
/* Readable when the process has ended; negative: there is none. The attachment's. */
int attach_pidfd(const struct attachment *a);
bool attach_runs(const struct attachment *a);
/* What takes samples: to be called every ATTACH_TICK_MS, and when the descriptor is readable, which
 * it is when there are many. */
enum { ATTACH_TICK_MS = 20 };
int attach_fd(const struct attachment *a);
void attach_take(void *attachment);
/* A profile of what was seen so far, which the caller frees; it goes on. 0 or -errno after saying
 * why. */
int attach_snapshot(struct attachment *a, struct profile **out);
/* From now on the stacks of each thread are kept apart. */
void attach_by_thread(struct attachment *a);
/* Detaches, takes what is left, gives the profile (the caller frees it). 0 or -errno after saying
 * why. */
int attach_finish(struct attachment *a, struct profile **out);
void attach_close(struct attachment *a); /* accepts NULL */

#endif
