#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# How deep a uretprobe sees: 64 returns of a recursion, and the kernel's own profile says that all were seen.
#
# The question: a uprobe and a uretprobe stand at a function that calls itself, 100 deep, ten times. How many entries and returns are there, and
# what does uprobe_profile, which lists hits of both, say?
# The guess: 1,000 and 1,000; where there is a limit, as maxactive of kretprobes, the profile has a smaller number or counts misses.
# What happens: 1,000 entries and 640 returns. A thread can have 64 functions under way whose return is watched; those below them have none.
# 64 deep all are there, 65 deep one of each ten is missing. uprobe_profile says 1,000 for the return probe too: its figure is
# of entries, and there is no column of misses; all that tells is a line in the kernel's log, which is limited in rate.
# 6.1, 6.12 and 7.2 are alike.
# Why it matters: parsers, walkers of trees and interpreters recurse that deep. Latencies by entry and return lack the deepest calls, which
# are the shortest; a depth that goes up at the entry and down at the return never comes back to 0, and a map of starts by thread and
# depth fills. The limit is one for all probes of a thread, so that another tracer's return probes take from it.
# Source: run here; kernel/events/uprobes.c (prepare_uretprobe, MAX_URETPROBE_DEPTH) and kernel/trace/trace_uprobe.c say why. Versions: linux
# 6.1.192-3, 6.12.117-1~deb12u1 and 7.2.13-1 (cloud, amd64) in a machine emulated by QEMU; Linux 6.18 with bpftrace 0.17 as well.
# First seen November 2026.
set -u
tmp=$(mktemp -d) || exit 2 # the packages come into it, by apt-get download
# shellcheck source=findings/fetch
. "$(dirname "$0")/fetch"
need cc nm

mkdir "$tmp/guest"
cat >"$tmp/deep.c" <<'END'
#include <stdlib.h>
__attribute__((noinline, noclone)) int deep(volatile int *sum, int depth)
{
	int below = depth > 1 ? deep(sum, depth - 1) : 0;
	*sum += below;
	return below + 1;
}
int main(int count, char **depth)
{
	volatile int sum = 0;
	for (int i = 0; i < 10; i++)
		if (deep(&sum, atoi(depth[1])) != atoi(depth[1]))
			return 1;
	return 0;
}
END
for_guest "$tmp/deep.c" "$tmp/guest/deep" -no-pie -fno-optimize-sibling-calls
address=$(nm "$tmp/guest/deep" | sed -n 's/^0*\([0-9a-f]*\) T deep$/\1/p')
printf 'place=0x%x\n' $((0x$address - 0x400000)) >"$tmp/guest/look"
cat >>"$tmp/guest/look" <<'END'
tracing=/sys/kernel/tracing
for depth in 10 64 65 100; do
	echo "p:in /deep:$place" >$tracing/uprobe_events
	echo "r:out /deep:$place" >>$tracing/uprobe_events
	for side in in out; do
		echo hist:keys=common_pid >$tracing/events/uprobes/$side/trigger
	done
	/deep $depth || echo failed
	for side in in out; do
		echo "$depth $side $($busybox sed -n 's/^ *Hits: //p' $tracing/events/uprobes/$side/hist)"
		echo "$depth profile_$side $($busybox awk -v side=$side '$2 == side { print $3 }' $tracing/uprobe_profile)"
		echo '!hist:keys=common_pid' >$tracing/events/uprobes/$side/trigger
	done
	echo >$tracing/uprobe_events
done
END

counted() {
	boot "$2" "$3"
	for depth in 10 64 65 100; do
		returns=$((depth > 64 ? 640 : depth * 10))
		sees "$1, 10 times $depth deep: entries, returns" \
			"$(sed -n "s/^$depth in //p" "$tmp/told"), $(sed -n "s/^$depth out //p" "$tmp/told")" "$((depth * 10)), $returns"
		sees "  by uprobe_profile" \
			"$(sed -n "s/^$depth profile_in //p" "$tmp/told"), $(sed -n "s/^$depth profile_out //p" "$tmp/told")" \
			"$((depth * 10)), $((depth * 10))"
	done
}
counted "Linux 6.1" here linux-image-6.1.0-57-cloud-amd64=6.1.192-3
counted "Linux 6.12" here linux-image-6.12.117+deb12-cloud-amd64=6.12.117-1~deb12u1
counted "Linux 7.2" sid linux-binary-7.2.13+deb14-cloud-amd64=7.2.13-1
done_seeing
