/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Wrong on purpose: the calls of each thread, which should be each process's. */
#define CALLS_KEY(ids) ((__u32)(ids))
#include "tests/bpf/means.bpf.h"
