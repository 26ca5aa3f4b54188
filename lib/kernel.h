/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a kernel can, known by its version. */
#ifndef LIB_KERNEL_H
#define LIB_KERNEL_H

#include "lib/base.h"

/* A BPF program can walk along all tasks (bpf_iter_task_new(), Linux 6.7 and later). Where a vendor
 * took that into an older kernel it is not known, and not used. BEEBENCH_TASKS=iterator in the
 * environment says that it cannot, so that the other way can be tried on any kernel. */
bool kernel_walks_tasks(void);

/* The same of a release as uname() has it: "6.12.0-amd64". */
bool kernel_release_walks_tasks(const char *release);

#endif
