/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Monitors on their way into a guest: which can go, what they take along, what they are called. */
#ifndef HARNESS_GUEST_MONITORS_H
#define HARNESS_GUEST_MONITORS_H

#include "harness/vm/guest_files.h"
#include "lib/base.h"
#include "lib/strbuf.h"

enum { GUEST_MAX_MADE = 64 };

struct guest_monitors {
	struct strbuf names;	   /* as the guest calls them, with commas */
	struct guest_files called; /* what was packed, for guest_files_call() */
	size_t n;
	char *made[GUEST_MAX_MADE]; /* files made for the guest: removed at the release */
	size_t nmade;
};

#define GUEST_MONITORS_INIT                                                                        \
	{                                                                                          \
		.names = STRBUF_INIT                                                               \
	}

/* Why monitor @name cannot go (a bpftrace script, a manifest of one or of a command), or NULL.
 * Prints nothing. */
const char *guest_monitors_refuse(const char *name);

/*
 * Adds to @f what @name needs: nothing for one that ships, else the object as
 * /monitors/NUMBER/NAME and its manifest beside it. A Honey source is compiled here first, for @p,
 * and a manifest by path names its object anew. Returns 0 or -errno after saying why.
 */
int guest_monitors_add(struct guest_monitors *m, struct guest_files *f, const struct processor *p,
		       const char *name);
void guest_monitors_release(struct guest_monitors *m);

#endif
