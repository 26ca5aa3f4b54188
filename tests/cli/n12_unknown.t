#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Number 12: what is not known is `-` on the screen, null in JSON and empty in CSV, never 0: of processes whose main thread
# has ended, of zombies, of 32-bit programs, of those that ended before anybody saw them, of those that have only begun.
# timeout: 120
. tests/lib.sh
need_bpf
need_tool cc build-essential
need_tool perl perl-base

memmon=$B/memmon

# --- the main thread has ended, another leaks
cc -O1 -o "$tmp/leader" tests/fixtures/programs/leader.c -lpthread || fail "leader.c compiles"
"$tmp/leader" 60 &
leader=$!
at_exit "kill $leader 2>/dev/null"
perl -e 'exit 0 if !fork(); sleep 60' &
parent=$!
at_exit "kill $parent 2>/dev/null"
run "$memmon" --batch -n 26 -i 1 --json --filter "pid = $leader"
printf '%s\n' "$out" >"$tmp/frames"
rss=$(awk '/^VmRSS:/ { s += $2 } END { print s }' "/proc/$leader/task"/*/status 2>/dev/null)
last=$(tail -n 1 "$tmp/frames" | jq '.processes[0].rss_kb')
check "ended main thread: RSS is that of the others ($last kB, /proc says $rss)" test "$last" -gt $((rss - 4096)) -a "$last" -le "$rss"
is "ended main thread: VIRT and PEAK too" "$(tail -n 1 "$tmp/frames" | jq '.processes[0] | .virt_kb > .rss_kb and .peak_kb >= .rss_kb')" true
is "ended main thread: it grows" "$(tail -n 1 "$tmp/frames" | jq -r '.processes[0].verdict')" growing
run "$memmon" --batch -n 1 --json --filter "pid = $leader" --columns pss,uss,exe,command,cgroup,faults
row=$(printf '%s\n' "$out" | jq -c '.processes[0]')
is "ended main thread: PSS and USS" "$(echo "$row" | jq -c '[.pss_kb, .uss_kb] | map(. > 4096)')" "[true,true]"
is "ended main thread: the file it runs" "$(echo "$row" | jq -r .exe)" "$tmp/leader"
is "ended main thread: its command line" "$(echo "$row" | jq -r .command)" "$tmp/leader 60"
# In the old hierarchy the ended thread is in the root, wherever it was.
other=$(find "/proc/$leader/task" -mindepth 1 -maxdepth 1 ! -name "$leader")
cgroup=$(sed -n 's/^0:://p' "$other/cgroup")
[ "$cgroup" != / ] || cgroup=$(sed -n 's/^[0-9]*:memory://p' "$other/cgroup")
is "ended main thread: its control group" "$(echo "$row" | jq -r .cgroup)" "${cgroup:-/}"
check "ended main thread: its page faults" test "$(echo "$row" | jq .page_faults)" -gt 1000
run "$memmon" --batch -n 1 --json --group name --filter "pid = $leader"
is "ended main thread: a sum of PSS with it" "$(printf '%s\n' "$out" | jq '.groups[0].pss_kb > 4096')" true
run "$memmon" --object tasks --batch -n 1 --json --filter "pid = $leader"
is "by another monitor as well" "$(printf '%s\n' "$out" | jq '.processes[0].rss_kb > 1000')" true

# --- a zombie
zombie=$(pgrep -P "$parent")
run "$memmon" --batch -n 1 --json --filter "pid = $zombie"
is "a zombie: null" "$(printf '%s\n' "$out" | jq -c '.processes[0] | [.state, .rss_kb, .virt_kb, .peak_kb, .exact]')" '["Z",null,null,null,false]'
run "$memmon" --batch -n 1 --csv --filter "pid = $zombie"
like "a zombie: empty in CSV" "$out" ',Z,0,0,,,,'
run "$memmon" --batch -n 1 --filter "pid = $zombie"
like "a zombie: - in the table" "$out" "$zombie perl +- +- +- "
run "$memmon" --batch -n 1 --json --filter "pid = $zombie and rss = ?"
is "a zombie: rss = ? finds it" "$(printf '%s\n' "$out" | jq '.processes | length')" 1

# --- one that was seen alive and has ended since: what it had of each kind is not known either, its peak and its faults are
perl -e 'if (!fork()) { $x = "x" x (20 << 20); sleep 2; exit 0 } sleep 60' &
parent2=$!
at_exit "kill $parent2 2>/dev/null"
"$memmon" --batch -n 7 -i 1 --json --filter 'name = perl' --record "$tmp/was.rec" >"$tmp/was" &
recorder=$!
sleep 0.5
zombie2=$(pgrep -P "$parent2")
perl -e '$x = "x" x (20 << 20); sleep 2' &
gone=$!
wait $recorder
run "$memmon" --replay "$tmp/was.rec" --json --filter 'name = perl'
printf '%s\n' "$out" >"$tmp/was.replayed"
# of PID FILE FILTER: the frames of a process that match
of() {
	jq -c --argjson pid "$1" ".processes[] | select(.pid == \$pid) | $3" "$2"
}
memory='[.rss_kb, .virt_kb, .swap_kb, .shared_kb, .hugetlb_kb, .held_kb, .pss_kb, .uss_kb, .given_back_kb, .touched_pct]'
for frames in was was.replayed; do
	check "$frames: it was seen alive" test "$(of "$zombie2" "$tmp/$frames" 'select(.state == "S" and .shared_kb > 0)' | wc -l)" -ge 1
	is "$frames: as a zombie nothing of its memory is known" \
		"$(of "$zombie2" "$tmp/$frames" "select(.state == \"Z\") | $memory | map(. == null) | all" | sort -u)" true
	is "$frames: but its faults" "$(of "$zombie2" "$tmp/$frames" 'select(.state == "Z") | .page_faults > 1000' | sort -u)" true
	is "$frames: nor of one that has ended" \
		"$(of "$gone" "$tmp/$frames" "select(.ended) | $memory | map(. == null) | all" | sort -u)" true
	is "$frames: its peak never falls" "$(of "$zombie2" "$tmp/$frames" .peak_kb | jq -s '. == sort')" true
	is "$frames: nor that of the ended" "$(of "$gone" "$tmp/$frames" .peak_kb | jq -s '. == sort')" true
done
run "$memmon" --batch -n 1 --json --filter "pid = $zombie2 and swap = 0"
is "a zombie has no swap of 0" "$(printf '%s\n' "$out" | jq '.processes | length')" 0

# --- a 32-bit program, whose calls have other numbers
if cc -m32 -nostdlib -static -ffreestanding -fno-pie -no-pie -o "$tmp/compat" tests/fixtures/programs/compat.c 2>/dev/null &&
	{ "$tmp/compat" & compat=$!; sleep 0.2; kill -0 $compat 2>/dev/null; }; then
	at_exit "kill $compat 2>/dev/null"
	run "$memmon" --batch -n 1 --json --filter "pid = $compat"
	is "a 32-bit program: no count that nobody made" "$(printf '%s\n' "$out" | jq -c '.processes[0] | [.mmap, .munmap, .brk, .failed] | map(. == null or . > 0) | all')" true
	for object in memmon memmon-tgid; do
		run "$memmon" --object $object --batch -n 1 --json --filter "pid = $compat"
		is "a 32-bit program, $object: nothing that nobody counted" \
			"$(printf '%s\n' "$out" | jq -c '.processes[0] | [.mmap, .munmap, .brk, .mmap_bytes] | map(. == null or . > 0) | all')" true
	done
	# In a sum with its parent, whose calls are known, it is not passed over in silence.
	run "$memmon" --object memmon --batch -n 1 --json --group user --filter "pid = $compat or pid = $$"
	is "a 32-bit program in a group: told" "$(printf '%s\n' "$out" | jq -c '.groups[0] | [.processes, .uncounted, .exact, .mmap >= 0]')" "[2,1,false,true]"
	run "$memmon" --object memmon --batch -n 1 --csv --group user --filter "pid = $compat or pid = $$"
	has "and in CSV" "$(printf '%s\n' "$out" | head -n 1)" ",processes,uncounted,"
	run "$memmon" --object memmon --batch -n 1 --json --tree --filter "pid = $compat or pid = $$"
	is "in a tree: told" "$(printf '%s\n' "$out" | jq -c ".processes[] | select(.pid == $$) | .subtree | [.processes, .uncounted, .mmap >= 0]")" "[2,1,true]"
	run "$memmon" --object memmon --batch -n 1 --prometheus --metrics-by pid --filter "pid = $compat or pid = $$"
	like "in /metrics" "$out" "^memmon_process_uncounted\{pid=\"$compat\",.*\} 1\$"
	like "and of its parent it is not so" "$out" "^memmon_process_uncounted\{pid=\"$$\",.*\} 0\$"
	run "$memmon" --batch -n 1 --json --filter "pid = $compat"
	is "a 32-bit program: its memory is known" "$(printf '%s\n' "$out" | jq '.processes[0].rss_kb > 0')" true
else
	skip "a 32-bit program" "this kernel or compiler has none"
fi

# --- hidden by /proc: they are counted where they can be, and the number is not known where they cannot
for level in 1 2; do
	run unshare -m sh -c "mount -t proc -o hidepid=$level proc /proc &&
		setpriv --reuid 65534 --regid 65534 --clear-groups $memmon --object tasks --batch -n 1 --json --top 0"
	hidden=$(printf '%s\n' "$out" | jq '.losses.hidden')
	case $level in
	1) check "hidepid=1: $hidden processes are hidden" test "$hidden" -gt 1 ;;
	2)
		is "hidepid=2: how many are hidden is not known" "$hidden" null
		run unshare -m sh -c "mount -t proc -o hidepid=2 proc /proc &&
			setpriv --reuid 65534 --regid 65534 --clear-groups $memmon --object tasks --batch -n 1"
		like "hidepid=2: as text" "$out" "^not seen: not known how many processes are hidden by /proc\$"
		;;
	esac
	is "hidepid=$level: nothing of a process is 0 kB" \
		"$(printf '%s\n' "$out" | jq -c '.processes[] | select((.kernel | not) and (.rss_kb == 0 or .peak_kb == 0))')" ""
done

# --- a kernel thread has no memory of its own: that is known, and no approximation
run "$memmon" --batch -n 2 -i 0.2 -K --json --filter "pid = 2"
if [ "$(printf '%s\n' "$out" | jq -s 'map(.processes[]) | length')" = 2 ]; then
	is "a kernel thread: 0, exactly, in each frame" \
		"$(printf '%s\n' "$out" | jq -s -c 'map(.processes[0] | [.kernel, .exact, .rss_kb]) | unique')" '[[true,true,0]]'
else
	skip "a kernel thread" "pid 2 is none here"
fi

# --- ended before anybody saw it, just begun
"$memmon" --batch -n 6 -i 0.3 --json --top 0 --record "$tmp/all.rec" >"$tmp/frames" &
recorder=$!
sleep 0.5
i=0
while [ $i -lt 40 ]; do
	/bin/true
	sleep 0.02
	i=$((i + 1))
done
wait $recorder
run "$memmon" --replay "$tmp/all.rec" --json --top 0
printf '%s\n' "$out" >"$tmp/replayed"
for frames in frames replayed; do
	is "$frames: no living process has 0 kB" \
		"$(jq -c '.processes[] | select((.kernel | not) and (.rss_kb == 0 or .virt_kb == 0 or .peak_kb == 0))' "$tmp/$frames")" ""
	is "$frames: no process is of user 4294967295 or has parent 0 but the first" \
		"$(jq -c '.processes[] | select(.user == "4294967295" or (.ppid == 0 and .pid > 2 and (.kernel | not)))' "$tmp/$frames")" ""
done
check "some had ended before they were seen" test "$(jq -c '.processes[] | select(.ended and .name == "true")' "$tmp/frames" | wc -l)" -gt 5
done_testing
