/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A tree of short-lived processes: each makes a few calls, forks, waits, and ends with mappings
 * that only its end unmaps. */
#include "lib/base.h"
#include "workloads/workload.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "lib/sys_mmap.h"
#include "workloads/sizes.h"

struct forks_params {
	uint64_t depth, fanout, count, leave, brk;
	bool parallel;
};

static const struct param params[] = {
	PARAM_ROW(forks_params, depth, U64, "generations below the first process", 2, 0, 5),
	PARAM_ROW(forks_params, fanout, U64, "children of each process", 3, 1, 7),
	PARAM_ROW(forks_params, count, U64, "mappings made and unmapped by each process", 23, 0,
		  1000),
	PARAM_ROW(forks_params, leave, U64, "mappings each child leaves to its end", 1, 0, 1000),
	PARAM_ROW(forks_params, brk, U64, "times each moves its break, up and down in turn", 2, 0,
		  1000),
	PARAM_ROW_BOOL(forks_params, parallel, "all children of a process run at the same time",
		       true),
	PARAM_END,
};

enum { MIN_BYTES = 512, MAX_BYTES = 1 << 18, FANOUT_MAX = 7 };

static uint64_t calls_of_each(const struct forks_params *p)
{
	return 2 * p->count + p->leave + p->brk + 2;
}

static void size(const void *params_, uint32_t *lanes, uint64_t *entries)
{
	const struct forks_params *p = params_;
	uint64_t processes = 1, generation = 1;

	for (uint64_t d = 0; d < p->depth; d++) {
		generation *= p->fanout;
		processes += generation;
	}
	*lanes = (uint32_t)processes;
	*entries = processes * calls_of_each(p);
}

static int map(struct ledger_lane *lane, struct rng *rng, bool leave)
{
	uint64_t len = wl_log_uniform(rng, MIN_BYTES, MAX_BYTES);
	int64_t addr = wl_mmap(lane, 0, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS);

	if (ledger_failed(addr))
		return (int)addr;
	return leave || !wl_munmap(lane, (uint64_t)addr, len) ? 0 : -EFAULT;
}

/* From where the parent's was when it forked: a child need not ask where that is. */
static int move_break(struct ledger_lane *lane, struct rng *rng, uint64_t n)
{
	for (uint64_t i = 0; i < n; i++) {
		uint64_t to = lane->start_brk;

		to += i % 2 ? 0 : wl_log_uniform(rng, MIN_BYTES, MAX_BYTES);
		if (wl_brk(lane, to) != (int64_t)to)
			return -ENOMEM;
	}
	return 0;
}

static int node(const struct workload_run *r, struct ledger_lane *lane, uint64_t seed,
		uint64_t depth);

/*
 * The plain syscall: glibc's fork() runs handlers that may allocate. The child has a copy of
 * everything and no other thread; it must not return into glibc's idea of a process, so it ends
 * with _exit().
 */
static pid_t fork_node(const struct workload_run *r, uint64_t seed, uint64_t depth)
{
	const struct forks_params *p = r->params;
	pid_t parent = (pid_t)syscall(SYS_getpid);
	pid_t pid = (pid_t)sys_fork();
	char comm[] = "wl-fork-0";
	struct ledger_lane *lane;
	bool good;

	if (pid)
		return pid < 0 ? -errno : pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if ((pid_t)syscall(SYS_getppid) != parent)
		_exit(EXIT_USAGE);
	comm[sizeof(comm) - 2] = (char)('0' + p->depth - depth);
	prctl(PR_SET_NAME, comm);
	lane = ledger_open_lane(r->ledger, calls_of_each(p));
	ledger_cpu_begin(lane);
	good = lane && !node(r, lane, seed, depth);
	ledger_cpu_end(lane);
	ledger_close_lane(lane);
	_exit(good ? EXIT_OK : EXIT_BAD);
}

static int wait_for(pid_t pid)
{
	int status;

	while (wait4(pid, &status, 0, NULL) < 0) {
		if (errno != EINTR)
			return -errno;
	}
	return status ? -ECHILD : 0;
}

/* One process: its own calls, then its children's, @depth generations of them. */
static int node(const struct workload_run *r, struct ledger_lane *lane, uint64_t seed,
		uint64_t depth)
{
	const struct forks_params *p = r->params;
	struct rng rng = {.state = seed};
	pid_t pids[FANOUT_MAX];
	uint64_t n = 0;
	int err = move_break(lane, &rng, p->brk);

	for (uint64_t i = 0; i < p->count && !err; i++)
		err = map(lane, &rng, false);
	/* Not the first process: there the mappings would stay for the harness to see. */
	for (uint64_t i = 0; i < p->leave && depth < p->depth && !err; i++)
		err = map(lane, &rng, true);
	for (uint64_t i = 0; depth && i < p->fanout && !err; i++) {
		pid_t pid = fork_node(r, rng_next(&rng), depth - 1);

		if (pid < 0)
			err = pid;
		else if (p->parallel)
			pids[n++] = pid;
		else
			err = wait_for(pid);
	}
	for (uint64_t i = 0; i < n; i++) {
		int child_err = wait_for(pids[i]);

		err = err ? err : child_err;
	}
	return err;
}

static int run(struct workload_run *r)
{
	const struct forks_params *p = r->params;
	uint64_t entries;
	uint32_t lanes;

	size(p, &lanes, &entries);
	ledger_add_units(r->ledger, lanes);
	if (p->brk)
		wl_brk(r->lane, 0); /* a monitor that came later sees from where it moves */
	return node(r, r->lane, r->seed, p->depth);
}

const struct workload_ops wl_forks_ops = {
	.name = "forks",
	.help = "a tree of short-lived processes, each with calls of its own",
	.truth = WORKLOAD_LEDGER,
	.params = params,
	.params_size = sizeof(struct forks_params),
	.size = size,
	.run = run,
};
