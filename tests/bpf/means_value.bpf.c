/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Wrong on purpose: the least result, which may be an error, has no sign and 4 bytes. */
#define LEAST_TYPE __u32
#include "tests/bpf/means.bpf.h"
