#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Which file of /proc has the resident size of a process, since Linux 6.2: not /proc/PID/stat, though all four once had the same number.
#
# The question: a program touches pages one by one and stands still. How many of them do field 24 of /proc/PID/stat, /proc/PID/statm,
# VmRSS of /proc/PID/status and Rss of smaps_rollup tell?
# The guess: smaps_rollup is exact, as it walks the page tables. The other three are one counter: late by up to 63 pages on 6.1 (64 events
# a thread), and by up to 31 pages a processor since 6.2 made it a per-CPU counter; the newest kernels sum it up for status alone.
# What happens: 6.1 is as guessed, but late by up to 213 pages: 64 faults may wait, and one fault may bring 16 pages of a file. Since 6.12
# statm and status have the exact number and stat has not: it is off by up to 31 pages for each kind of page (anonymous, file, shared
# memory) and processor, up or down (289 pages where 276 are). 7.2 is the same.
# Why it matters: tools read either file; on a machine of 64 processors the two may differ by 64 x 31 pages, 8 MiB, for each kind of
# page, for a process that ran on all of them. A check of a monitor's RSS against /proc/PID/stat fails though the monitor is exact,
# and one on 6.1 must allow for hundreds of pages. Field 24 of stat is not statm's second number any more.
# Source: run here; fs/proc/array.c (do_task_stat: get_mm_rss) and fs/proc/task_mmu.c (task_statm: get_mm_counter_sum) say why.
# Versions: linux 6.1.192-3, 6.12.117-1~deb12u1 and 7.2.13-1 (cloud, amd64) in a machine of one processor emulated by QEMU.
# First seen November 2026.
set -u
tmp=$(mktemp -d) || exit 2 # the packages come into it, by apt-get download
# shellcheck source=findings/fetch
. "$(dirname "$0")/fetch"
need cc

mkdir "$tmp/guest"
cat >"$tmp/touches.c" <<'END'
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <fcntl.h>
#include <unistd.h>
#include <sys/mman.h>
static char text[8192];
static const char *file(const char *path)
{
	int open_file = open(path, O_RDONLY);
	long length = read(open_file, text, sizeof(text) - 1);
	text[length > 0 ? length : 0] = 0;
	close(open_file);
	return text;
}
static long after(const char *path, const char *word)
{
	const char *found = strstr(file(path), word);
	return found ? atol(found + strlen(word)) / 4 : -1;
}
static long in_stat(void)
{
	const char *field = strrchr(file("/proc/self/stat"), ')');
	for (int i = 0; i < 22; i++)
		field = strchr(field + 1, ' ');
	return atol(field);
}
int main(void)
{
	char *pages = mmap(NULL, 1000 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	long most[3] = { 0 };
	madvise(pages, 1000 * 4096, MADV_NOHUGEPAGE);
	in_stat(); /* its code is there */
	after("/proc/self/smaps_rollup", "Rss:");
	for (int i = 0; i < 1000; i++) {
		pages[i * 4096] = 1;
		long resident = after("/proc/self/smaps_rollup", "Rss:");
		long told[3] = { in_stat(), atol(strchr(file("/proc/self/statm"), ' ')), after("/proc/self/status", "VmRSS:") };
		for (int j = 0; j < 3; j++)
			if (labs(told[j] - resident) > most[j])
				most[j] = labs(told[j] - resident);
	}
	printf("%ld %ld %ld\n", most[0], most[1], most[2]);
	return 0;
}
END
for_guest "$tmp/touches.c" "$tmp/guest/touches"
echo /touches >"$tmp/guest/look"

# off LINUX SUITE PACKAGE=VERSION WANT: which of the three are off
off() {
	boot "$2" "$3"
	echo "$1: pages that stat, statm and status are off at most: $(cat "$tmp/told")"
	sees "$1: stat, statm and status" "$(sed 's/[1-9][0-9]*/off/g; s/\b0\b/exact/g' "$tmp/told")" "$4"
}
off "Linux 6.1" here linux-image-6.1.0-57-cloud-amd64=6.1.192-3 "off off off"
off "Linux 6.12" here linux-image-6.12.117+deb12-cloud-amd64=6.12.117-1~deb12u1 "off exact exact"
off "Linux 7.2" sid linux-binary-7.2.13+deb14-cloud-amd64=7.2.13-1 "off exact exact"
done_seeing
