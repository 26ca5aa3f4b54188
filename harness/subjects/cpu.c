/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * CPU time: a monitor of it is held against the threads' own clocks. Its sums depend on the
 * scheduler, so nothing predicts them to the nanosecond; what its definition (bpf/cpumon/cpumon.h)
 * promises is held to bounds, and what the definition itself gets wrong is an accuracy finding.
 * Pure.
 *
 * Bounds, for each thread of the ledger, with T its CPU time by CLOCK_THREAD_CPUTIME_ID:
 *   - user_time <= T + slack: a thread cannot compute longer than it ran. Where the scheduler's own
 * account (harness/verify/switches.h) is above T, that: a thread runs before it reads its clock and
 * after (of a process that forks and ends, its pages are copied and given back: milliseconds where
 * the machine is slow), and a monitor of switches sees all of it;
 *   - user_time >= T - slack where the monitor saw no time in the kernel worth naming (kernel_time
 * below 1 % of T); slack = 10 % of T + 3 ms + the time the hypervisor took from the machine: what
 * the barriers and one switch take, and what passes on a CPU without the thread's clock running;
 * downwards also the runs that no switch was told to frame (harness/verify/switches.h), which no
 * monitor of switches can count.
 */
#include "lib/base.h"
#include "harness/subject.h"

#include <inttypes.h>
#include <stdio.h>

#include "harness/verify/accuracy.h"
#include "harness/verify/judge.h"
#include "harness/verify/switches.h"
#include "lib/procfs.h"

enum { CPU_SLACK_PCT = 10, CPU_SLACK_NS = 3000000 };

/* Getrusage and /proc split by timer ticks: below this they say nothing. */
enum { CPU_TICKS_NS = 50000000 };

static uint64_t value(const struct counter_table *table, uint32_t key, enum cpu_field f)
{
	const struct counter_row *row = counter_table_find(table, key);

	return row ? row->value[f] : 0;
}

static uint64_t slack_ns(uint64_t cpu_ns, uint64_t steal_ns)
{
	return cpu_ns / 100 * CPU_SLACK_PCT + CPU_SLACK_NS + steal_ns;
}

static void out_of_bounds(struct judge_result *out, const struct ledger_lane *lane, uint32_t index,
			  uint64_t user_ns, uint64_t cpu_ns, uint64_t slack, const char *how)
{
	struct judge_mismatch *m = judge_add(out, JUDGE_COUNTER);

	if (!m)
		return;
	m->key = lane->tid;
	m->field = vocabulary_cpu.fields[CPU_USER_TIME].name;
	m->numeric = true;
	m->expected = cpu_ns;
	m->captured = user_ns;
	m->place = (struct model_place){.lane = index};
	snprintf(m->text, sizeof(m->text),
		 "user_time of thread %" PRIu32 " is %" PRIu64 " ns, %s than the %" PRIu64
		 " ns that %s says (and the slack of %" PRIu64 " ns)",
		 lane->tid, user_ns, how, cpu_ns,
		 cpu_ns == lane->cpu_ns ? "its own clock" : "the scheduler", slack);
}

static void judge_times(const struct judge_input *in, struct judge_result *out)
{
	const struct model *model = in->model;

	*out = (struct judge_result){.verdict = model->nlanes ? JUDGE_BOUNDED : JUDGE_NONE};
	for (size_t i = 0; i < model->nlanes; i++) {
		const struct ledger_lane *lane = model->lanes[i].lane;
		uint64_t user_ns = value(in->table, lane->tid, CPU_USER_TIME);
		uint64_t kernel_ns = value(in->table, lane->tid, CPU_KERNEL_TIME);
		uint64_t ran_ns = MAX(lane->cpu_ns, in->unseen ? in->unseen[i].told_ns : 0);
		uint64_t above = slack_ns(ran_ns, in->steal_ns);
		uint64_t below =
			slack_ns(lane->cpu_ns, in->steal_ns) + (in->unseen ? in->unseen[i].ns : 0);

		out->keys++;
		out->counters += 2;
		if (user_ns > ran_ns + above)
			out_of_bounds(out, lane, (uint32_t)i, user_ns, ran_ns, above, "more");
		else if (kernel_ns < lane->cpu_ns / 100 && user_ns + below < lane->cpu_ns)
			out_of_bounds(out, lane, (uint32_t)i, user_ns, lane->cpu_ns, below, "less");
	}
	if (out->mismatches)
		out->verdict = JUDGE_MISMATCH;
}

static int assess(const struct assessment *in, struct accuracy *out)
{
	const struct counter_table *table = in->table;
	size_t nlanes = in->model->nlanes;
	uint64_t cpu = 0, user = 0, system = 0, got_user = 0, got_kernel = 0, threads = 0,
		 credited = 0;
	struct switches_unseen lost = {0};

	if (!nlanes)
		return 0;
	for (size_t i = 0; i < nlanes; i++) {
		const struct ledger_lane *lane = in->model->lanes[i].lane;
		uint64_t kernel = value(table, lane->tid, CPU_KERNEL_TIME);

		cpu += lane->cpu_ns;
		user += lane->user_ns;
		system += lane->system_ns;
		got_user += value(table, lane->tid, CPU_USER_TIME);
		got_kernel += kernel;
		threads += lane->tid != lane->tgid;
		credited += lane->tid != lane->tgid && kernel;
		lost.ns += in->unseen ? in->unseen[i].ns : 0;
		lost.runs += in->unseen ? in->unseen[i].runs : 0;
	}
	accuracy_add(out, "cpu_time", "ns", cpu, got_user + got_kernel,
		     "user_time + kernel_time of all threads against their own clocks%s",
		     got_kernel > cpu ? ": a syscall that sleeps counts its sleep as kernel time"
				      : "");
	if (cpu >= CPU_TICKS_NS) {
		accuracy_add(out, "user_time", "ns", user, got_user,
			     "against getrusage, which splits CPU time by timer ticks");
		accuracy_add(
			out, "kernel_time", "ns", system, got_kernel,
			"against getrusage; a syscall counts from entry to exit, asleep or not");
	}
	if (in->ticks && cpu >= CPU_TICKS_NS)
		accuracy_add(out, "proc_stat", "ns", in->ticks->user_ns + in->ticks->system_ns,
			     got_user + got_kernel,
			     "against utime + stime of /proc/PID/stat, in ticks of 10 ms");
	if (lost.runs)
		accuracy_add(
			out, "untold_runs", "runs", lost.runs, 0,
			"the kernel did not tell of the switch that begins or ends them (%" PRIu64
			" ns of CPU time): no monitor of switches can count them",
			lost.ns);
	if (threads)
		accuracy_add(
			out, "threads_with_kernel_time", "threads", threads, credited,
			"syscalls are counted by process, switches by thread: only the main thread "
			"gets kernel time");
	return 0;
}

static uint64_t determines(const struct model_definition *def UNUSED)
{
	return 0;
}

const struct subject_ops subject_cpu = {
	.words = &vocabulary_cpu,
	.help = "CPU time by thread, user and kernel: held to the threads' own clocks",
	.workloads = WORKLOAD_CPU,
	.determines = determines,
	.judge = judge_times,
	.assess = assess,
	.of_clocks = true,
};
