/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Does a BPF program run for every call? attach_loss OBJECT CALLS [NAME]: for each way of attaching
 * (tests/bpf/attach_types.bpf.c), one process makes CALLS calls, then three of them on one
 * processor share as many. Prints "NAME ONE THREE", how many runs are missing, or "NAME - REASON"
 * where it cannot be attached. scripts/linux7.sh runs it in guests.
 */
#include "lib/base.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/perf_event.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define PROCESSES_MAX 3

struct counters {
	uint32_t first, last;
	uint64_t seen;
};

/* A way of attaching: what makes its program run once. @share: it is slow, a share of the calls
 * does. */
struct way {
	const char *name;
	void (*call)(void);
	int share;
	int (*attach)(struct bpf_program *prog, struct bpf_link **link);
};

static int iterator = -1;

static void call_umask(void)
{
	syscall(__NR_umask, 022);
}

static void call_rename(void)
{
	prctl(PR_SET_NAME, "busy");
}

__attribute__((noinline, noclone)) static void probed(void)
{
	__asm__ volatile("");
}

static void call_fault(void)
{
	static char *page;

	if (!page)
		page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	madvise(page, 4096, MADV_DONTNEED);
	*(volatile char *)page = 1;
}

static void call_read(void)
{
	char buffer[64];
	const int fd = bpf_iter_create(iterator);

	while (fd >= 0 && read(fd, buffer, sizeof(buffer)) > 0)
		;
	close(fd);
}

static int attach_plain(struct bpf_program *prog, struct bpf_link **link)
{
	*link = bpf_program__attach(prog);
	return *link ? 0 : -errno;
}

static int attach_iter(struct bpf_program *prog, struct bpf_link **link)
{
	const int err = attach_plain(prog, link);

	if (!err)
		iterator = bpf_link__fd(*link);
	return err;
}

/* Where probed() lies in this file. */
static long offset_of_probed(void)
{
	const unsigned long address = (unsigned long)probed;
	FILE *maps = fopen("/proc/self/maps", "r");
	unsigned long from, to, offset;
	char line[256];
	long found = -1;

	while (maps && found < 0 && fgets(line, sizeof(line), maps))
		if (sscanf(line, "%lx-%lx %*s %lx", &from, &to, &offset) == 3 && address >= from &&
		    address < to)
			found = address - from + offset;
	if (maps)
		fclose(maps);
	return found;
}

static int attach_user(struct bpf_program *prog, struct bpf_link **link)
{
	const bool at_return = strstr(bpf_program__name(prog), "uretprobe");

	*link = bpf_program__attach_uprobe(prog, at_return, -1, "/proc/self/exe",
					   offset_of_probed());
	return *link ? 0 : -errno;
}

static int attach_faults(struct bpf_program *prog, struct bpf_link **link)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attr),
		.config = PERF_COUNT_SW_PAGE_FAULTS,
		.sample_period = 1,
	};
	const int fd = syscall(__NR_perf_event_open, &attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);

	if (fd < 0)
		return -errno;
	*link = bpf_program__attach_perf_event(prog, fd);
	return *link ? 0 : -errno;
}

static const struct way ways[] = {
	{"raw_tp_sys_enter", call_umask, 1, attach_plain},
	{"tp_btf_sys_enter", call_umask, 1, attach_plain},
	{"perf_sys_enter", call_umask, 1, attach_plain},
	{"perf_sys_exit", call_umask, 1, attach_plain},
	{"perf_raw_sys_enter", call_umask, 1, attach_plain},
	{"raw_tp_rename", call_rename, 1, attach_plain},
	{"tp_btf_rename", call_rename, 1, attach_plain},
	{"perf_rename", call_rename, 1, attach_plain},
	{"kprobe", call_umask, 1, attach_plain},
	{"kretprobe", call_umask, 1, attach_plain},
	{"fentry", call_umask, 1, attach_plain},
	{"fexit", call_umask, 1, attach_plain},
	{"uprobe", probed, 1, attach_user},
	{"uretprobe", probed, 1, attach_user},
	{"perf_event_fault", call_fault, 1, attach_faults},
	{"iter_task", call_read, 100, attach_iter},
};

