/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Processes that walk through memory, so that a measurement has company. */
#ifndef HARNESS_CAL_HOGS_H
#define HARNESS_CAL_HOGS_H

#include <sched.h>

#include "lib/base.h"

struct hogs;

/*
 * Starts @n children of the calling thread, each walking through @bytes of its own for ever, on any
 * CPU of @cpus. They end with hogs_stop(), or when the calling thread ends. Returns 0, or -errno
 * after saying why.
 */
int hogs_start(struct hogs **out, unsigned int n, size_t bytes, const cpu_set_t *cpus);
/* Kills and reaps each by its own id. Accepts NULL. */
void hogs_stop(struct hogs *h);

#endif
