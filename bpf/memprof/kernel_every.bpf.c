// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* `memprof kernel --every 1`: each allocation with its stack. For the exact lane, which loads an
 * object as it is. */
#define KERNEL_SETTINGS .every = 1
#include "bpf/memprof/kernel.bpf.c"
