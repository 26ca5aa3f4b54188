/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A workload in a child process of its own, between two barriers:
 *
 *	start		the child enters its cgroup, opens its lane, warms up, waits at barrier 1
 *	(the caller attaches its monitors, takes a snapshot)
 *	release		the child makes its calls, then waits at barrier 2
 *	wait_done	the caller drains rings until this says 0
 *	(the caller detaches, takes a snapshot, reads VmSize while the process still stands)
 *	finish		the child cleans up and ends; it is reaped
 *
 * A command (after "--", or a workload that is one) execs behind barrier 1 and has no second
 * barrier: done is its end. Waiting at a barrier is a recv() on a socket: no memory call.
 *
 * Lanes: the main thread's has room for an equal share of what ops->size() asked for, entries /
 * lanes.
 */
#ifndef WORKLOADS_CHILD_H
#define WORKLOADS_CHILD_H

#include "lib/cgroup.h"
#include "lib/strbuf.h"
#include "lib/subproc.h"
#include "workloads/output.h"
#include "workloads/workload.h"

struct workload_child_opts {
	const struct cgroup *cgroup; /* to run in; NULL: stays in the caller's */
	int stdin_fd;		     /* of a command; -1: /dev/null */
	int numbers_prog;	     /* of a workload: for ledger_note_numbers(); -1: none */
	int ready_timeout_ms;	     /* for the way to barrier 1; 0: 10 s */
	/* Of a workload: a program and its arguments, ended by NULL, that starts what follows them.
	 * The child is a program of its own then (wl), not a fork of the caller. NULL: none. */
	const char *const *starter;
};

#define WORKLOAD_CHILD_OPTS_INIT                                                                   \
	{                                                                                          \
		.stdin_fd = -1, .numbers_prog = -1                                                 \
	}

struct workload_child {
	/* Read only. */
	struct ledger *ledger;	   /* NULL for a command; stays until destroy */
	struct subproc proc;	   /* proc.pid; status and rusage once it was reaped */
	uint64_t start_ns, end_ns; /* the window on CLOCK_MONOTONIC: the ledger's; for a command
				      release to end. 0: not yet */
	struct strbuf why;	   /* in words, what went wrong; "" as long as nothing did */
	struct output output;	   /* of a command: stdout and stderr, read in wait_done() */
	unsigned int left; /* processes of the cgroup that a command left running at its end */
	/* Private. */
	const struct workload *workload;
	struct workload_child_opts opts;
	char **argv; /* of a plug-in that is a command; owned */
	int fd;	     /* the parent's end of the socket that is both barriers; -1 when closed */
	bool done;
	int run_err; /* once done: what run() returned */
};

#define WORKLOAD_CHILD_INIT                                                                        \
	{                                                                                          \
		.proc = SUBPROC_INIT, .why = STRBUF_INIT, .output = OUTPUT_INIT, .fd = -1          \
	}

/*
 * Starts the child and waits until it stands at barrier 1. @w must live until destroy; @opts is
 * copied (NULL: the defaults). Returns 0, or -errno after saying why: -ENOENT no such program,
 * -ETIMEDOUT not ready in time, -ECHILD it died, else what the workload's warm_up() returned.
 * Destroy after any outcome.
 */
int workload_child_start(struct workload_child *c, const struct workload *w,
			 const struct workload_child_opts *opts);

/*
 * For main() of wl, first of all: where it was started as a workload by another program's
 * workload_child_start() it is one, @code is how it ends, and true is returned. Takes nothing from
 * the allocator.
 */
bool workload_child_serve(int *code);

/* Opens barrier 1. Returns 0 or -errno after saying why. */
int workload_child_release(struct workload_child *c);

/*
 * Waits at most @timeout_ms (0: only looks) for the calls to be done. Returns 0 when they are,
 * -ETIMEDOUT or -EINTR silently (ask again), or after saying why: -ECHILD when the child crashed,
 * was killed or a command ended with another code than 0; -ENODATA when a command ended well and
 * did not do what it was started for; -EOVERFLOW when the ledger was too small;
 * else what the workload's run() returned.
 */
int workload_child_wait_done(struct workload_child *c, int timeout_ms);

/*
 * Opens barrier 2 and reaps the child, which has @timeout_ms for it. Returns 0 when it ended with
 * exit code 0, -ETIMEDOUT or -ECHILD after saying why. Nothing to do for a command.
 */
int workload_child_finish(struct workload_child *c, int timeout_ms);

/* Kills what still runs and releases everything, the ledger too. Accepts one that never started. */
void workload_child_destroy(struct workload_child *c);

#endif
