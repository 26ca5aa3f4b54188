/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A counter on munmap with a known cost injected before its map lookup: COST_MULTIPLIES dependent
 * multiplications (3 core cycles each) feeding the key, so that nothing can run ahead of them.
 */
#include "vmlinux.h"

#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, __u64);
} counts SEC(".maps");

#define MULTIPLY asm volatile("%0 *= %0" : "+r"(x));

SEC("tracepoint/syscalls/sys_enter_munmap")
int count_munmap(void *ctx)
{
	__u64 x = bpf_get_current_pid_tgid(), one = 1, *n;
	__u32 key = (__u32)x;

#pragma clang loop unroll(full)
	for (int i = 0; i < COST_MULTIPLIES; i++)
		MULTIPLY
	asm volatile("%0 &= 0" : "+r"(x));
	key += (__u32)x;
	n = bpf_map_lookup_elem(&counts, &key);
	if (n)
		(*n)++;
	else
		bpf_map_update_elem(&counts, &key, &one, BPF_NOEXIST);
	return 0;
}

/* Where a monitor is looked for, too. */
SEC("tracepoint/syscalls/sys_enter_mmap")
int ignore_mmap(void *ctx)
{
	return 0;
}

SEC("tracepoint/syscalls/sys_enter_brk")
int ignore_brk(void *ctx)
{
	return 0;
}
