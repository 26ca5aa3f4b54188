#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# How much memory a small program takes by its ru_maxrss: as much as the process that started it had.
#
# The question: wait4() and getrusage(RUSAGE_CHILDREN) tell the largest resident size of a child that has ended; hyperfine 2.0 takes its
# "memory_peak_resident" from there. What are they for a program of half a megabyte, started by a process of 100 MB?
# The guess: half a megabyte; exec() gives the program a memory of its own, and with it a peak of its own, as in VmHWM.
# What happens: 100 MB. At exec() the peak of the memory that is left, a copy of the parent's (fork) or the parent's itself (vfork,
# posix_spawn), goes into the child's ru_maxrss, and stays. VmHWM of /proc/PID/status begins anew and is right. By hyperfine 2.0 the program
# takes 3.7 MB, its own size; as it keeps what it measured, the same program takes more as a second command than as the
# first, and more in the last run than in the first. hyperfine 1.19 tells no memory.
# Why it matters: a harness in Python that has loaded its results says 300 MB for `true`; two monitors of 2 and 3 MB are equal; a
# comparison names the wrong one as soon as the order is changed. ru_maxrss is the child's own only where it is more than the parent
# had when it started it. Read VmHWM before the end, or start from a small process, as GNU time does.
# Source: run here; fs/exec.c (exec_mmap) says why. Versions: hyperfine 2.0.0-2 (sid, amd64) on the kernel that runs; linux 6.1.192-3 and
# 7.2.13-1 (cloud, amd64) in a machine emulated by QEMU. First seen November 2026.
set -u
tmp=$(mktemp -d) || exit 2 # the packages come into it, by apt-get download
# shellcheck source=findings/fetch
. "$(dirname "$0")/fetch"
need cc python3

mkdir "$tmp/guest"
cat >"$tmp/small.c" <<'END'
#include <unistd.h>
int main(int count, char **words)
{
	char byte;
	return count > 1 && (write(1, "", 1) != 1 || read(0, &byte, 1) != 0); /* waits to be looked at */
}
END
cat >"$tmp/harness.c" <<'END'
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
static pid_t start(int by_vfork, int *in, int *out)
{
	pid_t pid = by_vfork ? vfork() : fork();
	if (!pid) {
		dup2(in[0], 0);
		dup2(out[1], 1);
		execl("/small", "small", "waits", NULL);
		_exit(1);
	}
	return pid;
}
int main(void)
{
	size_t size = 100 << 20;
	memset(mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), 1, size);
	for (int by_vfork = 0; by_vfork < 2; by_vfork++) {
		char path[64], text[4096] = "", byte;
		struct rusage usage;
		int in[2], out[2], file;
		pid_t pid;
		pipe2(in, O_CLOEXEC);
		pipe2(out, O_CLOEXEC);
		pid = start(by_vfork, in, out);
		read(out[0], &byte, 1);
		snprintf(path, sizeof(path), "/proc/%d/status", pid);
		file = open(path, O_RDONLY);
		read(file, text, sizeof(text) - 1);
		close(in[1]);
		wait4(pid, NULL, 0, &usage);
		printf("%s ru_maxrss %s, VmHWM %s\n", by_vfork ? "vfork" : "fork", usage.ru_maxrss >= 100 << 10 ? "100 MiB" : "less",
			atoi(strstr(text, "VmHWM:") + 6) < 2 << 10 ? "below 2 MiB" : "more");
	}
	return 0;
}
END
for_guest "$tmp/small.c" "$tmp/guest/small"
for_guest "$tmp/harness.c" "$tmp/guest/harness"
echo /harness >"$tmp/guest/look"

# started LINUX SUITE PACKAGE=VERSION
started() {
	boot "$2" "$3"
	for way in fork vfork; do
		sees "$1, a small program by $way and exec" "$(sed -n "s/^$way //p" "$tmp/told")" "ru_maxrss 100 MiB, VmHWM below 2 MiB"
	done
}
started "Linux 6.1" here linux-image-6.1.0-57-cloud-amd64=6.1.192-3
started "Linux 7.2" sid linux-binary-7.2.13+deb14-cloud-amd64=7.2.13-1

fetch sid hyperfine=2.0.0-2 libc6=2.43-7 libgcc-s1=16.2.0-4
run sid usr/bin/hyperfine -N --style none --runs 1500 --export-json "$tmp/json" "$tmp/guest/small" "$tmp/guest/small" >/dev/null 2>&1
cat >"$tmp/read.py" <<'END'
import json, sys
first, second = ([run["memory_peak_resident"]["value"] / 1e6 for run in command["measurements"]] for command in json.load(sys.stdin)["results"])
mean = lambda values: sum(values) / len(values)
print("all runs above 3 MB" if min(first + second) > 3 else min(first + second), end=", ")
print("the second more than the first" if mean(second) > mean(first) + 0.1 else (mean(first), mean(second)), end=", ")
print("the last run more than the first" if first[-1] > first[0] + 0.1 else (first[0], first[-1]))
END
sees "hyperfine 2.0, the small program twice" "$(python3 "$tmp/read.py" <"$tmp/json")" \
	"all runs above 3 MB, the second more than the first, the last run more than the first"
done_seeing
