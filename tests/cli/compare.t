#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# beebench compare: equal monitors are equivalent, wrong ones are not, and what it is told wrongly it names.
# shellcheck source=tests/lib.sh
. tests/lib.sh

[ "$(id -u)" = 0 ] || skip_all "loading BPF programs needs root"

verdicts() { jq -r '[.records[] | select(.type == "equivalence") | .verdict] | unique | join(",")' "$1"; }
compare() {
	"$bee" compare "$@" -o cost=no,exact=no -q --json >"$tmp/out.json" 2>"$tmp/err"
	code=$?
}

compare memmon memmon -w mmap,brk,threads,forks,remap
is "a monitor against itself: exit 0" "$code" 0
is "it is equivalent to itself" "$(verdicts "$tmp/out.json")" equal
is "both are exact beside each other" \
	"$(jq -c '[.records[] | select(.type == "trial") | .conformance.verdict] | unique' "$tmp/out.json")" '["exact"]'
is "the static lane has a record of each" "$(jq '[.records[] | select(.type == "static" and .instructions > 0 and
	.verifier_insns > 0 and .stack_bytes > 0)] | length' "$tmp/out.json")" 2

if command -v stress-ng >/dev/null 2>&1; then
	compare memmon memmon -w stress-ng:stressor=mmap,ops=23
	is "equivalent under stress-ng" "$(verdicts "$tmp/out.json")" equal
	is "its events were compared too" \
		"$(jq '[.records[] | select(.type == "equivalence") | .events > 1000] | all' "$tmp/out.json")" true
else
	skip "equivalent under stress-ng" "no stress-ng"
fi

compare memmon "$B/tests/bpf/wrong_type.bpf.o" -w mmap
is "a monitor with another event type: exit 1" "$code" 1
is "it is not equivalent" "$(verdicts "$tmp/out.json")" different
has "the first difference is named" \
	"$(jq -r '[.records[] | select(.type == "equivalence") | .kept[].text] | first' "$tmp/out.json")" "event_type of event"

compare cpumon cpumon -w spin,pingpong,sleep
is "two CPU monitors agree within the clock's bounds" "$(verdicts "$tmp/out.json")" equal
is "and lie within the bounds of the threads' clocks" \
	"$(jq -c '[.records[] | select(.type == "trial") | .conformance.verdict] | unique' "$tmp/out.json")" '["bounded"]'

for o in "" -O; do
	compare memmon "memmon-honey$o"
	is "memmon-honey$o is equivalent to memmon on every workload" "$code:$(verdicts "$tmp/out.json")" 0:equal
	compare cpumon "cpumon-honey$o" -w spin,syscalls,sleep,pingpong,threads,mmap
	is "cpumon-honey$o is equivalent to cpumon on every workload" "$code:$(verdicts "$tmp/out.json")" 0:equal
done

"$bee" compare memmon >"$tmp/out" 2>"$tmp/err"
is "one name is not enough" "$?:$(cat "$tmp/err")" \
	"2:beebench: error: beebench compare: give it 2 names: beebench compare A B"
compare memmon nowhere
is "an unknown monitor: exit 2" "$code" 2
done_testing
