/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Who made a thing that lies about, a folder or a cgroup, so that what a process that was killed
 * has left behind can be told from what a living one uses: its pid, when it started, and in which
 * pid namespace its number means anything.
 */
#ifndef LIB_MAKER_H
#define LIB_MAKER_H

#include "lib/base.h"
#include "lib/strbuf.h"

struct maker {
	pid_t pid;
	uint64_t start;	    /* ticks since boot: /proc/PID/stat, field 22; 0: not known */
	uint64_t namespace; /* inode of /proc/self/ns/pid */
};

/* This process. Returns 0 or -errno; prints nothing. */
int maker_self(struct maker *m);
/* Appends "PID-START-NAMESPACE", which is good for a name and for a line of a file. */
void maker_write(const struct maker *m, struct strbuf *out);
/* Reads that at the beginning of @text; @end (may be NULL) is what follows. False: it is not so. */
bool maker_read(struct maker *m, const char *text, const char **end);
/* True when @m has surely ended: of another namespace only where this is the machine's own and
 * nobody is in that one any more. */
bool maker_is_gone(const struct maker *m);

/* True where this process has its number in a namespace of a container's own, also when that cannot
 * be told. */
bool maker_is_contained(void);
/* True where /proc shows this process, and so all others, by the numbers that they have here. */
bool maker_is_shown(void);

#endif
