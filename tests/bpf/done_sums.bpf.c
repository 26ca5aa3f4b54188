/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Wrong on purpose: the address space is the sum of the lengths mapped and unmapped. */
#define VM_BYTES(s) ((s)->mmap_bytes - (s)->munmap_bytes)
#include "tests/bpf/done_monitor.bpf.h"
