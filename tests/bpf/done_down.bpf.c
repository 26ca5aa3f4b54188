/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Wrong on purpose: a break that moves down is told as one that moves up. */
#define MOVED_DOWN(before, now) 0
#include "tests/bpf/done_monitor.bpf.h"
