#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck disable=SC2016  # a backquote is a branch of the tree
# A recording of the first version is replayed by every later one, without any right and on any machine; what is no recording, another
# tool's, cut off or damaged is told with its offset.
set -u
. tests/lib.sh
need_tool jq jq

memmon=$B/memmon
rec=tests/fixtures/recordings/v1.rec

run "$memmon" --replay "$rec" --batch --json --sort +pid
is "exit code, nothing on stderr" "$code$err" 0
is "what was recorded is shown" \
	"$(printf '%s\n' "$out" | jq -c '[.seq, .time, .interval_s, .monitor, .losses.ring_full, .losses.recursion, .own.cpu_pct, .events_seen],
		(.processes[] | [.pid, .name, .user, .rss_kb, .mmap, .brk, .age_s, .exact, .ended])')" \
	"$(cat tests/fixtures/recordings/v1.expected)"
is "what is reckoned from frame to frame is reckoned anew" \
	"$(printf '%s\n' "$out" | jq -c '[.processes[] | select(.pid == 10) | .mmap_per_s]')" "[null]
[3]
[3]"
is "a pid that is another process now has no rate" \
	"$(printf '%s\n' "$out" | jq -c '[.processes[] | select(.pid == 8) | .name, .mmap_per_s]' | tail -n 1)" '["again",null]'

run "$memmon" --replay "$rec" --batch -n 1 --filter 'rss > 9500' --sort -rss --csv
is "filter, order, form and count are chosen at replay" "$code$(printf '%s\n' "$out" | cut -d, -f3 | tr '\n' ' ')" "0pid 12 11 10 "
run "$memmon" --replay "$rec" --batch -n 1 --openmetrics --filter 'pid = 1'
has "figures for Prometheus of a recording" "$out" 'memmon_process_resident_bytes{name="init"} 1024000'
run "$memmon" --replay "$rec" --batch -n 1 --tree
has "text, as a tree" "$out" '      2 `- a"b,c                -  999999999         -        1 '

for option in --filter --alert; do
	run "$memmon" --replay "$rec" --batch -n 1 $option "name ~ '(.?.?.?.?.?.?)*(\w|.)*((.)|(.))*[^\W\w]'"
	is "issue 13, number 7: an expression without an answer is no empty answer, $option" "$code:$err" \
		"2:memmon: warning: $option: a regular expression takes too long and matches nothing any more; write it without repetitions inside repetitions"
done

# --- damage ----------------------------------------------------------------------------------------

bytes=$(wc -c <"$rec")
head -c $((bytes - 1)) "$rec" >"$tmp/cut.rec"
run "$memmon" --replay "$tmp/cut.rec" --batch --json
is "cut off: exit code" "$code" 2
is "cut off: what came before is shown" "$(printf '%s\n' "$out" | jq -c .seq | tr '\n' ' ')" "1 2 "
like "cut off: where" "$err" \
	"^memmon: error: $tmp/cut.rec: offset [0-9]+: cut off in the middle of a frame \(after frame 2\); what came before was shown$"

{
	head -c $((bytes - 5)) "$rec"
	printf 'XXXXX'
} >"$tmp/bad.rec"
run "$memmon" --replay "$tmp/bad.rec" --batch --json
is "damaged: exit code" "$code" 2
is "damaged: what came before is shown" "$(printf '%s\n' "$out" | jq -c .seq | tr '\n' ' ')" "1 2 "
like "damaged: where, and what" "$err" \
	"^memmon: error: $tmp/bad.rec: offset [0-9]+: a block differs from its checksum; the recording is damaged \(after frame 2\)"

run "$memmon" --replay "$rec" --batch --json
is "the offset is that of the last frame's block" \
	"$(dd if="$rec" bs=1 skip="$("$memmon" --replay "$tmp/bad.rec" --batch 2>&1 >/dev/null | sed 's/.*offset \([0-9]*\).*/\1/')" count=4 2>/dev/null)" BEEB

run "$B/cpumon" --replay "$rec" --batch
is "another tool's: exit code" "$code" 2
has "another tool's: which" "$err" "$rec: offset 8: this was recorded by memmon, not by cpumon; run: memmon --replay"
run "$memmon" --replay tests/lib.sh --batch
is "no recording: exit code" "$code" 2
has "no recording: says so" "$err" "tests/lib.sh: offset 0: not a recording of memmon or cpumon"
{
	printf 'BEEMON2\n'
	tail -c +9 "$rec"
} >"$tmp/new.rec"
run "$memmon" --replay "$tmp/new.rec" --batch
is "a newer version: exit code" "$code" 2
has "a newer version: says which" "$err" "$tmp/new.rec: offset 0: a recording in version 2 of the format, and this program reads version 1"
run "$memmon" --replay "$tmp/nowhere" --batch
is "no such file: exit code" "$code" 2
has "no such file: says so" "$err" "cannot open the recording $tmp/nowhere: No such file"

# Without any right: a recording is only a file, and one that may not be read is a wrong file, not a machine that cannot.
if is_root && have setpriv; then
	chmod 755 "$tmp"
	cp "$memmon" "$rec" "$tmp/"
	chmod 644 "$tmp/v1.rec"
	nobody="setpriv --reuid 65534 --regid 65534 --clear-groups --bounding-set=-all"
	# shellcheck disable=SC2086  # words
	run $nobody "$tmp/memmon" --replay "$tmp/v1.rec" --batch -n 1 --csv
	is "nobody can replay" "$code$err$(printf '%s\n' "$out" | wc -l)" 013
	chmod 600 "$tmp/v1.rec"
	# shellcheck disable=SC2086
	run $nobody "$tmp/memmon" --replay "$tmp/v1.rec" --batch
	is "a recording that may not be read: exit code" "$code" 2
	has "a recording that may not be read: says so" "$err" "cannot open the recording $tmp/v1.rec: Permission denied"
else
	skip "nobody can replay" "needs root and setpriv"
fi

done_testing
