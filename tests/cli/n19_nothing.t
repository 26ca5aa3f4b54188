#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Number 19: where nothing was compared nothing is "exact", "equivalent" or a pass: it is "nothing to compare", exit code 3.
. tests/lib.sh
need_bpf
need_tool jq jq

field() {
	printf '%s' "$out" | jq -r "$1"
}

run "$bee" verify -q -m memmon -w idle --json
is "verify beside a workload without calls: exit code" "$code" 3
is "it is a skip and not exact" "$(field '.trials[0] | "\(.status) \(.conformance.verdict) \(.vacuous)"')" "skip none true"
has "and says why" "$(field '.trials[0].reason')" "nothing to compare: no call was made that memmon counts"
run "$bee" verify -q -m memmon -w idle
has "a person reads it" "$out" "nothing to compare"
hasnt "and no word of exactness" "$out" "  exact"
run "$bee" verify -q -m memmon -w idle --format junit
has "JUnit: skipped" "$out" '<skipped message="nothing to compare'
has "JUnit: counted as skipped" "$out" 'failures="0" errors="0" skipped="1"'

run "$bee" verify -q -m memmon -w idle,mmap --json
is "what was compared elsewhere is good" "$code $(field '[.trials[].status] | join(" ")')" "0 skip ok"
run "$bee" verify -q -m memmon,memmon_fast -w idle --json
is "each monitor needs something to compare" "$code" 3
run "$bee" verify -q -m "$B/tests/bpf/wrong_not.bpf.o" -w spin --json
is "a load of another subject that makes no call is nothing to compare" "$code $(field '.trials[0].status')" "3 skip"

# A monitor that says nothing of what it counts: the two that price the harness, or one of the user's own.
for monitor in nop none; do
	run "$bee" verify -q -m $monitor -w mmap --format junit
	is "$monitor alone: exit code" "$code" 3
	has "$monitor in JUnit: skipped" "$out" '<skipped message="nothing to compare: the monitor says nothing of what it counts"/>'
done
run "$bee" verify -q -m nop,memmon -w mmap
is "beside one that was judged it is good" "$code" 0

run "$bee" compare memmon memmon -w idle -o cost=no,exact=no -q --json
is "compare: exit code" "$code" 3
is "compare: not equal" "$(field '[.records[] | select(.type == "equivalence") | "\(.status) \(.verdict)"] | join(";")')" "skip null"
run "$bee" compare memmon memmon -w idle -o cost=no,exact=no -q
has "compare: in words" "$(printf '%s' "$out" | tr -s '\n ' ' ')" "Equivalence: not judged: nothing to compare"
run "$bee" compare memmon memmon -w idle,mmap -o cost=no,exact=no -q
has "compare: a workload that was compared is told, the other is not among it" "$(printf '%s' "$out" | tr -s '\n ' ' ')" \
	"memmon is equivalent to memmon on the 1 workload compared (timestamps aside). 1 workload could not be compared."
done_testing
