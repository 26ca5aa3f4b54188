/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The watched process: a child, pinned, that makes blocks of one call on demand and times them in
 * sub-blocks of LOOP_CALLS. It shares nothing with the monitors but the kernel; or it is a program
 * of its own, which a monitor starts that is a library in the program.
 */
#ifndef HARNESS_OVERHEAD_LOOP_H
#define HARNESS_OVERHEAD_LOOP_H

#include "harness/timing/timed_event.h"
#include "lib/base.h"
#include "lib/cgroup.h"

/* Calls between two readings of the clock: the two cost a nanosecond a call, in every arm. */
enum { LOOP_CALLS = 16, LOOP_SUBS_MAX = 65536 };

/*
 * @n calls of @event (of timed_events) by the caller itself, the clock read after each: @t takes n
 * + 1 readings; of half a pair without what the other half took. Returns calls whose result was not
 * the trigger's.
 */
uint64_t loop_stamp(int event, uint64_t *t, unsigned int n);
/* Before the caller of that ends: the calls leave nothing behind. */
void loop_leave(void);

/* A finished block. */
struct loop_block {
	const uint32_t *ticks; /* per sub-block; valid until the next loop_begin() */
	uint32_t n;
	uint64_t calls; /* made in all, warm-up included */
	uint64_t wrong; /* calls whose result was not the trigger's: should be 0 */
};

struct loop;

/*
 * Forks the child, pins it to @cpu (-1: not), gives it SCHED_FIFO when @realtime and allowed, and
 * waits for its first word. Start it before anything is loaded, so that it inherits no BPF object.
 * Returns 0 or -errno after saying why.
 */
int loop_start(struct loop **out, int cpu, bool realtime);
/*
 * The same with the calls made by a program of its own: this one, executed anew in @cgroup (NULL:
 * where the caller is) by @starter, words ended by NULL that its path is put behind (NULL: by
 * itself). loop_stop() waits for the starter's end, too.
 */
int loop_start_program(struct loop **out, const char *const *starter, const struct cgroup *cgroup,
		       int cpu, bool realtime);
/* For main() of a program that calls loop_start_program(), first of all: where it was executed by
 * that, the calls are made here, @code is how it ends, and true is returned. */
bool loop_serve(int *code);
/* Who makes the calls; its only thread has the same id. */
pid_t loop_pid(const struct loop *l);
bool loop_realtime(const struct loop *l);
double loop_ns_per_tick(const struct loop *l);

/* Asks for @warm calls that are not timed (rounded up to sub-blocks) and @subs timed sub-blocks.
 * Returns 0 or -errno after saying why. */
int loop_begin(struct loop *l, int event, uint32_t warm, uint32_t subs);
/* The same with the timed ones not before cycles_now() says @start_tick: two children work at the
 * same time so. */
int loop_begin_at(struct loop *l, int event, uint32_t warm, uint32_t subs, uint64_t start_tick);
/* Waits at most @timeout_ms for the end of the block. Returns 1 and fills @out, 0 when it is still
 * running, -EINTR, or -errno after saying why (-ECHILD: the child has died). */
int loop_wait(struct loop *l, int timeout_ms, struct loop_block *out);
/* True when the block is over: a look at shared memory, for who polls something else meanwhile. A
 * child that died never says so: ask loop_lives() now and then. */
bool loop_done(const struct loop *l);
/* True while the child runs. */
bool loop_lives(struct loop *l);
/* Ends the child. Accepts NULL. */
void loop_stop(struct loop *l);

#endif
