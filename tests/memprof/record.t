#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck disable=SC2317 # functions called by check
# memprof run --interval and --record: the file is whole at any moment, and a recording has each look.
. tests/lib.sh
. tests/memprof/lib.sh
need_tool jq jq
make_steps

# field FILE JQ [OPTION..]
field() {
	file=$1 what=$2
	shift 2
	"$memprof" report "$file" --format json "$@" 2>/dev/null | jq -r "$what"
}

mkfifo "$tmp/go"
"$memprof" run -q --exact --interval 0.05 -o "$tmp/now" -- "$tmp/steps" <"$tmp/go" >"$tmp/said" &
run_pid=$!
exec 9>"$tmp/go"
# said N: the program has done N steps
said() {
	for _ in $(seq 600); do
		[ "$(wc -l <"$tmp/said")" -ge "$1" ] && return
		sleep 0.05
	done
	return 1
}
# shown BYTES: the file has so many live
shown() {
	for _ in $(seq 600); do
		[ "$(field "$tmp/now" .totals.live_bytes)" = "$1" ] && return
		sleep 0.05
	done
	return 1
}
echo 10 >&9
check "ten steps" said 1
live=$(tail -n 1 "$tmp/said")
check "the file has what is live while the program runs" shown "$live"
is "and that it runs" "$(field "$tmp/now" '.processes[0].ended')" running
echo 5 >&9
check "five more" said 2
check "the file follows" shown "$(tail -n 1 "$tmp/said")"
exec 9>&-
wait $run_pid
is "the program's exit code" $? 3
is "the end: all is told" "$(field "$tmp/now" .totals.live_bytes)" "$(tail -n 1 "$tmp/said")"
is "how it ended" "$(field "$tmp/now" '.processes[0].ended')" "exit 3"
check "the timeline has points" test "$(field "$tmp/now" '.points | length')" -ge 2
is "in order" "$(field "$tmp/now" '[.points[].time_ns] | . == sort')" true

run sh -c "{ echo 4; sleep 0.5; echo 4; sleep 0.5; } | '$memprof' run -q --exact --record --interval 0.1 -o '$tmp/all' -- '$tmp/steps'"
is "a recording" "$code" 3
first=$(field "$tmp/all" .totals.bytes --at 1)
last=$(field "$tmp/all" .totals.bytes)
check "the first profile is no more than the last" test "$first" -le "$last"
run "$memprof" report "$tmp/all" --at 100000
is "one that is not there" "$code" 2
like "is told" "$err" "there is no profile 100000; it has [0-9]+"
run "$memprof" run -q --record -o "$tmp/none/x" -- true
is "a recording that cannot be" "$code" 2
has "says so" "$err" "cannot begin the recording $tmp/none/x"
done_testing
