/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Right on x86-64 and arm64: takes mmap's second argument for its length. On s390x the one argument
 * is the address of six words, and the second register has what the caller left there. */
#define MMAP_ENTER  "tracepoint/raw_syscalls/sys_enter"
#define LENGTH(ctx) ((ctx)->id == NR_MMAP ? (ctx)->args[1] : 0)
#include "bpf/memmon/memmon.bpf.c"
