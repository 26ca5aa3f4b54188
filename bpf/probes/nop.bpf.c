/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Attached where the memory monitor is, and does nothing: prices being attached at all. */
#include "vmlinux.h"

#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* There mmap is another call. */
#ifdef __TARGET_ARCH_s390
SEC("tracepoint/syscalls/sys_enter_old_mmap")
#else
SEC("tracepoint/syscalls/sys_enter_mmap")
#endif
int nop_mmap(void *ctx)
{
	return 0;
}

SEC("tracepoint/syscalls/sys_enter_munmap")
int nop_munmap(void *ctx)
{
	return 0;
}

SEC("tracepoint/syscalls/sys_enter_brk")
int nop_brk(void *ctx)
{
	return 0;
}
