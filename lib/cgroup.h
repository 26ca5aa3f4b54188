/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A cgroup2 leaf of our own: what a monitor is told to watch, so that nobody else is traced. */
#ifndef LIB_CGROUP_H
#define LIB_CGROUP_H

#include "lib/base.h"

struct cgroup {
	char path[256]; /* absolute path of the leaf, "" when there is none */
	uint64_t id;	/* what bpf_get_current_cgroup_id() returns inside it */
	uint64_t level; /* below the root; 0: not known, the mount shows a part of the tree only */
};

/*
 * Finds where cgroup2 is mounted, reading @proc_root/self/mountinfo ("/proc"; a fixture in tests).
 * Returns 0 and the absolute path, -ENOENT when it is not mounted; prints nothing.
 */
int cgroup_find_mount(const char *proc_root, char *path, size_t size);

/*
 * Makes the leaf "beebench-MAKER-NAME" (lib/maker.h) below the cgroup2 mount; mounts
 * cgroup2 on a private folder when it is mounted nowhere and we may, and says so. Returns 0, or
 * -errno after saying why.
 */
int cgroup_create(struct cgroup *cg, const char *name);

/* May this process make a leaf? Returns 0, -EACCES or another -errno; makes nothing, prints
 * nothing. */
int cgroup_may(void);

/* Moves @pid (0: the caller) into the leaf. Async-signal-safe: usable in a forked child. Returns 0
 * or -errno, silently. */
int cgroup_enter(const struct cgroup *cg, pid_t pid);

/*
 * Stops all processes inside, or lets them go on (cgroup.freeze): a call under way that can be
 * interrupted returns, and is made again afterwards. Returns 0 when they stand, -ETIMEDOUT when
 * some do not within a second (they are let go again) or -errno; prints nothing.
 */
int cgroup_freeze(const struct cgroup *cg, bool stop);

/* Processes inside that have not ended. */
unsigned int cgroup_count(const struct cgroup *cg);

/* Kills what is left inside (only the processes of this leaf), waits for it to empty, removes it.
 * Accepts an empty one. */
void cgroup_remove(struct cgroup *cg);

/* Removes leaves that beebench processes which no longer live left behind. Returns how many. */
unsigned int cgroup_sweep(void);

#endif
