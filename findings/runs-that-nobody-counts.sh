#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# BPF programs that run and have a run_cnt of 0: what is reached by a tail call, by freplace or by a timer.
#
# The question: with kernel.bpf_stats_enabled, run_cnt and run_time_ns of bpf_prog_info (bpftool prog, bpftop) say how often and how long each
# program ran. Programs that count their own runs are run 1,000 times: by a tail call, in place of another's function (freplace), as the
# callback of a bpf_timer, beside another program (fentry), and in two cgroups, one in the other.
# The guess: 0 for the one reached by a tail call; 1,000 for freplace, fentry and both cgroups; the callback's runs are those of the
# program that has set the timer.
# What happens: freplace has 0 and no time, as the tail call, and the program with the timer 1, for the run that set it: 1,000 runs of
# the callback are nobody's. fentry and the cgroups have 1,000 each. What runs by a tail call or freplace is in the time of the program
# that was entered first; a timer's time is nowhere.
# 6.1, 6.12 and 7.2 are alike.
# Why it matters: a monitor that polls by bpf_timer, and one whose work lies behind a tail call, look free in bpftool and bpftop; a
# dispatcher (libxdp's, with its freplace programs) has all the time of its parts. "run_cnt 0" is no sign that a program never ran.
# Who compares the cost of monitors by run_time_ns takes sums over the programs, and has to leave out those with timers.
# Source: run here; include/linux/filter.h (__bpf_prog_run) is where the counting is, and none of these three ways passes it. Versions:
# libbpf 1.1.2-0+deb12u1; linux 6.1.192-3, 6.12.117-1~deb12u1 and 7.2.13-1 (cloud, amd64) in a machine emulated by QEMU.
# First seen December 2026.
set -u
tmp=$(mktemp -d) || exit 2 # the packages come into it, by apt-get download
# shellcheck source=findings/fetch
. "$(dirname "$0")/fetch"
need cc clang

fetch here libbpf-dev=1:1.1.2-0+deb12u1 libelf-dev=0.188-2.1 zlib1g-dev=1:1.2.13.dfsg-1
mkdir "$tmp/guest"
cat >"$tmp/runs.h" <<'END'
#define SECTION(name) __attribute__((section(name), used))
static void *(*bpf_map_lookup_elem)(void *, const void *) = (void *)1;
static void (*bpf_tail_call)(void *, void *, unsigned) = (void *)12;
static long (*bpf_timer_init)(void *, void *, unsigned long) = (void *)169;
static long (*bpf_timer_set_callback)(void *, void *) = (void *)170;
static long (*bpf_timer_start)(void *, unsigned long, unsigned long) = (void *)171;
enum { ENTERED, CALLED, REPLACED, REPLACING, BESIDE, SETTING, CALLBACK, OUTER, INNER };
struct { int (*type)[2]; int (*max_entries)[9]; int *key; long *value; } runs SECTION(".maps");
static inline __attribute__((always_inline)) long ran(int which)
{
	long *count = bpf_map_lookup_elem(&runs, &which);
	return count ? __sync_fetch_and_add(count, 1), *count : 0;
}
char _license[] SECTION("license") = "GPL";
END
cat >"$tmp/first.bpf.c" <<'END'
#include "runs.h"
struct clock { struct bpf_timer timer; };
struct { int (*type)[3]; int (*max_entries)[1]; int (*key_size)[4]; int (*value_size)[4]; } jumps SECTION(".maps");
struct { int (*type)[2]; int (*max_entries)[1]; int *key; struct clock *value; } clocks SECTION(".maps");
SECTION("tc") int called(void *packet) { return ran(CALLED), 0; }
SECTION("tc") int entered(void *packet)
{
	ran(ENTERED);
	bpf_tail_call(packet, &jumps, 0);
	return 0;
}
__attribute__((noinline)) int part(struct __sk_buff *packet)
{
	volatile int result = ran(REPLACED) > 0;
	return result;
}
SECTION("tc") int whole(struct __sk_buff *packet) { return part(packet); }
static int tick(void *map, int *key, struct clock *clock)
{
	if (ran(CALLBACK) < 1000)
		bpf_timer_start(&clock->timer, 1000, 0);
	return 0;
}
SECTION("tc") int setting(void *packet)
{
	int key = 0;
	struct clock *clock = bpf_map_lookup_elem(&clocks, &key);
	if (!clock)
		return 1;
	ran(SETTING);
	return bpf_timer_init(&clock->timer, &clocks, 1) || bpf_timer_set_callback(&clock->timer, tick) ||
	       bpf_timer_start(&clock->timer, 0, 0);
}
SECTION("cgroup/sock_create") int outer(void *socket) { return ran(OUTER), 1; }
SECTION("cgroup/sock_create") int inner(void *socket) { return ran(INNER), 1; }
END
cat >"$tmp/second.bpf.c" <<'END'
#include "runs.h"
SECTION("freplace/part") int replacing(struct __sk_buff *packet) { return ran(REPLACING), 0; }
SECTION("fentry/whole") int beside(void *arguments) { return ran(BESIDE), 0; }
END
for object in first second; do
	clang -O2 -g -w -target bpf -include linux/bpf.h -I"$root/here/usr/include" -I/usr/include/x86_64-linux-gnu -c -o "$tmp/guest/$object.o" \
		"$tmp/$object.bpf.c" || cannot "clang -target bpf"
