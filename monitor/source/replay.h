/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The replayed half of source.h: frames out of a recording (monitor/recording/format.h). */
#ifndef MONITOR_SOURCE_REPLAY_H
#define MONITOR_SOURCE_REPLAY_H

#include "monitor/frame.h"

struct replayer;

/* 0 or -errno after saying "FILE: offset N: ..": no recording, another tool's, a newer version. */
int replayer_open(struct replayer **out, const char *file, enum tool tool);
/* Only frames from @from_ns to @to_ns (CLOCK_REALTIME; 0: from the first, to the last); @from_s and
 * @to_s the same in s after the first frame, where not NAN. */
struct replay_window {
	uint64_t from_ns, to_ns;
	double from_s, to_s;
};
void replayer_window(struct replayer *r, const struct replay_window *w);
/* The frame before the latest comes next; at the first one it stays. 0 or -errno after saying why.
 */
int replayer_back(struct replayer *r);
/* The first frame (of the window) comes next. 0 or -errno after saying why. */
int replayer_rewind(struct replayer *r);
/* CLOCK_REALTIME of its first frame; 0: none was read yet. */
uint64_t replayer_begin_ns(const struct replayer *r);
/* The next frame; it belongs to the replayer until the next call. 1, 0 at the end, or -EINVAL after
 * saying "FILE: offset N: cut off in the middle of a frame (after frame 17); what came before was
 * shown" or what else is wrong there. */
int replayer_next(struct replayer *r, struct frame **out);
void replayer_close(struct replayer *r); /* accepts NULL */

#endif
