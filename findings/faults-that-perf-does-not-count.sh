#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# How many page faults a thousand pages are: time(1) says 1,000, perf and the tracepoints of page faults say 0.
#
# The question: a program gets 1,000 pages of memory, by each of the ways there are. ru_minflt (GNU time's "minor faults", field 10 of
# /proc/PID/stat), perf stat -e page-faults, the tracepoints exceptions:page_fault_user and _kernel (where BPF programs stand), and
# pgfault of /proc/vmstat each count faults. Are they one number?
# The guess: yes: 1,000 each; for MAP_POPULATE, where no fault is taken, 0 each.
# What happens: two kinds of counters. rusage and vmstat count each page that the kernel had to bring, whoever asked; perf and the tracepoints
# count exceptions of the processor.
#   - touched by the program or by read(): 1,000 in all of them.
#   - brought by mlock, MADV_POPULATE_WRITE, MAP_POPULATE or vmsplice: rusage and vmstat 1,000, perf and the tracepoints 0.
#   - process_vm_readv into fresh pages from another process's fresh pages: the reader's rusage 2,000, perf 1,000.
# Why it matters: who takes faults from rusage or /proc (GNU time, ps, pidstat -r) and who takes them from perf disagree by all pages of a
# program that locks or populates its memory (databases, DPDK, real-time programs). A BPF monitor of page faults sees no page
# of theirs come, and their resident size grows without a fault.
# Source: run here; mm/memory.c (mm_account_fault) says why. Versions: linux 6.1.192-3, 6.12.117-1~deb12u1 and 7.2.13-1 (cloud, amd64) in a
# machine emulated by QEMU. First seen November 2026.
set -u
tmp=$(mktemp -d) || exit 2 # the packages come into it, by apt-get download
# shellcheck source=findings/fetch
. "$(dirname "$0")/fetch"
need cc

mkdir "$tmp/guest"
cat >"$tmp/faults.c" <<'END'
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/perf_event.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>
enum { pages = 1000, size = pages * 4096, pipe_pages = 250, kinds = 5 };
static char *fresh(int flags)
{
	return mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);
}
static void touch(char *memory) { for (int i = 0; i < pages; i++) memory[i * 4096] = 1; }
static void read_into(char *memory) { read(open("/dev/zero", O_RDONLY), memory, size); }
static void lock(char *memory) { mlock(memory, size); }
static void populate(char *memory) { madvise(memory, size, MADV_POPULATE_WRITE); }
static void map_populated(char *memory) { fresh(MAP_POPULATE); }
static void splice_away(char *memory)
{
	struct iovec part = { memory, pipe_pages * 4096 };
	int ends[2];
	pipe(ends);
	fcntl(ends[1], F_SETPIPE_SZ, 1 << 20);
	for (int i = 0; i < 4; i++) {
		vmsplice(ends[1], &part, 1, 0);
		close(ends[0]);
		close(ends[1]);
		pipe(ends);
		fcntl(ends[1], F_SETPIPE_SZ, 1 << 20);
		part.iov_base += part.iov_len;
	}
}
static pid_t other; /* has fresh pages of its own at the same place */
static void read_from_other(char *memory)
{
	struct iovec here = { memory, size };
	process_vm_readv(other, &here, 1, &here, 1, 0);
}
static const struct way { const char *name; void (*get)(char *); } ways[] = { { "touched", touch }, { "read()", read_into }, { "mlock", lock },
	{ "MADV_POPULATE_WRITE", populate }, { "MAP_POPULATE", map_populated }, { "vmsplice", splice_away }, { "process_vm_readv", read_from_other } };
static int counter[kinds];
static int open_counter(int type, long config)
{
	struct perf_event_attr attr = { .type = type, .size = sizeof(attr), .config = config };
	return syscall(SYS_perf_event_open, &attr, 0, -1, -1, 0);
}
static int open_tracepoint(const char *name)
{
	char path[128], number[16] = "";
	int file;
	snprintf(path, sizeof(path), "/sys/kernel/tracing/events/exceptions/%s/id", name);
	file = open(path, O_RDONLY);
	read(file, number, sizeof(number) - 1);
	return open_counter(PERF_TYPE_TRACEPOINT, atoi(number));
}
static void look(long *count)
{
	static char text[32768];
	struct rusage usage;
	int file = open("/proc/vmstat", O_RDONLY);
	for (int i = 1; i < 4; i++)
		read(counter[i], &count[i], sizeof(*count));
	text[read(file, text, sizeof(text) - 1)] = 0;
	count[4] = atol(strstr(text, "\npgfault ") + 9);
	getrusage(RUSAGE_SELF, &usage);
	count[0] = usage.ru_minflt;
	close(file);
}
int main(void)
{
	prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
	counter[1] = open_counter(PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS);
	counter[2] = open_tracepoint("page_fault_user");
	counter[3] = open_tracepoint("page_fault_kernel");
	for (unsigned i = 0; i < sizeof(ways) / sizeof(*ways); i++) {
		long before[kinds], after[kinds];
		char *memory = fresh(0);
		if (ways[i].get == read_from_other && !(other = fork()))
			pause();
		look(before); /* twice: the first brings its own pages */
		look(before);
		ways[i].get(memory);
		look(after);
		printf("%s rusage", ways[i].name);
		for (int j = 0; j < kinds; j++) /* a handful is the program's own */
			printf("%s %ld", (const char *[]){ "", ", perf", ", page_fault_user", ", page_fault_kernel", ", vmstat" }[j],
				(after[j] - before[j]) / 50 * 50);
		puts("");
	}
	kill(other, SIGKILL);
	return 0;
}
END
for_guest "$tmp/faults.c" "$tmp/guest/faults"
echo /faults >"$tmp/guest/look"

# counted LINUX SUITE PACKAGE=VERSION
counted() {
	boot "$2" "$3"
	for line in "touched rusage 1000, perf 1000, page_fault_user 1000, page_fault_kernel 0, vmstat 1000" \
		"read() rusage 1000, perf 1000, page_fault_user 0, page_fault_kernel 1000, vmstat 1000" \
		"mlock rusage 1000, perf 0, page_fault_user 0, page_fault_kernel 0, vmstat 1000" \
		"MADV_POPULATE_WRITE rusage 1000, perf 0, page_fault_user 0, page_fault_kernel 0, vmstat 1000" \
		"MAP_POPULATE rusage 1000, perf 0, page_fault_user 0, page_fault_kernel 0, vmstat 1000" \
		"vmsplice rusage 1000, perf 0, page_fault_user 0, page_fault_kernel 0, vmstat 1000" \
		"process_vm_readv rusage 2000, perf 1000, page_fault_user 0, page_fault_kernel 1000, vmstat 2000"; do
		sees "$1, ${line%% *}" "$(sed -n "s/^${line%% *} //p" "$tmp/told")" "${line#* }"
	done
}
counted "Linux 6.1" here linux-image-6.1.0-57-cloud-amd64=6.1.192-3
counted "Linux 6.12" here linux-image-6.12.117+deb12-cloud-amd64=6.12.117-1~deb12u1
counted "Linux 7.2" sid linux-binary-7.2.13+deb14-cloud-amd64=7.2.13-1
done_seeing
