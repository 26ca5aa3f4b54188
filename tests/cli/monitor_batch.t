#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# memmon without a screen: JSON, CSV and text of processes that this test started; recording it, also to a full disk.
set -u
. tests/lib.sh
need_bpf
need_tool jq jq

memmon=$B/memmon

# undocumented: the keys of $tmp/keys that the page does not have
undocumented() {
	# shellcheck disable=SC2016  # backquotes of markdown
	while read -r key; do grep -qF "\`$key\`" docs/monitor-formats.md || echo "$key"; done <"$tmp/keys"
}

# Two processes, one with a name that careless quoting breaks.
odd='a"b, c'
cp "$(command -v sleep)" "$tmp/$odd"
"$tmp/$odd" 300 &
subject=$!
sleep 300 &
other=$!
at_exit "kill $subject $other 2>/dev/null"
# Between fork and exec they have this script's name.
until [ "$(cat "/proc/$subject/comm") $(cat "/proc/$other/comm")" = "$odd sleep" ]; do sleep 0.02; done
mine="pid = $subject or pid = $other"

# --- who is there ----------------------------------------------------------------------------------

# Also the first process, whom some kernels keep out of task iterators.
for tool in memmon cpumon; do
	before=$(find /proc -maxdepth 1 -name '[1-9]*' -printf '%f\n' | sort)
	"$B/$tool" -n 1 --json --top 0 --kernel-threads 2>/dev/null | jq -r '.processes[].pid' | sort >"$tmp/listed"
	after=$(find /proc -maxdepth 1 -name '[1-9]*' -printf '%f\n' | sort)
	stayed=$(printf '%s\n%s\n' "$before" "$after" | sort | uniq -d)
	is "$tool: every process of /proc is listed" "$(printf '%s\n' "$stayed" | comm -23 - "$tmp/listed")" ""
	is "$tool: none is listed twice" "$(uniq -d "$tmp/listed")" ""
done

# --- another's monitor -----------------------------------------------------------------------------

run "$B/cpumon" -n 1 --object memmon
is "cpumon does not show a memory monitor" "$code$out$err" "2cpumon: error: memmon counts memory calls, and no CPU time; show it with memmon"
run "$memmon" -n 1 --object cpumon
is "memmon does not show a CPU monitor" "$code$out$err" "2memmon: error: cpumon counts CPU time, and no memory calls; show it with cpumon"
run "$memmon" -n 1 --object nop
is "nor one that counts nothing" "$code$out$err" \
	"2memmon: error: nop counts nothing that could be shown; give another monitor ('beebench list monitors')"

# --- alerts ----------------------------------------------------------------------------------------

# shellcheck disable=SC2016  # the command's variables
run "$memmon" --batch -n 2 --interval 0.2 --top 1 --alert "pid=$subject=>"'echo "$BEEBENCH_PID $BEEBENCH_NAME" >&2'
is "alert: exit code" "$code" 1
is "alert: its command ran once, the name is data" "$err" "$subject $odd"
run "$memmon" --batch -n 2 --interval 0.2 --top 1 --alert "pid=$subject=>exit 3"
is "alert: a command that fails is told" "$err" "memmon: warning: 1 commands of alerts could not be run or failed"
run "$memmon" --batch -n 2 --interval 0.2 --top 1 --alert "pid=$subject and rss>1TiB"
is "alert: none fired" "$code" 0

# --- forms -----------------------------------------------------------------------------------------

run "$memmon" --batch -n 2 --interval 0.3 --json --filter "$mine" --sort +pid
is "json: exit code, nothing on stderr" "$code$err" 0
is "json: an object a frame, one line each" "$(printf '%s\n' "$out" | jq -s length)$(printf '%s\n' "$out" | wc -l)" 22
is "json: who they are" "$(printf '%s\n' "$out" | jq -r '.processes[] | "\(.pid) \(.name)"' | sort -u)" \
	"$(printf '%s\n' "$subject $odd" "$other sleep" | sort)"
is "json: frames are numbered, the first has no interval" \
	"$(printf '%s\n' "$out" | jq -sc '[.[0].seq, .[0].interval_s, .[1].seq, .[1].interval_s > 0.2, .[1].interval_s < 30]')" \
	"[1,null,2,true,true]"
resident=$(awk '/^VmRSS:/ { print $2 }' "/proc/$subject/status")
is "json: resident memory is what /proc says, to the kB" \
	"$(printf '%s\n' "$out" | jq -c ".processes[] | select(.pid == $subject) | [.rss_kb, .exact]" | sort -u)" "[$resident,true]"
is "json: rates are unknown in the first frame" \
	"$(printf '%s\n' "$out" | jq -sc '.[0].processes | map(.mmap_per_s) | unique')" "[null]"
printf '%s\n' "$out" | jq -r 'paths(true) | map(select(type == "string")) | .[]' | sort -u >"$tmp/keys"
is "json: every key is documented" "$(undocumented)" ""

run "$memmon" --batch -n 2 --interval 0.3 --json --top 0 --sort -rss
is "json: the order is that of the numbers shown" \
	"$(printf '%s\n' "$out" | jq -c '[.processes[] | select(.exact) | .rss_kb] | . == (sort | reverse) and length > 2')" "true
true"

run "$memmon" --batch -n 2 --interval 0.3 --csv --filter "$mine" --sort +pid
is "csv: exit code, nothing on stderr" "$code$err" 0
is "csv: a header line, then a line a process and frame" "$(printf '%s\n' "$out" | cut -c1-9 | sed 's/^20.*/20/' | uniq -c | tr -s ' ')" \
	" 1 time,seq,
 4 20"
