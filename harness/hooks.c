/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Tries every way of attaching. Processes are forked, stop at a gate, are let through together, do
 * their work on one CPU, and stop at a second gate. What they did is read while they stand there:
 * calls are known, of switches the kernel tells in /proc, of faults the perf event itself.
 */
#include "lib/base.h"
#include "harness/hooks.h"

#include <fcntl.h>
#include <inttypes.h>
#include <linux/perf_event.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "bpf/probes/hooks.h"
#include "collector/features.h"
#include "harness/probe.h"
#include "lib/rights.h"
#include "lib/log.h"

enum {
	PROCESSES_MAX = 3,
	FAULT_PERIOD = 60,   /* so many faults are a sample: more often perf would throttle */
	ELEMENTS = 1000,     /* of the map that the iterator reads */
	SLEEPS_DIVISOR = 10, /* a switch costs more than a call */
	MARK = 0x4b1d0000,   /* above every process id */
};

enum work { WORK_CALLS, WORK_FUNCTION, WORK_SLEEPS, WORK_FAULTS, WORK_READS };

static const struct way {
	const char *attach, *program;
	enum work work;
} ways[] = {
	{"raw_tp/sys_enter", "raw_tp", WORK_CALLS},
	{"tp_btf/sys_enter", "tp_btf", WORK_CALLS},
	{"tracepoint/syscalls/sys_enter_*", "tp_syscalls", WORK_CALLS},
	{"tracepoint/raw_syscalls/sys_enter", "tp_raw_syscalls", WORK_CALLS},
	{"kprobe", "kprobe", WORK_CALLS},
	{"fentry", "fentry", WORK_CALLS},
	{"fexit", "fexit", WORK_CALLS},
	{"uprobe", "uprobe", WORK_FUNCTION},
	{"tracepoint/sched/sched_switch", "tp_sched", WORK_SLEEPS},
	{"tp_btf/sched_switch", "tp_btf_sched", WORK_SLEEPS},
	{"perf_event", "perf_event", WORK_FAULTS},
	{"iter/bpf_map_elem", "iterator", WORK_READS},
};

static const char *const words[] = {
	[WORK_CALLS] = "calls",	  [WORK_FUNCTION] = "calls", [WORK_SLEEPS] = "switches",
	[WORK_FAULTS] = "faults", [WORK_READS] = "elements",
};

struct attempt {
	const struct way *way;
	struct bpf_object *object;
	struct bpf_program *program;
	struct hooks_config config;
	struct bpf_link *links[PROCESSES_MAX];
	int perf_fd[PROCESSES_MAX], state_fd, elements_fd;
	size_t n; /* processes */
	bool reading;
	pid_t reader;
	pid_t pid[PROCESSES_MAX];
	int through[2];	 /* a byte for each that may pass the first gate */
	int standing[2]; /* a byte from each that stands at a gate */
	int apart[2];	 /* nothing: they end when it is closed */
};

/* --- the processes ------------------------------------------------------------------------------
 */

/* What the uprobe is on. */
__attribute__((noinline, noipa)) uint64_t hooks_function(uint64_t mark);
uint64_t hooks_function(uint64_t mark)
{
	__asm__ volatile("" ::: "memory");
	return mark;
}

static void fault(uint64_t times)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	volatile char *at =
		mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	for (uint64_t i = 0; at != MAP_FAILED && i < times; i++) {
		*at = 1;
		madvise((void *)(uintptr_t)at, page, MADV_DONTNEED);
	}
}

/* Reads the iterator to its end, @times times. */
static void read_iterator(const struct attempt *a, uint64_t times)
{
	for (uint64_t i = 0; i < times; i++) {
		int fd = bpf_iter_create(bpf_link__fd(a->links[0]));
		char buf[256];

		while (fd >= 0 && read(fd, buf, sizeof(buf)) > 0)
			;
		if (fd >= 0)
			close(fd);
	}
}

