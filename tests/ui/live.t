#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The screen of the real tools on the real kernel: a process of which every call is known is shown with exactly these, by
# the default monitor, and by the reference monitor in C and in Honey alike; its events are seen; nothing stays when the screen goes.
# shellcheck source=tests/lib.sh source=tests/ui/term.sh disable=SC2154,SC2317
set -u
. tests/lib.sh
need_bpf
need_tool perl perl-base
. tests/ui/term.sh
memmon=$B/memmon cpumon=$B/cpumon
mkfifo "$tmp/in"

# The caller, under a name that no other process has; $caller is its pid.
caller_start() {
	cp "$B/tests/ui/caller" "$tmp/ui$$"
	"$tmp/ui$$" <"$tmp/in" >"$tmp/said" &
	caller=$!
	exec 9>"$tmp/in"
	until_true grep -q ready "$tmp/said"
}
caller_stop() {
	exec 9>&-
	wait "$caller"
}
# round: lets it make its calls, and waits for the end of them
round() {
	rounds=$(grep -c 'done' "$tmp/said")
	kill -USR1 "$caller"
	until_true said_more_than "$rounds"
}
said_more_than() {
	[ "$(grep -c 'done' "$tmp/said")" -gt "$1" ]
}

# tool_start WIDTH HEIGHT TOOL OPTION..: its screen, with the caller alone on it
tool_start() {
	size_w=$1 size_h=$2 tool=$3
	shift 3
	term_start "$size_w" "$size_h" "echo \$\$ >$tmp/tool; exec $tool --interval 0.2 --filter 'pid = $caller' $* 2>$tmp/err"
	until_true dump_has "filter pid = $caller" || fail "$tool shows its screen" "$(dump)" "$(cat "$tmp/err")" || :
	until_true dump_has "ui$$" || fail "$tool shows the caller" "$(dump)" || :
}
titles() {
	dump | grep -E '^ +PID NAME' | tr -d '▼▲'
}
# row: the caller's, without the memory columns: PID NAME MMAP# MUNMAP# BRK#. The reference monitors know of brk by the ring
# alone; where that was overrun by others, it is not held to a number.
row() {
	dump | awk -v pid="$caller" '$1 == pid { print $1, $2, $6, $7, $8 }'
}
row_is() {
	[ "$(row)" = "$1" ]
}
row_becomes() {
	if until_true row_is "$2"; then pass "$1"; else fail "$1" "got: $(row), expected: $2" "$(dump)" || :; fi
}

caller_start
tool_start 80 24 "$memmon"
row_becomes "memmon: nothing called yet" "$caller ui$$ 0 0 0"
round
row_becomes "memmon: every call of the process, and no other; a question after the break is none" "$caller ui$$ 100 60 6"
round
row_becomes "memmon: and of a second round" "$caller ui$$ 200 120 12"
like "memmon: what it costs is told" "$(dump)" '^own cost: CPU [0-9.]+ %  RSS [0-9.]+ MiB  BPF '

# Exact memory, as /proc says it.
want=$(awk '/^VmSize|^VmRSS|^VmHWM/ { v[$1] = $2 } END { print v["VmRSS:"], v["VmSize:"], v["VmHWM:"] }' "/proc/$caller/status")
memory_is() {
	[ "$(dump | awk -v pid="$caller" '$1 == pid { print $3, $4, $5 }')" = "$want" ]
}
keys u # kB
comes "memmon: RSS, VIRT and PEAK are what /proc says" memory_is

# events: with the filter, only the caller's. A round ends with what fits on the screen: some munmap and all brk.
keys e
wait_for 'waiting for events'
# Again where a crowd of new processes has overrun a frame.
brks() {
	round
	[ "$(dump | grep -c "$caller ui$$ .* brk ")" -eq 6 ]
}
comes "events: all brk of a round are seen" brks
shows "events: munmap is seen" ' munmap  '
keys 2 3
maps() {
	round
	dump_has ' mmap  '
}
comes "events: mmap is seen where the others are not" maps
gone "events: without munmap" ' munmap  '
gone "events: without brk" ' brk  '
keys 2 3 Escape
wait_for 'Memory Monitor'

# detail: sizes of the events that come from now on
keys Enter
wait_for "Process $caller ui$$"
like "detail: the command" "$(dump)" "^command +.*ui$$"
like "detail: PSS and USS" "$(dump)" 'PSS [0-9]+  USS [0-9]+  swap [0-9]+'
round
n=$(grep -c 'done' "$tmp/said")
shows "detail: counters go on" "MMAP# $((100 * n))  MUNMAP# $((60 * n))  BRK# $((6 * n))"
shows "detail: sizes of the blocks" 'from      8 kB'
keys q
ends "q ends it" 0

# The reference monitor's definition, from C and from Honey: the same columns, the same counts.
seen=
for object in memmon memmon-honey; do
	tool_start 80 24 "$memmon" --object "$B/bpf/memmon/$object.bpf.o"
	shows "$object: is named" "$object"
	round
	until_true row_is "$caller ui$$ 100 60 7" || :
	brk=7
	dump_has 'dropped 0' || brk=$(row | cut -d' ' -f5)
	row_becomes "$object: every call of the process" "$caller ui$$ 100 60 $brk"
	now="$(titles) $(row | cut -d' ' -f1-4)"
	seen=${seen:-$now}
	is "$object: the same columns, the same figures" "$now" "$seen"
	keys q
	ends "$object: ends" 0
done

# cpumon: a process that only waits has no share
tool_start 80 24 "$cpumon"
has "cpumon: shares and times" "$(titles | tr -s ' ')" '%USR %SYS %TOT USER(ms) KERN(ms) TOTAL(ms)'
idle() {
	[ "$(dump | awk -v pid="$caller" '$1 == pid { print $3, $4, $5 }')" = "0.0 0.0 0.0" ]
}
comes "cpumon: a process that waits has none" idle
keys e
shows "cpumon: has no events, and says so" 'a CPU monitor has no events'
keys C-c
ends "Ctrl-C ends it" 0

# The terminal goes: so does the tool, and what it had attached.
tool_gone() {
	! kill -0 "$(cat "$tmp/tool")" 2>/dev/null
}
tool_start 80 24 "$memmon"
term kill-server
comes "the tool ends with its terminal" tool_gone

# A process that ends leaves the table.
tool_start 80 24 "$memmon"
caller_stop
gone "who has ended leaves the table" " ui$$ "
keys q
ends "and the tool ends" 0

# Number 12: one that has ended and is not waited for has no memory, which the detail says in words.
perl -e 'my $kid = fork(); exit if !$kid; open(my $f, ">", $ARGV[0]); print $f $kid; close($f); sleep 600' "$tmp/zombie" &
parent=$!
at_exit "kill $parent 2>/dev/null"
is_zombie() { [ -s "$tmp/zombie" ] && grep -q '^State:.Z' "/proc/$(cat "$tmp/zombie")/status"; }
until_true is_zombie || fail "a zombie is there" || :
term_start 80 24 "exec $memmon --interval 0.2 --filter 'pid = $(cat "$tmp/zombie")' 2>$tmp/err"
wait_for "filter pid = $(cat "$tmp/zombie")"
until_true dump_lacks 'no process matches' || :
keys Enter
shows "a zombie in detail: nothing is 0" 'RSS -  VIRT -  PEAK -'
shows "and why" 'it has ended, and has no memory any more'
keys q
ends "the tool ends after it" 0
done_testing
