/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* exact_base with one more instruction on every mmap: a constant moved to a register that nobody
 * reads. */
#define ON_MMAP __asm__ volatile("r0 = 7" ::: "r0")
#include "tests/bpf/exact_monitor.bpf.h"
