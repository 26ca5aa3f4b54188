// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * One program for each way of attaching, all with the same body: what scripts/linux7.sh loads one
 * after the other. A run for a process of ours (a pid from @first to @last) counts in @seen. The
 * body is about as long as a monitor's: ten look-ups in a hash.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#define NR_UMASK 95

char LICENSE[] SEC("license") = "Dual BSD/GPL";

__u32 first, last;
__u64 seen;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, __u64);
} work SEC(".maps");

static __always_inline void run(void)
{
	const __u32 pid = bpf_get_current_pid_tgid() >> 32;

	if (pid < first || pid > last)
		return;
	for (__u32 i = 0; i < 10; i++) {
		const __u32 key = i;
		__u64 *value = bpf_map_lookup_elem(&work, &key);
		const __u64 now = bpf_ktime_get_ns();

		if (value)
			*value = now;
		else
			bpf_map_update_elem(&work, &key, &now, BPF_ANY);
	}
	__sync_fetch_and_add(&seen, 1);
}

#define PLAIN(name, section)                                                                       \
	SEC(section) int name(void *ctx)                                                           \
	{                                                                                          \
		run();                                                                             \
		return 0;                                                                          \
	}

SEC("?raw_tp/sys_enter")
int raw_tp_sys_enter(struct bpf_raw_tracepoint_args *ctx)
{
	if (ctx->args[1] == NR_UMASK)
		run();
	return 0;
}

SEC("?tp_btf/sys_enter")
int BPF_PROG(tp_btf_sys_enter, struct pt_regs *regs, long id)
{
	if (id == NR_UMASK)
		run();
	return 0;
}

SEC("?tracepoint/raw_syscalls/sys_enter")
int perf_raw_sys_enter(struct trace_event_raw_sys_enter *ctx)
{
	if (ctx->id == NR_UMASK)
		run();
	return 0;
}

PLAIN(perf_sys_enter, "?tracepoint/syscalls/sys_enter_umask")
PLAIN(perf_sys_exit, "?tracepoint/syscalls/sys_exit_umask")
PLAIN(kprobe, "?kprobe/__x64_sys_umask")
PLAIN(kretprobe, "?kretprobe/__x64_sys_umask")
PLAIN(fentry, "?fentry/__x64_sys_umask")
PLAIN(fexit, "?fexit/__x64_sys_umask")
PLAIN(raw_tp_rename, "?raw_tp/task_rename")
PLAIN(tp_btf_rename, "?tp_btf/task_rename")
PLAIN(perf_rename, "?tracepoint/task/task_rename")
PLAIN(uprobe, "?uprobe")
PLAIN(uretprobe, "?uretprobe")
PLAIN(perf_event_fault, "?perf_event")

/* Each read of the iterator passes the first of our processes once; the one that reads is another.
 */
SEC("?iter/task")
int iter_task(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;

	if (task && task->pid == (int)first)
		run();
	return 0;
}
