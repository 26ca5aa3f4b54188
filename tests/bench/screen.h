/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A program on a terminal of its own: when it writes, what it answers, what it takes. */
#ifndef BENCH_SCREEN_H
#define BENCH_SCREEN_H

#include <time.h>

#include "lib/base.h"
#include "lib/strbuf.h"

struct screen {
	pid_t pid; /* 0: none */
	int fd;	   /* our side of the terminal; -1: none */
	clockid_t cpu;
	uint64_t started_ns, last_ns; /* CLOCK_MONOTONIC; of the latest output */
	struct strbuf head;	      /* what it wrote first, at most HEAD_BYTES */
	bool ended;
};

#define SCREEN_INIT                                                                                \
	{                                                                                          \
		.fd = -1, .head = STRBUF_INIT                                                      \
	}

/* Starts @argv (looked up in PATH) on a terminal of @cols x @rows, with @env ("NAME=value", ended
 * by NULL) added to the environment. 0 or -errno after saying why. */
int screen_start(struct screen *s, const char *const argv[], const char *const env[],
		 unsigned short cols, unsigned short rows);
/*
 * Waits for output and then until none has come for @quiet_ns. Returns 1 (last_ns is when the last
 * of it came), 0 when @deadline_ns has passed first, -EPIPE when the program has ended.
 */
int screen_burst(struct screen *s, uint64_t quiet_ns, uint64_t deadline_ns);
/* Reads until @deadline_ns. 0, or -EPIPE when the program has ended. */
int screen_until(struct screen *s, uint64_t deadline_ns);
/* Sends @keys; returns 1 and the ns until the first output after it, 0 when none came before
 * @limit_ns, or -EPIPE. */
int screen_key(struct screen *s, const char *keys, uint64_t limit_ns, uint64_t *ns);
/* CPU time of the process with all its threads, and of children it has waited for. */
uint64_t screen_cpu_ns(const struct screen *s);
/* Ends it (SIGTERM, then SIGKILL); appends how it ended to @how when that is not NULL. */
void screen_end(struct screen *s, struct strbuf *how);

#endif
