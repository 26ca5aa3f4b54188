/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * By which numbers the kernel knows a thread, whatever the namespace it counts itself in: run by
 * the thread itself (BPF_PROG_TEST_RUN), which says under which index to put them; or by an
 * iterator over one thread, under index 0.
 */
#include "vmlinux.h"

#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64); /* process << 32 | thread */
} numbers SEC(".maps");

SEC("raw_tp")
int numbers_note(__u64 *ctx)
{
	__u32 index = (__u32)ctx[0];
	__u64 *ids = bpf_map_lookup_elem(&numbers, &index);

	if (ids)
		*ids = bpf_get_current_pid_tgid();
	return 0;
}

SEC("?iter/task")
int numbers_look(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task; /* NULL: the end */
	__u32 index = 0;
	__u64 *ids = bpf_map_lookup_elem(&numbers, &index);

	if (ids && task)
		*ids = (__u64)task->tgid << 32 | (__u32)task->pid;
	return 0;
}
