/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The oracle: counts mmap, munmap, brk and mremap of one cgroup on the raw syscall tracepoints,
 * which no monitor here uses. Both tracepoints fire for 32-bit tasks too, whose numbers mean other
 * calls (the syscalls:* tracepoints leave those tasks out): they have numbers and registers of
 * their own here, and are counted apart as well. Of calls that worked, lengths are rounded up to
 * whole pages. A call worked only if it was seen to enter: those that seccomp answers return as
 * well.
 *
 * Cgroups below the target's count, too; what its tasks, or children of theirs, call from elsewhere
 * is counted apart.
 *
 * Where programs there can be preempted (Linux 7, docs/linux7.md) the same run by perf events,
 * which lose none: the programs named *_steady. They return 1, because 0 would keep the event from
 * perf's own counters (harness/verify/perf_count.h).
 */
#include "vmlinux.h"

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "bpf/calls/calls.bpf.h"
#include "bpf/calls/huge.bpf.h"
#include "bpf/probes/oracle.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* Set before loading. The only read-only variable: harness/verify/oracle.c finds it at the start.
 */
const volatile struct oracle_config oracle_config = {{-1, -1, -1, -1}, 0, 0, 1, 1};

struct oracle_task {
	__u32 inside;  /* it or a parent of it was seen in the target's cgroup */
	__u32 entered; /* the call under way, an oracle_op, plus 1 */
};

/* Of tasks that made a call in the target's or canary's cgroup, and of their children. */
struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct oracle_task);
} oracle_tasks SEC(".maps");

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

/* The same of a 32-bit task. */
static __always_inline __u32 op_of_32(long id)
{
	switch (id) {
	case NR32_MMAP:
	case NR32_MMAP2: return ORACLE_MMAP;
	case NR32_MUNMAP: return ORACLE_MUNMAP;
	case NR32_BRK: return ORACLE_BRK;
	case NR32_MREMAP: return ORACLE_MREMAP;
	}
	return ORACLE_OPS;
}

/* A call under way that is looked at. */
struct looked {
	__u32 op;
	bool compat;
	struct call_arguments args;
	__u64 huge; /* of a mmap that has returned: bytes of its pages, 0: small ones */
};

static __always_inline void arguments(struct looked *l, long id, struct pt_regs *regs)
{
	if (l->compat)
		call_arguments_32(&l->args, id, regs);
	else
		call_arguments(&l->args, id, regs);
}

static __always_inline struct oracle_counts *counts_of(__u32 slot)
{
	return bpf_map_lookup_elem(&oracle_counts, &slot);
}

/* Whose call this is by its cgroup; ORACLE_SLOTS: nobody's. @below: that lies below the target's.
 */
static __always_inline __u32 slot_here(bool *below)
{
	__u64 here = bpf_get_current_cgroup_id(), *id, level = oracle_config.level;
	__u32 target = ORACLE_TARGET;

	*below = false;
#pragma unroll
	for (__u32 slot = 0; slot < ORACLE_SLOTS; slot++) {
		__u32 key = slot;

		id = bpf_map_lookup_elem(&oracle_cgroups, &key);
		if (id && *id == here)
			return slot;
	}
	id = bpf_map_lookup_elem(&oracle_cgroups, &target);
	*below = level && id && bpf_get_current_ancestor_cgroup_id(level) == *id;
	return *below ? ORACLE_TARGET : ORACLE_SLOTS;
}

