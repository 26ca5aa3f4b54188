/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The frames of a thread from a copy of its registers and of the top of its stack
 * (bpf/memprof/sample.h), by libdw. A walk is kept with the words of the stack that it needed: when
 * registers and words are the same again, so is the stack, and only the words are compared.
 */
#ifndef MEMPROF_ATTACH_UNWIND_H
#define MEMPROF_ATTACH_UNWIND_H

#include "bpf/memprof/sample.h"
#include "bpf/memprof/user.h"
#include "lib/base.h"
#include "memprof/profile.h"

struct unwinder;

enum { UNWIND_FRAMES = 256 };

/* Of the process @pid, which is in the profile at @process. Its files are read now, so that they
 * are known when it has ended. 0 or -errno; prints nothing. */
int unwinder_open(struct unwinder **out, pid_t pid, struct profile *p, uint32_t process);
/* The same of files that are known otherwise, from a process that need not be there any more; those
 * that are appended later are seen. @files is borrowed. */
struct unwind_files {
	struct unwind_file {
		uint64_t start, end; /* addresses; @start is where the file would begin */
		uint64_t inode;	     /* a file of another number is another one by now */
		const char *path;
	} * v;
	size_t n;
};
int unwinder_open_files(struct unwinder **out, pid_t pid, const struct unwind_files *files,
			struct profile *p, uint32_t process);
void unwinder_close(struct unwinder *u); /* accepts NULL */

struct unwound {
	uint32_t frames[UNWIND_FRAMES]; /* in the profile, leaf first */
	uint32_t n;
	bool cut;	 /* the walk ended before the outermost frame */
	uint32_t number; /* of the walk, where it is among the shared ones; else 0 */
};

/* Walks are put there, too, from now on, for programs that know them again: USER_WALKS places, all
 * 0; NULL: no more. */
void unwinder_share(struct unwinder *u, struct user_walk *walks);

void unwind(struct unwinder *u, const struct memprof_sample *s, struct unwound *out);

struct unwind_counts {
	uint64_t walks, reused; /* walked anew, known by their words */
	uint64_t cut;		/* of the walks: the copied part ended first */
	uint64_t failed;	/* of the walks: a frame without unwind information */
};
struct unwind_counts unwinder_counts(const struct unwinder *u);

#endif
