/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Reading a segment (memprof/segment.h), which a program that may be broken, or hostile, has
 * written: nothing in it is believed before it was looked at, and what is read cannot change after.
 */
#ifndef MEMPROF_RUN_SEGMENT_H
#define MEMPROF_RUN_SEGMENT_H

#include "lib/strbuf.h"
#include "memprof/profile.h"
#include "memprof/segment.h"

/* A segment's contents, copied: sums over its shards. */
struct segment {
	struct segment_header h;
	struct segment_module *modules; /* h.nmodules */
	struct segment_stack *stacks;	/* h.nstacks + 1; the first is unused */
	uint64_t *pcs;			/* h.npcs */
	/* h.nstacks + 1 each; row 0 is what has no stack. In peak_* is what was live at the peak.
	 */
	struct segment_row *rows;
	struct segment_spread *spreads; /* sampled; else NULL */
	struct segment_bucket sizes[SEGMENT_BUCKETS];
	uint64_t lifetimes[SEGMENT_BUCKETS];
	uint64_t usable_bytes, usable_freed;
	uint32_t nthreads; /* that had a shard */
	struct segment_thread {
		uint32_t tid;
		char comm[17];
	} threads[SEGMENT_SHARDS]; /* the last owner of each shard that was used */
	uint32_t nshards_used;
};

/*
 * Reads the segment behind @fd, which must be sealed against changes of size. 0; -EPROTO after
 * saying what is wrong with it (@why: lib/why.h), or another -errno. The caller ends it with
 * segment_release(), also after an error.
 */
int segment_read(int fd, struct segment *out, struct strbuf *why);
/* The same of a whole segment in a file that nobody writes: not sealed. */
int segment_read_file(int fd, struct segment *out, struct strbuf *why);
void segment_release(struct segment *s);

/* Adds all of it to @p as @process (pid and how it ended are the caller's; what the segment knows
 * better is taken from there). */
void segment_to_profile(const struct segment *s, const struct profile_process *process,
			struct profile *p);

#endif
