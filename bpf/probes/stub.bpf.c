/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The permanently attached switch of the time lane: each program jumps to whatever its one-slot
 * array holds. The index is a constant, so that the JIT makes it a direct jump that the kernel
 * re-points when the slot is written, in microseconds and without detaching anything. One array a
 * program: a slot's target must be of the same type, and each tracepoint has its own.
 */
#include "vmlinux.h"

#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define TARGET(name)                                                                               \
	struct {                                                                                   \
		__uint(type, BPF_MAP_TYPE_PROG_ARRAY);                                             \
		__uint(max_entries, 1);                                                            \
		__type(key, __u32);                                                                \
		__type(value, __u32);                                                              \
	} name SEC(".maps")

TARGET(target_mmap);
TARGET(target_munmap);
TARGET(target_brk);

SEC("tracepoint/syscalls/sys_enter_mmap")
int stub_mmap(void *ctx)
{
	bpf_tail_call(ctx, &target_mmap, 0);
	return 0;
}

SEC("tracepoint/syscalls/sys_enter_munmap")
int stub_munmap(void *ctx)
{
	bpf_tail_call(ctx, &target_munmap, 0);
	return 0;
}

SEC("tracepoint/syscalls/sys_enter_brk")
int stub_brk(void *ctx)
{
	bpf_tail_call(ctx, &target_brk, 0);
	return 0;
}