static __always_inline struct oracle_task *task_made(struct task_struct *task)
{
	return bpf_task_storage_get(&oracle_tasks, task, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
}

/* A call of a task that is in neither cgroup: of interest if it was. */
static __always_inline void enter_outside(void)
{
	struct oracle_task *t =
		bpf_task_storage_get(&oracle_tasks, bpf_get_current_task_btf(), 0, 0);
	struct oracle_counts *c = t && t->inside ? counts_of(ORACLE_TARGET) : 0;

	if (c)
		c->outside++;
}

static __always_inline void enter(const struct looked *l)
{
	__u64 length = l->args.second;
	__u32 op = l->op;
	bool below;
	__u32 slot = slot_here(&below);
	struct oracle_counts *c;
	struct oracle_task *t;

	if (slot >= ORACLE_SLOTS) {
		enter_outside();
		return;
	}
	c = counts_of(slot);
	if (!c)
		return;
	t = task_made(bpf_get_current_task_btf());
	if (t) {
		t->inside = slot == ORACLE_TARGET;
		t->entered = op + 1;
	} else {
		c->blind++;
	}
	c->entered[op]++;
	c->compat[op] += l->compat;
	c->below += below;
	if (op == ORACLE_MUNMAP)
		c->munmap_bytes += length;
	else if (op == ORACLE_MMAP && length < oracle_config.min_length)
		c->small_mmaps++;
	else if (op == ORACLE_MMAP)
		c->mmap_bytes += length;
}

/* Children of tasks in the target's cgroup belong to it wherever they are born. */
SEC("tp_btf/sched_process_fork")
int BPF_PROG(oracle_fork, struct task_struct *parent, struct task_struct *child)
{
	struct oracle_task *t = bpf_task_storage_get(&oracle_tasks, parent, 0, 0);
	bool below;

	if (!(t && t->inside) && slot_here(&below) != ORACLE_TARGET)
		return 0;
	t = task_made(child);
	if (t)
		t->inside = 1;
	return 0;
}

/* A 32-bit call whose number means another one here: perf takes it for that
 * (harness/verify/perf_count.h). */
static __always_inline void mistaken(__u32 op)
{
	bool below;
	__u32 slot = slot_here(&below);
	struct oracle_counts *c = slot < ORACLE_SLOTS ? counts_of(slot) : 0;

	if (c && op < ORACLE_OPS)
		c->mistaken[op]++;
}

static __always_inline void look_at_enter(long id, struct pt_regs *regs)
{
	__u32 op = op_of(id), op_32 = op_of_32(id);
	struct looked l = {};

	if (op >= ORACLE_OPS && op_32 >= ORACLE_OPS)
		return;
	l.compat = call_is_32(bpf_get_current_task_btf());
	l.op = l.compat ? op_32 : op;
	if (l.compat && op < ORACLE_OPS)
		mistaken(op);
	if (l.op >= ORACLE_OPS)
		return;
	arguments(&l, id, regs);
	enter(&l);
}

static __always_inline struct pt_regs *registers(void)
{
	return (struct pt_regs *)bpf_task_pt_regs(bpf_get_current_task_btf());
}

SEC("tp_btf/sys_enter")
int BPF_PROG(oracle_enter, struct pt_regs *regs, long id)
{
	look_at_enter(id, regs);
	return 0;
}

SEC("?tracepoint/raw_syscalls/sys_enter")
int oracle_enter_steady(struct trace_event_raw_sys_enter *ctx)
{
	look_at_enter(ctx->id, registers());
	return 1;
}

static __always_inline __u64 whole_pages(__u64 length, __u64 huge)
{
	__u64 mask = (huge ? huge : oracle_config.page_bytes) - 1;

	return (length + mask) & ~mask;
}

static __always_inline void worked(struct oracle_counts *c, const struct looked *l)
{
	if (l->op == ORACLE_BRK && !l->args.first)
		return;
	c->worked[l->op]++;
	if (l->op == ORACLE_MMAP)
		c->worked_mmap_bytes += whole_pages(l->args.second, l->huge);
	else if (l->op == ORACLE_MUNMAP)
		c->worked_munmap_bytes += whole_pages(l->args.second, 0);
}

/*
 * A result that the call may have when it has worked. Who answers in the kernel's place (seccomp)
 * may say anything: the number of the call, 0.
 */
static __always_inline bool may_have_worked(__u32 op, __u64 first, __u64 ret)
{
	if (op == ORACLE_MUNMAP)
		return !ret;
	if (op == ORACLE_BRK)
		return ret == first && ret >= oracle_config.page_bytes;
	return ret && !(ret & (oracle_config.page_bytes - 1));
}

static __always_inline bool has_entered(__u32 op)
{
	struct oracle_task *t =
		bpf_task_storage_get(&oracle_tasks, bpf_get_current_task_btf(), 0, 0);
	bool yes = t && t->entered == op + 1;

	if (t)
		t->entered = 0;
	return yes;
}

static __always_inline void leave(const struct looked *l, long ret)
{
	__u64 first = l->args.first, second = l->args.second;
	bool failed, below;
	__u32 op = l->op;
	__u32 slot = slot_here(&below);
	struct oracle_counts *c = slot < ORACLE_SLOTS ? counts_of(slot) : 0;

	if (!c)
		return;
	if (op == ORACLE_BRK)
		failed = first && (long)first != ret;
	else
		failed = ret < 0 && ret >= -4095; /* MAX_ERRNO, include/linux/err.h */
	c->returned[op]++;
	if (!has_entered(op) && !failed) {
		if (may_have_worked(op, first, ret))
			c->answered[op]++;
		return;
	}
	if (!failed) {
		worked(c, l);
		return;
	}
	c->failed[op]++;
	if (op == ORACLE_MMAP && second < oracle_config.min_length)
		c->small_mmaps_failed++;
}

static __always_inline void look_at_exit(long id, struct pt_regs *regs, long ret)
{
	__u32 op = op_of(id), op_32 = op_of_32(id);
	struct looked l = {};

	if (op >= ORACLE_OPS && op_32 >= ORACLE_OPS)
		return;
	l.compat = call_is_32(bpf_get_current_task_btf());
	l.op = l.compat ? op_32 : op;
	if (l.op >= ORACLE_OPS)
		return;
	arguments(&l, id, regs);
	if (l.op == ORACLE_MMAP && call_may_be_huge(ret))
		l.huge = call_mmap_huge(regs, id, l.compat, oracle_config.huge_bytes);
	leave(&l, ret);
}

SEC("tp_btf/sys_exit")
int BPF_PROG(oracle_exit, struct pt_regs *regs, long ret)
{
	look_at_exit(call_number_at_exit(regs), regs, ret);
	return 0;
}

SEC("?tracepoint/raw_syscalls/sys_exit")
int oracle_exit_steady(struct trace_event_raw_sys_exit *ctx)
{
	look_at_exit(ctx->id, registers(), ctx->ret);
	return 1;
}
