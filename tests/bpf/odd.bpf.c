/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A monitor as somebody else would write it: narrow counters, a record of its own with codes of its
 * own, mmap and munmap only, no filter. tests/cli/manifest_says.t says so in manifests.
 */
#include "vmlinux.h"

#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

const volatile __u64 beebench_cgroup_id = 0;

struct odd_calls {
	__u32 maps, unmaps, bytes;
};

struct odd_event {
	__u16 code;
	__u32 len;
	__u32 thread;
	__u64 when;
	char name[8];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, 10240);
	__type(key, __u32);
	__type(value, struct odd_calls);
} odd_map SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 23);
} odd_ring SEC(".maps");

struct odd_event *const volatile layout = 0;

static struct odd_calls *row(void)
{
	struct odd_calls none = {}, *c;
	__u32 thread = (__u32)bpf_get_current_pid_tgid();

	if (beebench_cgroup_id && bpf_get_current_cgroup_id() != beebench_cgroup_id)
		return NULL;
	c = bpf_map_lookup_elem(&odd_map, &thread);
	if (c)
		return c;
	bpf_map_update_elem(&odd_map, &thread, &none, BPF_NOEXIST);
	return bpf_map_lookup_elem(&odd_map, &thread);
}

static void tell(__u16 code, __u64 len)
{
	struct odd_event *e = bpf_ringbuf_reserve(&odd_ring, sizeof(*e), 0);

	if (!e)
		return;
	e->code = code;
	e->len = (__u32)len;
	e->thread = (__u32)bpf_get_current_pid_tgid();
	e->when = bpf_ktime_get_ns();
	bpf_get_current_comm(e->name, sizeof(e->name));
	bpf_ringbuf_submit(e, 0);
}

SEC("tracepoint/syscalls/sys_enter_mmap")
int on_mmap(struct trace_event_raw_sys_enter *ctx)
{
	struct odd_calls *c = row();

	if (!c)
		return 0;
	c->maps++;
	c->bytes += (__u32)ctx->args[1];
	tell(300, ctx->args[1]);
	return 0;
}

SEC("tracepoint/syscalls/sys_enter_munmap")
int on_munmap(struct trace_event_raw_sys_enter *ctx)
{
	struct odd_calls *c = row();

	if (!c)
		return 0;
	c->unmaps++;
	tell(7, ctx->args[1]);
	return 0;
}
