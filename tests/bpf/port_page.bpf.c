/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Right on x86-64: takes a page to be 4 KiB. On arm64 it may be 16 or 64. */
#define PAGE_BYTES 4096UL
#include "bpf/memmon/memmon_fast.bpf.c"
