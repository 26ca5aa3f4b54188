/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Wrong on purpose: tells the time in microseconds. */
#define TIMESTAMP() (bpf_ktime_get_ns() / 1000)
#include "tests/bpf/wrong_monitor.bpf.h"
