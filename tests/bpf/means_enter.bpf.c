/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Wrong on purpose: forks are counted as they begin, so that the child is not. */
#define FORKS "tracepoint/syscalls/sys_enter_clone"
#include "tests/bpf/means.bpf.h"
