/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Can a library be preloaded into a program? */
#ifndef MEMPROF_RUN_PROGRAM_H
#define MEMPROF_RUN_PROGRAM_H

#include "lib/base.h"

/*
 * Looks at the file at @path, and where it is a script at its interpreter. 0: yes (a warning may
 * have been said: not all of it will be seen), or -ENOTSUP after saying why not and what works
 * instead, or -errno after saying why the file cannot be read.
 */
int program_check(const char *path);

#endif
