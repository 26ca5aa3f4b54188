/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The oracle: counts mmap, munmap, brk and mremap of one cgroup on the raw syscall tracepoints,
 * which no monitor here uses. Both tracepoints fire for 32-bit tasks too, whose numbers mean other
 * calls (the syscalls:* tracepoints leave those tasks out): they are skipped. Of calls that worked,
 * lengths are rounded up to whole pages.
 *
 * Where programs there can be preempted (Linux 7, docs/linux7.md) the same run by perf events,
 * which lose none: the programs named *_steady. They return 1, because 0 would keep the event from
 * perf's own counters (harness/verify/perf_count.h).
 */
#include "vmlinux.h"

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "bpf/probes/oracle.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* Set before loading. The only read-only variable: harness/verify/oracle.c finds it at the start.
 */
const volatile struct oracle_config oracle_config = {{-1, -1, -1, -1}, 0, 1};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, ORACLE_SLOTS);
	__type(key, __u32);
	__type(value, __u64);
} oracle_cgroups SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, ORACLE_SLOTS);
	__type(key, __u32);
	__type(value, struct oracle_counts);
} oracle_counts SEC(".maps");

static __always_inline bool is_compat(void)
{
	struct task_struct *task = bpf_get_current_task_btf();

#if defined(__TARGET_ARCH_x86)
	return task->thread_info.status & 0x2; /* TS_COMPAT, arch/x86/include/asm/thread_info.h */
#elif defined(__TARGET_ARCH_arm64)
	return task->thread_info.flags & (1UL << 22); /* TIF_32BIT, arch/arm64 likewise */
#else
	return false;
#endif
}

static __always_inline long number_at_exit(struct pt_regs *regs)
{
#if defined(__TARGET_ARCH_x86)
	return (long)regs->orig_ax;
#elif defined(__TARGET_ARCH_arm64)
	return regs->syscallno;
#else
	return -1;
#endif
}

/* ORACLE_OPS: another syscall. */
static __always_inline __u32 op_of(long id)
{
	if (id == oracle_config.number[ORACLE_MMAP])
		return ORACLE_MMAP;
	if (id == oracle_config.number[ORACLE_MUNMAP])
		return ORACLE_MUNMAP;
	if (id == oracle_config.number[ORACLE_BRK])
		return ORACLE_BRK;
	if (id == oracle_config.number[ORACLE_MREMAP])
		return ORACLE_MREMAP;
	return ORACLE_OPS;
}

static __always_inline struct oracle_counts *counts(void)
{
	__u64 here = bpf_get_current_cgroup_id(), *id;

#pragma unroll
	for (__u32 slot = 0; slot < ORACLE_SLOTS; slot++) {
		__u32 key = slot;

		id = bpf_map_lookup_elem(&oracle_cgroups, &key);
		if (id && *id == here)
			return bpf_map_lookup_elem(&oracle_counts, &key);
	}
	return 0;
}

static __always_inline void enter(__u32 op, __u64 length)
{
	struct oracle_counts *c = counts();

	if (!c)
		return;
	c->entered[op]++;
	if (op == ORACLE_MUNMAP)
		c->munmap_bytes += length;
	else if (op == ORACLE_MMAP && length < oracle_config.min_length)
		c->small_mmaps++;
	else if (op == ORACLE_MMAP)
		c->mmap_bytes += length;
}

SEC("tp_btf/sys_enter")
int BPF_PROG(oracle_enter, struct pt_regs *regs, long id)
{
	__u32 op = op_of(id);

	if (op < ORACLE_OPS && !is_compat())
		enter(op, PT_REGS_PARM2_SYSCALL(regs));
	return 0;
}

SEC("?tracepoint/raw_syscalls/sys_enter")
int oracle_enter_steady(struct trace_event_raw_sys_enter *ctx)
{
	__u32 op = op_of(ctx->id);

	if (op < ORACLE_OPS && !is_compat())
		enter(op, ctx->args[1]);
	return 1;
}

static __always_inline void worked(struct oracle_counts *c, __u32 op, __u64 first, __u64 second)
{
	__u64 mask = oracle_config.page_bytes - 1, whole = (second + mask) & ~mask;

	if (op == ORACLE_BRK && !first)
		return;
	c->worked[op]++;
	if (op == ORACLE_MMAP)
		c->worked_mmap_bytes += whole;
	else if (op == ORACLE_MUNMAP)
		c->worked_munmap_bytes += whole;
}

static __always_inline void leave(__u32 op, struct pt_regs *regs, long ret)
{
	struct oracle_counts *c = counts();
	__u64 first, second;
	bool failed;

	if (!c)
		return;
	first = PT_REGS_PARM1_SYSCALL(regs);
	second = PT_REGS_PARM2_SYSCALL(regs);
	if (op == ORACLE_BRK)
		failed = first && (long)first != ret;
	else
		failed = ret < 0 && ret >= -4095; /* MAX_ERRNO, include/linux/err.h */
	c->returned[op]++;
	if (!failed) {
		worked(c, op, first, second);
		return;
	}
	c->failed[op]++;
	if (op == ORACLE_MMAP && second < oracle_config.min_length)
		c->small_mmaps_failed++;
}

SEC("tp_btf/sys_exit")
int BPF_PROG(oracle_exit, struct pt_regs *regs, long ret)
{
	__u32 op = op_of(number_at_exit(regs));

	if (op < ORACLE_OPS && !is_compat())
		leave(op, regs, ret);
	return 0;
}

SEC("?tracepoint/raw_syscalls/sys_exit")
int oracle_exit_steady(struct trace_event_raw_sys_exit *ctx)
{
	__u32 op = op_of(ctx->id);

	if (op < ORACLE_OPS && !is_compat())
		leave(op, (struct pt_regs *)bpf_task_pt_regs(bpf_get_current_task_btf()), ctx->ret);
	return 1;
}
