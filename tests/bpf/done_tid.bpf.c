/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Wrong on purpose: the key is the thread, not the process. */
#define KEY(id) ((__u32)(id))
#include "tests/bpf/done_monitor.bpf.h"
