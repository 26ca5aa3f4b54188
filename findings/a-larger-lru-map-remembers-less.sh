#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# How many keys an LRU hash map remembers: one of 129 entries fewer than one of 128, and none of the odd sizes is ever full.
#
# The question: a monitor keeps its newest N processes in a BPF_MAP_TYPE_LRU_HASH of max_entries = N. N different keys are put in, by one
# processor. How many are there, and at which key is the first one lost?
# The guess: all N are there; the next key frees a batch of up to 128, so that N - 127 stay at least (1, for a map of 128 or fewer).
# What happens: the kernel hands free entries to a processor 128 at a time, and takes back entries in use when fewer are left: so a map
# whose size is no multiple of the batch begins to forget before it is full. Of 1,000 the first is lost at key 897.
#   - Linux 6.1: of 128 all are there, and of 129 *two*: the 129th key throws out all others. Of 200, 144 are there.
#   - 6.12 (its later releases) and 7.2 take batches of half the map's share of a processor where that is less than 128: of 129, 66 are
#     there; of 200, all. Above 256 they are as 6.1.
#   - sizes that are multiples of 128 are kept whole in all.
# Why it matters: a small LRU map for "recent" things works in a test of five keys and forgets half or nearly all at the size that it
# was given; a table of the last 1,000 stacks or processes misses some without an error, from 897 on. Take multiples of
# 128 for each processor, with room to spare.
# Source: run here; kernel/bpf/bpf_lru_list.c (bpf_lru_list_pop_free_to_local) and its commit d4adf1c9ee77 say why. Versions: linux 6.1.192-3,
# 6.12.117-1~deb12u1 and 7.2.13-1 (cloud, amd64) in a machine of one processor emulated by QEMU. First seen November 2026.
set -u
tmp=$(mktemp -d) || exit 2 # the packages come into it, by apt-get download
# shellcheck source=findings/fetch
. "$(dirname "$0")/fetch"
need cc

fetch here libbpf-dev=1:1.1.2-0+deb12u1 libelf-dev=0.188-2.1 zlib1g-dev=1:1.2.13.dfsg-1
mkdir "$tmp/guest"
cat >"$tmp/keys.c" <<'END'
#include <bpf/bpf.h>
#include <stdio.h>
#include <stdlib.h>
static int there(int map)
{
	int count = 0, key;
	for (void *from = NULL; !bpf_map_get_next_key(map, from, &key); from = &key)
		count++;
	return count;
}
int main(int count, char **sizes)
{
	for (int i = 1; i < count; i++) {
		int size = atoi(sizes[i]), full = 0, first_loss = 0, map = bpf_map_create(BPF_MAP_TYPE_LRU_HASH, "recent", 4, 8, size, NULL);
		long value = 1;
		for (int key = 1; !full || !first_loss; key++) {
			int now;
			if (bpf_map_update_elem(map, &key, &value, 0))
				return 1;
			now = there(map);
			if (key == size)
				full = now;
			if (!first_loss && now < key)
				first_loss = key;
		}
		printf("%d %d there, the first is lost at %d\n", size, full, first_loss);
	}
	return 0;
}
END
for_guest "$tmp/keys.c" "$tmp/guest/keys" -lbpf -lelf -lz
echo "/keys 64 128 129 200 256 1000 1024" >"$tmp/guest/look"

# remembered LINUX SUITE PACKAGE=VERSION WANT..: of each size
remembered() {
	linux=$1
	boot "$2" "$3"
	shift 3
	for size in 64 128 129 200 256 1000 1024; do
		sees "$linux, $size keys in a map of $size" "$(sed -n "s/^$size //p" "$tmp/told")" "$1 there, the first is lost at $2"
		shift 2
	done
}
remembered "Linux 6.1" here linux-image-6.1.0-57-cloud-amd64=6.1.192-3 64 65 128 129 2 129 144 129 256 257 976 897 1024 1025
remembered "Linux 6.12" here linux-image-6.12.117+deb12-cloud-amd64=6.12.117-1~deb12u1 64 65 128 129 66 129 200 201 256 257 976 897 1024 1025
remembered "Linux 7.2" sid linux-binary-7.2.13+deb14-cloud-amd64=7.2.13-1 64 65 128 129 66 129 200 201 256 257 976 897 1024 1025
done_seeing
