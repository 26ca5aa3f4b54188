/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The measure `ringbuf`: what a BPF ring buffer carries, and what it loses. */
#include "lib/base.h"

#include <sched.h>
#include <stdlib.h>
#include <unistd.h>

#include "harness/measure.h"
#include "harness/ring/ring_case.h"
#include "harness/ring/ring_monitor.h"
#include "harness/ring/ring_record.h"
#include "harness/ring/ring_sweep.h"
#include "lib/log.h"
#include "collector/features.h"
#include "lib/strbuf.h"

struct ringbuf_params {
	uint64_t only; /* 0: all; else 1 + enum ring_group */
	uint64_t record_bytes, ring_bytes, batch, pending_bytes, rounds, fault;
	uint64_t reader, per_s; /* of monitors */
};

static const char *const only_values[] = {"all",     "bulk",  "sizes",	 "producers", "wakeup",
					  "syscall", "curve", "monitor", NULL};
static const char *const fault_values[] = {"none", "corrupt", "lose", "repeat", NULL};

#define FIELD(f) offsetof(struct ringbuf_params, f)
static const struct param params[] = {
	{"only", "one group of cases", PARAM_ENUM, FIELD(only), 0, 0, 0, only_values},
	{"record", "bytes of a record in all cases, a multiple of 8 (0: as each case has it)",
	 PARAM_BYTES, FIELD(record_bytes), 0, 0, RINGLOAD_MAX_RECORD},
	{"ring", "bytes of a ring, a power of two", PARAM_BYTES, FIELD(ring_bytes), 512 * 1024,
	 4096, 64 << 20},
	{"batch", "records a BPF run in bulk", PARAM_U64, FIELD(batch), 500, 1, RINGLOAD_MAX_BATCH},
	{"pending", "bytes waiting at which 'pending' wakes the consumer", PARAM_BYTES,
	 FIELD(pending_bytes), 64 * 1024, 16, 64 << 20},
	{"rounds", "rounds over all cases (0: 16, or 5 when quick)", PARAM_U64, FIELD(rounds), 0, 0,
	 RING_MAX_ROUNDS},
	{"reader",
	 "of a monitor's records: woken and every 200 us, one of these, every 10 ms and when "
	 "woken, "
	 "or none until the flood is over",
	 PARAM_ENUM, FIELD(reader), FLOOD_USUAL, 0, 0, ring_flood_readers},
	{"rate", "calls a second of a monitor's flood (0: several, up to as fast as it can)",
	 PARAM_U64, FIELD(per_s), 0, 0, 10000000},
	{"fault", "make the producer misbehave, to see it found", PARAM_ENUM, FIELD(fault), 0, 0, 0,
	 fault_values},
	{0},
};

/* Those whose rings are flooded. */
static const char *const *monitors_of(const struct run *run)
{
	static const char *const usual[] = {"memmon", "memmon_fast", NULL};

	return run_chosen(run->monitors, usual);
}

/* What a run is divided into. */
struct budget {
	struct ring_case *cases;
	size_t ncases;
	bool curve;
	size_t nmonitors;
	uint32_t rounds, curve_rounds, monitor_rounds;
	uint64_t slice_ns, curve_slice_ns, monitor_slice_ns;
	unsigned int steps;
	double seconds_per_step;
};

/* Without a --time. Twice as long makes the intervals no narrower: they come from how rounds
 * differ, which are as many in either. */
#define FULL_S	30.0
#define QUICK_S 10.0

/* Seconds that are not measuring: loading a case once, then a round's threads, or its attach and
 * detach (measured: 40-70 ms). */
#define LOAD_SECONDS	   0.03
#define BULK_SECONDS	   0.001
#define ATTACH_SECONDS	   0.06
/* A monitor: loading, attaching, and a short time for each point, as it is only a sum. */
#define MONITOR_SECONDS	   0.5
#define MONITOR_SLICE_MSEC 60

static uint64_t slice(double seconds, size_t parts)
{
	double ns = parts ? seconds * 1e9 / (double)parts : 0;

	return (uint64_t)MIN(MAX(ns, 5e6), 1e9);
}

