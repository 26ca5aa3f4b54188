/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A monitor in the shape of the memory monitor: hash by thread, ring of events, a filter. Who
 * includes it may define ON_MMAP, statements put on the path of every counted mmap.
 */
#include "vmlinux.h"

#include <bpf/bpf_helpers.h>

#ifndef ON_MMAP
#define ON_MMAP
#endif

struct counters {
	__u64 current, peak, mmaps, munmaps, spare, last;
};

struct event {
	__u64 timestamp, size;
	__u32 thread, type;
	char comm[16];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, struct counters);
} counters SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 65536);
} events SEC(".maps");

__u64 lost;

static __always_inline struct counters *mine(__u32 thread)
{
	struct counters *c = bpf_map_lookup_elem(&counters, &thread), zero = {};

	if (c)
		return c;
	bpf_map_update_elem(&counters, &thread, &zero, BPF_NOEXIST);
	return bpf_map_lookup_elem(&counters, &thread);
}

static __always_inline void tell(__u32 thread, __u32 type, __u64 size)
{
	struct event *e = bpf_ringbuf_reserve(&events, sizeof(*e), 0);

	if (!e) {
		lost++;
		return;
	}
	e->timestamp = bpf_ktime_get_ns();
	e->size = size;
	e->thread = thread;
	e->type = type;
	bpf_get_current_comm(e->comm, sizeof(e->comm));
	bpf_ringbuf_submit(e, 0);
}

SEC("tracepoint/syscalls/sys_enter_mmap")
int on_mmap(struct trace_event_raw_sys_enter *ctx)
{
	__u32 thread = (__u32)bpf_get_current_pid_tgid();
	__u64 size = ctx->args[1];
	struct counters *c;

	if (size < 1024)
		return 0;
	c = mine(thread);
	if (c) {
		c->mmaps++;
		ON_MMAP;
		c->current += size;
		if (c->current > c->peak)
			c->peak = c->current;
		c->last = bpf_ktime_get_ns();
	}
	tell(thread, 2, size);
	return 0;
}

SEC("tracepoint/syscalls/sys_enter_munmap")
int on_munmap(struct trace_event_raw_sys_enter *ctx)
{
	__u32 thread = (__u32)bpf_get_current_pid_tgid();
	struct counters *c = mine(thread);

	if (c) {
		c->munmaps++;
		if (c->current >= ctx->args[1])
			c->current -= ctx->args[1];
		c->last = bpf_ktime_get_ns();
	}
	tell(thread, 3, ctx->args[1]);
	return 0;
}

SEC("tracepoint/syscalls/sys_enter_brk")
int on_brk(struct trace_event_raw_sys_enter *ctx)
{
	tell((__u32)bpf_get_current_pid_tgid(), 4, 0);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
