#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Number 38: the limit of a cgroup, and with growth the time until it is reached; what is held, touched and given back. (Swap,
# first collections and sawteeth are in tests/unit/u_view_history.c.)
# timeout: 120
. tests/lib.sh
need_bpf
need_tool cc build-essential

cc -O1 -o "$tmp/leader" tests/fixtures/programs/leader.c -lpthread || fail "leader.c compiles"
# The memory controller is of the old hierarchy or of the new one.
mount=$(awk '/ - cgroup .*memory/ { print $5; exit }' /proc/self/mountinfo)
file=memory.limit_in_bytes
if [ -z "$mount" ]; then
	mount=$(awk '/ - cgroup2 / { print $5; exit }' /proc/self/mountinfo)
	file=memory.max
	echo +memory >"$mount/cgroup.subtree_control" 2>/dev/null
fi
group=$mount/beebench-test-n38-$$
if ! mkdir "$group" 2>/dev/null || ! echo 268435456 2>/dev/null >"$group/$file"; then
	rmdir "$group" 2>/dev/null
	skip_all "no memory cgroup of our own"
fi
at_exit "rmdir '$group' 2>/dev/null"
mkdir "$group/below"
at_exit "rmdir '$group/below' 2>/dev/null"
sh -c "echo \$\$ >'$group/below/cgroup.procs'; exec '$tmp/leader' 60" &
leader=$!
at_exit "kill $leader 2>/dev/null; wait $leader 2>/dev/null"
sleep 0.5
run "$B/memmon" --batch -n 26 -i 1 --json --filter "pid = $leader"
row=$(printf '%s\n' "$out" | tail -n 1 | jq -c '.processes[0]')
is "the limit is that of the cgroup above" "$(echo "$row" | jq .limit_kb)" 262144
is "what is left of it" "$(echo "$row" | jq '.room_kb > 100000 and .room_kb < 262144')" true
is "/metrics has the limit, too (number 37)" \
	"$("$B/memmon" --batch -n 1 --prometheus --metrics-by pid --filter "pid = $leader" | grep '^memmon_process_limit_bytes')" \
	"memmon_process_limit_bytes{pid=\"$leader\",name=\"leader\"} 268435456"
is "it grows" "$(echo "$row" | jq -r .verdict)" growing
is "the time until the limit: room by slope" \
	"$(echo "$row" | jq '(.room_kb * 1024 / .trend_bytes_per_s - .left_s) | fabs < 1')" true
is "with its interval" "$(echo "$row" | jq '.left_low_s <= .left_s and .left_s <= .left_high_s')" true
is "what is held is a part of what is mapped" "$(echo "$row" | jq '.held_kb == .rss_kb + .swap_kb + .hugetlb_kb and .touched_pct > 1 and .touched_pct < 100')" true

# --- given back: unmapped or MADV_DONTNEED, which leave RSS at once, and MADV_FREE, which does not
cc -O1 -o "$tmp/gives_back" tests/fixtures/programs/gives_back.c || fail "gives_back.c compiles"
mkfifo "$tmp/ready"
"$tmp/gives_back" >"$tmp/ready" &
gives=$!
at_exit "kill $gives 2>/dev/null; wait $gives 2>/dev/null"
read -r _ <"$tmp/ready"
run "$B/memmon" --batch -n 1 --json --filter "pid = $gives" --columns pid,given_back,lazyfree
row=$(printf '%s\n' "$out" | jq -c '.processes[0]')
# The kernel notes peaks by counters that lag behind by some pages.
is "given back: 24 MiB of a peak of 40" "$(echo "$row" | jq '.given_back_kb > 24000 and .given_back_kb < 25600')" true
is "it is what the peak had more" "$(echo "$row" | jq '.given_back_kb == .peak_kb - .rss_kb - .swap_kb')" true
# The kernel marks such pages in batches, of which each CPU keeps the last, of up to 31.
is "lazily: 4 MiB more, which RSS still has" "$(echo "$row" | jq '.lazyfree_kb > 3960 and .lazyfree_kb <= 4096')" true
run "$B/memmon" --batch -n 1 --openmetrics --metrics-by pid --filter "pid = $gives"
like "in /metrics" "$out" "^memmon_process_given_back_bytes\{pid=\"$gives\",name=\"gives_back\"\} 2[45][0-9]{6}\$"
sh -c 'sleep 0 & exec sleep 60' &
parent=$!
at_exit "kill $parent 2>/dev/null"
i=0
until zombie=$(ps -o pid=,stat= --ppid $parent | awk '$2 ~ /^Z/ { print $1 }') && [ -n "$zombie" ]; do
	i=$((i + 1))
	[ $i -lt 200 ] || break
	sleep 0.05
done
run "$B/memmon" --batch -n 1 --json --filter "pid = $zombie" --columns pid,given_back,lazyfree
is "of a zombie it is not known" "$(printf '%s\n' "$out" | jq -c '.processes[0] | [.state, .given_back_kb, .lazyfree_kb]')" '["Z",null,null]'
run "$B/memmon" --batch -n 1 --json --filter "pid = 1"
is "no limit is null" "$(printf '%s\n' "$out" | jq -c '.processes[0] | [.limit_kb, .left_s]')" "[null,null]"
done_testing
