#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The kernel's own ring buffer benchmark counts records that it has counted before.
#
# The question: `bench rb-custom` (tools/testing/selftests/bpf/benchs/bench_ringbufs.c) reads a BPF ring without libbpf and prints how
# many records a second it read ("hits"). Can hits be more than what was written?
# The guess: no; a record is read once, and what found no room is counted apart ("drops").
# What happens: when its reader comes to a record that is not committed yet, it returns without storing how far it has read. At its
# next turn it reads all records since the last stored position again, and counts them again. Three records, the third still busy:
# one look counts 2, a second look 2 more, and once the third is committed 3 more: 7. Linux 6.1, 6.12 and 7.2 are alike. On a machine
# with two CPUs, hits were 0.2 to 0.9 % above what the ring's own position says was written (44.6 M of 44.2 M in 5 s, sampled).
# rb-libbpf stores its position after each record and is not concerned.
# Why it matters: figures of rb-custom beside another reader, or beside rb-libbpf, are too high by how often the reader catches up with
# the producer, which is more on a faster reader; and until the position is stored again the producer finds no room there and
# wakes nobody.
# Source: run here: the reader's own text, on a ring in plain memory. Versions below. First seen November 2026.
set -u
tmp=$(mktemp -d) || exit 2 # the packages come into it, by apt-get download
# shellcheck source=findings/fetch
. "$(dirname "$0")/fetch"
need cc xz

cat >"$tmp/main.c" <<'END'
int main(void)
{
	static _Alignas(8) struct { unsigned int length, page; long value; } record[8] = {{8}, {8}, {8 | 1U << 31}};
	__u64 read = 0, written = sizeof(record[0]) * 3;
	struct ringbuf_custom r = {&read, &written, sizeof(record) - 1, record, -1};

	for (int look = 0; look < 2; look++) {
		ringbuf_custom_process_ring(&r);
		printf("%ld ", buf_hits.value);
	}
	record[2].length = 8;
	ringbuf_custom_process_ring(&r);
	printf("%ld\n", buf_hits.value);
	return 0;
}
END
# counts PACKAGE SUITE: after a look at three records of which the third is busy, after another, and when it is not busy any more
counts() {
	tar -xf "$root/$2/usr/src/$1.tar.xz" -C "$tmp" "$1/tools/testing/selftests/bpf/benchs/bench_ringbufs.c" || return
	{
		printf '#include <stdbool.h>\n#include <stdio.h>\n#include <linux/types.h>\n'
		# What of its headers it needs.
		echo 'static struct { long value; } buf_hits; static void atomic_inc(long *value) { ++*value; }'
		echo '#define smp_load_acquire(p) __atomic_load_n(p, __ATOMIC_ACQUIRE)'
		echo '#define smp_store_release(p, v) __atomic_store_n(p, v, __ATOMIC_RELEASE)'
		sed -n '/^struct ringbuf_custom {/,/^};/p; /^#define RINGBUF_/p; /^static inline int roundup_len/,/^}/p
			/^static void ringbuf_custom_process_ring/,/^}/p' "$tmp/$1/tools/testing/selftests/bpf/benchs/bench_ringbufs.c"
		cat "$tmp/main.c"
	} >"$tmp/reader.c"
	cc -w -o "$tmp/reader" "$tmp/reader.c" && "$tmp/reader"
}

fetch here linux-source-6.1=6.1.176-1 linux-source-6.12=6.12.117-1~deb12u1
fetch sid linux-source-7.2=7.2.13-1
sees "linux-source-6.1 6.1.176-1: 3 records counted as" "$(counts linux-source-6.1 here)" "2 4 7"
sees "linux-source-6.12 6.12.117-1~deb12u1: 3 records counted as" "$(counts linux-source-6.12 here)" "2 4 7"
sees "linux-source-7.2 7.2.13-1: 3 records counted as" "$(counts linux-source-7.2 sid)" "2 4 7"
done_seeing
