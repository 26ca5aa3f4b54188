#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Whose bytes /proc/PID/io has: those of the process, of its threads, and of all its children that have ended and were waited for.
#
# The question: a process starts another one that writes 10 MiB, and waits for it. What does wchar in its own /proc/PID/io go up by?
# The guess: by nothing. /proc/PID/stat has fields of their own for children (cutime, cminflt); io has none, so it is the process's own.
# What happens: by 10 MiB, at the moment of the wait: not when the child writes, nor when it ends. The child's own children count as well, if
# it waited for them. A child that nobody waits for (SIGCHLD ignored, an orphan) is in nobody's file. `pidstat -d` shows a shell that slept
# while its `dd` wrote 64 MB as having written 64 MB. The same in 6.1, 6.12 and 7.2.
# Why it matters: who sums /proc/*/io over processes (a monitor, an exporter, a sum for a container) counts what short commands write twice,
# and once more for each shell above them that ends; a shell, make or a CI runner seems to be the one that writes, all at once. A counter of
# system calls by BPF, which has the writer, disagrees with the file. Nothing in the file tells the two parts from each other.
# Source: run here; kernel/exit.c (wait_task_zombie adds the child's ioac to the parent's) says why. Versions: linux 6.1.192-3,
# 6.12.117-1~deb12u1 and 7.2.13-1 (cloud, amd64) in a machine emulated by QEMU; sysstat 12.6.1-1 on the kernel that runs. First seen November 2026.
set -u
tmp=$(mktemp -d) || exit 2 # the packages come into it, by apt-get download
# shellcheck source=findings/fetch
. "$(dirname "$0")/fetch"
need cc

mkdir "$tmp/guest"
cat >"$tmp/children.c" <<'END'
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
static long written(void)
{
	char text[512] = "";
	int file = open("/proc/self/io", O_RDONLY);
	read(file, text, sizeof(text) - 1);
	close(file);
	return atol(strstr(text, "wchar:") + 6) >> 20;
}
static void *write_10(void *unused)
{
	static char mebibyte[1 << 20];
	int file = open("/dev/null", O_WRONLY);
	for (int i = 0; i < 10; i++)
		write(file, mebibyte, sizeof(mebibyte));
	close(file);
	return unused;
}
/* Returns when the child has written, or when it has ended. */
static pid_t child(int ends)
{
	int pair[2];
	char byte;
	pid_t pid;
	pipe(pair);
	if (!(pid = fork())) {
		write_10(NULL);
		write(ends ? -1 : pair[1], "", 1);
		if (ends)
			_exit(0);
		for (;;)
			pause();
	}
	close(pair[1]);
	read(pair[0], &byte, 1);
	close(pair[0]);
	return pid;
}
static void grandchild(int waits)
{
	if (!fork()) {
		pid_t pid = child(1);
		if (waits)
			waitpid(pid, NULL, 0);
		_exit(0);
	}
	wait(NULL);
}
int main(void)
{
	pthread_t thread;
	long before = written();
	pid_t pid;
	pthread_create(&thread, NULL, write_10, NULL);
	pthread_join(thread, NULL);
	printf("thread %ld MiB\n", written() - before);
	before = written();
	pid = child(0);
	printf("writes %ld MiB\n", written() - before);
	kill(pid, SIGKILL);
	waitid(P_PID, pid, NULL, WEXITED | WNOWAIT);
	printf("ended %ld MiB\n", written() - before);
	waitpid(pid, NULL, 0);
	printf("waited %ld MiB\n", written() - before);
	before = written();
	grandchild(1);
	printf("grandchild %ld MiB\n", written() - before);
	before = written();
	grandchild(0);
	printf("orphan %ld MiB\n", written() - before);
	before = written();
	signal(SIGCHLD, SIG_IGN);
	pid = child(1);
	waitpid(pid, NULL, 0);
	printf("ignored %ld MiB\n", written() - before);
	return 0;
}
END
for_guest "$tmp/children.c" "$tmp/guest/children" -lpthread
echo /children >"$tmp/guest/look"

# written LINUX SUITE PACKAGE=VERSION
written() {
	boot "$2" "$3"
	for line in "thread:a thread that has ended wrote:10 MiB" "writes:a child writes:0 MiB" "ended:it has ended:0 MiB" \
		"waited:it was waited for:10 MiB" "grandchild:its child, both waited for:10 MiB" "orphan:a child of it that it left:0 MiB" \
		"ignored:a child, with SIGCHLD ignored:0 MiB"; do
		what=${line#*:}
		sees "$1, ${what%:*}" "$(sed -n "s/^${line%%:*} //p" "$tmp/told")" "${line##*:}"
	done
}
written "Linux 6.1" here linux-image-6.1.0-57-cloud-amd64=6.1.192-3
written "Linux 6.12" here linux-image-6.12.117+deb12-cloud-amd64=6.12.117-1~deb12u1
written "Linux 7.2" sid linux-binary-7.2.13+deb14-cloud-amd64=7.2.13-1

# pidstat shows what reached a file system with a disk below it, in kB a second.
fetch here sysstat=12.6.1-1
: >"$tmp/file"
sh -c "sleep 1; dd if=/dev/zero of=$tmp/file bs=1000000 count=64 2>/dev/null; sleep 4; :" &
shell=$!
sleep 0.3
by_pidstat=$(LC_ALL=C run here usr/bin/pidstat -d -p $shell 4 1 | awk '/^Average/ && $3 != "PID" { print ($5 * 4 > 57600 && $5 * 4 < 72000) ? "64 MB" : $5 * 4 " kB" }')
wait $shell
[ "$by_pidstat" = "0 kB" ] && cannot "no disk below $tmp: pidstat counts nothing there"
sees "pidstat -d: a shell slept while its dd wrote 64 MB" "$by_pidstat" "64 MB"
done_seeing
