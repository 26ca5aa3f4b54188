// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* `memprof kernel --counts`: sums alone. For the exact lane, which loads an object as it is. */
#define KERNEL_SETTINGS .counts = 1
#include "bpf/memprof/kernel.bpf.c"
