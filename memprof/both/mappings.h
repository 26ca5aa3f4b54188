/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Which files processes have mapped as code, told by the kernel when they do it (perf events of
 * mmap, exec and fork, on each CPU): so that a process that ended before anybody looked at it is
 * known all the same.
 */
#ifndef MEMPROF_BOTH_MAPPINGS_H
#define MEMPROF_BOTH_MAPPINGS_H

#include "lib/base.h"
#include "memprof/attach/unwind.h"

struct mappings;

/* From now on. 0 or -errno; prints nothing: without it all is as it was, but for such processes. */
int mappings_open(struct mappings **out);
/*
 * What the process @pid had mapped at @when_ns (CLOCK_MONOTONIC) as far as it was told: from its
 * exec, or its parent's before the fork; in the midst of an exec, where @pc is in no file of the
 * new program, the old one's. NULL: it did not come from one of these since the beginning. It is
 * valid until the end, and grows when more is mapped.
 */
const struct unwind_files *mappings_of(struct mappings *m, uint32_t pid, uint64_t when_ns,
				       uint64_t pc);
/* Events that were lost as nobody took them in time. */
uint64_t mappings_lost(const struct mappings *m);
void mappings_close(struct mappings *m); /* accepts NULL */

#endif
