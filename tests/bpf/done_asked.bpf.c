/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Wrong on purpose: lengths are not rounded up to pages. */
#define LENGTH(bytes) (bytes)
#include "tests/bpf/done_monitor.bpf.h"
