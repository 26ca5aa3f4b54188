/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The CPU monitor of seed 001 in C: user and kernel time by sched_switch and the syscall boundary.
 */
#include "vmlinux.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "bpf/cpumon/cpumon.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define CPU_MAP(map)                                                                               \
	struct {                                                                                   \
		__uint(type, BPF_MAP_TYPE_HASH);                                                   \
		__uint(max_entries, CPU_MAP_MAX);                                                  \
		__type(key, __u32);                                                                \
		__type(value, __u64);                                                              \
	} map SEC(".maps")

CPU_MAP(start_time);
CPU_MAP(kernel_time);
CPU_MAP(user_time);
CPU_MAP(syscall_start);
CPU_MAP(run_kernel_time);

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct cpu_loss);
} cpu_loss SEC(".maps");

static __always_inline void set(void *map, __u32 key, __u64 value)
{
	struct cpu_loss *loss;
	__u32 zero = 0;

	if (!bpf_map_update_elem(map, &key, &value, BPF_ANY))
		return;
	loss = bpf_map_lookup_elem(&cpu_loss, &zero);
	if (loss)
		loss->map_full++;
}

static __always_inline void add_to(void *map, __u32 key, __u64 value)
{
	__u64 *sum = bpf_map_lookup_elem(map, &key);

	if (sum)
		*sum += value;
	else
		set(map, key, value);
}

/* The run of *@prev that began at *@start has ended at @ts. */
static __always_inline void end_run(const __u32 *prev, const __u64 *start, __u64 ts)
{
	__u64 delta = ts - *start, kernel = 0, *in_kernel;

	in_kernel = bpf_map_lookup_elem(&run_kernel_time, prev);
	if (in_kernel) {
		kernel = *in_kernel;
		bpf_map_delete_elem(&run_kernel_time, prev);
	}
	if (kernel < delta)
		add_to(&user_time, *prev, delta - kernel);
	if (kernel > 0)
		add_to(&kernel_time, *prev, kernel);
	bpf_map_delete_elem(&start_time, prev);
}

SEC("tracepoint/sched/sched_switch")
int on_sched_switch(struct trace_event_raw_sched_switch *ctx)
{
	__u64 ts = bpf_ktime_get_ns(), *start;
	__u32 prev = ctx->prev_pid;

	/* Process 0 is the idle task of every CPU at once: its time would be a sum over CPUs. */
	start = ctx->prev_pid > 0 ? bpf_map_lookup_elem(&start_time, &prev) : NULL;
	if (start)
		end_run(&prev, start, ts);
	set(&start_time, ctx->next_pid, ts);
	return 0;
}

/*
 * Where whoever reads the maps can be preempted in the middle of it (Linux 7), the kernel skips
 * what perf events run until the reader goes on, and that switch is the first. This one runs all
 * the same, and cannot be preempted itself: a switch has its interrupts off.
 */
SEC("?tp_btf/sched_switch")
int BPF_PROG(on_sched_switch_steady, bool preempt, struct task_struct *from, struct task_struct *to)
{
	__u64 ts = bpf_ktime_get_ns(), *start;
	__u32 prev = from->pid;

	start = prev ? bpf_map_lookup_elem(&start_time, &prev) : NULL;
	if (start)
		end_run(&prev, start, ts);
	set(&start_time, to->pid, ts);
	return 0;
}

SEC("tracepoint/raw_syscalls/sys_enter")
int on_sys_enter(void *ctx)
{
	__u32 process = bpf_get_current_pid_tgid() >> 32;

	set(&syscall_start, process, bpf_ktime_get_ns());
	return 0;
}

SEC("tracepoint/raw_syscalls/sys_exit")
int on_sys_exit(void *ctx)
{
	__u32 process = bpf_get_current_pid_tgid() >> 32;
	__u64 ts = bpf_ktime_get_ns(), *start;

	start = bpf_map_lookup_elem(&syscall_start, &process);
	if (start) {
		add_to(&run_kernel_time, process, ts - *start);
		bpf_map_delete_elem(&syscall_start, &process);
	}
	return 0;
}
