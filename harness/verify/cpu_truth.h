/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A CPU monitor against the threads' own clocks. Its sums depend on the scheduler, so nothing
 * predicts them to the nanosecond; what its definition (bpf/cpumon/cpumon.h) promises is held to
 * bounds, and what the definition itself gets wrong is an accuracy finding. Pure.
 *
 * Bounds, for each thread of the ledger, with T its CPU time by CLOCK_THREAD_CPUTIME_ID:
 *   - user_time <= T + slack: a thread cannot compute longer than it ran;
 *   - user_time >= T - slack where the monitor saw no time in the kernel worth naming (kernel_time
 * below 1 % of T); slack = 10 % of T + 3 ms + the time the hypervisor took from the machine: what
 * the barriers and one switch take, and what passes on a CPU without the thread's clock running;
 * downwards also the runs that no switch was told to frame (harness/verify/switches.h), which no
 * monitor of switches can count.
 */
#ifndef HARNESS_CPU_TRUTH_H
#define HARNESS_CPU_TRUTH_H

#include "lib/base.h"
#include "harness/verify/accuracy.h"
#include "harness/verify/judge.h"
#include "harness/verify/model.h"
#include "harness/verify/switches.h"
#include "lib/procfs.h"

enum { CPU_SLACK_PCT = 10, CPU_SLACK_NS = 3000000 };

/* The verdict is JUDGE_BOUNDED or JUDGE_MISMATCH; JUDGE_NONE without lanes. @unseen: of each lane's
 * thread; NULL: there was none. @steal_ns: as procfs_steal(), between the barriers. */
void cpu_judge(const struct model_lane *lanes, size_t nlanes, const struct mem_table *table,
	       const struct switches_unseen *unseen, uint64_t steal_ns, struct judge_result *out);

/* Getrusage and /proc split by timer ticks: below this they say nothing. */
enum { CPU_TICKS_NS = 50000000 };

/* @ticks: /proc/PID/stat of the process between the barriers; NULL: not known. */
void cpu_assess(const struct model_lane *lanes, size_t nlanes, const struct mem_table *table,
		const struct switches_unseen *unseen, const struct proc_cpu *ticks,
		struct accuracy *out);

#endif
