/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The child that floods a monitor. */
#include "lib/base.h"
#include "harness/ring/ring_flood.h"

#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "harness/ring/ring_round.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/subproc.h"
#include "lib/strbuf.h"

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

int flood_start(struct flood **out, int cpu, bool alone, const struct cgroup *cg)
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

void flood_stop(struct flood *f)
{
	if (!f)
		return;
	subproc_kill(&f->child, 0);
	subproc_release(&f->child);
	if (f->order)
		munmap(f->order, sizeof(*f->order));
	free(f);
}

void flood_set_working(struct flood *f, bool working)
{
	f->order->working = working;
}

void flood_begin(struct flood *f, uint64_t slice_ns, uint64_t per_s)
{
	f->order->slice_ns = slice_ns;
	f->order->per_s = per_s;
	atomic_fetch_add(&f->order->asked, 1);
}

bool flood_done(const struct flood *f)
{
	return atomic_load(&f->order->done) == atomic_load(&f->order->asked);
}

int flood_end(struct flood *f, struct flood_burst *out)
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
