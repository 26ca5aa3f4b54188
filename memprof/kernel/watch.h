/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What is watched and for how long: a command of our own in a cgroup of its own, a process, or
 * everything; up to a number of seconds, the command's end, or a signal. */
#ifndef MEMPROF_KERNEL_WATCH_H
#define MEMPROF_KERNEL_WATCH_H

#include "lib/base.h"
#include "lib/cgroup.h"
#include "lib/subproc.h"

struct watch {
	struct cgroup cgroup; /* of the command; else path "" */
	struct subproc child;
	bool started;
};

#define WATCH_INIT                                                                                 \
	{                                                                                          \
		.child = SUBPROC_INIT                                                              \
	}

/* Makes the cgroup in which the command will run, so that what watches it can be attached before.
 * 0 or -errno after saying why. */
int watch_prepare(struct watch *w);

/* Starts the command, in that cgroup if there is one. 0 or -errno after saying why. */
int watch_start(struct watch *w, char *const argv[]);

/* What is looked at meanwhile: @fd (-1: nothing) when it is readable, and each @tick_ms (0: not);
 * @pidfd (-1: none) ends the waiting. */
struct watch_also {
	int fd, pidfd;
	int tick_ms;
	void (*readable)(void *arg);
	void *arg;
};

/* What seconds are while nobody has said how many: there is no end by time. */
#define WATCH_ALWAYS -1.0

/* The seconds of an option; false after saying for @name that it would watch for no time. */
bool watch_seconds(const char *name, double seconds);

/* Waits for the end: @seconds (WATCH_ALWAYS: none), the command, the process, SIGINT, SIGTERM or
 * SIGHUP. The command is not ended by the time. */
void watch_wait(struct watch *w, double seconds, const struct watch_also *also);

/* Ends what is left of the command, removes its cgroup. The command's exit code (128 + the signal
 * that killed it), or 0 without one. */
int watch_finish(struct watch *w);

#endif
