/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Wrong on purpose: records name a process that is one further. */
#define EVENT_PID(ids) ((__u32)((ids) >> 32) + 1)
#include "tests/bpf/means.bpf.h"
