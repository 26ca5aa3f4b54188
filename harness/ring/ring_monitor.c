/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A monitor between a flood and a collector. The flood is a pinned child that makes numbered munmap
 * calls at a pace, so that each record says of which call it is. munmap(1, ..) fails before it
 * changes anything (the address is not a page's), after the tracepoint, whatever the length: so the
 * length carries the number. For monitors of completed calls the munmap has to work: of a page
 * where nothing is, whose address carries the number. What was made, counted, taken and lost must
 * close.
 */
#include "lib/base.h"
#include "harness/ring/ring_monitor.h"

#include <poll.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bpf/memmon/memmon.h"
#include "harness/numbers.h"
#include "harness/progress.h"
#include "harness/record_put.h"
#include "harness/result.h"
#include "harness/ring/ring_record.h"
#include "harness/ring/ring_round.h"
#include "lib/cgroup.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/rng.h"
#include "lib/strbuf.h"
#include "lib/subproc.h"
#include "collector/collect.h"

/* --- the flood --- */

/* Length of call number n of a burst: no real munmap has such a one. */
#define FLOOD_MARK 0x5eedULL
#define FLOOD_BITS 44
static inline uint64_t flood_length(uint64_t n)
{
	return FLOOD_MARK << FLOOD_BITS | n;
}
static inline bool flood_is_ours(uint64_t length)
{
	return length >> FLOOD_BITS == FLOOD_MARK;
}
static inline uint64_t flood_number(uint64_t length)
{
	return length & ((1ULL << FLOOD_BITS) - 1);
}

/* Where the pages are that calls which work unmap: below everything the kernel maps by itself. */
#define FLOOD_PAGES 0x100000000000ULL
#define FLOOD_PAGE  4096ULL
static inline bool flood_is_our_page(uint64_t address, uint64_t length)
{
	return length == FLOOD_PAGE && address >= FLOOD_PAGES && address < 2 * FLOOD_PAGES;
}
static inline uint64_t flood_page_number(uint64_t address)
{
	return (address - FLOOD_PAGES) / FLOOD_PAGE;
}

/* What a burst was. */
struct flood_burst {
	uint64_t calls;
	uint64_t wrong; /* calls that did not end as they have to: should be 0 */
	uint64_t elapsed_ns;
	uint64_t waited_ns; /* that the child was kept from its CPU */
};

enum {
	CALLS_A_LOOK = 16,     /* between two looks at the clock when there is no pace */
	GRACE_NS = 2000000000, /* longer than its slice no burst may last */
	NAP_NS = 50000,
};

/* Shared memory: the parent writes the order and raises @asked, the child the burst and @done. */
struct order {
	_Atomic uint32_t asked, done;
	bool working;
	uint64_t slice_ns, per_s;
	struct flood_burst burst;
};

struct flood {
	struct subproc child;
	const struct cgroup *cgroup;
	struct order *order;
	int cpu;
	bool alone;
};

static uint64_t call(bool working, uint64_t n)
{
	if (working)
		return syscall(SYS_munmap, FLOOD_PAGES + n * FLOOD_PAGE, FLOOD_PAGE) != 0;
	return syscall(SYS_munmap, 1UL, flood_length(n)) != -1 || errno != EINVAL;
}

static void burst(struct order *o)
{
	uint64_t start_ns = clock_ns(), stop_ns = start_ns + o->slice_ns, now_ns = start_ns, n = 0;
	uint64_t waited_ns = ring_thread_waited_ns(), wrong = 0, due_ns;
	bool working = o->working;

	while (now_ns < stop_ns) {
		if (!o->per_s) {
			for (int i = 0; i < CALLS_A_LOOK; i++)
				wrong += call(working, n++);
			now_ns = clock_ns();
			continue;
		}
		due_ns = start_ns + (uint64_t)((double)n * 1e9 / (double)o->per_s);
		due_ns = MIN(due_ns, stop_ns);
		while ((now_ns = clock_ns()) < due_ns)
			;
		if (now_ns < stop_ns)
			wrong += call(working, n++);
	}
	o->burst = (struct flood_burst){.calls = n,
					.wrong = wrong,
					.elapsed_ns = clock_ns() - start_ns,
					.waited_ns = ring_thread_waited_ns() - waited_ns};
}

/* From here on the child makes no memory call that is not numbered. */
static int child_main(void *arg)
{
	struct flood *f = arg;
	cpu_set_t set;
	uint32_t served = 0;

	CPU_ZERO(&set);
	CPU_SET(f->cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
	ring_step_forward(f->alone);
	if (f->cgroup && cgroup_enter(f->cgroup, 0))
		return 1;
	for (;;) {
		while (atomic_load(&f->order->asked) == served)
			clock_sleep_ns(NAP_NS);
		burst(f->order);
		atomic_store(&f->order->done, ++served);
	}
}

static void flood_stop(struct flood *f)
{
	if (!f)
		return;
	subproc_kill(&f->child, 0);
	subproc_release(&f->child);
	if (f->order)
		munmap(f->order, sizeof(*f->order));
	free(f);
}

/* Starts the child on @cpu, where it is @alone or not, inside @cg when that is not NULL. Returns 0
 * or -errno after saying why. */
static int flood_start(struct flood **out, int cpu, bool alone, const struct cgroup *cg)
{
	struct flood *f = calloc(1, sizeof(*f));
	const struct subproc_opts opts = {
		.child = child_main, .arg = f, .stdin_fd = -1, .stdout_fd = -1, .stderr_fd = -1};
	int err = -ENOMEM;

	*out = NULL;
	if (!f)
		return err;
	f->child = (struct subproc)SUBPROC_INIT;
	f->cpu = cpu;
	f->alone = alone;
	f->cgroup = cg;
	f->order = mmap(NULL, sizeof(*f->order), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			-1, 0);
	if (f->order == MAP_FAILED) {
		err = -errno;
		f->order = NULL;
		log_err_sys(err, "cannot share memory with the flood's process");
		goto out;
	}
	err = subproc_start(&f->child, &opts);
out:
	if (err)
		flood_stop(f);
	else
		*out = f;
	return err;
}

/* The calls shall work (or, as from the start, fail). Between bursts. */
static void flood_set_working(struct flood *f, bool working)
{
	f->order->working = working;
}

/* A burst of @slice_ns begins, at @per_s calls a second (0: as fast as it can). */
static void flood_begin(struct flood *f, uint64_t slice_ns, uint64_t per_s)
{
	f->order->slice_ns = slice_ns;
	f->order->per_s = per_s;
	atomic_fetch_add(&f->order->asked, 1);
}

static bool flood_done(const struct flood *f)
{
	return atomic_load(&f->order->done) == atomic_load(&f->order->asked);
}

/* What it was, once over; or, after waiting for it, -ECHILD when the child died, -ETIMEDOUT when it
 * does not end: both were said. */
static int flood_end(struct flood *f, struct flood_burst *out)
{
	uint64_t give_up_ns = clock_ns() + f->order->slice_ns + GRACE_NS;
	struct strbuf how = STRBUF_INIT;

	while (!flood_done(f)) {
		if (subproc_wait(&f->child, 1) == 0) {
			subproc_describe(&f->child, &how);
			log_err("the flood's process ended: %s", how.s);
			strbuf_release(&how);
			return -ECHILD;
		}
		if (clock_ns() > give_up_ns) {
			log_err("the flood's process does not come to its end; is this machine "
				"overloaded?");
			return -ETIMEDOUT;
		}
	}
	*out = f->order->burst;
	return 0;
}

/* --- the monitor --- */

const char *const ring_flood_readers[] = {"usual", "epoll", "timed", "both", "stopped", NULL};

static const struct {
	uint64_t per_s; /* 0: as fast as it can */
	bool quick;
} rates[] = {
	{50000, false}, {200000, true}, {500000, false}, {1000000, true}, {0, true},
};

/* A reader at a rate. */
struct point {
	enum ring_flood_reader reader;
	uint64_t per_s;
};

enum { POINTS_MAX = 2 * ARRAY_SIZE(rates), BOTH_MS = 10 };

/* Every chosen reader at every chosen rate. */
static size_t choose_points(const struct ring_monitor_plan *plan, struct point *out)
{
	size_t n = 0;

	for (unsigned int i = FLOOD_EPOLL; i <= FLOOD_STOPPED; i++) {
		enum ring_flood_reader reader = (enum ring_flood_reader)i;

		if (plan->reader == FLOOD_USUAL ? reader > FLOOD_TIMED : reader != plan->reader)
			continue;
		if (plan->per_s)
			out[n++] = (struct point){reader, plan->per_s};
		for (size_t r = 0; r < ARRAY_SIZE(rates) && !plan->per_s; r++)
			if (!plan->quick || rates[r].quick)
				out[n++] = (struct point){reader, rates[r].per_s};
	}
	return n;
}

struct flooded {
	struct monitor *monitor;
	struct flood *flood;
	struct cgroup cgroup;
	/* Of the burst that runs. */
	uint64_t next, consumed, gaps, bad;
	uint64_t last_ns;      /* when the last records were taken */
	uint32_t record_bytes; /* of the records seen */
	struct point points[POINTS_MAX];
	size_t npoints;
	struct ring_tally tally[POINTS_MAX];
	unsigned int order[POINTS_MAX];
};

size_t ring_monitor_points(const struct ring_monitor_plan *plan)
{
	struct point points[POINTS_MAX];

	return choose_points(plan, points);
}

/* The number of the call that the record is of. False: a monitor without a cgroup filter sees
 * others, too. */
static bool number_of(const struct flooded *f, const struct event *e, uint64_t *n)
{
	if (monitor_info(f->monitor)->definition == MONITOR_COMPLETED) {
		*n = flood_page_number(e->value[MEM_EVENT_ADDRESS]);
		return flood_is_our_page(e->value[MEM_EVENT_ADDRESS], e->value[MEM_EVENT_SIZE]);
	}
	*n = flood_number(e->value[MEM_EVENT_SIZE]);
	return flood_is_ours(e->value[MEM_EVENT_SIZE]);
}

static void on_event(void *arg, const struct event *e)
{
	struct flooded *f = arg;
	uint64_t n;

	if (!number_of(f, e, &n))
		return;
	f->record_bytes = e->length;
	if (n < f->next || e->value[MEM_EVENT_TYPE] != MEM_EVENT_MUNMAP) {
		f->bad++;
		return;
	}
	f->gaps += n - f->next;
	f->next = n + 1;
	f->consumed++;
}

static int take(struct flooded *f, int timeout_ms)
{
	int n = monitor_poll(f->monitor, timeout_ms, on_event, f);

	if (n > 0)
		f->last_ns = clock_ns();
	return n == -EINTR ? 0 : n;
}

/* Asleep until a ring has something, at most until the end of the pause. A ring that is not empty
 * is readable, woken or not: without a rest, a fast flood would have a reader that never sleeps. */
static void pause_both(const struct flooded *f)
{
	struct pollfd fds[64];
	int fd[64];
	size_t n;

	clock_sleep_ns(NSEC_PER_MSEC);
	n = MIN(monitor_event_fds(f->monitor, fd, ARRAY_SIZE(fd)), ARRAY_SIZE(fd));
	for (size_t i = 0; i < n; i++)
		fds[i] = (struct pollfd){.fd = fd[i], .events = POLLIN};
	poll(fds, n, BOTH_MS - 1);
}

static int collect(struct flooded *f, enum ring_flood_reader reader)
{
	int n = 0;

	while (!flood_done(f->flood) && n >= 0 && !run_interrupted()) {
		switch (reader) {
		case FLOOD_STOPPED: clock_sleep_ns(NSEC_PER_MSEC); continue;
		case FLOOD_BOTH: pause_both(f); break;
		default: break;
		}
		n = take(f, reader == FLOOD_EPOLL ? 10 : 0);
		if (reader == FLOOD_TIMED)
			clock_sleep_ns(RING_TIMED_NS);
	}
	return n < 0 ? n : 0;
}

static int drain(struct flooded *f)
{
	int n;

	do
		n = take(f, 0);
	while (n > 0);
	return n;
}

/*
 * The monitor's own count of what found no room, if it has one and counts for the flood alone; else
 * what is missing in the numbers, and then only what is there can be checked.
 */
static int count_dropped(struct flooded *f, const struct monitor_losses *before, uint64_t gaps,
			 uint64_t *dropped)
{
	struct monitor_losses after;
	int err = monitor_losses(f->monitor, &after);

	*dropped = gaps;
	if (!err && after.ring_full != UINT64_MAX &&
	    monitor_info(f->monitor)->caps & MONITOR_CGROUP)
		*dropped = after.ring_full - before->ring_full;
	return err;
}

/* Calls of the flood that the monitor has counted so far; UINT64_MAX: it counts none. */
static int count_calls(struct flooded *f, uint64_t *out)
{
	struct counter_table table = {0};
	const struct counter_row *row;
	uint32_t tid = 0;
	int err;

	*out = UINT64_MAX;
	if (!(monitor_info(f->monitor)->caps & MONITOR_COUNTERS) ||
	    monitor_info(f->monitor)->words != &vocabulary_memory ||
	    !(monitor_info(f->monitor)->fields >> MEM_MUNMAP_COUNT & 1))
		return 0;
	err = numbers_of(f->flood->child.pid, &tid);
	if (!err)
		err = monitor_snapshot(f->monitor, &table);
	if (!err) {
		row = counter_table_find(&table, tid);
		*out = row ? row->value[MEM_MUNMAP_COUNT] : 0;
	}
	counter_table_release(&table);
	return err;
}

static void explain(const struct ring_round *r, uint64_t gaps, struct strbuf *why)
{
	if (r->counts && r->counted != r->produced)
		strbuf_addf(why, "the monitor counted %llu calls; ",
			    (unsigned long long)r->counted);
	strbuf_addf(why,
		    "%llu calls were made; %llu records arrived, %llu of them bad; the monitor "
		    "counted %llu dropped, %llu are missing",
		    (unsigned long long)r->produced, (unsigned long long)(r->consumed + r->bad),
		    (unsigned long long)r->bad, (unsigned long long)r->dropped,
		    (unsigned long long)gaps);
}

static int one_burst(struct flooded *f, unsigned int point, const struct ring_monitor_plan *plan,
		     uint32_t round)
{
	struct strbuf why = STRBUF_INIT;
	struct monitor_losses before;
	struct flood_burst burst;
	struct ring_round r = {0};
	uint64_t start_ns, waited_ns, cpu_ns, gaps, counted = 0, counted_before = 0;
	int err = drain(f), ended;

	if (!err)
		err = monitor_losses(f->monitor, &before);
	if (!err)
		err = count_calls(f, &counted_before);
	if (err)
		return err;
	f->next = f->consumed = f->gaps = f->bad = 0;
	waited_ns = ring_thread_waited_ns();
	start_ns = clock_ns();
	cpu_ns = clock_thread_cpu_ns();
	flood_begin(f->flood, plan->slice_ns, f->points[point].per_s);
	err = collect(f, f->points[point].reader);
	r.reader_cpu_ns = clock_thread_cpu_ns() - cpu_ns;
	ended = flood_end(f->flood, &burst);
	if (!err)
		err = ended;
	if (!err)
		err = drain(f);
	if (!err)
		err = count_calls(f, &counted);
	if (err)
		return err;
	/* Not until now: the collector may have slept on after the last record. */
	r.elapsed_ns = MAX(f->last_ns > start_ns ? f->last_ns - start_ns : 0, burst.elapsed_ns);
	r.waited_ns = MAX(ring_thread_waited_ns() - waited_ns, burst.waited_ns);
	r.disturbed = plan->ncpus > 1 && r.waited_ns > r.elapsed_ns / 100 * RING_CALM_PCT;
	gaps = f->gaps + (burst.calls > f->next ? burst.calls - f->next : 0);
	r.produced = burst.calls;
	r.consumed = f->consumed;
	r.bad = f->bad + burst.wrong;
	r.produce_ns = burst.elapsed_ns;
	r.producing_ns = burst.elapsed_ns;
	err = count_dropped(f, &before, gaps, &r.dropped);
	r.counts = counted != UINT64_MAX;
	r.counted = r.counts ? counted - counted_before : 0;
	r.accounted = !r.bad && r.consumed + r.dropped == r.produced && gaps == r.dropped &&
		      (!r.counts || r.counted == r.produced);
	if (!r.accounted)
		explain(&r, gaps, &why);
	if (!err)
		ring_tally_add(&f->tally[point], &r, round, why.s);
	strbuf_release(&why);
	return err;
}

static int rounds(struct run *run, struct flooded *f, const struct ring_monitor_plan *plan)
{
	struct rng rng = {.state = run->seed};
	int err = 0;

	for (unsigned int i = 0; i < f->npoints; i++)
		f->order[i] = i;
	for (uint32_t round = 0; round < plan->rounds && !err; round++) {
		rng_shuffle(&rng, f->order, (unsigned int)f->npoints);
		for (size_t i = 0; i < f->npoints && !err; i++) {
			unsigned int point = f->order[i];

			progress_step(run->progress, "flood of %s, round %u of %u: %s",
				      monitor_info(f->monitor)->name, round + 1, plan->rounds,
				      ring_flood_readers[f->points[point].reader]);
			err = run_interrupted() ? -EINTR : one_burst(f, point, plan, round);
		}
	}
	return err;
}

static struct json_object *monitor_record(const char *name)
{
	struct json_object *o = record_new("losscurve");

	record_put_str(o, "monitor", name);
	return o;
}

static int emit(struct run *run, const struct flooded *f)
{
	const struct monitor_info *info = monitor_info(f->monitor);
	int err = 0;

	for (size_t i = 0; i < f->npoints && !err; i++) {
		struct json_object *o;

		if (!f->tally[i].nsamples)
			continue;
		o = monitor_record(info->name);
		record_put_str(o, "consumer", ring_flood_readers[f->points[i].reader]);
		record_put_u64(o, "record_bytes", f->record_bytes);
		record_put_u64(o, "ring_bytes", info->ring_bytes);
		record_put_u64(o, "target_per_s", f->points[i].per_s);
		ring_curve_add(o, &f->tally[i]);
		err = sink_emit(run->sink, o);
	}
	return err;
}

static int emit_skip(struct run *run, const struct monitor_info *info)
{
	struct json_object *o;

	if (info->caps & MONITOR_NULL)
		return 0;
	o = monitor_record(info->name);
	record_put_str(o, "status", "skip");
	record_put_str(o, "reason", "it has no ring of events to flood");
	return sink_emit(run->sink, o);
}

/* The collector is the calling thread: it goes to its CPU for the time of the flood. */
static int on_cpu(struct run *run, struct flooded *f, const struct ring_monitor_plan *plan)
{
	int slack = prctl(PR_GET_TIMERSLACK), nice_was = getpriority(PRIO_PROCESS, 0), err;
	cpu_set_t before, there;

	CPU_ZERO(&there);
	CPU_SET(plan->cpus[plan->ncpus > 1 ? 1 : 0], &there);
	if (sched_getaffinity(0, sizeof(before), &before) ||
	    sched_setaffinity(0, sizeof(there), &there)) {
		err = -errno;
		log_err_sys(err, "cannot choose the collector's CPU");
		return err;
	}
	prctl(PR_SET_TIMERSLACK, 1UL);
	ring_step_forward(plan->ncpus > 1);
	err = rounds(run, f, plan);
	ring_step_back(nice_was);
	prctl(PR_SET_TIMERSLACK, (unsigned long)slack);
	sched_setaffinity(0, sizeof(before), &before);
	return err;
}

int ring_monitor(struct run *run, const char *name, const struct ring_monitor_plan *plan)
{
	struct flooded *f = calloc(1, sizeof(*f));
	struct monitor_target target;
	int err = -ENOMEM, emitted;

	if (!f)
		return err;
	f->npoints = choose_points(plan, f->points);
	err = cgroup_create(&f->cgroup, "flood");
	if (err)
		goto out;
	err = flood_start(&f->flood, plan->cpus[0], plan->ncpus > 1, &f->cgroup);
	if (err)
		goto out;
	target = (struct monitor_target){f->cgroup.id, f->cgroup.path};
	err = monitor_open(&f->monitor, name, &target, NULL);
	if (err)
		goto out;
	if (!(monitor_info(f->monitor)->caps & MONITOR_EVENTS)) {
		err = emit_skip(run, monitor_info(f->monitor));
		goto out;
	}
	flood_set_working(f->flood, monitor_info(f->monitor)->definition == MONITOR_COMPLETED);
	err = monitor_attach(f->monitor);
	if (err)
		goto out;
	err = on_cpu(run, f, plan);
	emitted = emit(run, f);
	if (emitted)
		err = emitted;
out:
	monitor_close(f->monitor);
	flood_stop(f->flood);
	cgroup_remove(&f->cgroup);
	for (unsigned int i = 0; i < POINTS_MAX; i++)
		ring_tally_release(&f->tally[i]);
	free(f);
	return err;
}
