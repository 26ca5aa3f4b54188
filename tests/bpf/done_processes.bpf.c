/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Wrong on purpose: the row of a process goes away with it. */
#define FORGETS_PROCESSES
#include "tests/bpf/done_monitor.bpf.h"
