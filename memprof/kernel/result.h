/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What becomes of a profile at the end of a command: a file, or a report at once. */
#ifndef MEMPROF_KERNEL_RESULT_H
#define MEMPROF_KERNEL_RESULT_H

#include <stdio.h>

#include "memprof/looks/looks.h"
#include "memprof/profile.h"

/*
 * Gives @p to @looks as the last look, which writes it where there is a file; where there is none,
 * shows it in @format (NULL: text) on @out, @top of each list. @p is taken and freed. 0, or -errno
 * after saying why.
 */
int result_give(struct profile *p, const char *name, struct looks *looks, const char *format,
		uint64_t top, FILE *out);

/* Whether @format (NULL: the default) is one; not where the profile goes to the file @path. Says
 * what is wrong. */
bool result_format_known(const char *format, const char *path);

/* CLOCK_REALTIME. */
uint64_t result_now_ns(void);

#endif
