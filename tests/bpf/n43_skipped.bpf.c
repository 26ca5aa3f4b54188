/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The memory monitor, and a program of which the kernel skips runs, on any kernel: a page fault of
 * the kernel's own is a tracepoint, and the program there makes one more, inside which it is not
 * run again. Nothing that is counted is missing.
 */
#include "bpf/memmon/memmon.bpf.c"

static __always_inline void fault(void)
{
	__u64 word;

	bpf_probe_read_user(&word, sizeof(word), (void *)16);
}

SEC("tracepoint/syscalls/sys_enter_munmap")
int begin(void *ctx)
{
	if (watched())
		fault();
	return 0;
}

SEC("raw_tp/page_fault_kernel")
int again(void *ctx)
{
	fault();
	return 0;
}
