#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# How many new keys a program at a context switch can put into a hash without preallocation: of a per-CPU hash one.
#
# The question: a BPF program puts keys into an empty BPF_MAP_TYPE_HASH of 20,000 entries with BPF_F_NO_PREALLOC, many in one run: the
# tasks before and after a switch, the frames of a stack. How many are in the map afterwards?
# The guess: all, where interrupts are on. Where they are off, at sched_switch and sched_wakeup, the 96 that the kernel keeps ready for a
# processor, whatever their size and kind.
# What happens: with interrupts on all 1,000. With interrupts off, where nothing can be fetched before the program ends:
#   - values of 8 bytes: 48 to 60; of 1,000 bytes 9 to 12; of 4,000 bytes 2 or 3; of 8,000 bytes (above a page) 1.
#   - a per-CPU hash of values of 8 bytes: 48 to 60 on Linux 6.1, and *one* on 6.12 and 7.2. The second key of a run is refused.
# The helper returns -ENOMEM, which most programs do not look at; memory is free, and the map is nearly empty. A preallocated map takes all.
# Why it matters: a program that counts for both tasks of a switch loses one of two new ones, in a map of the kind that is taken
# for speed; on 6.1 it did not. Who takes BPF_F_NO_PREALLOC to save memory counts the errors of bpf_map_update_elem(), or adds
# keys where interrupts are on (at fork and exec, say).
# Source: run here; kernel/bpf/memalloc.c (low and high watermarks; the refill comes by an interrupt) says why. Versions: linux 6.1.192-3,
# 6.12.117-1~deb12u1 and 7.2.13-1 (cloud, amd64) in a machine of one processor emulated by QEMU. First seen November 2026.
set -u
tmp=$(mktemp -d) || exit 2 # the packages come into it, by apt-get download
# shellcheck source=findings/fetch
. "$(dirname "$0")/fetch"
need cc clang

fetch here libbpf-dev=1:1.1.2-0+deb12u1 libelf-dev=0.188-2.1 zlib1g-dev=1:1.2.13.dfsg-1
mkdir "$tmp/guest"
cat >"$tmp/keys.bpf.c" <<'END'
#define SECTION(name) __attribute__((section(name), used))
enum { places = 3, kinds = 6, tries = 1000 };
static long (*bpf_map_update_elem)(void *, const void *, const void *, unsigned long) = (void *)2;
static unsigned long (*bpf_get_current_pid_tgid)(void) = (void *)14;
#define MAP(name, map_type, flags, size) \
	struct { int (*type)[map_type]; int (*map_flags)[flags]; int (*max_entries)[20000]; unsigned *key; char (*value)[size]; } name SECTION(".maps")
MAP(of_8, 1, 1, 8);
MAP(of_1000, 1, 1, 1000);
MAP(of_4000, 1, 1, 4000);
MAP(of_8000, 1, 1, 8000);
MAP(per_cpu, 5, 1, 8);
MAP(preallocated, 1, 0, 8);
struct {
	unsigned tgid, place; /* whose run, and where: 0 is none */
	unsigned long put[places][kinds];
	char value[8000];
} now;
static inline __attribute__((always_inline)) void fill(void *map, int place, int kind)
{
	for (unsigned i = 0; i < tries; i++) {
		unsigned key = place * tries + i;
		now.put[place][kind] += !bpf_map_update_elem(map, &key, now.value, 0);
	}
}
static inline __attribute__((always_inline)) int once(int place)
{
	if (now.place != place + 1 || now.tgid != bpf_get_current_pid_tgid() >> 32)
		return 0;
	now.place = 0;
	fill(&of_8, place, 0);
	fill(&of_1000, place, 1);
	fill(&of_4000, place, 2);
	fill(&of_8000, place, 3);
	fill(&per_cpu, place, 4);
	fill(&preallocated, place, 5);
	return 0;
}
SECTION("raw_tp/sys_enter") int at_system_call(void *arguments) { return once(0); }
SECTION("raw_tp/sched_switch") int at_switch(void *arguments) { return once(1); }
SECTION("raw_tp/sched_wakeup") int at_wakeup(void *arguments) { return once(2); }
char _license[] SECTION("license") = "GPL";
END
clang -O2 -g -target bpf -c -o "$tmp/guest/keys.o" "$tmp/keys.bpf.c" || cannot "clang -target bpf"
cat >"$tmp/keys.c" <<'END'
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
enum { places = 3, kinds = 6 };
static struct {
	unsigned tgid, place;
	unsigned long put[places][kinds];
	char value[8000];
} now;
int main(void)
{
	struct bpf_object *object = bpf_object__open("/keys.o");
	struct timespec moment = { 0, 1000000 };
	struct bpf_program *program;
	struct bpf_map *map;
	int file = -1, key = 0;
	if (bpf_object__load(object))
		return 1;
	bpf_object__for_each_program(program, object)
		if (!bpf_program__attach(program))
			return 1;
	bpf_object__for_each_map(map, object)
		if (strstr(bpf_map__name(map), ".bss"))
			file = bpf_map__fd(map);
	now.tgid = getpid();
	for (int place = 0; place < places; place++) {
		now.place = place + 1;
		bpf_map_update_elem(file, &key, &now, 0);
		for (int i = 0; i < 20; i++) {
			if (!fork())
				_exit(0); /* it was woken by this process */
			wait(NULL);
			nanosleep(&moment, NULL); /* switched away from */
		}
		bpf_map_lookup_elem(file, &key, &now);
		for (int kind = 0; kind < kinds; kind++)
			printf("%d %d %lu\n", place, kind, now.put[place][kind]);
	}
	return 0;
}
END
for_guest "$tmp/keys.c" "$tmp/guest/keys" -lbpf -lelf -lz
echo /keys >"$tmp/guest/look"

# put LINUX SUITE PACKAGE=VERSION PER_CPU: how many of each kind, with interrupts on and off
put() {
	boot "$2" "$3"
	for place in "0 raw_tp/sys_enter" "1 raw_tp/sched_switch" "2 raw_tp/sched_wakeup"; do
		for kind in "0 of 8 bytes:40 to 70" "1 of 1,000 bytes:8 to 14" "2 of 4,000 bytes:2 to 4" "3 of 8,000 bytes:1" \
			"4 of 8 bytes, per CPU:$4" "5 of 8 bytes, preallocated:1000"; do
			got=$(sed -n "s/^${place%% *} ${kind%% *} //p" "$tmp/told")
			what=${kind%:*} want=${kind##*:}
			[ "${place%% *}" -ne 0 ] || want=1000
			[ "${got:-0}" -ge "${want%% *}" ] && [ "$got" -le "${want##* }" ] && got=$want
			sees "$1, ${place#* }, ${what#* }" "$got" "$want"
		done
	done
}
echo "of 1,000 keys in one run are in the map:"
put "Linux 6.1" here linux-image-6.1.0-57-cloud-amd64=6.1.192-3 "40 to 70"
put "Linux 6.12" here linux-image-6.12.117+deb12-cloud-amd64=6.12.117-1~deb12u1 1
put "Linux 7.2" sid linux-binary-7.2.13+deb14-cloud-amd64=7.2.13-1 1
done_seeing