done
cat >"$tmp/count.c" <<'END'
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
static struct bpf_object *first, *second;
static struct bpf_program *program(struct bpf_object *object, const char *name)
{
	return bpf_object__find_program_by_name(object, name);
}
static int runs;
static void run(const char *name, int times)
{
	char packet[64] = { 0 };
	LIBBPF_OPTS(bpf_test_run_opts, how, .data_in = packet, .data_size_in = sizeof(packet), .repeat = times);
	if (bpf_prog_test_run_opts(bpf_program__fd(program(first, name)), &how) || how.retval > 1)
		printf("cannot run %s\n", name);
}
static void say(struct bpf_object *object, const char *name, int which)
{
	struct bpf_prog_info info = { 0 };
	unsigned length = sizeof(info);
	long count = -1;
	bpf_obj_get_info_by_fd(bpf_program__fd(program(object, name)), &info, &length);
	if (which >= 0)
		bpf_map_lookup_elem(runs, &which, &count);
	printf("%s ran %ld, run_cnt %llu, %s\n", name, count, info.run_cnt, info.run_time_ns ? "some time" : "no time");
}
static int cgroup(const char *path, const char *name)
{
	int folder;
	mkdir(path, 0755);
	folder = open(path, O_RDONLY);
	if (bpf_prog_attach(bpf_program__fd(program(first, name)), folder, BPF_CGROUP_INET_SOCK_CREATE, BPF_F_ALLOW_MULTI))
		printf("cannot attach %s\n", name);
	return folder;
}
int main(void)
{
	int zero = 0, called;
	first = bpf_object__open("/first.o");
	if (!first || bpf_object__load(first) || bpf_enable_stats(BPF_STATS_RUN_TIME) < 0)
		return 1;
	runs = bpf_map__fd(bpf_object__find_map_by_name(first, "runs"));
	called = bpf_program__fd(program(first, "called"));
	bpf_map_update_elem(bpf_map__fd(bpf_object__find_map_by_name(first, "jumps")), &zero, &called, 0);
	run("entered", 1000), say(first, "entered", 0), say(first, "called", 1);
	second = bpf_object__open("/second.o");
	bpf_map__reuse_fd(bpf_object__find_map_by_name(second, "runs"), runs);
	bpf_program__set_attach_target(program(second, "replacing"), bpf_program__fd(program(first, "whole")), "part");
	bpf_program__set_attach_target(program(second, "beside"), bpf_program__fd(program(first, "whole")), "whole");
	if (bpf_object__load(second) || !bpf_program__attach_freplace(program(second, "replacing"), 0, NULL) ||
	    !bpf_program__attach_trace(program(second, "beside")))
		return 2;
	run("whole", 1000), say(first, "whole", -1), say(second, "replacing", 3), say(second, "beside", 4);
	run("setting", 1), sleep(3), say(first, "setting", 5);
	called = 6;
	long ticks = 0;
	bpf_map_lookup_elem(runs, &called, &ticks);
	printf("callback ran %ld\n", ticks);
	mkdir("/groups", 0755);
	if (mount("c", "/groups", "cgroup2", 0, NULL))
		return 3;
	cgroup("/groups/outer", "outer"), cgroup("/groups/outer/inner", "inner");
	dprintf(open("/groups/outer/inner/cgroup.procs", O_WRONLY), "%d", getpid());
	for (int i = 0; i < 1000; i++)
		close(socket(AF_INET, SOCK_DGRAM, 0));
	say(first, "outer", 7), say(first, "inner", 8);
	return 0;
}
END
for_guest "$tmp/count.c" "$tmp/guest/count" -lbpf -lelf -lz
echo '/count || echo failed' >"$tmp/guest/look"

# counted LINUX SUITE PACKAGE=VERSION
counted() {
	boot "$2" "$3"
	told() { sed -n "s/^$1 //p" "$tmp/told"; }
	sees "$1, entered" "$(told entered)" "ran 1000, run_cnt 1000, some time"
	sees "$1, reached by its tail call" "$(told called)" "ran 1000, run_cnt 0, no time"
	sees "$1, freplace" "$(told replacing)" "ran 1000, run_cnt 0, no time"
	sees "$1, fentry at a BPF program" "$(told beside)" "ran 1000, run_cnt 1000, some time"
	sees "$1, sets a timer" "$(told setting)" "ran 1, run_cnt 1, some time"
	sees "    the timer's callback" "$(told callback)" "ran 1000"
	sees "$1, at a cgroup above" "$(told outer)" "ran 1000, run_cnt 1000, some time"
	sees "$1, at the cgroup" "$(told inner)" "ran 1000, run_cnt 1000, some time"
}
counted "Linux 6.1" here linux-image-6.1.0-57-cloud-amd64=6.1.192-3
counted "Linux 6.12" here linux-image-6.12.117+deb12-cloud-amd64=6.12.117-1~deb12u1
counted "Linux 7.2" sid linux-binary-7.2.13+deb14-cloud-amd64=7.2.13-1
done_seeing
