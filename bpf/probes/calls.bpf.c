/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Every raw syscall of a cgroup, and of those below it, on the raw syscall tracepoints: number,
 * arguments, result, task, name, user, CPU and time of each side, and the text behind pointers.
 * Records go to one ring, in the order in which they were written; one that finds no room is
 * counted. Where programs there can be preempted (Linux 7, docs/linux7.md) the record is written by
 * perf events: the programs named *_steady. Not so the stamps: all perf events of a tracepoint run
 * where the first of them stands, ahead of the monitor, and a stamp has to come after it.
 */
#include "vmlinux.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "bpf/calls/calls.bpf.h"
#include "bpf/probes/calls.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* Set before loading. The only read-only variable: harness/verify/calls.c finds it at the start. */
const volatile struct calls_config calls_config = {};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 25);
} calls_ring SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, CALLS_SLOTS);
	__type(key, __u32);
	__type(value, __u64);
} calls_cgroups SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, CALLS_SLOTS);
	__type(key, __u32);
	__type(value, struct calls_counts);
} calls_counts SEC(".maps");

/* A record while it is made. */
struct draft {
	struct calls_record record;
	char text[CALLS_TEXTS * CALLS_TEXT_BYTES];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct draft);
} calls_draft SEC(".maps");

/* Whose call this is; CALLS_SLOTS: nobody's. */
static __always_inline __u32 slot_here(bool *below)
{
	__u64 here = bpf_get_current_cgroup_id(), *id, level = calls_config.level;
	__u32 target = CALLS_TARGET;

	*below = false;
#pragma unroll
	for (__u32 slot = 0; slot < CALLS_SLOTS; slot++) {
		__u32 key = slot;

		id = bpf_map_lookup_elem(&calls_cgroups, &key);
		if (id && *id && *id == here)
			return slot;
	}
	id = bpf_map_lookup_elem(&calls_cgroups, &target);
	*below = level && id && *id && bpf_get_current_ancestor_cgroup_id(level) == *id;
	return *below ? CALLS_TARGET : CALLS_SLOTS;
}

/* The number as an index: the verifier of 6.1 forgets what it has compared, and clang what was
 * masked. */
static __always_inline __u32 index_of(long number)
{
	__u32 at = number;

	asm volatile("%0 &= %1" : "+r"(at) : "i"(CALLS_NUMBERS - 1));
	return at;
}

static __always_inline bool is_wanted(long number, __u32 slot, __u8 side)
{
	if (slot == CALLS_CANARY || number < 0 || number >= CALLS_NUMBERS)
		return true;
	return calls_config.want[index_of(number)] & side;
}

static __always_inline struct calls_counts *counts_of(__u32 slot)
{
	return bpf_map_lookup_elem(&calls_counts, &slot);
}

static __always_inline void fill_head(struct calls_stamp *head, __u8 side, __u32 slot)
{
	head->ns = bpf_ktime_get_ns();
	head->tid = bpf_get_current_pid_tgid();
	head->side = side;
	head->slot = slot;
	head->compat = call_is_32(bpf_get_current_task_btf());
	head->spare = 0;
}

/* Libbpf 1.1 has no PT_REGS_PARM6_SYSCALL. */
static __always_inline __u64 sixth(struct pt_regs *regs)
{
#if defined(__TARGET_ARCH_x86)
	return regs->r9;
#elif defined(__TARGET_ARCH_arm64)
	return regs->regs[5];
#else
	return regs->gprs[7];
#endif
}

static __always_inline void read_arguments(struct calls_record *r, struct pt_regs *regs,
					   long number)
{
	r->args[0] = PT_REGS_PARM1_SYSCALL(regs);
	r->args[1] = PT_REGS_PARM2_SYSCALL(regs);
	r->args[2] = PT_REGS_PARM3_SYSCALL(regs);
	r->args[3] = PT_REGS_PARM4_SYSCALL(regs);
	r->args[4] = PT_REGS_PARM5_SYSCALL(regs);
	r->args[5] = sixth(regs);
#if defined(__TARGET_ARCH_x86)
	if (r->head.compat) {
		r->args[0] = (__u32)regs->bx;
		r->args[1] = (__u32)regs->cx;
		r->args[2] = (__u32)regs->dx;
		r->args[3] = (__u32)regs->si;
		r->args[4] = (__u32)regs->di;
		r->args[5] = (__u32)regs->bp;
	}
#elif defined(__TARGET_ARCH_s390)
	if (number == NR_MMAP) {
		__u64 block = r->args[0];

#pragma unroll
		for (int i = 0; i < CALLS_ARGS; i++)
			r->args[i] = call_block_word(block, i, r->head.compat);
	}
#endif
}

