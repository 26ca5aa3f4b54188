/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Recordings (monitor/recording/format.h) are written: every frame, whole, in a file. */
#ifndef MONITOR_RECORD_H
#define MONITOR_RECORD_H

#include "monitor/frame.h"

struct recorder;

/* Creates @file anew (O_EXCL unless @force: -EEXIST after saying so). 0 or -errno after saying why.
 */
int recorder_open(struct recorder **out, const char *file, enum tool tool, bool force);
/* Appends a frame. A full disk or another error is said once, the file is cut back to its last
 * whole block, and later calls return the same -errno quietly: the tool goes on, and shows that it
 * no longer records. */
int recorder_add(struct recorder *r, const struct frame *f);
/* It ends by itself, with a sentence, before it has more than @bytes or spans more than @seconds
 * (0: no limit). That is no error: frames given to it later are not kept. */
void recorder_limit(struct recorder *r, uint64_t bytes, double seconds);
/* What ended it so: "as large as --record-max says"; NULL: nothing. */
const char *recorder_bound(const struct recorder *r);
uint64_t recorder_bytes(const struct recorder *r);
int recorder_error(const struct recorder *r); /* 0 while it records, else why it no longer does */
int recorder_close(struct recorder *r);	      /* accepts NULL; 0 or -errno after saying why */

#endif
