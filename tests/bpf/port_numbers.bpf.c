/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Right on x86-64: knows mmap by its number there. On arm64 9 is lgetxattr, on s390x link. */
#define MMAP_ENTER  "tracepoint/raw_syscalls/sys_enter"
#define LENGTH(ctx) ((ctx)->id == 9 ? (ctx)->args[1] : 0)
#include "bpf/memmon/memmon.bpf.c"