static void work(const struct attempt *a)
{
	uint64_t times = HOOKS_CALLS / a->n;
	const struct timespec moment = {.tv_nsec = 100000};

	switch (a->way->work) {
	case WORK_CALLS:
		for (uint64_t i = 0; i < times; i++)
			syscall(SYS_getpgid, a->config.mark);
		break;
	case WORK_FUNCTION:
		for (uint64_t i = 0; i < times; i++)
			hooks_function(a->config.mark);
		break;
	case WORK_SLEEPS:
		for (uint64_t i = 0; i < times / SLEEPS_DIVISOR; i++)
			clock_nanosleep(CLOCK_MONOTONIC, 0, &moment, NULL);
		break;
	case WORK_FAULTS: fault(times); break;
	case WORK_READS: read_iterator(a, times / ELEMENTS); break;
	}
}

/* All of them share one CPU, and end with who forked them. */
static void be_on_first_cpu(void)
{
	cpu_set_t may, first;
	int cpu = 0;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (sched_getaffinity(0, sizeof(may), &may) || !CPU_COUNT(&may))
		return;
	while (!CPU_ISSET(cpu, &may))
		cpu++;
	CPU_ZERO(&first);
	CPU_SET(cpu, &first);
	sched_setaffinity(0, sizeof(first), &first);
}

static void be_busy(struct attempt *a)
{
	char name[16] = "", byte = 0;

	memcpy(name, &a->config.name, sizeof(a->config.name));
	prctl(PR_SET_NAME, name);
	be_on_first_cpu();
	close(a->apart[1]);
	if (write(a->standing[1], &byte, 1) != 1 || read(a->through[0], &byte, 1) != 1)
		_exit(1);
	work(a);
	if (write(a->standing[1], &byte, 1) != 1)
		_exit(1);
	while (read(a->apart[0], &byte, 1) > 0)
		;
	_exit(0);
}

/* Until all of them have come to a gate and sleep there: what they did is settled then. */
static int stand(const struct attempt *a)
{
	char byte;

	for (size_t i = 0; i < a->n; i++)
		if (read(a->standing[0], &byte, 1) != 1)
			return -EIO;
	for (size_t i = 0; i < a->n; i++) {
		char path[64], state = 0;

		snprintf(path, sizeof(path), "/proc/%d/stat", (int)a->pid[i]);
		while (state != 'S') {
			FILE *f = fopen(path, "re");
			int n = f ? fscanf(f, "%*d (%*[^)]) %c", &state) : 0;

			if (f)
				fclose(f);
			if (n != 1)
				return -ESRCH;
			sched_yield();
		}
	}
	return 0;
}

/* Reads the program's hash map, over and over: as the reader of a monitor does at each interval. */
static void be_reader(const struct attempt *a)
{
	int fd = bpf_object__find_map_fd_by_name(a->object, "hooks_work");
	uint32_t keys[64], at;
	uint64_t values[64];

	be_on_first_cpu();
	for (;;) {
		uint32_t n = ARRAY_SIZE(keys);
		void *from = NULL;

		while (!bpf_map_lookup_batch(fd, from, &at, keys, values, &n, NULL)) {
			from = &at;
			n = ARRAY_SIZE(keys);
		}
	}
}

static int start(struct attempt *a)
{
	if (pipe2(a->through, O_CLOEXEC) || pipe2(a->standing, O_CLOEXEC) ||
	    pipe2(a->apart, O_CLOEXEC))
		return -errno;
	for (size_t i = 0; i < a->n; i++) {
		a->pid[i] = fork();
		if (a->pid[i] < 0)
			return -errno;
		if (!a->pid[i])
			be_busy(a);
	}
	return stand(a);
}

static void stop(struct attempt *a)
{
	if (a->reader > 0) {
		kill(a->reader, SIGKILL);
		waitpid(a->reader, NULL, 0);
	}
	for (size_t i = 0; i < a->n; i++) {
		if (a->pid[i] <= 0)
			continue;
		kill(a->pid[i], SIGKILL);
		waitpid(a->pid[i], NULL, 0);
	}
	for (int i = 0; i < 2; i++) {
		close(a->through[i]);
		close(a->standing[i]);
		close(a->apart[i]);
	}
}

