/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Wrong on purpose: munmap is filtered as mmap is. */
#define MUNMAP_MIN_LENGTH MEM_MIN_LENGTH
#include "tests/bpf/wrong_monitor.bpf.h"
