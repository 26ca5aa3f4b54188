#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# What memory.current of a cgroup says of the pages that were touched in it: steps of 64, and less than memory.stat has.
#
# The question: a process moves into a fresh cgroup and touches pages one by one. What do memory.current and "anon" of memory.stat grow by?
# The guess: memory.current by one page each (and by a page table now and then), memory.stat at once and exactly, as RSS does.
# What happens:
#   - memory.current stands at 64 pages when the process has moved in and touched nothing of its own, and grows by 64 at a time: 10
#     pages touched are 0 more, 1,000 are 960. It is not put right: five seconds later it is the same. The kernel charges
#     64 pages at once and keeps the rest at the processor.
#   - "anon" of memory.stat is exact on 6.1. On 6.12 and 7.2 ten pages are 0 for up to two seconds, and then 10: figures below a threshold
#     (64 pages a processor) are not gathered at a reading.
#   - so the part is more than the whole: 1,000 more pages anon and 960 more in memory.current.
# Why it matters: who holds a monitor's RSS or allocations against memory.current sees steps of 256 KiB a processor and takes them for its own
# error, and a cgroup for a small program tells nothing of it. memory.peak and memory.max work on the same figure. Against memory.stat a
# harness waits two seconds or touches more than the threshold.
# Source: run here; mm/memcontrol.c (MEMCG_CHARGE_BATCH, try_charge_memcg, memcg_vmstats_needs_flush) says why. Versions: linux 6.1.192-3,
# 6.12.117-1~deb12u1 and 7.2.13-1 (cloud, amd64) in a machine of one processor emulated by QEMU. First seen December 2026.
set -u
tmp=$(mktemp -d) || exit 2 # the packages come into it, by apt-get download
# shellcheck source=findings/fetch
. "$(dirname "$0")/fetch"
need cc

mkdir "$tmp/guest"
cat >"$tmp/touches.c" <<'END'
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>
static char text[65536];
static void put(const char *path, const char *what)
{
	int file = open(path, O_WRONLY);
	if (write(file, what, strlen(what)) < 0)
		printf("cannot write %s\n", path);
	close(file);
}
/* In pages: the number behind a word, or the file's first. */
static long pages_in(const char *path, const char *word)
{
	int file = open(path, O_RDONLY);
	long length = read(file, text, sizeof(text) - 1);
	text[length > 0 ? length : 0] = 0;
	close(file);
	const char *at = strstr(text, word);
	return at ? atol(at + strlen(word)) / 4096 : -1;
}
static long current_before, anon_before;
static void say(int touched, const char *when)
{
	printf("%d%s current %+ld, anon %+ld\n", touched, when, pages_in("/groups/one/memory.current", "") - current_before,
	       pages_in("/groups/one/memory.stat", "anon ") - anon_before);
}
int main(void)
{
	static const int stops[] = { 10, 63, 500, 1000 };
	char own[20], *pages = mmap(NULL, 1001 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int touched = 0;
	setvbuf(stdout, NULL, _IOLBF, 0);
	mkdir("/groups", 0755);
	if (mount("c", "/groups", "cgroup2", 0, NULL))
		return 1;
	put("/groups/cgroup.subtree_control", "+memory");
	mkdir("/groups/one", 0755);
	madvise(pages, 1001 * 4096, MADV_NOHUGEPAGE);
	pages[1000 * 4096] = 1; /* there is a page table */
	pages_in("/groups/one/memory.stat", "anon ");
	sprintf(own, "%d", getpid());
	put("/groups/one/cgroup.procs", own);
	say(0, " begin"); /* what the reading itself takes is there */
	sleep(5);
	current_before = pages_in("/groups/one/memory.current", "");
	anon_before = pages_in("/groups/one/memory.stat", "anon ");
	printf("start current %ld\n", current_before);
	for (int i = 0; i < 4; i++) {
		while (touched < stops[i])
			pages[touched++ * 4096] = 1;
		say(touched, " now");
		sleep(5);
		say(touched, " later");
	}
	return 0;
}
END
for_guest "$tmp/touches.c" "$tmp/guest/touches"
echo '/touches || echo failed' >"$tmp/guest/look"

# Of "current +C, anon +A": the two figures
current() { sed -n "s/^$1 current +\([0-9]*\),.*/\1/p" "$tmp/told"; }
anon() { sed -n "s/^$1 .*anon +\([0-9]*\)$/\1/p" "$tmp/told"; }
# exact FIGURE WANT: within 2, as the program's own stack may grow
exact() {
	if [ "$1" -ge "$2" ] && [ "$1" -le $(($2 + 2)) ]; then echo "exact"; else echo "$1"; fi
}
steps() {
	if [ $(($1 % 64)) -eq 0 ]; then echo "a multiple of 64"; else echo "$1"; fi
}
# grown LINUX SUITE PACKAGE=VERSION ANON_OF_10
grown() {
	boot "$2" "$3"
	sed "s/^/($1: /; s/\$/)/" "$tmp/told"
	sees "$1, memory.current of 10 pages" "+$(current "10 now")" "+0"
	sees "$1, five seconds later" "+$(current "10 later")" "+0"
	sees "$1, of 1,000 pages, five seconds later" "$(steps "$(current "1000 later")")" "a multiple of 64"
	sees "$1, memory.stat's anon of 10 pages" "$(exact "$(anon "10 now")" 10)" "$4"
	sees "$1, five seconds later" "$(exact "$(anon "10 later")" 10)" "exact"
	sees "$1, memory.stat's anon of 1,000 pages, five seconds later" "$(exact "$(anon "1000 later")" 1000)" "exact"
	more=no
	[ "$(anon "1000 later")" -le "$(current "1000 later")" ] || more=yes
	sees "$1, has anon grown more than the whole?" "$more" yes
}
grown "Linux 6.1" here linux-image-6.1.0-57-cloud-amd64=6.1.192-3 exact
grown "Linux 6.12" here linux-image-6.12.117+deb12-cloud-amd64=6.12.117-1~deb12u1 0
grown "Linux 7.2" sid linux-binary-7.2.13+deb14-cloud-amd64=7.2.13-1 0
done_seeing
