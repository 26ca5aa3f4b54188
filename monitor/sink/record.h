/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Recordings: every frame, whole, in a file. "BEEMON1\n", then blocks: u32 magic, u32 kind, u32
 * bytes packed, u32 bytes unpacked, u32 CRC-32 of the packed bytes (zlib's), packed bytes (zlib's
 * deflate). Little endian. The payload's layout is described by the first block (names of fields),
 * so that an older reader can say what it does not know.
 */
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
uint64_t recorder_bytes(const struct recorder *r);
int recorder_error(const struct recorder *r); /* 0 while it records, else why it no longer does */
int recorder_close(struct recorder *r);	      /* accepts NULL; 0 or -errno after saying why */

struct replayer;

/* 0 or -errno after saying "FILE: offset N: ..": no recording, another tool's, a newer version. */
int replayer_open(struct replayer **out, const char *file, enum tool tool);
/* The next frame; it belongs to the replayer until the next call. 1, 0 at the end, or -EINVAL after
 * saying "FILE: offset N: cut off in the middle of a frame (after frame 17); what came before was
 * shown" or what else is wrong there. */
int replayer_next(struct replayer *r, struct frame **out);
void replayer_close(struct replayer *r); /* accepts NULL */

#endif
