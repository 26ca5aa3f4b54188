/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A counter of all system calls with programs at three places of type CALL_TYPE ("raw_tp",
 * "tp_btf"); CALL_MULTIPLIES dependent multiplications stand before its map lookup.
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

SEC(CALL_TYPE "/sys_enter")
int count_enter(void *ctx)
{
	__u64 x = bpf_get_current_pid_tgid(), one = 1, *n;
	__u32 key = (__u32)x;

#pragma clang loop unroll(full)
	for (int i = 0; i < CALL_MULTIPLIES; i++)
		asm volatile("%0 *= %0" : "+r"(x));
	asm volatile("%0 &= 0" : "+r"(x));
	key += (__u32)x;
	n = bpf_map_lookup_elem(&counts, &key);
	if (n)
		(*n)++;
	else
		bpf_map_update_elem(&counts, &key, &one, BPF_NOEXIST);
	return 0;
}

SEC(CALL_TYPE "/sys_exit")
int ignore_exit(void *ctx)
{
	return 0;
}

SEC(CALL_TYPE "/sched_switch")
int ignore_switch(void *ctx)
{
	return 0;
}
