/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Which commit a change is held against when nobody says: what a CI system names, else where HEAD
 * left the main branch. Where that cannot be told nothing is guessed.
 */
#ifndef HARNESS_GATE_CHOOSE_H
#define HARNESS_GATE_CHOOSE_H

#include "lib/base.h"

struct choice {
	char *rev; /* the commit, 40 hex digits; owned */
	char *why; /* "where HEAD left origin/main, the target that GITHUB_BASE_REF names"; owned */
};

/*
 * For the repository of folder @root ("": where we are), by the first of these that says something:
 * GITHUB_BASE_REF, CI_MERGE_REQUEST_TARGET_BRANCH_NAME (the merge base with that branch); the
 * commit before a push, by "before" in the file GITHUB_EVENT_PATH of a push, or
 * CI_COMMIT_BEFORE_SHA, but for the zeros of a branch that is new; the main branch (origin's
 * default one, else main or master): the merge base with it, and on it the commit before HEAD.
 *
 * Returns 0, or -EINVAL after saying why it cannot be told and what to do. choice_release() is due
 * in any case.
 */
int gate_choose_base(struct choice *out, const char *root);
void choice_release(struct choice *c);

/* What brings the commits that a clone without its whole history lacks; NULL: it has them all. */
const char *gate_shallow_cure(const char *root);

#endif
