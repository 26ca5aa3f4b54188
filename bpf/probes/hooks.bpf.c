/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A program for each way of being attached, of which harness/hooks.c loads one at a time. Each
 * counts what is marked as ours and does what monitors do at an event: a look-up and an update of a
 * hash.
 */
#include "vmlinux.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "bpf/probes/hooks.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* The only read-only variable: harness/hooks.c finds it at the start. */
const volatile struct hooks_config hooks_config = {0, 0, 0};

struct hooks_state hooks_state = {};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 10240); /* as monitors have it; somebody reads it */
	__type(key, __u32);
	__type(value, __u64);
} hooks_work SEC(".maps");

/* What the iterator goes over. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1000);
	__type(key, __u32);
	__type(value, __u64);
} hooks_elements SEC(".maps");

static __always_inline int count(void)
{
	__u32 tid = (__u32)bpf_get_current_pid_tgid();
	__u64 now = bpf_ktime_get_ns(), *last;

	last = bpf_map_lookup_elem(&hooks_work, &tid);
	if (last)
		*last = now;
	else
		bpf_map_update_elem(&hooks_work, &tid, &now, BPF_ANY);
	__sync_fetch_and_add(&hooks_state.runs, 1);
	return 0;
}

static __always_inline int count_call(__u64 argument)
{
	return argument == hooks_config.mark ? count() : 0;
}

SEC("?raw_tp/sys_enter")
int raw_tp(struct bpf_raw_tracepoint_args *ctx)
{
	struct pt_regs *regs = (struct pt_regs *)ctx->args[0];

	if ((__s64)ctx->args[1] != hooks_config.call)
		return 0;
	return count_call(PT_REGS_PARM1_CORE_SYSCALL(regs));
}

SEC("?tp_btf/sys_enter")
int BPF_PROG(tp_btf, struct pt_regs *regs, long id)
{
	return id == hooks_config.call ? count_call(PT_REGS_PARM1_SYSCALL(regs)) : 0;
}

SEC("?tp/syscalls/sys_enter_getpgid")
int tp_syscalls(struct trace_event_raw_sys_enter *ctx)
{
	return count_call(ctx->args[0]);
}

SEC("?tp/raw_syscalls/sys_enter")
int tp_raw_syscalls(struct trace_event_raw_sys_enter *ctx)
{
	return ctx->id == hooks_config.call ? count_call(ctx->args[0]) : 0;
}

SEC("?ksyscall/getpgid")
int BPF_KSYSCALL(kprobe, __u64 pid)
{
	return count_call(pid);
}

#if defined(__TARGET_ARCH_arm64)
#define GETPGID "__arm64_sys_getpgid"
#elif defined(__TARGET_ARCH_s390)
#define GETPGID "__s390x_sys_getpgid"
#else
#define GETPGID "__x64_sys_getpgid"
#endif

SEC("?fentry/" GETPGID)
int BPF_PROG(fentry, struct pt_regs *regs)
{
	return count_call(PT_REGS_PARM1_SYSCALL(regs));
}

SEC("?fexit/" GETPGID)
int BPF_PROG(fexit, struct pt_regs *regs, long ret)
{
	return count_call(PT_REGS_PARM1_SYSCALL(regs));
}

SEC("?uprobe")
int BPF_KPROBE(uprobe, __u64 mark)
{
	return count_call(mark);
}

SEC("?tp/sched/sched_switch")
int tp_sched(struct trace_event_raw_sched_switch *ctx)
{
	return *(__u64 *)ctx->prev_comm == hooks_config.name ? count() : 0;
}

SEC("?tp_btf/sched_switch")
int BPF_PROG(tp_btf_sched, bool preempt, struct task_struct *from)
{
	__u64 name = 0;

	bpf_core_read(&name, sizeof(name), &from->comm);
	return name == hooks_config.name ? count() : 0;
}

SEC("?perf_event")
int perf_event(void *ctx)
{
	return count();
}

SEC("?iter/bpf_map_elem")
int iterator(struct bpf_iter__bpf_map_elem *ctx)
{
	return ctx->key ? count() : 0;
}
