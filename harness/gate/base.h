/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The objects of a git revision, built in a work tree of its own below the temporary folder. The
 * tree is removed as soon as they are built, or cannot be.
 */
#ifndef HARNESS_GATE_BASE_H
#define HARNESS_GATE_BASE_H

#include "lib/base.h"

struct progress;

struct gate_base {
	char *root;	    /* of the repository that we stand in */
	char *common;	    /* its git folder */
	char *rev;	    /* as it was called */
	char hash[41];	    /* of the commit */
	char *dir;	    /* what is below the temporary folder; NULL: nothing */
	struct strbuf *why; /* of gate_base_build() */
};

/*
 * One gate at a time: locks a file of this user's in the temporary folder ($TMPDIR, or /tmp), until
 * the process ends, however it does. Returns 0, -EBUSY after saying which process holds it, or
 * another -errno after saying why.
 */
int gate_lock(void);

/*
 * Is @rev a commit of the repository of the working folder? Returns 0, -ENOENT (it is none), or
 * another -errno after saying why git cannot tell. gate_base_release() is due in any case.
 */
int gate_base_find(struct gate_base *base, const char *rev);

/*
 * Builds those of @monitors (names, ended by NULL) that the revision has. Only for the holder of
 * gate_lock(): what runs that were killed have left behind is removed first. Returns 0, -EINTR, or
 * -errno and the reason, with the end of make's output, in @why.
 */
int gate_base_build(struct gate_base *base, const char *const *monitors, struct progress *progress,
		    struct strbuf *why);

/* The object of @monitor, to be freed ("DIR/base/memmon@1225cd5.bpf.o"); NULL: the revision has
 * none. */
char *gate_base_object(const struct gate_base *base, const char *monitor);

/* Removes everything. */
void gate_base_release(struct gate_base *base);

#endif
