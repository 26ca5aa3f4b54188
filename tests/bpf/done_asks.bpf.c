/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Wrong on purpose: a brk(0), which only asks, counts. */
#define ASKS(nr, first) false
#include "tests/bpf/done_monitor.bpf.h"