/* --- the program --------------------------------------------------------------------------------
 */

static int silent(enum libbpf_print_level level UNUSED, const char *fmt UNUSED, va_list ap UNUSED)
{
	return 0;
}

static int load(struct attempt *a)
{
	libbpf_print_fn_t before;
	int err = probe_open(&a->object, "hooks", NULL);

	if (err)
		return err;
	a->program = bpf_object__find_program_by_name(a->object, a->way->program);
	if (!a->program)
		return -ENOENT;
	bpf_program__set_autoload(a->program, true);
	err = probe_configure(a->object, &a->config, sizeof(a->config));
	if (err)
		return err;
	before = libbpf_set_print(silent);
	err = bpf_object__load(a->object);
	libbpf_set_print(before);
	a->state_fd = bpf_object__find_map_fd_by_name(a->object, ".bss");
	a->elements_fd = bpf_object__find_map_fd_by_name(a->object, "hooks_elements");
	return err ? err : MIN(a->state_fd, 0);
}

/* Where hooks_function() lies in the file of this program. */
static int function_offset(uint64_t *offset)
{
	uint64_t at = (uint64_t)(uintptr_t)hooks_function, from, to, begins;
	FILE *f = fopen("/proc/self/maps", "re");
	char line[512];
	int err = -ENOENT;

	while (f && err && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %*s %" SCNx64, &from, &to, &begins) !=
			    3 ||
		    at < from || at >= to)
			continue;
		*offset = at - from + begins;
		err = 0;
	}
	if (f)
		fclose(f);
	return err;
}

static struct bpf_link *attach_uprobe(struct attempt *a)
{
	uint64_t offset = 0;
	char path[4096];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);

	if (n < 0 || function_offset(&offset)) {
		errno = ENOENT;
		return NULL;
	}
	path[n] = '\0';
	return bpf_program__attach_uprobe(a->program, false, -1, path, offset);
}

static struct bpf_link *attach_faults(struct attempt *a, size_t i)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attr),
		.config = PERF_COUNT_SW_PAGE_FAULTS,
		.sample_period = FAULT_PERIOD,
	};

	a->perf_fd[i] =
		(int)syscall(SYS_perf_event_open, &attr, a->pid[i], -1, -1, PERF_FLAG_FD_CLOEXEC);
	return a->perf_fd[i] < 0 ? NULL : bpf_program__attach_perf_event(a->program, a->perf_fd[i]);
}

static struct bpf_link *attach_iterator(struct attempt *a)
{
	union bpf_iter_link_info info = {.map.map_fd = (uint32_t)a->elements_fd};
	LIBBPF_OPTS(bpf_iter_attach_opts, opts, .link_info = &info, .link_info_len = sizeof(info));

	return bpf_program__attach_iter(a->program, &opts);
}

static int attach(struct attempt *a)
{
	size_t links = a->way->work == WORK_FAULTS ? a->n : 1;
	libbpf_print_fn_t before = libbpf_set_print(silent);
	int err = 0;

	for (size_t i = 0; i < links && !err; i++) {
		a->links[i] = a->way->work == WORK_FUNCTION ? attach_uprobe(a)
			      : a->way->work == WORK_FAULTS ? attach_faults(a, i)
			      : a->way->work == WORK_READS
				      ? attach_iterator(a)
				      : RIGHTS_RAISED(bpf_program__attach(a->program));
		err = a->links[i] ? 0 : -errno;
	}
	libbpf_set_print(before);
	return err;
}

static void unload(struct attempt *a)
{
	for (size_t i = 0; i < PROCESSES_MAX; i++) {
		bpf_link__destroy(a->links[i]);
		/* The link has closed the descriptor of a perf event. */
		if (!a->links[i] && a->perf_fd[i] >= 0)
			close(a->perf_fd[i]);
	}
	bpf_object__close(a->object);
}

/* --- the count ----------------------------------------------------------------------------------
 */

