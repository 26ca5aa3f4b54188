#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Number 34: command line, executable and control group as columns, in filters, alerts and JSON; swap, shared and huge pages,
# page faults; the machine's CPU, swap, cache and pressure.
. tests/lib.sh
need_bpf
need_tool perl perl-base

memmon=$B/memmon
perl -e 'sleep 60' "an argument" n34-mark-$$ &
p=$!
at_exit "kill $p 2>/dev/null"
sleep 0.3
run "$memmon" -n 1 --json --columns pid,command,exe,cgroup --filter "command ~ n34-mark-$$ and name = perl"
row=$(printf '%s\n' "$out" | jq -c '.processes[0]')
is "a filter of the command line finds it" "$(echo "$row" | jq .pid)" $p
is "its command line" "$(echo "$row" | jq -r .command)" "perl -e sleep 60 an argument n34-mark-$$"
is "its executable" "$(echo "$row" | jq -r .exe)" "$(readlink "/proc/$p/exe")"
cgroup=$(sed -n 's/^0:://p' "/proc/$p/cgroup")
[ "$cgroup" != / ] || cgroup=$(sed -n 's/^[0-9]*:memory://p' "/proc/$p/cgroup")
is "its control group" "$(echo "$row" | jq -r .cgroup)" "${cgroup:-/}"
is "memory by kind" "$(echo "$row" | jq '.swap_kb >= 0 and .shared_kb > 0 and .shared_kb <= .rss_kb and .hugetlb_kb == 0')" true
is "page faults, as /proc has them" "$(echo "$row" | jq .page_faults)" "$(awk '{ print $10 + $12 }' "/proc/$p/stat")"
run "$memmon" -n 1 --top 3 --filter "exe ~ perl\$ and pid = $p" --columns pid,name,exe,command
like "columns of them" "$out" "^ +$p perl +/.*perl +perl -e sleep 60 an argument"
run "$memmon" -n 1 --alert "command ~ n34-mark-$$ and name = perl"
is "an alert of it" "$code" 1
run "$memmon" -n 1 --json --sort command --top 2
is "order by it" "$code" 0
run "$memmon" -n 1 --json --filter "command = ?" -K --top 5
is "what has none is not known" "$(printf '%s\n' "$out" | jq '.processes | map(.command == null) | all')" true
run "$memmon" -n 2 -i 0.3 --json --top 0
machine=$(printf '%s\n' "$out" | tail -n 1 | jq -c .machine)
is "the machine's swap" "$(echo "$machine" | jq .swap_total_kb)" "$(awk '/^SwapTotal/ { print $2 }' /proc/meminfo)"
is "its cache and CPUs" "$(echo "$machine" | jq '.cached_kb > 0 and .cpu_busy_pct >= 0 and .cpu_busy_pct <= 100')" true
if [ -r /proc/pressure/cpu ]; then
	is "its pressure" "$(echo "$machine" | jq '[.wait_cpu_pct, .wait_memory_pct, .wait_io_pct] | map(. >= 0 and . <= 100) | all')" true
else
	is "no pressure is null" "$(echo "$machine" | jq -c '[.wait_cpu_pct]')" "[null]"
fi
# Another program in the same process has another command line, also where it is smaller than what was there before.
mkfifo "$tmp/go"
perl -e 'vec(my $x = "", 20_000_000, 8) = 1; exec "sh", "-c", "read x <$ARGV[0]; exec sleep 300"' "$tmp/go" &
q=$!
at_exit "kill $q 2>/dev/null"
"$memmon" --batch -i 0.1 --json --filter "pid = $q and command != ''" >"$tmp/frames" &
watcher=$!
at_exit "kill $watcher 2>/dev/null"
# seen COMMAND: the latest frames have it
# shellcheck disable=SC2317
seen() {
	tries=0
	until tail -n 3 "$tmp/frames" | grep -qF "\"command\":\"$1"; do
		tries=$((tries + 1))
		[ "$tries" -lt 400 ] || return 1
		sleep 0.05
	done
}
check "before an exec its command line is read" seen "sh -c read"
echo >"$tmp/go"
check "after an exec it is read again" seen "sleep 300"
kill $watcher
wait $watcher 2>/dev/null
done_testing
