/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A recording: the profiles of one thing at many moments, one after the other in a file of profiles
 * (memprof/profile_file.h), which is never larger than it may be. */
#ifndef MEMPROF_LOOKS_RECORDING_H
#define MEMPROF_LOOKS_RECORDING_H

#include "memprof/profile.h"

struct recording;

/* Begins the file anew (0600). 0 or -errno after saying why. @path is borrowed. */
int recording_open(struct recording **out, const char *path, uint64_t bytes_max);
/*
 * Appends @p in one write. Where the file would be larger than it may, every second profile before
 * goes, until it is not, and *@each_ns doubles each time: the whole file is written anew beside it
 * and renamed, so that it is whole at any moment. @p itself is kept, whatever its size.
 * 0 or -errno after saying why; what was written before is whole.
 */
int recording_add(struct recording *r, const struct profile *p, uint64_t *each_ns);
void recording_close(struct recording *r); /* accepts NULL */

#endif
