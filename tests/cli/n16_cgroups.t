#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Number 16: a command that makes cgroups below its own is counted there and leaves none behind; of one that leaves its cgroup the
# calls made elsewhere are named.
. tests/lib.sh
need_bpf
need_tool jq jq
need_tool "${CC:-cc}" gcc
mount=$(awk '$0 ~ / - cgroup2 / { print $5; exit }' /proc/self/mountinfo)
[ -n "$mount" ] || skip_all "no cgroup2"
check "the commands compile" "${CC:-cc}" -O1 -o "$tmp/edges" tests/cli/edges.c

trials() {
	printf '%s' "$out" | jq -r '[.trials[] | "\(.monitor) \(.status) \(.conformance.verdict)"] | join(", ")'
}
reason() {
	printf '%s' "$out" | jq -r '.trials[0].reason'
}
# verify ARGS..: its process number stays in $tmp/pids
verify() {
	# shellcheck disable=SC2016
	run sh -c 'echo $$ >>"$0/pids"; exec "$@"' "$tmp" "$bee" verify -q --json "$@"
}
leaves() {
	while read -r pid; do
		find "$mount" -maxdepth 1 -name "beebench-$pid-*"
	done <"$tmp/pids"
}

verify -m memmon,memmon_fast -- "$tmp/edges" below "$mount"
if [ "$(stat -c %i "$mount")" = 1 ]; then
	is "calls in cgroups below count" "$code $(trials)" "0 memmon ok exact, memmon_fast ok exact"
	is "all 33 of them" "$(printf '%s' "$out" | jq -r '.trials[0].truth.calls.mmap >= 33')" true
	verify -m "$B/tests/bpf/wrong_not.bpf.o" -- "$tmp/edges" below "$mount"
	is "a monitor that watches one cgroup alone is not judged" "$code $(trials)" "3 wrong_not void none"
	has "and why" "$(reason)" "33 calls were made in cgroups below the trial's, and wrong_not watches that one alone"
else
	skip "calls in cgroups below count" "the mount of cgroup2 shows a part of the tree"
fi
is "no cgroup is left" "$(leaves)" ""
for c in leaves child-leaves; do
	verify -m memmon -- "$tmp/edges" $c "$mount"
	is "$c: void" "$code $(trials)" "3 memmon void none"
	has "$c: the calls made elsewhere" "$(reason)" "33 calls were made outside the trial's cgroup"
done
is "still none is left" "$(leaves)" ""
done_testing
