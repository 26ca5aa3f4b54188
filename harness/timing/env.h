/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What surrounds a timing: which CPUs, and who else is at the same tracepoints. */
#ifndef HARNESS_OVERHEAD_ENV_H
#define HARNESS_OVERHEAD_ENV_H

#include "lib/base.h"
#include "lib/names.h"
#include "lib/strbuf.h"

struct placement {
	int producer_cpu, consumer_cpu; /* of the watched process, of the collector */
	int second_cpu; /* of a second watched process: the consumer's on two CPUs */
	bool same_cpu;	/* there is only one CPU for both */
	bool siblings;	/* the two are threads of one core */
};

/*
 * The highest CPU we may use for the watched process (low ones serve interrupts), another for the
 * consumer, on a core of its own where there is one. @sys_root: "/sys", a fixture in tests.
 */
void placement_choose(struct placement *p, const char *sys_root);
/* Pins the caller. Returns 0 or -errno, silently. */
int placement_pin(int cpu);

/*
 * The calling thread, a consumer that is woken, goes ahead of all others on its CPU, where allowed,
 * as it would be on a CPU that is idle: whether it is there at once must not depend on who else is
 * on this machine. Children do not inherit it. Back: to the ordinary policy.
 */
void consumer_step_ahead(void);
void consumer_step_back(void);

/* kernel.bpf_stats_enabled adds 50 to 60 ns to every run of every program and biases differences.
 * @proc_root: "/proc". */
bool env_stats_on(const char *proc_root);
/* What to say then, with the command that turns it off. */
extern const char env_stats_text[];
/* Returns 0, or -EBUSY after saying that. */
int env_refuse_stats(const char *proc_root);

/* Adds the tracepoints that the calls of @event (of timed_events) pass when they enter, as
 * "syscalls/sys_enter_mmap". */
void env_add_tracepoints(struct names *out, int event);
/*
 * BPF programs that somebody attached to @tracepoints (named as above) or to the raw tracepoints of
 * all syscalls (call it while nothing of ours is attached), one phrase each, separated by "; ":
 * their cost is in the base, and their work slows ours. Takes some 50 ms a tracepoint. Returns how
 * many, or -errno (not allowed to ask); prints nothing.
 */
int env_foreign_programs(const struct names *tracepoints, struct strbuf *out);

/*
 * A number that changes when somebody attaches a program to, or detaches one from, any tracepoint
 * of syscalls (bpf links; bpftrace before 0.20 makes none). Takes microseconds. Compared while
 * nothing of ours is attached, it tells whether a block was alone. 0: none, or not allowed to ask.
 */
uint64_t env_syscall_links(void);

#endif
