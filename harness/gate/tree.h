/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A folder below the temporary one, with a git work tree in it that does not stay. */
#ifndef HARNESS_GATE_TREE_H
#define HARNESS_GATE_TREE_H

#include "lib/base.h"
#include "lib/strbuf.h"

/*
 * One gate at a time: locks a file of this user's in the temporary folder ($TMPDIR, or /tmp), until
 * the process ends, however it does. Returns 0, -EBUSY after saying which process holds it, or
 * another -errno after saying why.
 */
int gate_lock(void);

/*
 * Makes the folder; @common is the git folder of the repository whose work tree will stand in it.
 * Only for the holder of gate_lock(). What gates that were killed have left is removed.
 * Returns 0 and the path to free(), or -errno after saying why (lib/why.h).
 */
int tree_folder(const char *common, char **dir, struct strbuf *why);

/* Checks commit @hash of the repository at @root out into DIR/tree, without hooks. Returns 0, or
 * -errno after saying why. */
int tree_add(const char *dir, const char *root, const char *hash, struct strbuf *why);

/* Removes DIR/tree from its repository and from the disk, if it is there. */
void tree_drop(const char *dir);

/* Removes the folder with everything in it. */
void tree_clear(const char *dir);

#endif
