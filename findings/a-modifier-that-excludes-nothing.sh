#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# What perf's :u and :k (exclude_kernel, exclude_user) leave out of software events and tracepoints: nothing, or everything.
#
# The question: `perf stat -e task-clock:u` and `-e page-faults:u` print the modifier beside the figure, and an ordinary user gets :u
# on every event. What do the figures of :u and :k come to, beside the one without a modifier?
# The guess: the two parts add up to the whole, for clocks, faults and tracepoints alike; a system call's entry belongs to :u or to :k,
# but to one of them.
# What happens:
#   - cpu-clock and task-clock: the modifiers exclude nothing. :u and :k are each the whole time, and their sum is twice of it. (Samples
#     of the same event obey them: perf record and perf stat of cpu-clock:u disagree.)
#   - page faults obey, by where the fault came from.
#   - a tracepoint knows only :u, and takes it as "whose registers does the event show": of syscalls:sys_enter_munmap :u is all and :k is
#     all; of raw_syscalls:sys_enter, the same moment in other words, :u is 0; so it is of kmem and sched, and even of
#     exceptions:page_fault_user. 0 is printed as a count, not as an event that is not supported.
# Why it matters: "user time" by task-clock:u includes the kernel's, so that a monitor's cost in the kernel seems to be the
# program's own; a harness that asks for :u everywhere counts no system call where it changes syscalls: for raw_syscalls:.
# Source: run here, by perf_event_open() as perf does it; kernel/events/core.c (cpu_clock_event, perf_tp_event_match) says why. Versions:
# linux 6.1.192-3, 6.12.117-1~deb12u1 and 7.2.13-1 (cloud, amd64) in a machine emulated by QEMU; seen with perf 6.1.192-3 as well.
# First seen November 2026.
set -u
tmp=$(mktemp -d) || exit 2 # the packages come into it, by apt-get download
# shellcheck source=findings/fetch
. "$(dirname "$0")/fetch"
need cc

mkdir "$tmp/guest"
cat >"$tmp/modifiers.c" <<'END'
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
static const struct event { const char *name; int type, config; } events[] = {
	{ "cpu-clock", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CPU_CLOCK }, { "task-clock", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_TASK_CLOCK },
	{ "page-faults", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS }, { "syscalls:sys_enter_munmap", PERF_TYPE_TRACEPOINT },
	{ "syscalls:sys_exit_munmap", PERF_TYPE_TRACEPOINT }, { "raw_syscalls:sys_enter", PERF_TYPE_TRACEPOINT },
	{ "raw_syscalls:sys_exit", PERF_TYPE_TRACEPOINT }, { "kmem:mm_page_alloc", PERF_TYPE_TRACEPOINT },
	{ "exceptions:page_fault_user", PERF_TYPE_TRACEPOINT },
};
static int open_event(const struct event *event, int user, int kernel)
{
	struct perf_event_attr attr = { .type = event->type, .size = sizeof(attr), .config = event->config, .disabled = 1,
		.exclude_user = !user, .exclude_kernel = !kernel };
	if (event->type == PERF_TYPE_TRACEPOINT) {
		char command[128], number[16] = "";
		int file;
		snprintf(command, sizeof(command), "/sys/kernel/tracing/events/%s/id", event->name);
		for (char *letter = command; *letter; letter++)
			*letter = *letter == ':' ? '/' : *letter;
		file = open(command, O_RDONLY);
		read(file, number, sizeof(number) - 1);
		close(file);
		attr.config = atoi(number);
	}
	return syscall(SYS_perf_event_open, &attr, 0, -1, -1, 0);
}
/* About as much in the kernel as outside. */
static void work(void)
{
	char *pages = mmap(NULL, 400 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int zero = open("/dev/zero", O_RDONLY);
	for (int i = 0; i < 3000; i++)
		syscall(SYS_munmap, 1, 4096);
	for (int i = 0; i < 100; i++)
		pages[i * 4096] = 1;
	read(zero, pages + 100 * 4096, 300 * 4096);
	for (volatile int i = 0; i < 3000000; i++)
		;
	close(zero);
	munmap(pages, 400 * 4096);
}
static const char *share(double part, double whole)
{
	return part < 0.01 * whole ? "nothing" : part > 0.95 * whole ? "all" : "a part";
}
int main(void)
{
	for (unsigned i = 0; i < sizeof(events) / sizeof(*events); i++) {
		int file[3] = { open_event(&events[i], 1, 1), open_event(&events[i], 1, 0), open_event(&events[i], 0, 1) };
		long count[3] = { 0 };
		for (int j = 0; j < 3; j++)
			ioctl(file[j], PERF_EVENT_IOC_ENABLE, 0);
		work();
		for (int j = 0; j < 3; j++) {
			ioctl(file[j], PERF_EVENT_IOC_DISABLE, 0);
			if (read(file[j], &count[j], sizeof(*count)) != sizeof(*count) || !count[0])
				return 1;
		}
		printf("%s :u %s, :k %s\n", events[i].name, share(count[1], count[0]), share(count[2], count[0]));
	}
	return 0;
}
END
for_guest "$tmp/modifiers.c" "$tmp/guest/modifiers"
echo /modifiers >"$tmp/guest/look"

# counted LINUX SUITE PACKAGE=VERSION
counted() {
	boot "$2" "$3"
	for line in "cpu-clock :u all, :k all" "task-clock :u all, :k all" "page-faults :u a part, :k a part" \
		"syscalls:sys_enter_munmap :u all, :k all" "syscalls:sys_exit_munmap :u all, :k all" \
		"raw_syscalls:sys_enter :u nothing, :k all" "raw_syscalls:sys_exit :u nothing, :k all" \
		"kmem:mm_page_alloc :u nothing, :k all" "exceptions:page_fault_user :u nothing, :k all"; do
		sees "$1, ${line%% *}" "$(sed -n "s/^${line%% *} //p" "$tmp/told")" "${line#* }"
	done
}
counted "Linux 6.1" here linux-image-6.1.0-57-cloud-amd64=6.1.192-3
counted "Linux 6.12" here linux-image-6.12.117+deb12-cloud-amd64=6.12.117-1~deb12u1
counted "Linux 7.2" sid linux-binary-7.2.13+deb14-cloud-amd64=7.2.13-1
done_seeing
