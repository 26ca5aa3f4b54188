/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* tracefs, where libbpf and bpftrace look tracepoints up. */
#ifndef COLLECTOR_TRACEFS_H
#define COLLECTOR_TRACEFS_H

#include "lib/base.h"

/*
 * Makes sure that tracefs can be read at /sys/kernel/tracing or /sys/kernel/debug/tracing, the two
 * places where libbpf looks. Mounts it at the first when it is at neither, and says so. Returns 0
 * or -errno after saying why.
 */
int tracefs_ensure(void);

#endif
