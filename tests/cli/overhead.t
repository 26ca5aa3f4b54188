#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# beebench overhead: what it records, what it refuses, and that it leaves nothing behind. No time is asserted.
# timeout: 240
. tests/lib.sh
need_bpf
need_tool jq jq

stats=$(cat /proc/sys/kernel/bpf_stats_enabled 2>/dev/null || echo 0)
[ "$stats" = 0 ] || skip_all "kernel.bpf_stats_enabled is on: sysctl kernel.bpf_stats_enabled=0"

run "$bee" overhead -q -m nop,memmon -t 3 -o slowdown=no --json
good "a short run is good"
printf '%s' "$out" >"$tmp/o.json"
q() {
	jq -r "$1" "$tmp/o.json"
}
is "one record for each arm and event" "$(q '[.records[] | select(.type == "overhead")] | length')" 12
is "the arms are none, nop, memmon" \
	"$(q '[.records[] | select(.type == "overhead") | .monitor] | unique | join(",")')" memmon,none,nop
is "none is the A/A arm" \
	"$(q '[.records[] | select(.monitor == "none") | .aa] | unique | map(tostring) | join(",")')" true
is "four rounds at least or said to be fewer, and no more samples than blocks" \
	"$(q '[.records[] | select(.type == "overhead") | (.blocks >= 4 or (.warnings | map(contains("too few")) | any)) and (.samples | length) <= .blocks] | all')" true
is "an interval holds its centre" \
	"$(q '[.records[] | select(.type == "overhead") | .added_ns | select(.low != null)
		| .low <= .centre and .centre <= .high] | all')" true
is "what was exchanged is the floor, the program and what waking takes, which add up" \
	"$(q '[.records[] | select(.monitor == "memmon" and .whole.total_ns) | (.floor_ns.centre + .whole.program_ns.centre + .whole.waking_ns.centre - .added_ns.centre | fabs < 0.01)
		and (.whole.modes | length > 2) and .attached_ns != null and .switch == "exchange"] | all')" true
is "the untouched call takes time" "$(q '[.records[] | select(.type == "overhead") | .base_ns > 0] | all')" true
is "memmon saw each call that was made" \
	"$(q '[.records[] | select(.monitor == "memmon" and .type == "overhead" and .calls_seen != null)
		| .calls_seen == .calls_made] | (length > 0) and all')" true
# Others' calls are in the ring too: the monitor watches the whole machine.
is "every event was consumed or counted as lost" \
	"$(q '[.records[] | select(.monitor == "memmon" and .type == "overhead" and .event != "other")
		| .consumer.records + .consumer.lost >= .calls_made] | all')" true
is "the collector's own cost is there" \
	"$(q '[.records[] | select(.type == "collector" and .monitor == "memmon")
		| .cpu_ns > 0 and .map_bytes > 0 and .rss_bytes > 0] | all and length == 1')" true

# Of its programs some are not loaded, and one no event runs.
run "$bee" overhead -q -m memmon_fast -e munmap-ok -t 3 -o slowdown=no,sharp=no --json
printf '%s' "$out" >"$tmp/o.json"
is "memmon_fast is exchanged, or the record and its warnings say why not" \
	"$(q '[.records[] | select(.type == "overhead" and .monitor == "memmon_fast") | (.switch == "exchange" and .attach_reason == null and (.whole.samples | length > 3))
		or (.switch == "attach" and .attach_reason != null and .warnings != .warnings - ["timed by attaching it, which is less sharp: \(.attach_reason)"])] | all and length == 1')" true

run "$bee" overhead -q -m nop -e brk -t 1 -o slowdown=no
is "text for a person" "$code" 0
like "a row for the A/A arm" "$out" '^none \(A/A\)'
like "a row for the monitor" "$out" '^nop '
like "only what was asked for" "$out" '^ +brk$'

# Two producers at the same time, their rings emptied between blocks that they hold.
run "$bee" overhead -q -m nop_exit,memmon_fast -e brk-ok,other -t 3 -o slowdown=no,sharp=no,producers=2,collect=between,above=nop_exit --json
if [ "$(nproc)" -lt 2 ]; then
	is "two producers on one CPU" "$code" 77
else
	printf '%s' "$out" >"$tmp/o.json"
	is "two producers" "$code" 0
	is "two producers: the record says how" \
		"$(q '[.records[] | select(.type == "overhead") | "\(.producers) \(.collect) \(.events)"] | unique | join(";")')" "2 between true"
	# The kernel skips a program that another process was preempted in, which a busy machine does.
	is "two producers: calls of both are counted, none twice" \
		"$(q '[.records[] | select(.monitor == "memmon_fast" and .event == "brk-ok") | .calls_seen > .calls_made / 2 and .calls_seen <= .calls_made] | all and length == 1')" true
	is "two producers: nothing is lost" \
		"$(q '[.records[] | select(.type == "overhead" and .monitor == "memmon_fast") | .consumer.lost] | unique | join(",")')" 0
	is "two producers: every record is taken" \
		"$(q '[.records[] | select(.monitor == "memmon_fast" and .event == "brk-ok") | .consumer.records >= .calls_seen] | all')" true
	# shellcheck disable=SC2016 # jq expands it
	is "what one costs above another" \
		"$(q '[.records[] | select(.type == "overhead" and .event == "brk-ok")] as $r
			| ($r[] | select(.monitor == "nop_exit") | .added_ns.centre) as $floor
			| [$r[] | select(.above) | "\(.monitor) above \(.above): \(.added_ns.centre - $floor - .above_ns.centre | fabs < 0.001)"] | join(",")')" \
		"memmon_fast above nop_exit: true"