/* The texts behind pointers among the arguments; returns the bytes they take together. */
static __always_inline __u32 read_texts(struct draft *d, long number)
{
	__u32 used = 0, n = 0;
	__u8 mask;

	if (number < 0 || number >= CALLS_NUMBERS)
		return 0;
	mask = calls_config.text[index_of(number)];
#pragma unroll
	for (int i = 0; i < CALLS_ARGS; i++) {
		long got;

		if (!(mask & 1U << i) || n >= CALLS_TEXTS || used > CALLS_TEXT_BYTES)
			continue;
		got = bpf_probe_read_user_str(d->text + used, CALLS_TEXT_BYTES,
					      (const void *)d->record.args[i]);
		if (got <= 0 || got > CALLS_TEXT_BYTES)
			got = 0;
		d->record.text_bytes[n] = got;
		d->record.text_arg[n] = i;
		used += got;
		n++;
	}
	return used;
}

static __always_inline void write(struct pt_regs *regs, long number, long ret, __u8 side)
{
	bool below;
	__u32 slot = slot_here(&below), zero = 0, bytes;
	struct calls_counts *c;
	struct draft *d;

	if (slot >= CALLS_SLOTS)
		return;
	c = counts_of(slot);
	d = bpf_map_lookup_elem(&calls_draft, &zero);
	if (!c || !d)
		return;
	c->below += below;
	if (!is_wanted(number, slot, side == CALLS_ENTER ? CALLS_WANT_ENTER : CALLS_WANT_EXIT))
		return;
	__builtin_memset(&d->record, 0, sizeof(d->record));
	fill_head(&d->record.head, side, slot);
	d->record.number = number;
	d->record.ret = ret;
	read_arguments(&d->record, regs, number);
	d->record.cgroup = bpf_get_current_cgroup_id();
	d->record.tgid = bpf_get_current_pid_tgid() >> 32;
	d->record.uid = bpf_get_current_uid_gid();
	d->record.gid = bpf_get_current_uid_gid() >> 32;
	d->record.cpu = bpf_get_smp_processor_id();
	bpf_get_current_comm(d->record.comm, sizeof(d->record.comm));
	bytes = read_texts(d, number);
	c->attempts++;
	if (bytes > CALLS_TEXTS * CALLS_TEXT_BYTES)
		return;
	if (bpf_ringbuf_output(&calls_ring, d, sizeof(d->record) + bytes, BPF_RB_NO_WAKEUP))
		c->lost++;
}

static __always_inline void stamp(long number, __u8 side)
{
	struct calls_stamp s;
	struct calls_counts *c;
	bool below;
	__u32 slot;

	if (!calls_config.stamps)
		return;
	slot = slot_here(&below);
	if (slot >= CALLS_SLOTS)
		return;
	if (!is_wanted(number, slot,
		       side == CALLS_ENTER_STAMP ? CALLS_WANT_ENTER : CALLS_WANT_EXIT))
		return;
	c = counts_of(slot);
	fill_head(&s, side, slot);
	if (bpf_ringbuf_output(&calls_ring, &s, sizeof(s), BPF_RB_NO_WAKEUP) && c)
		c->stamps_lost++;
}

static __always_inline struct pt_regs *registers(void)
{
	return (struct pt_regs *)bpf_task_pt_regs(bpf_get_current_task_btf());
}

SEC("tp_btf/sys_enter")
int BPF_PROG(calls_enter, struct pt_regs *regs, long id)
{
	write(regs, id, 0, CALLS_ENTER);
	return 0;
}

SEC("?tracepoint/raw_syscalls/sys_enter")
int calls_enter_steady(struct trace_event_raw_sys_enter *ctx)
{
	write(registers(), ctx->id, 0, CALLS_ENTER);
	return 1;
}

SEC("tp_btf/sys_exit")
int BPF_PROG(calls_exit, struct pt_regs *regs, long ret)
{
	write(regs, call_number_at_exit(regs), ret, CALLS_EXIT);
	return 0;
}

SEC("?tracepoint/raw_syscalls/sys_exit")
int calls_exit_steady(struct trace_event_raw_sys_exit *ctx)
{
	write(registers(), ctx->id, ctx->ret, CALLS_EXIT);
	return 1;
}

SEC("tp_btf/sys_enter")
int BPF_PROG(calls_enter_stamp, struct pt_regs *regs, long id)
{
	stamp(id, CALLS_ENTER_STAMP);
	return 0;
}

SEC("tp_btf/sys_exit")
int BPF_PROG(calls_exit_stamp, struct pt_regs *regs, long ret)
{
	stamp(call_number_at_exit(regs), CALLS_EXIT_STAMP);
	return 0;
}
