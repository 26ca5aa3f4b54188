#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Number 15: calls that seccomp answers never ran, whatever they return: the oracle counts none of them as having worked, and a
# right monitor is not blamed.
. tests/lib.sh
need_bpf
need_tool jq jq
need_tool "${CC:-cc}" gcc
check "the commands compile" "${CC:-cc}" -O1 -o "$tmp/edges" tests/cli/edges.c

# judged CASE: "monitor status verdict" of memmon and memmon_fast, "entered worked" of mmap and munmap less those of no case
judged() {
	run "$bee" verify -q --json -m memmon,memmon_fast -- "$tmp/edges" "$1"
	printf '%s' "$out" | jq -r '[.trials[] | "\(.monitor) \(.status) \(.conformance.verdict)"] | join(", ")'
}
# truth KEY OP: of the last run
truth() {
	printf '%s' "$out" | jq -r ".trials[0].truth.$1.$2"
}
run "$bee" verify -q --json -m memmon -o ignore-exit=yes -- "$tmp/edges" none
maps=$(truth worked mmap) unmaps=$(truth worked munmap) brks=$(truth worked brk)

for c in trap kill; do
	is "$c: both are exact" "$(judged $c)" "memmon ok exact, memmon_fast ok exact"
done
judged trap >/dev/null
run "$bee" verify -q --json -m memmon_fast -- "$tmp/edges" trap
is "trap: none of 30 calls worked" "$(truth worked mmap) $(truth worked munmap) $(truth worked brk)" "$maps $unmaps $brks"
is "worked <= entered is an identity, and holds" \
	"$(printf '%s' "$out" | jq -r '.trials[0].identities[] | select(.name == "calls counted <= entered") | .holds')" true
is "errno: both are exact" "$(judged errno)" "memmon ok exact, memmon_fast ok exact"
is "a result of 0 of mmap is none: both are exact" "$(judged mmap-0)" "memmon ok exact, memmon_fast ok exact"
run "$bee" verify -q --json -m memmon,memmon_fast -- "$tmp/edges" munmap-0
is "munmaps answered as if they had worked: void for who counts results, and no failure" \
	"$(printf '%s' "$out" | jq -r '[.trials[] | "\(.monitor) \(.status) \(.conformance.verdict)"] | join(", ")')" \
	"memmon ok exact, memmon_fast void none"
has "and the reason" "$(printf '%s' "$out" | jq -r '.trials[1].reason')" "10 calls never ran and returned as if they had worked"
is "none of them worked" "$(truth worked munmap)" "$unmaps"
done_testing