has "csv: a name with a comma and a quote" "$out" ",$subject,\"a\"\"b, c\","
is "csv: every line has as many cells as the header" \
	"$(printf '%s\n' "$out" | sed 's/"a""b, c"/odd/' | awk -F, '{ print NF }' | uniq | wc -l)" 1

run "$memmon" --batch -n 1 --filter "$mine"
is "text: exit code, nothing on stderr" "$code$err" 0
like "text: says who counts since when" "$out" '^memmon  20..-..-.. ..:..:.. UTC  monitor [a-z_]* counts since 20'
like "text: says what it costs" "$out" '^own cost: .*MiB of BPF maps'
like "text: has the columns" "$out" '^ +PID NAME +RSS +VIRT +PEAK +MMAP# +MUNMAP#'
like "text: has the process" "$out" "^ *$subject a\"b, c +$resident "

"$memmon" --batch --interval 0.1 --json --filter "$mine" 2>"$tmp/err" | head -n 1 >"$tmp/one"
is "a reader that goes ends it quietly" "$(jq -c .seq "$tmp/one")$(cat "$tmp/err")" 1

# --- cpumon ----------------------------------------------------------------------------------------

run "$B/cpumon" --batch -n 2 --interval 0.3 --json --filter "$mine" --sort +pid
is "cpumon: exit code, nothing on stderr" "$code$err" 0
is "cpumon: shares are known from its first frame on, and sleepers have none" \
	"$(printf '%s\n' "$out" | jq -c '[.tool, (.processes[] | .tot_pct < 1, .threads)]' | sort -u)" '["cpumon",true,1,true,1]'
printf '%s\n' "$out" | jq -r 'paths(true) | map(select(type == "string")) | .[]' | sort -u >"$tmp/keys"
is "cpumon: every key is documented" "$(undocumented)" ""
run "$B/cpumon" --batch -n 1 --interval 0.3 --csv --filter "$mine" --sort +pid
has "cpumon: csv has its columns" "$out" ",user_ms,system_ms,total_ms,"
run "$B/cpumon" --batch -n 1 --interval 0.3 --openmetrics --metrics-by pid --filter "pid = $other"
has "cpumon: figures for Prometheus" "$out" "cpumon_process_cpu_seconds_total{pid=\"$other\",name=\"sleep\",mode=\"user\"} "
printf '%s\n' "$out" | sed -n 's/^# TYPE \([^ ]*\) .*/\1/p' >"$tmp/families"
run "$memmon" --batch -n 1 --openmetrics --filter "pid = $other"
printf '%s\n' "$out" | sed -n 's/^# TYPE \([^ ]*\) .*/\1/p' >>"$tmp/families"
# shellcheck disable=SC2016  # backquotes of markdown
missing=$(sed 's/^[a-z]*_//' "$tmp/families" | sort -u | while read -r family; do
	grep -qE "\`$family(_total)?\`" docs/monitor-formats.md || echo "$family"
done)
is "every family is documented" "$missing" ""

# --- recordings ------------------------------------------------------------------------------------

rec=$tmp/r.rec
run "$memmon" --batch -n 3 --interval 0.3 --json --top 0 --sort +pid --record "$rec"
is "record: exit code, nothing on stderr" "$code$err" 0
cp "$tmp/run.out" "$tmp/live"
run "$memmon" --replay "$rec" --batch --json --top 0 --sort +pid
is "replay: exit code, nothing on stderr" "$code$err" 0
# What history reckons depends on when values were refined; all else is what was printed.
for f in live run.out; do
	jq -c 'del(.processes[] | .trend_bytes_per_s, .trend_low_bytes_per_s, .trend_high_bytes_per_s, .trend_window_s, .verdict)' \
		"$tmp/$f" >"$tmp/$f.plain"
done
check "replay prints what was printed when it was recorded" cmp "$tmp/live.plain" "$tmp/run.out.plain"
run "$memmon" --replay "$rec" --batch --csv --filter "pid = $subject" -n 1
is "replay: another form, filter and count than when it was recorded" "$code$(printf '%s\n' "$out" | wc -l)" 02

run "$memmon" --batch -n 1 --record "$rec"
is "record: what is there is not written over" "$code" 2
has "record: how to do it" "$err" "$rec is there already; record to another file, or overwrite it with --force"

# --- a full disk -----------------------------------------------------------------------------------

run "$memmon" --batch -n 1 --force --record /dev/full
is "/dev/full: exit code" "$code" 2
has "/dev/full: says so" "$err" "cannot record to /dev/full: No space left on device"

# 8 KiB: room for the first frame of a few dozen processes at most.
mkdir "$tmp/disk"
if mount -t tmpfs -o size=8k beebench-test "$tmp/disk" 2>/dev/null; then
	at_exit "umount '$tmp/disk' 2>/dev/null"
	head -c 4096 /dev/zero >"$tmp/disk/other"
	run "$memmon" --batch -n 30 --interval 0.1 --json --top 1 --record "$tmp/disk/r.rec"
	is "a full disk: all frames are printed all the same" "$(printf '%s\n' "$out" | wc -l)" 30
	is "a full disk: exit code" "$code" 2
	is "a full disk: said once" "$(printf '%s\n' "$err" | grep -c 'No space left on device')" 1
	like "a full disk: how much there is" "$err" "recording to $tmp/disk/r.rec has ended with [0-9]+ bytes, which are whole and can be replayed"
	run "$memmon" --replay "$tmp/disk/r.rec" --batch --json
	is "a full disk: what was recorded is whole" "$code$err" 0
	umount "$tmp/disk"
else
	skip "a full disk" "no tmpfs can be mounted here"
fi

done_testing
