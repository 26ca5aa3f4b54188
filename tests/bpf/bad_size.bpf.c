/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A counter of 4 bytes where 8 are the definition. */
#define MMAP_COUNT_TYPE __u32
#include "tests/bpf/shape.bpf.h"
