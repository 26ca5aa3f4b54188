#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Whose end sched_process_exit tells when a thread calls exec: that of the process, which goes on, and never that of the thread.
#
# The question: the second thread of a process calls execve(). The process goes on as another program, with the same number, and the other
# threads are gone. Which numbers are in the events of sched_process_exit, by then and in all?
# The guess: the thread's number has its exit event, as it is nobody's any more, and the process's own has one when it ends.
# What happens: the other way round. The first thread ends at the exec, and its event has the number of the process, some ms before
# sched_process_exec has the same number; at the end there is a second one. Of the thread that called exec there is a
# task_newtask and no exit, in no release; only old_pid of sched_process_exec names it. Linux 7.2 adds group_dead=false to the
# first of the two; 6.1 and 6.12 have nothing in the event to tell them by.
# Why it matters: "pid == tgid at sched_process_exit: the process has ended" (so do many BPF tools) drops what it had of a process that
# lives; a table of threads keeps the caller's for ever; and forks less exits of threads is right in sum, by two wrongs. In a program
# task->signal->live is 0 for the last thread alone; threads are to be deleted at sched_process_exec as well, by old_pid.
# Source: run here; fs/exec.c (de_thread gives the caller the leader's number) says why. Versions: linux 6.1.192-3, 6.12.117-1~deb12u1 and
# 7.2.13-1 (cloud, amd64) in a machine emulated by QEMU. First seen November 2026.
set -u
tmp=$(mktemp -d) || exit 2 # the packages come into it, by apt-get download
# shellcheck source=findings/fetch
. "$(dirname "$0")/fetch"
need cc

mkdir "$tmp/guest"
cat >"$tmp/thread.c" <<'END'
#include <pthread.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>
static void *execute(void *unused)
{
	usleep(100000);
	printf("thread %ld\n", syscall(SYS_gettid));
	fflush(stdout);
	execl("/thread", "thread", "again", NULL);
	return NULL;
}
int main(int count, char **arguments)
{
	pthread_t thread;
	printf("process %d\n", getpid());
	fflush(stdout);
	if (count == 1 && !pthread_create(&thread, NULL, execute, NULL))
		pause();
	usleep(100000);
	return 0;
}
END
for_guest "$tmp/thread.c" "$tmp/guest/thread" -pthread
cat >"$tmp/guest/look" <<'END'
tracing=/sys/kernel/tracing
events="sched/sched_process_exit sched/sched_process_exec task/task_newtask"
for event in $events; do echo 1 >$tracing/events/$event/enable; done
/thread
for event in $events; do echo 0 >$tracing/events/$event/enable; done
$busybox sed -n 's/.*: \(task_newtask\|sched_process_exec\|sched_process_exit\): /event \1 /p' $tracing/trace
END

# What was said of the process and its thread, by their words instead of their numbers.
said() {
	process=$(sed -n 's/^process //p' "$tmp/told" | head -n 1)
	thread=$(sed -n 's/^thread //p' "$tmp/told")
	sed -n 's/^event //p' "$tmp/told" | tr ' ' '\n' | sed "s/^\(.*\)=$process\$/\1=process/; s/^\(.*\)=$thread\$/\1=thread/" |
		awk '/^(task_newtask|sched_process_)/ { printf "%s%s", n++ ? "; " : "", $0; sub(/.*/, "") }
			/^(pid|old_pid)=(process|thread)$/ || /^group_dead/ { printf " %s", $0 } END { print "" }' |
		sed 's/task_newtask/new/g; s/sched_process_//g'
}
exits() {
	boot "$2" "$3"
	[ "$(grep -c '^process ' "$tmp/told")" -eq 2 ] || cannot "the thread did not execute"
	sees "$1" "$(said)" "new pid=process; exec pid=process old_pid=process; new pid=thread; exit pid=process$4; \
exec pid=process old_pid=thread; exit pid=process$5"
}
exits "Linux 6.1" here linux-image-6.1.0-57-cloud-amd64=6.1.192-3 "" ""
exits "Linux 6.12" here linux-image-6.12.117+deb12-cloud-amd64=6.12.117-1~deb12u1 "" ""
exits "Linux 7.2" sid linux-binary-7.2.13+deb14-cloud-amd64=7.2.13-1 " group_dead=false" " group_dead=true"
done_seeing
