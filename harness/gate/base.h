/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The objects of a git revision, built in a work tree of its own below the temporary folder. The
 * tree is removed as soon as they are built, or cannot be.
 */
#ifndef HARNESS_GATE_BASE_H
#define HARNESS_GATE_BASE_H

#include "lib/base.h"
#include "lib/names.h"
#include "lib/strbuf.h"

struct progress;

/* A monitor that the revision is asked for. */
struct gate_wanted {
	const char *name;
	const char *file; /* below the project's folder; NULL, of all: beebench's own monitors */
	const char *spec; /* what of the current build it is held against (gate_object_find()) */
};

struct gate_base {
	char *root;    /* of the repository that we stand in */
	char *prefix;  /* of the project below it: "", or "sub/" */
	char *common;  /* its git folder */
	char *rev;     /* as it was called */
	char hash[41]; /* of the commit */
	bool project;  /* the wanted are files; else monitors of beebench's own tree */
	/* How the objects are built; @given: whatever the revision's own beebench.json says. */
	struct names commands;
	bool given;
	bool has_file;	    /* the wanted are all that the project's file names */
	struct names gone;  /* monitors of the revision's own file that are not wanted */
	char *dir;	    /* what is below the temporary folder; NULL: nothing */
	struct strbuf *why; /* of gate_base_build() */
};

/*
 * Is @rev a commit of the repository of folder @root ("": where we are)? Returns 0, -ENOENT (it is
 * none), or another -errno after saying why git cannot tell. gate_base_release() is due in any
 * case.
 */
int gate_base_find(struct gate_base *base, const char *rev, const char *root);

/*
 * Builds those of the @n @wanted that the revision has. Only for the holder of gate_lock(): what
 * runs that were killed have left behind is removed first. Returns 0, -EINTR, or -errno and the
 * reason, with the end of what the build said, in @why.
 */
int gate_base_build(struct gate_base *base, const struct gate_wanted *wanted, size_t n,
		    struct progress *progress, struct strbuf *why);

/* The object of the @i-th wanted, which is @w, to be freed ("DIR/base/0/memmon@1225cd5.bpf.o");
 * those of base->gone stand behind them. NULL: the revision has none. */
char *gate_base_object(const struct gate_base *base, size_t i, const struct gate_wanted *w);

/* Removes everything. */
void gate_base_release(struct gate_base *base);

#endif
