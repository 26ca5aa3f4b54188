#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# How much memory a BPF map takes, and what the kernel says of it ("memlock" of /proc/PID/fdinfo, which bpftool map show prints).
#
# The question: maps of 100,000 entries with values of 8 bytes (a ring of 1 MiB). Their memlock, in percent of what a memory cgroup, made for
# the one map, says that the kernel took.
# The guess: 80 to 120 in all, but for per-CPU maps on 6.1, of which it counts one processor.
# What happens: on Linux 6.1 it is the product of the sizes, whatever the map does. A hash says 19 % of its 8.5 MB, one that is filled without
# preallocation 13 %, an LPM trie 11 %, a *ring buffer 0 bytes*; an array twice what it takes. Stack maps are right.
# 6.12 and 7.2 (since 6.4 each kind of map says its own) are right to a few percent, but for what is allocated one by one: a hash without
# preallocation says 74 %, a trie 36 % on 6.12 and 25 % on 7.2, since what an allocation is rounded up to, and the trie's nodes
# between its entries, are left out.
# Why it matters: tables of what monitors cost, quotas for maps and choices between a ring and an array rest on this figure: on 6.1 a
# monitor with a ring of 16 MiB seems to need nothing, and preallocation to be free. A figure of 6.1 and one of 6.12 for the same object
# cannot be compared.
# Source: run here. Versions: linux 6.1.192-3, 6.12.117-1~deb12u1 and 7.2.13-1 (cloud, amd64) in a machine of one processor emulated by QEMU.
# First seen November 2026.
set -u
tmp=$(mktemp -d) || exit 2 # the packages come into it, by apt-get download
# shellcheck source=findings/fetch
. "$(dirname "$0")/fetch"
need cc

fetch here libbpf-dev=1:1.1.2-0+deb12u1 libelf-dev=0.188-2.1 zlib1g-dev=1:1.2.13.dfsg-1
mkdir "$tmp/guest"
cat >"$tmp/maps.c" <<'END'
#include <bpf/bpf.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>
enum { entries = 100000, stacks = 10000 };
static const struct kind { const char *name; enum bpf_map_type type; int key, value, count, flags, filled; } kinds[] = {
	{ "hash", BPF_MAP_TYPE_HASH, 4, 8, entries, 0, 0 },
	{ "hash, not preallocated, full", BPF_MAP_TYPE_HASH, 4, 8, entries, BPF_F_NO_PREALLOC, entries },
	{ "LPM trie, full", BPF_MAP_TYPE_LPM_TRIE, 8, 8, entries, BPF_F_NO_PREALLOC, entries },
	{ "ring buffer", BPF_MAP_TYPE_RINGBUF, 0, 0, 1 << 20, 0, 0 },
	{ "array", BPF_MAP_TYPE_ARRAY, 4, 8, entries, 0, 0 },
	{ "stack map", BPF_MAP_TYPE_STACK_TRACE, 4, 127 * 8, stacks, 0, 0 },
};
static long figure(const char *path, const char *name)
{
	static char text[16384];
	int file = open(path, O_RDONLY), length = read(file, text, sizeof(text) - 1);
	text[length > 0 ? length : 0] = 0;
	close(file);
	return strstr(text, name) ? atol(strstr(text, name) + strlen(name)) : -1;
}
static void say(const char *path, const char *words)
{
	int file = open(path, O_WRONLY);
	if (write(file, words, strlen(words)) < 0)
		exit(1);
	close(file);
}
int main(void)
{
	if (mkdir("/group", 0700) || mount("none", "/group", "cgroup2", 0, NULL))
		return 1;
	say("/group/cgroup.subtree_control", "+memory");
	for (unsigned i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		const struct kind *kind = &kinds[i];
		LIBBPF_OPTS(bpf_map_create_opts, options, .map_flags = kind->flags);
		char group[64], path[96], value[8] = { 0 };
		unsigned key[2] = { 32 };
		long taken, told;
		int map;
		snprintf(group, sizeof(group), "/group/%u", i);
		mkdir(group, 0700);
		snprintf(path, sizeof(path), "%s/cgroup.procs", group);
		say(path, "0");
		snprintf(path, sizeof(path), "%s/memory.stat", group);
		taken = figure(path, "\nkernel ");
		map = bpf_map_create(kind->type, "map", kind->key, kind->value, kind->count, &options);
		for (unsigned j = 0; j < kind->filled; j++) {
			key[kind->key == 8] = kind->key == 8 ? __builtin_bswap32(j) : j;
			if (bpf_map_update_elem(map, key, value, 0))
				return 1;
		}
		sleep(3); /* the kernel adds up once in two seconds */
		taken = figure(path, "\nkernel ") - taken;
		snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", map);
		told = figure(path, "memlock:");
		printf("%s: %ld %% of %.1f MB\n", kind->name, (told * 20 + taken / 2) / taken * 5, (double)taken / 1e6);
	}
	return 0;
}
END
for_guest "$tmp/maps.c" "$tmp/guest/maps" -lbpf -lelf -lz
echo /maps >"$tmp/guest/look"

# told LINUX SUITE PACKAGE=VERSION WANT..: of each kind
told() {
	linux=$1
	boot "$2" "$3"
	shift 3
	for kind in hash "hash, not preallocated, full" "LPM trie, full" "ring buffer" array "stack map"; do
		sees "$linux, $kind" "$(sed -n "s/^$kind: //p" "$tmp/told")" "$1"
		shift
	done
}
echo "memlock, in percent of what the kernel took:"
told "Linux 6.1" here linux-image-6.1.0-57-cloud-amd64=6.1.192-3 \
	"20 % of 8.5 MB" "15 % of 12.5 MB" "10 % of 14.4 MB" "0 % of 1.1 MB" "200 % of 0.8 MB" "100 % of 10.5 MB"
told "Linux 6.12" here linux-image-6.12.117+deb12-cloud-amd64=6.12.117-1~deb12u1 \
	"100 % of 8.5 MB" "75 % of 12.5 MB" "35 % of 14.4 MB" "100 % of 1.1 MB" "100 % of 0.8 MB" "100 % of 10.5 MB"
told "Linux 7.2" sid linux-binary-7.2.13+deb14-cloud-amd64=7.2.13-1 \
	"100 % of 8.5 MB" "75 % of 12.5 MB" "25 % of 14.4 MB" "100 % of 1.1 MB" "100 % of 0.8 MB" "100 % of 10.5 MB"
done_seeing
