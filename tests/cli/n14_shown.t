#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Number 14 in frames: a process that is a 32-bit program, or was one, made calls that memmon and memmon-tgid do not look at: what
# they counted of it before or since is not all, and is not shown as if it were. memmon_fast counts all.
. tests/lib.sh
need_bpf
need_tool jq jq
need_tool perl perl-base
[ "$(uname -m)" = x86_64 ] || skip_all "32-bit programs of x86"
cc -m32 -nostdlib -static -ffreestanding -fno-pie -no-pie -o "$tmp/compat" tests/fixtures/programs/compat.c 2>/dev/null ||
	skip_all "cc makes no 32-bit program here (-m32)"

# counts PID NAME STATES: of each frame, once each
counts() {
	jq -c --argjson pid "$1" --arg name "$2" --arg states "$3" '.processes[]
		| select(.pid == $pid and .name == $name and (.state as $s | $states | contains($s))) | .mmap' "$tmp/frames" | sort -u
}
for monitor in memmon memmon-tgid memmon_fast; do
	: >"$tmp/frames"
	"$B/memmon" --object $monitor --batch -n 7 -i 1 --json --filter 'name = perl or name = compat' >>"$tmp/frames" &
	memmon=$!
	while [ ! -s "$tmp/frames" ] && kill -0 $memmon; do sleep 0.05; done
	perl -e 'sleep 2; exec @ARGV' "$tmp/compat" &
	becomes=$!
	perl -e 'if (!fork()) { exec @ARGV } sleep 30' "$tmp/compat" &
	parent=$!
	at_exit "kill $becomes $parent 2>/dev/null"
	sleep 2.5
	child=$(pgrep -P $parent)
	kill -KILL "$child"
	wait $memmon
	before=$(counts $becomes perl RS)
	check "$monitor counts perl, a 64-bit program ($before)" test "$before" -gt 1
	check "$monitor saw the child end" test -n "$(counts "$child" compat Z)"
	if [ $monitor = memmon_fast ]; then
		check "$monitor goes on counting when it has become a 32-bit one" test "$(counts $becomes compat RS | tail -n 1)" -gt "$before"
		check "$monitor: a 32-bit program that has ended keeps its counts" test "$(counts "$child" compat Z)" -gt 0
	else
		is "$monitor: one that has become a 32-bit program" "$(counts $becomes compat RS)" null
		is "$monitor: a 32-bit program that has ended" "$(counts "$child" compat Z)" null
	fi
	kill $becomes $parent
	wait $becomes $parent 2>/dev/null
done
done_testing
