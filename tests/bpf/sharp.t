#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The sharp time lane: a stub that is re-pointed between programs. Signs only, no time is asserted.
# timeout: 240
. tests/lib.sh
need_bpf
need_tool jq jq
[ "$(cat /proc/sys/kernel/bpf_stats_enabled 2>/dev/null || echo 0)" = 0 ] ||
	skip_all "kernel.bpf_stats_enabled is on: sysctl kernel.bpf_stats_enabled=0"
cp "$B"/tests/bpf/cost0.bpf.o "$B"/tests/bpf/cost512.bpf.o tests/bpf/cost0.manifest.json tests/bpf/cost512.manifest.json "$tmp"
q() {
	printf '%s' "$out" | jq -r "[.records[] | select(.type == \"sharp\")] | $1"
}

run "$bee" overhead -q -m "$tmp/cost0.bpf.o,$tmp/cost512.bpf.o" -e munmap -t 8 -o slowdown=no,sharp=yes --json
is "two objects are compared" "$code" 0
is "one record: the difference of the two" "$(q 'map([.event, .monitor, .other] | map(split("/")[-1]) | join(" ")) | join(",")')" \
	"munmap cost0.bpf.o cost512.bpf.o"
is "each load gave a value" "$(q '.[0] | (.loads > 0) and (.diff_ns.samples | length) == .loads and (.aa_ns.samples | length) == .loads')" true
is "512 more multiplications are dearer" "$(q '.[0].diff_ns | .centre > 0 and .one_load_low > 0')" true
is "each costs over the empty program" "$(q '.[0] | .a_ns.centre > 0 and .b_ns.centre > .a_ns.centre')" true
is "the live A/A arm is far from that" "$(q '.[0] | (.aa_ns.centre | fabs) < .diff_ns.centre / 4')" true
is "no call ended otherwise" "$(q '.[0].warnings | map(select(contains("trigger"))) | length')" 0

run "$bee" overhead -q -m memmon -e brk,other -t 6 -o slowdown=no,sharp=yes --json
is "a monitor with a ring" "$code" 0
is "alone, it is held against the empty program" "$(q 'map(.event + ":" + (.other // "-")) | join(",")')" brk:-
is "both its loads were consumed" "$(q '.[0].arms | map(select(.monitor == "memmon") | .records > 0) | all and length == 2')" true

run "$bee" overhead -q -m "$tmp/cost0.bpf.o" -e other -t 2 -o slowdown=no,sharp=yes --json
is "an event without a stub is left out" "$code $(q length)" "0 0"

"$bee" overhead -q -m memmon -e brk -t 10 -o slowdown=no,sharp=yes --json >"$tmp/o.json" 2>/dev/null &
pid=$!
sleep 7
kill -INT $pid
wait $pid
is "interrupted: no verdict" "$?" 3
is "no process is left" "$(pgrep -P $$ -x beebench | wc -l)" 0
done_testing