fi
for collect in woken timed both; do
	run "$bee" overhead -q -m memmon_fast -e brk-ok -t 1 -o slowdown=no,sharp=no,collect=$collect --json
	printf '%s' "$out" >"$tmp/o.json"
	is "collect=$collect: records or losses for every call" \
		"$(q '[.records[] | select(.monitor == "memmon_fast" and .type == "overhead") | .consumer.records + .consumer.lost >= .calls_seen and .calls_seen > 0] | all and length == 1')" true
done
run "$bee" overhead -q -m memmon,memmon_fast -e brk-ok -t 1 -o slowdown=no,sharp=no,events=no --json
printf '%s' "$out" >"$tmp/o.json"
is "counters alone: no record, calls are counted" \
	"$(q '.records[] | select(.monitor == "memmon_fast" and .type == "overhead") | "\(.consumer.records) \(.calls_seen > 0 and .calls_seen <= .calls_made)"')" "0 true"
is "counters alone: what has no switch is skipped" \
	"$(q '.records[] | select(.monitor == "memmon") | .status + ": " + .reason')" "skip: it has no switch for its records"
run "$bee" overhead -q -m nop -e brk -t 1 -o slowdown=no,above=memmon
is "above what is not timed" "$code" 2
has "it is named" "$err" "above=memmon is none of the monitors"

run "$bee" overhead -q -m memmom -t 1
is "an unknown monitor" "$code" 2
has "the nearest name is suggested" "$err" memmon
run "$bee" overhead -q -m nop -e mmapp
is "an unknown event" "$code" 2
run "$bee" overhead -q -m nop -o slow=1
is "an unknown option" "$code" 2
has "it is named" "$err" slow

run "$bee" overhead -q -m nop -e brk -t 2 --json -- sh -c 'exit 3'
is "a load that fails is an error" "$code" 2
like "it says how it ended" "$err" 'non-zero exit code:? 3'
run "$bee" overhead -q -m nop -t 2 -o attach=no,sharp=no -- sh -c 'echo something on stdout; echo "and on stderr" >&2; exit 3'
has "what it printed is shown" "$err" "something on stdout
and on stderr"
run "$bee" overhead -q -m nop -e brk -t 2 --json -- /nonexistent/program
has "a load that is not there" "$err$out" nonexistent
run "$bee" overhead -q -m nop -e brk -t 6 --json -- sh -c ':'
printf '%s' "$out" >"$tmp/o.json"
is "a load of one's own" "$code" 0
is "its ratio is there" \
	"$(q '[.records[] | select(.type == "slowdown" and .monitor == "nop") | (.ratio.centre > 0) and (.rounds > 0) and (.samples | length) == .rounds] | all and length == 1')" true

# hyperfine's options
run "$bee" overhead -q -m nop -t 2 -o attach=no,sharp=no --json -L word=one,two --prepare "echo p >>$tmp/prepared; true" \
	--setup "echo s >>$tmp/set-up" --cleanup "echo c >>$tmp/cleaned" -- sh -c "echo {word} >>$tmp/words"
printf '%s' "$out" >"$tmp/o.json"
is "a list of parameters: a ratio for each" "$code:$(q '[.records[] | select(.type == "slowdown") | .workload] | join(";")')" \
	"0:command word=one;command word=two"
like "hyperfine times it" "$(q '.records[0].timer')" '^hyperfine [0-9]'
is "every run is prepared" "$(sort -u "$tmp/words" | tr '\n' ' ')$(wc -l <"$tmp/prepared")" "one two $(wc -l <"$tmp/words")"
is "every block is set up, and cleaned up" "$(wc -l <"$tmp/set-up")" "$(wc -l <"$tmp/cleaned")"
is "all runs are in the record" \
	"$(q '.records[0] | (.times_s | length) >= .rounds * .runs_per_block and (.times_s | length) == (.times_without_s | length)')" true
run "$bee" overhead -q -m nop -t 2 -o attach=no,sharp=no --prepare 'echo no good; exit 4' -- true
is "a preparation that fails is an error" "$code" 2
has "it is shown, too" "$err" "no good"
run "$bee" overhead -q -m nop -L word -- true
is "parameters without values" "$code:$err" "2:beebench: error: --parameter-list takes VAR=VALUE,.., not 'word'"
run "$bee" verify -q -m memmon --prepare true -- true
is "nothing is prepared where nothing is timed" "$code:$err" \
	"2:beebench: error: --prepare is for commands that are timed: 'beebench overhead -- CMD'"
mkdir "$tmp/bin"
for program in sh env cat; do ln -s "$(command -v $program)" "$tmp/bin/"; done
run env PATH="$tmp/bin" "$bee" overhead -q -m nop -t 1 -o attach=no,sharp=no --json -- sh -c :
printf '%s' "$out" >"$tmp/o.json"
is "without hyperfine it is a skip with its reason" "$code:$(q '.records[0].reason')" \
	"77:hyperfine, which times whole commands, is not installed (make deps)"

env --default-signal=INT "$bee" overhead -q -m memmon -t 60 -o slowdown=no --json >"$tmp/o.json" 2>"$tmp/err" &
pid=$!
sleep 3
kill -INT $pid
wait $pid
is "interrupted: no verdict" "$?" 3
is "what was measured is kept and marked" \
	"$(q '[.records[] | select(.type == "overhead") | .warnings | map(startswith("interrupted")) | any] | all and length > 0')" true
is "no process of ours is left" "$(pgrep -P $$ -x beebench | wc -l)" 0

if have setpriv; then
	run setpriv --reuid=65534 --clear-groups "$bee" overhead -q -m nop -t 1
	is "without rights: cannot run here" "$code" 77
else
	skip "without rights: cannot run here" "no setpriv"
fi
done_testing
