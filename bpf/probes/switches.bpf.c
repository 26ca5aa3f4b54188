/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Does the kernel tell of every switch? The scheduler's own account of a thread's CPU time
 * (task_struct.se.sum_exec_runtime) stands still while the thread is not on a CPU: what it has
 * grown by between two switches that do not frame a run is a run of which sched_switch said
 * nothing. Threads of one cgroup.
 */
#include "vmlinux.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "bpf/probes/switches.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* Set before loading. The only read-only variable: harness/verify/switches.c finds it at the
 * start. */
const volatile __u64 switches_cgroup = 0;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, SWITCHES_THREADS_MAX);
	__type(key, __u32);
	__type(value, struct switches_thread);
} switches_threads SEC(".maps");

/* The thread's row, made where it is missing: then it is new and has not run. */
static __always_inline struct switches_thread *row_of(struct task_struct *task)
{
	struct switches_thread new = {0};
	__u32 tid = BPF_CORE_READ(task, pid);

	if (BPF_CORE_READ(task, cgroups, dfl_cgrp, kn, id) != switches_cgroup)
		return 0;
	bpf_map_update_elem(&switches_threads, &tid, &new, BPF_NOEXIST);
	return bpf_map_lookup_elem(&switches_threads, &tid);
}

static __always_inline void account(struct switches_thread *t, __u64 ran_ns, bool framed)
{
	if (!framed && ran_ns > t->ran_ns) {
		t->unseen_ns += ran_ns - t->ran_ns;
		t->unseen++;
	}
	t->ran_ns = ran_ns;
}

SEC("tp_btf/sched_switch")
int BPF_PROG(switches_count, bool preempt, struct task_struct *prev, struct task_struct *next)
{
	struct switches_thread *t = row_of(prev);

	if (t) {
		account(t, BPF_CORE_READ(prev, se.sum_exec_runtime), t->on_cpu);
		t->on_cpu = 0;
	}
	t = row_of(next);
	if (t) {
		account(t, BPF_CORE_READ(next, se.sum_exec_runtime), false);
		t->on_cpu = 1;
	}
	return 0;
}
