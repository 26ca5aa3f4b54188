/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* exact_base with one more instruction on every mmap: a move of a register to itself, which neither
 * clang nor the JIT compiler removes. */
#define ON_MMAP __asm__ volatile("r0 = r0")
#include "tests/bpf/exact_monitor.bpf.h"