static int quiet(enum libbpf_print_level level UNUSED, const char *format UNUSED,
		 va_list args UNUSED)
{
	return 0;
}

/* @processes make @calls calls in all; *missing is how many runs the program did not have. */
static int watch(const struct way *way, struct bpf_map *bss, int processes, long calls,
		 long *missing)
{
	struct counters counters = {0};
	pid_t pids[PROCESSES_MAX];
	const uint32_t zero = 0;
	int gate[2], ready[2], status, err;
	char byte = 0;

	if (pipe(gate) || pipe(ready))
		return -errno;
	for (int i = 0; i < processes; i++) {
		pids[i] = fork();
		if (pids[i] < 0)
			return -errno;
		if (pids[i] == 0) {
			close(gate[1]);
			way->call(); /* its first call may cost the process a page more */
			if (write(ready[1], &byte, 1) != 1 || read(gate[0], &byte, 1) != 0)
				_exit(1);
			for (long n = 0; n < calls / processes; n++)
				way->call();
			/* Whom an iterator looks for stays until all have read. */
			if (way->call == call_read && i == 0)
				sleep(10);
			_exit(0);
		}
	}
	for (int i = 0; i < processes; i++)
		if (read(ready[0], &byte, 1) != 1)
			return -EPIPE;
	counters.first = pids[0];
	counters.last = pids[processes - 1];
	err = bpf_map__update_elem(bss, &zero, sizeof(zero), &counters, sizeof(counters), 0);
	close(gate[0]);
	close(gate[1]);
	close(ready[0]);
	close(ready[1]);
	for (int i = 0; i < processes; i++)
		waitpid(pids[i], &status, 0);
	if (!err)
		err = bpf_map__lookup_elem(bss, &zero, sizeof(zero), &counters, sizeof(counters),
					   0);
	*missing = calls / processes * processes - (long)counters.seen;
	return err;
}

static struct bpf_map *counters_of(struct bpf_object *obj)
{
	struct bpf_map *map;

	bpf_object__for_each_map (map, obj) {
		const char *suffix = strrchr(bpf_map__name(map), '.');

		if (suffix && !strcmp(suffix, ".bss"))
			return map;
	}
	return NULL;
}

static void measure(const char *file, const struct way *way, long calls)
{
	struct bpf_object *obj = bpf_object__open_file(file, NULL);
	struct bpf_program *prog = obj ? bpf_object__find_program_by_name(obj, way->name) : NULL;
	struct bpf_map *bss = obj ? counters_of(obj) : NULL;
	struct bpf_link *link = NULL;
	long one, three;
	int err = -ENOENT;

	if (prog && bss) {
		bpf_program__set_autoload(prog, true);
		err = bpf_object__load(obj);
	}
	if (!err)
		err = way->attach(prog, &link);
	if (!err)
		err = watch(way, bss, 1, calls / way->share, &one);
	if (!err)
		err = watch(way, bss, PROCESSES_MAX, calls / way->share, &three);
	if (err)
		printf("%s - %s\n", way->name, strerror(-err));
	else
		printf("%s %ld %ld of %ld\n", way->name, one, three, calls / way->share);
	fflush(stdout);
	bpf_link__destroy(link);
	bpf_object__close(obj);
}

int main(int argc, char **argv)
{
	cpu_set_t one;

	if (argc < 3) {
		fprintf(stderr, "usage: attach_loss OBJECT CALLS [NAME]\n");
		return EXIT_USAGE;
	}
	CPU_ZERO(&one);
	CPU_SET(0, &one);
	sched_setaffinity(0, sizeof(one), &one);
	libbpf_set_print(quiet);
	for (size_t i = 0; i < ARRAY_SIZE(ways); i++)
		if (argc < 4 || !strcmp(argv[3], ways[i].name))
			measure(argv[1], &ways[i], atol(argv[2]));
	return EXIT_OK;
}
