#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Number 39: time and pid namespaces, a process number that is given again within an interval, the effective user, and what
# the times are counted from.
. tests/lib.sh
need_bpf
need_tool perl perl-base
need_tool unshare util-linux

memmon=$B/memmon

# --- time namespaces: the age is that of ps, and nothing has ended that lives
sleep 60 &
p=$!
at_exit "kill $p 2>/dev/null"
for ahead in 1000000 -1000; do
	for monitor in memmon_fast tasks; do
		run unshare -T --boottime $ahead --monotonic 5000 "$memmon" --object $monitor --batch -n 2 -i 0.2 --json --filter "pid = $p" \
			--alert "pid = $p and age > 600"
		is "boottime $ahead, $monitor: no alert" "$code" 0
		is "boottime $ahead, $monitor: the age" "$(printf '%s\n' "$out" | jq -s 'map(.processes[0].age_s | . > 0 and . < 600) | all')" true
		is "boottime $ahead, $monitor: it is read as it is, and lives" \
			"$(printf '%s\n' "$out" | jq -s -c 'map(.processes[0] | [.exact, .ended]) | unique')" '[[true,null]]'
	done
done

# --- a pid namespace: what is visible is shown, and what is not is said
run unshare -pf --mount-proc "$memmon" --batch -n 1 --json
is "pid namespace: exit code" "$code" 0
has "pid namespace: it is said" "$err" "a container with process numbers of its own: memmon_fast counts by the machine's, so no calls are shown here"
is "pid namespace: its own processes" "$(printf '%s\n' "$out" | jq -c '[.processes[] | [.pid, .name]]')" '[[1,"memmon"]]'
is "pid namespace: memory is known, calls are not there" "$(printf '%s\n' "$out" | jq -c '.processes[0] | [.rss_kb > 1000, has("mmap")]')" '[true,false]'
run unshare -pf --mount-proc "$memmon" --object memmon_fast --batch -n 1
is "pid namespace: a monitor that was asked for is refused" "$code" 77

# --- a user namespace: its root is nobody's to BPF, and that is said
if unshare -Ur true 2>/dev/null; then
	run unshare -Ur "$memmon" --batch -n 1
	is "user namespace: no rights" "$code" 77
	has "user namespace: it is named" "$err" "this process has its capabilities in a user namespace alone"
else
	skip "a user namespace" "none can be made here"
fi

# --- a number given again within an interval
cat >"$tmp/again.pl" <<'EOP'
use strict;
# clone3(2) with set_tid, so that three processes have one number, one after the other
sub maps { syscall(9, 0, 65536, 3, 0x22, -1, 0) for 1 .. $_[0] }
my $first = fork();
if (!$first) { maps(11); syscall(231, 0) }
waitpid($first, 0);
for my $n (23, 31) {
	my $set = pack("l", $first);
	my $args = pack("Q11", 0, 0, 0, 0, 17, 0, 0, 0, unpack("Q", pack("P", $set)), 1, 0);
	my $pid = syscall(435, $args, 88);
	die "clone3: $!" if $pid < 0;
	if (!$pid) { maps($n); sleep 2 if $n == 31; syscall(231, 0) }
	waitpid($pid, 0);
}
print "$first\n";
EOP
# Right after a frame: those that end at once are not there at the next.
: >"$tmp/frames"
"$memmon" --batch -n 7 -i 1 --json --top 0 >>"$tmp/frames" &
recorder=$!
while [ "$(wc -l <"$tmp/frames")" -lt 2 ] && kill -0 $recorder; do sleep 0.05; done
again=$(perl "$tmp/again.pl" 2>"$tmp/again.err")
wait $recorder
if [ -n "$again" ]; then
	jq -c --argjson pid "$again" '.processes[] | select(.pid == $pid)' "$tmp/frames" >"$tmp/again"
	check "a number given again: it was seen alive" test "$(jq -c 'select(.ended | not)' "$tmp/again" | wc -l)" -ge 1
	# perl may map some memory itself; 11 and 23 more would be seen
	is "a number given again: the living has its own counts" \
		"$(jq -s 'map(select(.ended | not) | .mmap | . >= 31 and . < 36) | all' "$tmp/again")" true
	is "a number given again: no ended one is said to have made none" \
		"$(jq -s 'map(select(.ended and .mmap == 0)) | length' "$tmp/again")" 0
else
	skip "a number given again" "$(cat "$tmp/again.err")"
fi

# --- the effective user, as ps shows it
cat >"$tmp/user.pl" <<'EOP'
$> = 65534; sleep 30;
EOP
perl "$tmp/user.pl" &
user=$!
at_exit "kill $user 2>/dev/null"
sleep 0.3
run "$memmon" --batch -n 1 --json --filter "pid = $user"
is "the effective user" "$(printf '%s\n' "$out" | jq -r '.processes[0].user')" "$(ps -o euser= -p "$user" | tr -d ' ')"

# --- what the times are counted from
run "$B/cpumon" --help
like "user_ms: since the process began" "$out" '^  user_ms +time in user mode in ms, since it began \(of --object: since that did\)$'
perl -e 'my $i = 0; $i++ while $i < 20000000; sleep 30' &
busy=$!
at_exit "kill $busy 2>/dev/null"
while [ "$(awk '{ print $14 }' "/proc/$busy/stat")" -lt 20 ]; do sleep 0.1; done
run "$B/cpumon" --batch -n 1 --json --filter "pid = $busy"
is "and so it is" "$(printf '%s\n' "$out" | jq '.processes[0].user_ms >= 200')" true
done_testing
