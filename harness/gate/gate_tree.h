/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A folder of ours below the temporary folder, with one work tree of a git repository in it. Both
 * are removed whatever happens: by who made them, or by the next one when that was killed.
 */
#ifndef HARNESS_GATE_TREE_H
#define HARNESS_GATE_TREE_H

#include "lib/base.h"
#include "lib/strbuf.h"

/* subproc_capture() that a signal to us does not cut off: a work tree that is half made or half
 * removed would be left. */
int gate_git(const char *const argv[], struct strbuf *out, struct strbuf *err);

/*
 * Makes the folder; @common is the git folder of the repository whose work tree will stand in it.
 * Only for the holder of gate_lock(): other folders of ours are nobody's then, and are removed.
 * Returns 0 and the path to free(), or -errno after saying why.
 */
int gate_tree_folder(const char *common, char **dir);

/* Checks commit @hash out into DIR/tree, without hooks. Returns 0, or -errno after saying why. */
int gate_tree_add(const char *dir, const char *root, const char *hash);

/* Removes DIR/tree from its repository and from the disk, if it is there. */
void gate_tree_drop(const char *dir);

/* Removes the folder with everything in it. */
void gate_tree_clear(const char *dir);

#endif
