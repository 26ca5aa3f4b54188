/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Another's monitor: other names, a per-CPU map, a struct in another order, things of its own. Read
 * through a manifest. */
#include "vmlinux.h"

#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

const volatile __u64 unrelated = 3;
const volatile __u64 beebench_cgroup_id = 0;

struct sums {
	__u64 maps, bytes, unmaps;
};

struct note {
	char who[16];
	__u32 thread;
	__u64 length;
	__u8 what;
};

struct note *const volatile note_layout = 0;

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, 128);
	__type(key, __u32);
	__type(value, struct sums);
} sums_by_process SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 8192);
} notes SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 3);
	__type(key, __u32);
	__type(value, __u64);
} settings SEC(".maps");

static __always_inline void note(__u64 length, __u8 what)
{
	__u64 id = bpf_get_current_pid_tgid();
	__u32 process = id >> 32;
	struct sums zero = {}, *s;
	struct note *n;

	if (bpf_get_current_cgroup_id() != beebench_cgroup_id)
		return;
	s = bpf_map_lookup_elem(&sums_by_process, &process);
	if (!s) {
		bpf_map_update_elem(&sums_by_process, &process, &zero, BPF_NOEXIST);
		s = bpf_map_lookup_elem(&sums_by_process, &process);
	}
	if (s && what == 2) {
		s->maps++;
		s->bytes += length;
	} else if (s) {
		s->unmaps++;
	}
	n = bpf_ringbuf_reserve(&notes, sizeof(*n), 0);
	if (!n)
		return;
	bpf_get_current_comm(n->who, sizeof(n->who));
	n->thread = (__u32)id;
	n->length = length;
	n->what = what;
	bpf_ringbuf_submit(n, 0);
}

SEC("tp/syscalls/sys_enter_mmap")
int handle_map(struct trace_event_raw_sys_enter *ctx)
{
	note(ctx->args[1], 2);
	return 0;
}

SEC("tp/syscalls/sys_enter_munmap")
int handle_unmap(struct trace_event_raw_sys_enter *ctx)
{
	note(ctx->args[1], 3);
	return 0;
}

SEC("tp/syscalls/sys_enter_mremap")
int handle_other(void *ctx)
{
	return 0;
}

/* A section that names no place to attach to. */
SEC("socket")
int handle_packet(void *ctx)
{
	return 0;
}
