/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Counters in global variables, one of them in a struct, and records with pids of 8 bytes. */
#include "vmlinux.h"

#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

const volatile __u64 beebench_cgroup_id = 0;

struct {
	__u64 calls, bytes;
} maps;
__u64 unmaps;
__u32 narrow = 0;

struct wide {
	__u64 pid, both, when, len;
};
struct wide *const volatile layout = 0;

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20);
} ring SEC(".maps");

SEC("tracepoint/syscalls/sys_enter_mmap")
int on_mmap(struct trace_event_raw_sys_enter *ctx)
{
	__u64 ids = bpf_get_current_pid_tgid();
	struct wide *e;

	if (beebench_cgroup_id && bpf_get_current_cgroup_id() != beebench_cgroup_id)
		return 0;
	__sync_fetch_and_add(&maps.calls, 1);
	__sync_fetch_and_add(&maps.bytes, ctx->args[1]);
	__sync_fetch_and_add(&narrow, 1);
	e = bpf_ringbuf_reserve(&ring, sizeof(*e), 0);
	if (!e)
		return 0;
	*e = (struct wide){(__u32)ids, ids, bpf_ktime_get_ns(), ctx->args[1]};
	bpf_ringbuf_submit(e, 0);
	return 0;
}

SEC("tracepoint/syscalls/sys_enter_munmap")
int on_munmap(struct trace_event_raw_sys_enter *ctx)
{
	if (beebench_cgroup_id && bpf_get_current_cgroup_id() != beebench_cgroup_id)
		return 0;
	__sync_fetch_and_add(&unmaps, 1);
	return 0;
}
