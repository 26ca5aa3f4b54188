/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A monitor of the seeds' shape for the test objects beside it, each of which spoils one thing:
 *   STATS_MAP       name of the counter map            MMAP_COUNT_TYPE   type of its field
 * mmap_count EVENT_TYPE      type of mem_event.event_type       NO_BRK            leave the brk
 * program out
 */
#include "vmlinux.h"

#include <bpf/bpf_helpers.h>

#ifndef STATS_MAP
#define STATS_MAP mem_stats_map
#endif
#ifndef MMAP_COUNT_TYPE
#define MMAP_COUNT_TYPE __u64
#endif
#ifndef EVENT_TYPE
#define EVENT_TYPE __u8
#endif

char LICENSE[] SEC("license") = "Dual BSD/GPL";

const volatile __u64 beebench_cgroup_id = 0;

struct mem_stats {
	__u64 total_allocated, total_freed, current_usage, peak_usage, alloc_count, free_count;
	MMAP_COUNT_TYPE mmap_count;
	__u64 munmap_count, last_update;
};

struct mem_event {
	__u64 timestamp;
	__u32 pid, tgid;
	__u64 size, address;
	EVENT_TYPE event_type;
	char comm[16];
};

struct mem_event *const volatile mem_event_layout = 0;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, __u32);
	__type(value, struct mem_stats);
} STATS_MAP SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} mem_events SEC(".maps");

static __always_inline bool watched(void)
{
	return bpf_get_current_cgroup_id() == beebench_cgroup_id;
}

#ifndef OWN_PROGRAMS
SEC("tracepoint/syscalls/sys_enter_mmap")
int on_mmap(void *ctx)
{
	return 0;
}

SEC("tracepoint/syscalls/sys_enter_munmap")
int on_munmap(void *ctx)
{
	return 0;
}

#ifndef NO_BRK
SEC("tracepoint/syscalls/sys_enter_brk")
int on_brk(void *ctx)
{
	return 0;
}
#endif
#endif
