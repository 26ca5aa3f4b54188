/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The replayed half of source.h: frames out of a recording (monitor/recording/format.h). */
#ifndef MONITOR_SOURCE_REPLAY_H
#define MONITOR_SOURCE_REPLAY_H

#include "monitor/frame.h"

struct replayer;

/* 0 or -errno after saying "FILE: offset N: ..": no recording, another tool's, a newer version. */
int replayer_open(struct replayer **out, const char *file, enum tool tool);
/* The next frame; it belongs to the replayer until the next call. 1, 0 at the end, or -EINVAL after
 * saying "FILE: offset N: cut off in the middle of a frame (after frame 17); what came before was
 * shown" or what else is wrong there. */
int replayer_next(struct replayer *r, struct frame **out);
void replayer_close(struct replayer *r); /* accepts NULL */

#endif
