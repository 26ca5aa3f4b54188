/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Runs that no switch frames are found, and those that one does are not. */
#include "lib/base.h"
#include "tests/bpf/live.h"

#include "harness/verify/switches.h"
#include "lib/clock.h"

#define TRIES  5
#define RUN_NS (20 * NSEC_PER_MSEC)

/* What the child tells us. */
struct shared {
	volatile bool done;
	volatile uint64_t cpu_ns; /* of the child, at its end */
};

struct party {
	struct cgroup cgroup;
	struct subproc child;
	struct shared *shared;
	bool enters_late; /* the cgroup, after its run */
	int gate[2];
	struct switches *switches;
};

static uint64_t own_cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * NSEC_PER_SEC + (uint64_t)t.tv_nsec;
}

/* Waits at the gate, computes for a while, waits at the gate. */
static int run_and_wait(void *arg)
{
	struct party *p = arg;
	uint64_t end_ns;
	char c;

	close(p->gate[1]);
	if ((!p->enters_late && cgroup_enter(&p->cgroup, 0)) || read(p->gate[0], &c, 1) != 1)
		return 1;
	end_ns = own_cpu_ns() + RUN_NS;
	while (own_cpu_ns() < end_ns)
		;
	if (p->enters_late && cgroup_enter(&p->cgroup, 0))
		return 1;
	p->shared->cpu_ns = own_cpu_ns();
	p->shared->done = true;
	return read(p->gate[0], &c, 1) < 0;
}

/* A child at the gate, and watched. */
static void start(struct party *p, bool enters_late)
{
	struct subproc_opts opts = SUBPROC_OPTS_INIT;

	*p = (struct party){.child = SUBPROC_INIT, .enters_late = enters_late};
	p->shared = mmap(NULL, sizeof(*p->shared), PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_true(p->shared != MAP_FAILED);
	assert_int_equal(pipe(p->gate), 0);
	assert_int_equal(cgroup_create(&p->cgroup, "switches"), 0);
	opts.child = run_and_wait;
	opts.arg = p;
	assert_int_equal(subproc_start(&p->child, &opts), 0);
	usleep(20000);
	assert_int_equal(switches_open(&p->switches, p->cgroup.id, p->child.pid), 0);
}

/* What was not seen of the child's run. */
static struct switches_unseen run(struct party *p)
{
	struct switches_unseen unseen;

	assert_int_equal(write(p->gate[1], "g", 1), 1);
	for (int i = 0; i < 5000 && !p->shared->done; i++)
		usleep(1000);
	assert_true(p->shared->done);
	usleep(20000); /* the child is at the gate again */
	unseen = switches_read(p->switches, (uint32_t)p->child.pid);
	assert_true(unseen.ns <= p->shared->cpu_ns + NSEC_PER_MSEC);
	switches_close(p->switches);
	close(p->gate[0]);
	close(p->gate[1]);
	subproc_wait(&p->child, 2000);
	subproc_release(&p->child);
	cgroup_remove(&p->cgroup);
	munmap(p->shared, sizeof(*p->shared));
	return unseen;
}

/* There are kernels that really hide a run: hence several tries. */
static void seen(void **state)
{
	struct switches_unseen unseen = {.runs = 1};

	(void)state;
	for (int i = 0; i < TRIES && unseen.runs; i++) {
		struct party p;

		start(&p, false);
		unseen = run(&p);
	}
	assert_int_equal(unseen.runs, 0);
	assert_int_equal(unseen.ns, 0);
	assert_in_range(unseen.told_ns, RUN_NS - NSEC_PER_MSEC, UINT64_MAX);
}

/* It comes into the cgroup while it runs: that run began at a switch that does not count. */
static void unseen(void **state)
{
	struct switches_unseen unseen;
	struct party p;

	(void)state;
	start(&p, true);
	unseen = run(&p);
	assert_in_range(unseen.runs, 1, UINT64_MAX);
	assert_in_range(unseen.ns, RUN_NS - NSEC_PER_MSEC, UINT64_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(seen),
		cmocka_unit_test(unseen),
	};

	return live_main(tests, ARRAY_SIZE(tests), "t_switches");
}
