#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Which system calls have no entry or no exit for a monitor: those that seccomp refuses return without having entered, forks return twice.
#
# The question: a program at raw_syscalls:sys_enter keeps a call's arguments, one at sys_exit takes them out and counts. 1,000 calls of munmap,
# fork, vfork, 1,000 signals that are handled, and 1,000 calls of munmap that a seccomp filter answers with EPERM: how many of each?
# The guess: 1,000 entries and 1,000 exits of each; calls that never return (exit_group, an execve that works in a thread) apart.
# What happens: munmap as guessed. The others:
#   - refused by seccomp: *no* entry and 1,000 exits. The filter is asked before the tracepoint, and what it refuses skips it.
#   - fork and vfork: 1,000 entries and 2,000 exits; the child's first step is an exit with result 0, by a task that never entered.
#   - rt_sigreturn: 1,000 entries and no exit of that number, but 1,000 exits of number -1. syscalls:sys_exit_rt_sigreturn stays silent.
# 6.1, 6.12 and 7.2 are alike.
# Why it matters: in containers, whose filters refuse calls, failed calls counted at sys_exit are more than calls at sys_enter, and an error
# rate of the two is above 1. A table of calls under way that is kept by thread holds an rt_sigreturn for ever, and a duration made
# of "now minus what the table has" is wrong if a thread number comes again. An index by the number needs a check for -1.
# Source: run here; kernel/entry/common.c (syscall_trace_enter asks seccomp first) says why. Versions: linux 6.1.192-3, 6.12.117-1~deb12u1 and
# 7.2.13-1 (cloud, amd64) in a machine emulated by QEMU; Linux 6.18 with bpftrace 0.17 as well. First seen November 2026.
set -u
tmp=$(mktemp -d) || exit 2 # the packages come into it, by apt-get download
# shellcheck source=findings/fetch
. "$(dirname "$0")/fetch"
need cc

mkdir "$tmp/guest"
cat >"$tmp/calls.c" <<'END'
#define _GNU_SOURCE
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
enum { rounds = 1000 };
static void nothing(int number) {}
static int refuse(int call)
{
	struct sock_filter lines[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog filter = { 4, lines };
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter);
}
int main(int count, char **what)
{
	signal(SIGUSR1, nothing);
	if (what[1][0] == 'r' && refuse(SYS_munmap))
		return 1;
	for (int i = 0; i < rounds; i++)
		switch (what[1][0]) {
		case 'f': /* fork */
			if (!fork())
				_exit(0);
			wait(NULL);
			break;
		case 'v': /* vfork */
			if (!vfork())
				_exit(0);
			wait(NULL);
			break;
		case 's': /* a signal's handler */
			raise(SIGUSR1);
			break;
		default: /* a call as it is, or one that is refused */
			if (syscall(SYS_munmap, 4096L, 4096L) == (what[1][0] == 'r' ? 0 : -1))
				return 1;
		}
	return 0;
}
END
for_guest "$tmp/calls.c" "$tmp/guest/calls"
cat >"$tmp/guest/look" <<'END'
events=/sys/kernel/tracing/events/raw_syscalls
for what in munmap fork vfork signal refused; do
	for side in enter exit; do
		echo hist:keys=id >$events/sys_$side/trigger
	done
	/calls $what || echo "$what failed"
	for side in enter exit; do
		$busybox sed -n "s/^{ id: *\([0-9]*\) } hitcount: *\([0-9]*\)\$/$what $side \1 \2/p" $events/sys_$side/hist
		echo '!hist:keys=id' >$events/sys_$side/trigger
	done
done
END

# One thousand calls were made; the guest's shell makes a few of the same.
rounded() {
	awk -v key="$1" 'key == $1 " " $2 " " $3 { n = $4 } END { print int((n + 100) / 1000) * 1000 }' "$tmp/told"
}
returned() {
	boot "$2" "$3"
	for line in "munmap 11 1000 1000" "fork 56 1000 2000" "vfork 58 1000 2000" "signal 15 1000 0" \
		"signal 18446744073709551615 0 1000" "refused 11 0 1000"; do
		# shellcheck disable=SC2086
		set -- "$1" $line
		sees "$1, $2, call $3: entries and exits" "$(rounded "$2 enter $3") $(rounded "$2 exit $3")" "$4 $5"
	done
}
returned "Linux 6.1" here linux-image-6.1.0-57-cloud-amd64=6.1.192-3
returned "Linux 6.12" here linux-image-6.12.117+deb12-cloud-amd64=6.12.117-1~deb12u1
returned "Linux 7.2" sid linux-binary-7.2.13+deb14-cloud-amd64=7.2.13-1
done_seeing