static void divide(const struct run *run, const struct ringbuf_params *p, struct budget *b)
{
	double total = run->seconds > 0 ? run->seconds : run->quick ? QUICK_S : FULL_S;
	uint32_t groups = p->only ? 1U << (p->only - 1) : (1U << RING_GROUPS) - 1;
	double fixed = 0, share, seconds;
	size_t monitor_steps, points;

	b->ncases = ring_plan(&b->cases, groups, run->quick && !p->only, (uint32_t)p->record_bytes);
	b->curve = groups & 1U << RING_GROUP_CURVE;
	b->rounds = p->rounds ? (uint32_t)p->rounds : run->quick ? 5 : 16;
	b->curve_rounds = b->monitor_rounds = MAX(b->rounds / 4, 1);
	while (groups & 1U << RING_GROUP_MONITOR && monitors_of(run)[b->nmonitors])
		b->nmonitors++;
	monitor_steps = b->nmonitors * b->monitor_rounds *
			ring_monitor_points(&(struct ring_monitor_plan){
				.quick = run->quick,
				.reader = (enum ring_flood_reader)p->reader,
				.per_s = p->per_s,
			});
	fixed = (double)b->nmonitors * MONITOR_SECONDS +
		(double)monitor_steps * MONITOR_SLICE_MSEC / 1000;
	points = b->curve ? b->curve_rounds * ring_curve_points(run->quick) : 0;
	for (size_t i = 0; i < b->ncases; i++)
		fixed +=
			LOAD_SECONDS +
			b->rounds * (b->cases[i].mode == RING_BULK ? BULK_SECONDS : ATTACH_SECONDS);
	share = !b->curve ? 0 : b->ncases ? 0.2 : 1;
	seconds = MAX(total - fixed, total / 4);
	/* A sum needs no long time; who asks for nothing else and names a time gets it. */
	b->monitor_slice_ns = MONITOR_SLICE_MSEC * NSEC_PER_MSEC;
	if (groups == 1U << RING_GROUP_MONITOR && run->seconds > 0 && monitor_steps)
		b->monitor_slice_ns =
			MAX((uint64_t)(MAX(total - (double)b->nmonitors * MONITOR_SECONDS, 0) *
				       1e9 / (double)monitor_steps),
			    b->monitor_slice_ns);
	b->slice_ns = slice(seconds * (1 - share), b->ncases * b->rounds);
	b->curve_slice_ns = slice(seconds * share, points);
	b->steps = (unsigned int)(b->ncases * b->rounds + points + monitor_steps);
	b->seconds_per_step = total / (double)MAX(b->steps, 1U);
}

static bool power_of_two(uint64_t v)
{
	return v && !(v & (v - 1));
}

static int check_params(const struct ringbuf_params *p)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);

	if (p->record_bytes % 8) {
		log_err("ringbuf: record=%llu: give a multiple of 8, at most %d",
			(unsigned long long)p->record_bytes, RINGLOAD_MAX_RECORD);
		return -EINVAL;
	}
	if (!power_of_two(p->ring_bytes) || p->ring_bytes % page) {
		log_err("ringbuf: ring=%llu: the kernel wants a power of two that is a multiple of "
			"the page (%llu bytes)",
			(unsigned long long)p->ring_bytes, (unsigned long long)page);
		return -EINVAL;
	}
	return 0;
}

static int supported(struct strbuf *why)
{
	int err = feature_bpf();

	if (err) {
		strbuf_addf(why, "bpf() is refused%s; run as root, or with CAP_BPF and CAP_PERFMON",
			    err == -ENOSYS ? " (this kernel has no BPF)" : "");
		return -ENOTSUP;
	}
	if (feature_ringbuf()) {
		strbuf_addstr(why,
			      "this kernel has no BPF ring buffers (Linux 5.8 and later have)");
		return -ENOTSUP;
	}
	return 0;
}

static unsigned int steps(const struct run *run, const void *params_, double *seconds_per_step)
{
	struct budget b = {0};

	divide(run, params_, &b);
	*seconds_per_step = b.seconds_per_step;
	free(b.cases);
	return b.steps;
}

static int measure(struct run *run, const void *params_)
{
	const struct ringbuf_params *p = params_;
	struct budget b = {0};
	int cpus[CPU_SETSIZE], ncpus, err = check_params(p);

	if (err)
		return err;
	ncpus = ring_allowed_cpus(cpus, ARRAY_SIZE(cpus));
	if (ncpus < 0)
		return ncpus;
	divide(run, p, &b);
	if (b.ncases) {
		const struct ring_sweep_plan plan = {
			.cases = b.cases,
			.n = b.ncases,
			.rounds = b.rounds,
			.slice_ns = b.slice_ns,
			.sizes = {.ring_bytes = (uint32_t)p->ring_bytes,
				  .batch = (uint32_t)p->batch,
				  .pending_bytes = (uint32_t)p->pending_bytes,
				  .fault = (enum ringload_fault)p->fault},
			.cpus = cpus,
			.ncpus = (size_t)ncpus,
		};

		err = ring_sweep(run, &plan);
	}
	if (!err && b.curve) {
		const struct ring_curve_plan plan = {
			.rounds = b.curve_rounds,
			.slice_ns = b.curve_slice_ns,
			.record_bytes = p->record_bytes ? (uint32_t)p->record_bytes : 56,
			.ring_bytes = (uint32_t)p->ring_bytes,
			.fault = (uint32_t)p->fault,
			.quick = run->quick,
			.cpus = cpus,
			.ncpus = (size_t)ncpus,
		};

		err = ring_curve(run, &plan);
	}
	for (size_t i = 0; i < b.nmonitors && !err; i++) {
		const struct ring_monitor_plan plan = {
			.rounds = b.monitor_rounds,
			.slice_ns = b.monitor_slice_ns,
			.reader = (enum ring_flood_reader)p->reader,
			.per_s = p->per_s,
			.quick = run->quick,
			.cpus = cpus,
			.ncpus = (size_t)ncpus,
		};

		err = ring_monitor(run, monitors_of(run)[i], &plan);
	}
	free(b.cases);
	return err;
}

const struct measure_ops measure_ringbuf = {
	.name = "ringbuf",
	.help = "what does a ring carry, and lose? throughput, drops, wake-ups",
	.params = params,
	.params_size = sizeof(struct ringbuf_params),
	.supported = supported,
	.steps = steps,
	.run = measure,
	.print = ringbuf_print,
};
