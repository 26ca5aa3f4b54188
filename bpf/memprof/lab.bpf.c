// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The document's lab in C: its five maps, and its program, step by step. Where the kernel offers
 * kprobes it is one on __kmalloc, which sees the size alone; as the raw tracepoint kmem:kmalloc it
 * also knows the address, and fills the map that the document makes but does not use.
 */
#include "vmlinux.h"

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "bpf/memprof/lab.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct {
	__uint(type, BPF_MAP_TYPE_STACK_TRACE);
	__uint(max_entries, LAB_STACKS);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, 8 * LAB_STACK_DEPTH);
} stack_traces SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, LAB_STACKS);
	__type(key, __u64);
	__type(value, struct alloc_info);
} alloc_infos SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, LAB_STACKS);
	__type(key, __u32);
	__type(value, __u64);
} stack_counts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, LAB_STACKS);
	__type(key, __u32);
	__type(value, __u64);
} stack_bytes SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, LAB_BUCKETS);
	__type(key, __u32);
	__type(value, __u64);
} size_histogram SEC(".maps");

/* Allocations of which bpf_get_stackid() gave no number: the bucket of their hash was another
 * stack's, mostly. The document passes over them. */
__u64 lab_lost;

static __always_inline void add(void *map, __u32 stack, __u64 n)
{
	__u64 *value = bpf_map_lookup_elem(map, &stack);

	if (value)
		__sync_fetch_and_add(value, n);
	else
		bpf_map_update_elem(map, &stack, &n, BPF_ANY);
}

static __always_inline void count_size(__u64 size)
{
	__u32 bucket = size < 32    ? 0
		       : size < 64  ? 1
		       : size < 128 ? 2
		       : size < 256 ? 3
		       : size < 512 ? 4
				    : 5;
	__u64 *value = bpf_map_lookup_elem(&size_histogram, &bucket);

	if (value)
		__sync_fetch_and_add(value, 1);
}

static __always_inline int track(void *ctx, __u64 size, __u64 address)
{
	struct alloc_info info = {.size = size};
	long stack;

	if (!size)
		return 0;
	stack = bpf_get_stackid(ctx, &stack_traces, 0);
	if (stack < 0) {
		__sync_fetch_and_add(&lab_lost, 1);
		return 0;
	}
	info.stack_id = stack;
	info.pid = bpf_get_current_pid_tgid() >> 32;
	info.timestamp = bpf_ktime_get_ns();
	add(&stack_counts, stack, 1);
	add(&stack_bytes, stack, size);
	count_size(size);
	if (address)
		bpf_map_update_elem(&alloc_infos, &address, &info, BPF_ANY);
	return 0;
}

/* Loaded when it is asked for: not every kernel has kprobes, nor the function by this name. */
SEC("?kprobe")
int track_kprobe(struct pt_regs *ctx)
{
	return track(ctx, PT_REGS_PARM1(ctx), 0);
}

SEC("raw_tp/kmalloc")
int BPF_PROG(track_tracepoint, unsigned long site, const void *address, size_t size)
{
	return track(ctx, size, (__u64)address);
}
