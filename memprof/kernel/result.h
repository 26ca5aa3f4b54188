/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What becomes of a profile at the end of a command: a file, or a report at once. */
#ifndef MEMPROF_KERNEL_RESULT_H
#define MEMPROF_KERNEL_RESULT_H

#include <stdio.h>

#include "memprof/profile.h"

/*
 * Writes @p to @path; where that is NULL shows it in @format (NULL: text) on @out, @top of each
 * list. @p is taken and freed. 0, or -errno after saying why.
 */
int result_give(struct profile *p, const char *name, const char *path, const char *format,
		uint64_t top, FILE *out);

/* Whether there is such a format (NULL: the default). Says so where there is none. */
bool result_format_known(const char *format);

/* CLOCK_REALTIME. */
uint64_t result_now_ns(void);

#endif
