/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Reads what the kernel's side counted and kept (tracer.h) into a profile. */
#ifndef MEMPROF_KERNEL_READING_H
#define MEMPROF_KERNEL_READING_H

#include "bpf/memprof/kernel.h"
#include "memprof/kernel/tracer.h"
#include "memprof/profile.h"

/* An empty profile of the mode and the rate that fit. */
struct profile *reading_profile(const struct tracer_options *opts, const char *source);

/* Everything of a tracer that was stopped, added to @p once. 0, or -errno after saying why. */
int reading_all(const struct kernel_tracer *t, struct profile *p);

/* The same in parts, for who has more to say than the kernel's side. Takes what the maps hold at
 * that moment. 0, or -errno after saying why; reading_close() takes NULL. */
struct reading;
int reading_open(struct reading **out, const struct kernel_tracer *t, struct profile *p);
void reading_close(struct reading *r);

/* The place of a process, which is added when it is new. */
uint32_t reading_process(struct reading *r, const struct kernel_process_key *key);
/* The frames of the stack with @hash, leaf first, without the tracing's own, into @frames (room for
 * KERNEL_FRAMES); how many. 0: it is not kept. *@cut: there may have been more. */
uint32_t reading_stack(struct reading *r, uint64_t hash, uint32_t *frames, bool *cut);
/* Stacks with their sums, by group. */
int reading_groups(struct reading *r);
/* Sizes, lifetimes, losses and the counters of each tracepoint. */
int reading_counters(struct reading *r);

#endif
