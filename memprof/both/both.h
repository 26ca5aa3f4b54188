/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The kernel's allocations by the whole stack: what a program was at when it made the kernel
 * allocate, and what the kernel was at. */
#ifndef MEMPROF_BOTH_BOTH_H
#define MEMPROF_BOTH_BOTH_H

#include "lib/base.h"
#include "memprof/kernel/tracer.h"
#include "memprof/profile.h"

struct both;

/* 0, or -errno after saying why: as tracer_open(). @opts->ring_bytes is set by this. */
int both_open(struct both **out, const struct tracer_options *opts);
/* Readable when there are samples, and what takes them then. */
int both_fd(const struct both *b);
void both_take(void *both);
/* Detaches, takes what is left, gives the profile (the caller frees it). 0 or -errno after saying
 * why. */
/* A profile of what was seen so far, which the caller frees; it goes on. 0 or -errno after saying
 * why. */
int both_snapshot(struct both *b, struct profile **out);
int both_finish(struct both *b, struct profile **out);
void both_close(struct both *b); /* accepts NULL */

#endif
