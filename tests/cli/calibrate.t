#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# beebench calibrate: each part leaves its record, in a version too short to prove anything. Signs only, no time is
# asserted.
# timeout: 300
. tests/lib.sh
need_bpf
need_tool jq jq
[ "$(cat /proc/sys/kernel/bpf_stats_enabled 2>/dev/null || echo 0)" = 0 ] ||
	skip_all "kernel.bpf_stats_enabled is on: sysctl kernel.bpf_stats_enabled=0"

hasnt "the objects are no monitors to choose from" "$("$bee" list monitors)" calib

run "$bee" calibrate --quick -q -t 10 -o runs=2 --out "$tmp/run"
like "a short calibration ends: good, or void because of others" "$code" '^[03]$'
if jq -e -s 'map(.figures // [] | length) | add > 0' "$tmp/run/run.json" >/dev/null; then
	has "it says that it is too short" "$out" "TOO SHORT TO PROVE ANYTHING"
else
	skip "it says that it is too short" "the machine is busy: every part is void"
fi
has "the plan was told" "$err" "runs of aa 2"
like "the gate's false alarms are in the table" "$out" '^A/A false alarms of the gate, time lane +0 in 300|^ +aa: void'
hasnt "nothing is said to be reached" "$out" " yes "
q() {
	jq -r -s "map(select(.type == \"calibrate\")) | $1" "$tmp/run/run.json"
}
is "each part has its record" "$(q 'map(.part) | unique | join(",")')" aa,clear,coverage,linearity,power,rare
is "coverage has one for each regime" "$(q 'map(select(.part == "coverage") | .regime) | .[0:2] | join(",")')" quiet,hogs
is "none is whole, none has failed" "$(q 'map(.whole or .status == "fail") | any')" false
is "as many runs as asked for" \
	"$(q 'map(select(.part == "aa" or .part == "power" or .part == "clear" or .part == "coverage")
		| (.runs | length) == 2) | all')" true
is "each multiplication count was compared" "$(q '.[] | select(.part == "linearity") | .runs | map(.multiplies) | join(",")')" \
	1,2,4,8,16,24,32,48,64
is "a run that counts has loads and intervals about their centres" \
	"$(q 'map(.runs // [] | .[] | select(.void == null) | (.loads > 0) and (.aa_ns.low <= .aa_ns.centre)
		and (.diff_ns.centre <= .diff_ns.high) and .clock_ghz > 0) | all')" true
is "a run that is void says why" "$(q 'map(.runs // [] | .[] | select(.void != null) | .void | length > 0) | all')" true
is "every figure says what was measured, of how many" \
	"$(q 'map(.figures // [] | .[] | (.measured | length > 0) and (.n > 0) and has("target") and has("reached")) | all')" true
if [ "$(q 'map(select(.part == "rare" and .always.void == null and .rare.void == null)) | length')" = 1 ]; then
	is "the rare slow path is seen by the mean" "$(q '.[] | select(.part == "rare") | .rare.diff_ns.centre > 0')" true
	is "it is expected to be far smaller than for every event" \
		"$(q '.[] | select(.part == "rare") | .expected_ns > 0 and .expected_ns < .always.diff_ns.centre / 100')" true
else
	skip "the rare slow path is seen by the mean" "the run is void: $(q '.[] | select(.part == "rare") | .reason')"
fi
check "the report is there" grep -q '^## Calibration' "$tmp/run/report.md"

env --default-signal=INT "$bee" calibrate -q -o part=coverage,regime=hogs,runs=200 --json >"$tmp/o.json" 2>/dev/null &
pid=$!
hogs=
# Beside the timed process, which comes and goes.
for _ in $(seq 200); do
	sleep 0.1
	hogs=$(pgrep -P $pid | sort)
	[ "$(echo "$hogs" | wc -l)" -lt 3 ] || break
done
is "hogs were started" "$([ "$(echo "$hogs" | wc -l)" -ge 3 ] && echo yes)" yes
kill -INT $pid
code=0
wait $pid || code=$?
is "interrupted: no verdict" "$code" 3
left=
for p in $hogs; do
	if [ -d "/proc/$p" ] && ! grep -q 'State:.*Z' "/proc/$p/status"; then left="$left $p"; fi
done
is "the hogs are gone" "$left" ""
is "what was measured is kept and marked" \
	"$(jq -r '.records | map(select(.type == "calibrate")) | (length > 0) and .[-1].reason == "interrupted" and (.[-1].whole | not)' "$tmp/o.json")" true
if have bpftool; then
	is "nothing is left attached" "$(bpftool link show 2>/dev/null | grep -c 'stub_\|calib')" 0
else
	skip "nothing is left attached" "no bpftool"
fi

run "$bee" calibrate -q -o part=powr
is "an unknown part" "$code" 2
has "the nearest is suggested" "$err" power
run "$bee" calibrate -q -m memmon
is "monitors are not taken" "$code" 2
has "it says so" "$err" "leave -m out"
if have setpriv; then
	run setpriv --reuid=65534 --clear-groups "$bee" calibrate -q -o part=clear,runs=1
	is "without rights: cannot run here" "$code" 77
else
	skip "without rights: cannot run here" "no setpriv"
fi
done_testing
