/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Wrong on purpose: the events of brk lose the upper half of the address. */
#define BRK_ADDRESS(address) ((__u32)(address))
#include "tests/bpf/wrong_monitor.bpf.h"
