/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A CPU monitor against the threads' own clocks. */
#include "lib/base.h"
#include "harness/verify/cpu_truth.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

static uint64_t value(const struct mem_table *table, uint32_t key, enum mem_field f)
{
	const struct mem_row *row = mem_table_find(table, key);

	return row ? row->value[f] : 0;
}

static uint64_t slack_ns(uint64_t cpu_ns, uint64_t steal_ns)
{
	return cpu_ns / 100 * CPU_SLACK_PCT + CPU_SLACK_NS + steal_ns;
}

static void out_of_bounds(struct judge_result *out, const struct ledger_lane *lane, uint32_t index,
			  uint64_t user_ns, uint64_t slack, const char *how)
{
	struct judge_mismatch *m = judge_add(out, JUDGE_COUNTER);

	if (!m)
		return;
	m->key = lane->tid;
	m->field = mem_field_names[CPU_USER_TIME];
	m->numeric = true;
	m->expected = lane->cpu_ns;
	m->captured = user_ns;
	m->place = (struct model_place){.lane = index};
	snprintf(m->text, sizeof(m->text),
		 "user_time of thread %" PRIu32 " is %" PRIu64 " ns, %s than the %" PRIu64
		 " ns that its own clock says (and the slack of %" PRIu64 " ns)",
		 lane->tid, user_ns, how, lane->cpu_ns, slack);
}

void cpu_judge(const struct model_lane *lanes, size_t nlanes, const struct mem_table *table,
	       const struct switches_unseen *unseen, uint64_t steal_ns, struct judge_result *out)
{
	out->verdict = nlanes ? JUDGE_BOUNDED : JUDGE_NONE;
	for (size_t i = 0; i < nlanes; i++) {
		const struct ledger_lane *lane = lanes[i].lane;
		uint64_t user_ns = value(table, lane->tid, CPU_USER_TIME);
		uint64_t kernel_ns = value(table, lane->tid, CPU_KERNEL_TIME);
		uint64_t slack = slack_ns(lane->cpu_ns, steal_ns);
		uint64_t below = slack + (unseen ? unseen[i].ns : 0);

		out->keys++;
		out->counters += 2;
		if (user_ns > lane->cpu_ns + slack)
			out_of_bounds(out, lane, (uint32_t)i, user_ns, slack, "more");
		else if (kernel_ns < lane->cpu_ns / 100 && user_ns + below < lane->cpu_ns)
			out_of_bounds(out, lane, (uint32_t)i, user_ns, below, "less");
	}
	if (out->mismatches)
		out->verdict = JUDGE_MISMATCH;
}

static void add(struct accuracy *out, const char *metric, const char *unit, uint64_t truth,
		uint64_t captured, const char *fmt, ...) PRINTF_LIKE(6, 7);
static void add(struct accuracy *out, const char *metric, const char *unit, uint64_t truth,
		uint64_t captured, const char *fmt, ...)
{
	struct accuracy_finding *f;
	va_list ap;

	if (out->n == ACCURACY_MAX)
		return;
	f = &out->finding[out->n++];
	f->metric = metric;
	f->unit = unit;
	f->truth = truth;
	f->captured = captured;
	va_start(ap, fmt);
	vsnprintf(f->why, sizeof(f->why), fmt, ap);
	va_end(ap);
}

void cpu_assess(const struct model_lane *lanes, size_t nlanes, const struct mem_table *table,
		const struct switches_unseen *unseen, const struct proc_cpu *ticks,
		struct accuracy *out)
{
	uint64_t cpu = 0, user = 0, system = 0, got_user = 0, got_kernel = 0, threads = 0,
		 credited = 0;
	struct switches_unseen lost = {0};

	if (!nlanes)
		return;
	for (size_t i = 0; i < nlanes; i++) {
		const struct ledger_lane *lane = lanes[i].lane;
		uint64_t kernel = value(table, lane->tid, CPU_KERNEL_TIME);

		cpu += lane->cpu_ns;
		user += lane->user_ns;
		system += lane->system_ns;
		got_user += value(table, lane->tid, CPU_USER_TIME);
		got_kernel += kernel;
		threads += lane->tid != lane->tgid;
		credited += lane->tid != lane->tgid && kernel;
		lost.ns += unseen ? unseen[i].ns : 0;
		lost.runs += unseen ? unseen[i].runs : 0;
	}
	add(out, "cpu_time", "ns", cpu, got_user + got_kernel,
	    "user_time + kernel_time of all threads against their own clocks%s",
	    got_kernel > cpu ? ": a syscall that sleeps counts its sleep as kernel time" : "");
	if (cpu >= CPU_TICKS_NS) {
		add(out, "user_time", "ns", user, got_user,
		    "against getrusage, which splits CPU time by timer ticks");
		add(out, "kernel_time", "ns", system, got_kernel,
		    "against getrusage; a syscall counts from entry to exit, asleep or not");
	}
	if (ticks && cpu >= CPU_TICKS_NS)
		add(out, "proc_stat", "ns", ticks->user_ns + ticks->system_ns,
		    got_user + got_kernel,
		    "against utime + stime of /proc/PID/stat, in ticks of 10 ms");
	if (lost.runs)
		add(out, "untold_runs", "runs", lost.runs, 0,
		    "the kernel did not tell of the switch that begins or ends them (%" PRIu64
		    " ns of CPU time): no monitor of switches can count them",
		    lost.ns);
	if (threads)
		add(out, "threads_with_kernel_time", "threads", threads, credited,
		    "syscalls are counted by process, switches by thread: only the main thread "
		    "gets kernel time");
}
