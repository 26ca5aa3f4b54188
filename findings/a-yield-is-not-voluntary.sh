#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# What kind of context switch sched_yield() makes: an involuntary one.
#
# The question: getrusage(2) says of ru_nvcsw that the process gave up the processor "before its time slice was completed", of ru_nivcsw that a
# higher priority or the end of its time slice took it away. Two processes share a processor, and one calls sched_yield() 1,000 times.
# The guess: 1,000 voluntary switches, or as many of them as the scheduler makes; no other call says more plainly that it is by will.
# What happens: not one is voluntary, all are involuntary (as many as there are: the scheduler does not switch at each). The kernel asks
# only whether the task could run on. nanosleep() is voluntary. At sched_switch such a task is in state R, as one is whose time was over.
# nanosleep() of 0 seconds switches once for each call on 6.12, and not at all on 7.2.
# Why it matters: "involuntary" is read as "there are too few processors" (GNU time -v, pidstat -w, /proc/PID/status); a program that
# spins with sched_yield(), as many locks and Go's and Java's runtimes do, seems to be starved by others. A BPF program that takes
# prev_state == 0 for preempted counts yields as well, and has nothing to tell them by.
# Source: run here; kernel/sched/core.c (__schedule picks the counter by the state) says why. Versions: linux 6.12.117-1~deb12u1 and 7.2.13-1
# (cloud, amd64) in a machine of one processor emulated by QEMU. First seen November 2026.
set -u
tmp=$(mktemp -d) || exit 2 # the packages come into it, by apt-get download
# shellcheck source=findings/fetch
. "$(dirname "$0")/fetch"
need cc

mkdir "$tmp/guest"
cat >"$tmp/switches.c" <<'END'
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
enum { rounds = 1000 };
static void yield(void) { sched_yield(); }
static void sleep_of(long ns)
{
	struct timespec time = { 0, ns };
	nanosleep(&time, NULL);
}
static void sleep_a_little(void) { sleep_of(100000); }
static void sleep_not_at_all(void) { sleep_of(0); }
static const char *share(long switches)
{
	return switches < rounds / 20 ? "none" : switches > rounds * 9 / 10 && switches < rounds * 11 / 10 ? "one each" : "some";
}
static void count(const char *name, void (*call)(void))
{
	struct rusage before, after;
	getrusage(RUSAGE_SELF, &before);
	for (int i = 0; i < rounds; i++)
		call();
	getrusage(RUSAGE_SELF, &after);
	printf("%s: %s voluntary, ", name, share(after.ru_nvcsw - before.ru_nvcsw));
	puts(call != yield ? "" : after.ru_nivcsw - before.ru_nivcsw >= 5 ? "the others involuntary" : "none involuntary");
}
int main(void)
{
	pid_t other;
	count("nanosleep", sleep_a_little);
	count("nanosleep of 0", sleep_not_at_all);
	count("yield alone", yield);
	if (!(other = fork()))
		for (;;)
			sched_yield();
	count("yield to another", yield);
	kill(other, SIGKILL);
	return 0;
}
END
for_guest "$tmp/switches.c" "$tmp/guest/switches"
echo /switches >"$tmp/guest/look"

# switched LINUX SUITE PACKAGE=VERSION OF_ZERO
switched() {
	boot "$2" "$3"
	for line in "nanosleep: one each voluntary, " "nanosleep of 0: $4 voluntary, " "yield alone: none voluntary, none involuntary" \
		"yield to another: none voluntary, the others involuntary"; do
		sees "$1, ${line%%:*}" "$(sed -n "s/^${line%%:*}: //p" "$tmp/told")" "${line#*: }"
	done
}
switched "Linux 6.12" here linux-image-6.12.117+deb12-cloud-amd64=6.12.117-1~deb12u1 "one each"
switched "Linux 7.2" sid linux-binary-7.2.13+deb14-cloud-amd64=7.2.13-1 none
done_seeing
