/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The truth for commands: an independent count of a cgroup's calls by our own object on the raw
 * syscall tracepoints (bpf/probes/oracle.bpf.c), believed only once it counted a canary of known
 * size through the same attached programs.
 */
#ifndef HARNESS_ORACLE_H
#define HARNESS_ORACLE_H

#include "lib/base.h"
#include "harness/verify/model.h"
#include "lib/cgroup.h"

struct oracle; /* opaque */

struct oracle_canary {
	uint64_t expected, counted; /* calls; equal is not all: see @exact */
	bool exact;		    /* each of its counters had the one value it may have */
};

/*
 * Loads and attaches. @cg: whose calls, those of cgroups below it among them; @min_length: shorter
 * mmaps are counted apart. Returns 0, or -errno after saying why (-EPERM: not allowed, -ENOENT: the
 * object was not built).
 */
int oracle_open(struct oracle **out, const struct cgroup *cg, uint64_t min_length);

/*
 * A child in a cgroup of its own makes a known number of calls, some of which fail. Returns 0 when
 * they could be made (@out says what was counted), or -errno after saying why.
 */
int oracle_run_canary(struct oracle *o, struct oracle_canary *out);

/* What makes its totals say less than they seem to, in calls. */
struct oracle_edges {
	uint64_t below;	   /* made in cgroups below the target's; in the totals */
	uint64_t outside;  /* made by its tasks, or children of theirs, in another cgroup; not in */
	uint64_t answered; /* not entered, and returned as if they had worked (seccomp); not in */
	uint64_t blind;	   /* entered, and whether they worked cannot be told */
};

/* The calls of the cgroup until now. Returns 0 or -errno after saying why. */
int oracle_read(struct oracle *o, struct model_totals *out, struct oracle_edges *edges);

/* Runs of its programs that the kernel skipped: anything but 0 and its counts are too low. */
uint64_t oracle_recursion_misses(struct oracle *o);

/* Detaches and unloads. Accepts NULL. */
void oracle_close(struct oracle *o);

#endif
