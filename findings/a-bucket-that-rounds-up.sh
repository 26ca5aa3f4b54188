#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Which bucket the kernel's own histograms put 5 into: 2^3, where every tool that is built on BPF has it in 2^2.
#
# The question: hist:keys=len.log2 in the trigger file of a tracepoint counts in buckets of powers of two, as bpftrace's hist() and bcc's
# print_log2_hist() do. Where does each value go?
# The guess: where BPF's tools have it: by the highest bit, 4 to 7 in 2^2; 0 in a bucket of its own.
# What happens: the exponent is rounded up. 2^3 is 5 to 8, 2^10 is 513 to 1024, and all values above 2^63 are in "2^64"; only powers of two
# are where their name says. 0 and 1 share 2^0. `.buckets=4` rounds down: 4-7 is 4 to 7. The same in 6.1, 6.12 and 7.2.
# Why it matters: the same latencies or sizes look twice as large by a trigger as by bpftrace, whose [4, 8) is 2^2, and a median read
# off "~ 2^10" as 1024 to 2047 is 513 to 1024. Who checks a BPF histogram against the kernel's must move all but the powers of two by one
# bucket, and cannot tell how many zeros there are.
# Source: run here; kernel/trace/trace_events_hist.c (hist_field_log2) says why; bpftrace 0.17 has hist(4) and hist(5) in [4, 8), and
# hist(0) in [0]. Versions: linux 6.1.192-3, 6.12.117-1~deb12u1 and 7.2.13-1 (cloud, amd64) in a machine emulated by QEMU. First seen
# November 2026.
set -u
tmp=$(mktemp -d) || exit 2 # the packages come into it, by apt-get download
# shellcheck source=findings/fetch
. "$(dirname "$0")/fetch"
need cc

mkdir "$tmp/guest"
cat >"$tmp/lengths.c" <<'END'
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>
/* Calls of munmap() that fail, one of each length. */
int main(int count, char **lengths)
{
	for (int i = 1; i < count; i++)
		syscall(SYS_munmap, 1, strtoul(lengths[i], NULL, 0));
	return 0;
}
END
for_guest "$tmp/lengths.c" "$tmp/guest/lengths"
cat >"$tmp/guest/look" <<'END'
event=/sys/kernel/tracing/events/syscalls/sys_enter_munmap
for key in len.log2 len.buckets=4; do
	for length in 0 1 2 3 4 5 7 8 9 513 1023 1024 1025 0x8000000000000000 0x8000000000000001; do
		echo "hist:keys=$key" >$event/trigger
		/lengths $length
		echo "$key $length: $($busybox sed -n 's/^{ len: *\(.*[^ ]\) *}.*/\1/p' $event/hist)"
		echo "!hist:keys=$key" >$event/trigger
	done
done
END

# bucketed LINUX SUITE PACKAGE=VERSION
bucketed() {
	boot "$2" "$3"
	for pair in 0:0 1:0 2:1 3:2 4:2 5:3 7:3 8:3 9:4 513:10 1023:10 1024:10 1025:11 0x8000000000000000:63 0x8000000000000001:64; do
		sees "$1, .log2, ${pair%:*}" "$(sed -n "s/^len.log2 ${pair%:*}: //p" "$tmp/told")" "~ 2^${pair#*:}"
	done
	for pair in 0:0-3 3:0-3 4:4-7 7:4-7 8:8-11; do
		sees "$1, .buckets=4, ${pair%:*}" "$(sed -n "s/^len.buckets=4 ${pair%:*}: //p" "$tmp/told")" "~ ${pair#*:}"
	done
}
bucketed "Linux 6.1" here linux-image-6.1.0-57-cloud-amd64=6.1.192-3
bucketed "Linux 6.12" here linux-image-6.12.117+deb12-cloud-amd64=6.12.117-1~deb12u1
bucketed "Linux 7.2" sid linux-binary-7.2.13+deb14-cloud-amd64=7.2.13-1
done_seeing
