/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Questions to git that have one line as the answer. */
#ifndef HARNESS_GATE_GIT_H
#define HARNESS_GATE_GIT_H

#include "lib/base.h"
#include "lib/strbuf.h"

/* subproc_capture() that a signal to us does not cut off: a work tree that is half made or half
 * removed would be left. */
int git_run(const char *const argv[], struct strbuf *out, struct strbuf *err);

/*
 * What `git -C ROOT WORDS..` prints (@root "": where we are), without the line's end, to free();
 * @words is ended by NULL and has at most 12. NULL when git fails: *@code is its exit code or
 * -errno, and @why what it said.
 */
char *git_ask(const char *root, const char *const words[], struct strbuf *why, int *code);

#endif
