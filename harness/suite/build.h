/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A project's own build command. */
#ifndef HARNESS_SUITE_BUILD_H
#define HARNESS_SUITE_BUILD_H

#include "lib/base.h"
#include "lib/strbuf.h"

/*
 * Runs @command by `sh -c` in folder @dir ("": where we are), for at most 15 minutes, not as a part
 * of a make or a git command that may have started us. Returns 0, -EINTR, or -errno after saying
 * "@what: 'COMMAND' ended with exit code N:" and the last lines it printed, in @why (lib/why.h).
 */
int build_run(const char *dir, const char *command, const char *what, struct strbuf *why);

#endif