static uint64_t switches_of(pid_t pid)
{
	uint64_t sum = 0, n;
	char path[64], line[256];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "voluntary_ctxt_switches: %" SCNu64, &n) == 1 ||
		    sscanf(line, "nonvoluntary_ctxt_switches: %" SCNu64, &n) == 1)
			sum += n;
	if (f)
		fclose(f);
	return sum;
}

/* Events until now that should have run the program. */
static uint64_t made(const struct attempt *a, bool done)
{
	uint64_t sum = 0, faults = 0;

	switch (a->way->work) {
	case WORK_SLEEPS:
		for (size_t i = 0; i < a->n; i++)
			sum += switches_of(a->pid[i]);
		return sum;
	case WORK_FAULTS:
		for (size_t i = 0; i < a->n; i++)
			if (read(a->perf_fd[i], &faults, sizeof(faults)) == sizeof(faults))
				sum += faults / FAULT_PERIOD;
		return sum;
	default: return done ? HOOKS_CALLS / a->n * a->n : 0;
	}
}

static uint64_t runs(const struct attempt *a)
{
	struct hooks_state state = {0};
	uint32_t zero = 0;

	return bpf_map_lookup_elem(a->state_fd, &zero, &state) ? 0 : state.runs;
}

static uint64_t skipped(const struct attempt *a)
{
	struct bpf_prog_info info = {0};
	uint32_t size = sizeof(info);

	return bpf_obj_get_info_by_fd(bpf_program__fd(a->program), &info, &size)
		       ? 0
		       : info.recursion_misses;
}

static int count(struct attempt *a, struct hook_run *out)
{
	static const char bytes[PROCESSES_MAX];
	struct hook_run before = {made(a, false), runs(a), skipped(a)};
	int err = 0;

	a->reader = a->reading ? fork() : 0;
	if (a->reading && !a->reader)
		be_reader(a);
	if (a->reader < 0)
		return -errno;
	if (write(a->through[1], bytes, a->n) != (ssize_t)a->n)
		return -EIO;
	err = stand(a);
	if (!err)
		*out = (struct hook_run){made(a, true) - before.made, runs(a) - before.counted,
					 skipped(a) - before.skipped};
	return err;
}

static int try(const struct way *way, size_t processes, bool reading, struct hook_run *out)
{
	struct attempt a = {
		.way = way,
		.n = processes,
		.reading = reading,
		.perf_fd = {-1, -1, -1},
		.through = {-1, -1},
		.standing = {-1, -1},
		.apart = {-1, -1},
		.config = {.mark = MARK | ((uint64_t)getpid() & 0xffff), .call = SYS_getpgid}};
	char name[16];
	int err;

	snprintf(name, sizeof(name), "bb%06x", (unsigned int)getpid() & 0xffffff);
	memcpy(&a.config.name, name, sizeof(a.config.name));
	err = load(&a);
	/* Those who read it must have it. */
	if (!err && way->work == WORK_READS)
		err = attach(&a);
	if (!err)
		err = start(&a);
	if (!err && way->work != WORK_READS)
		err = attach(&a);
	if (!err)
		err = count(&a, out);
	stop(&a);
	unload(&a);
	return err;
}

int hooks_try(void (*told)(void *arg, const struct hook *h), void *arg)
{
	int err = feature_bpf();

	if (err) {
		log_err_sys(err, "hooks can be tried by root only (CAP_BPF, CAP_PERFMON)");
		return err;
	}
	err = tracefs_ensure(NULL);
	for (size_t i = 0; !err && i < ARRAY_SIZE(ways); i++) {
		struct hook h = {.attach = ways[i].attach, .what = words[ways[i].work]};

		h.err = try(&ways[i], 1, false, &h.one);
		if (!h.err)
			h.err = try(&ways[i], PROCESSES_MAX, false, &h.three);
		if (!h.err)
			h.err = try(&ways[i], PROCESSES_MAX, true, &h.beside);
		told(arg, &h);
	}
	return err;
}
