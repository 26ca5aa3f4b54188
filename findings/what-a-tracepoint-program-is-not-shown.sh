#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# What a BPF program at a tracepoint does not see of the kernel's allocations: those that BPF makes, and who is told of it.
#
# The question: a program stands at tracepoint:kmem:kmalloc and counts what one process allocates. Other BPF programs run for that
# process and fill hash maps without preallocation, and the process itself puts entries into one. Are these allocations counted?
# The guess: those of the system call all; those of other programs not (a program does not run inside another), and
# recursion_misses of the one that was left out counts them, since that field came (5.12).
# What happens, of 1,000 entries each:
#   - another program that is run for a system call's tracepoint: Linux 6.1 shows the counter none of its allocations and counts *no*
#     recursion miss; 6.12 shows none and counts all of them as misses; 7.2 shows all. At a kprobe: none in any, 6.1 counts no miss.
#   - at a raw tracepoint: all are shown.
#   - bpf(BPF_MAP_UPDATE_ELEM): none is shown, in every release, though no program runs. The kernel holds back programs at tracepoints
#     and kprobes of that processor while it works at a map, for fear of deadlocks. 6.1 counts no miss.
#   - a program at the *raw* tracepoint kmalloc is shown all of them, always: it is held back by itself alone.
# Why it matters: a monitor of kernel memory that stands at tracepoints (bpftrace, BCC's memleak) is blind for the memory of BPF maps, its
# own included, and sees the kfree of what it did not see come. On Linux 6.1 its zero misses mean nothing. raw_tp or tp_btf.
# Source: run here; kernel/trace/bpf_trace.c (trace_call_bpf) and bpf_disable_instrumentation say why. Versions: linux 6.1.192-3,
# 6.12.117-1~deb12u1 and 7.2.13-1 (cloud, amd64) in a machine emulated by QEMU, libbpf 1.1.2. First seen November 2026.
set -u
tmp=$(mktemp -d) || exit 2 # the packages come into it, by apt-get download
# shellcheck source=findings/fetch
. "$(dirname "$0")/fetch"
need clang cc

fetch here libbpf-dev=1:1.1.2-0+deb12u1 libelf-dev=0.188-2.1 zlib1g-dev=1:1.2.13.dfsg-1
mkdir "$tmp/guest"
cat >"$tmp/fills.c" <<'END'
#define section(name) __attribute__((section(name), used))
#define filled_map(name) struct { int (*type)[1]; int (*max_entries)[10000]; int (*map_flags)[1]; int *key; long *value; } name section(".maps")
char _license[] section("license") = "GPL";
struct { long raw, perf, filled, process; } seen;
static int mine(void)
{
	return ((unsigned long (*)(void))14)() >> 32 == seen.process;
}
section("tracepoint/kmem/kmalloc") int counts(void *event)
{
	seen.perf += mine();
	return 0;
}
section("raw_tracepoint/kmalloc") int counts_raw(void *event)
{
	seen.raw += mine();
	return 0;
}
filled_map(map);
static int fill(void)
{
	int key = seen.filled;
	long value = 1;
	if (mine() && !((int (*)(void *, void *, void *, unsigned long))2)(&map, &key, &value, 0))
		seen.filled++;
	return 0;
}
section("tracepoint/syscalls/sys_enter_getpgid") int at_syscall(void *event)
{
	return fill();
}
section("kprobe/__x64_sys_getpgid") int at_kprobe(void *registers)
{
	return fill();
}
section("raw_tracepoint/sys_enter") int at_raw_syscall(long *arguments)
{
	return arguments[1] == 121 ? fill() : 0; /* getpgid */
}
END
clang -O2 -g -target bpf -c -o "$tmp/guest/fills.o" "$tmp/fills.c" || cannot "clang -target bpf"
cat >"$tmp/process.c" <<'END'
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>
static const char *many(long count)
{
	return count < 100 ? "none" : count >= 1000 ? "all" : "some";
}
int main(int count, char **how)
{
	struct bpf_object *object = bpf_object__open("/fills.o");
	struct bpf_program *counts, *filler;
	struct bpf_prog_info info = { 0 };
	unsigned int size = sizeof(info);
	long before[4] = { 0 }, seen[4], one = 1;
	int zero = 0, bss, map;
	if (bpf_object__load(object))
		return 1;
	counts = bpf_object__find_program_by_name(object, "counts");
	filler = bpf_object__find_program_by_name(object, how[1]);
	bss = bpf_map__fd(bpf_object__find_map_by_name(object, ".bss"));
	map = bpf_map__fd(bpf_object__find_map_by_name(object, "map"));
	before[3] = getpid();
	bpf_map_update_elem(bss, &zero, before, 0);
	bpf_enable_stats(BPF_STATS_RUN_TIME);
	bpf_program__attach(counts);
	bpf_program__attach(bpf_object__find_program_by_name(object, "counts_raw"));
	if (filler)
		bpf_program__attach(filler);
	bpf_map_lookup_elem(bss, &zero, before);
	for (int i = 0; i < 1000; i++) {
		if (!filler)
			bpf_map_update_elem(map, &i, &one, 0);
		else
			syscall(SYS_getpgid, 0);
	}
	bpf_map_lookup_elem(bss, &zero, seen);
	bpf_obj_get_info_by_fd(bpf_program__fd(counts), &info, &size);
	/* the system call bpf() itself allocates two copies each */
	if (filler && seen[2] - before[2] != 1000)
		return 1;
	printf("%s %s %s\n", many(seen[0] - before[0] - (filler ? 0 : 2000)), many(seen[1] - before[1] - (filler ? 0 : 2000)),
		many(info.recursion_misses));
	return 0;
}
END
for_guest "$tmp/process.c" "$tmp/guest/process" -lbpf -lelf -lz
cat >"$tmp/guest/look" <<'END'
/process at_syscall
/process at_kprobe
/process at_raw_syscall
/process bpf
END
echo "of 1,000 allocations: seen at the raw tracepoint, at the tracepoint, counted as misses of the latter"
# shown LINUX SUITE PACKAGE=VERSION WANT..: what each of the four ways of allocating comes to
shown() {
	linux=$1
	boot "$2" "$3"
	shift 3
	line=0
	for way in "a program at sys_enter_getpgid" "one at a kprobe" "one at raw sys_enter" "bpf()"; do
		line=$((line + 1))
		sees "$linux, $way" "$(sed -n ${line}p "$tmp/told")" "$1"
		shift
	done
}
shown "Linux 6.1" here linux-image-6.1.0-57-cloud-amd64=6.1.192-3 \
	"all none none" "all none none" "all all none" "all none none"
shown "Linux 6.12" here linux-image-6.12.117+deb12-cloud-amd64=6.12.117-1~deb12u1 \
	"all none all" "all none all" "all all none" "all none all"
shown "Linux 7.2" sid linux-binary-7.2.13+deb14-cloud-amd64=7.2.13-1 \
	"all all none" "all none all" "all all none" "all none all"
done_seeing
