/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Wrong on purpose: reads of 64 bytes do not count. */
#define READS(ret) ((ret) > 64)
#include "tests/bpf/means.bpf.h"
