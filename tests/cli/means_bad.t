#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# What does not fit is said before anything runs: place, reason, cure; exit 2. What nobody can know is exit 3.
set -u
. tests/lib.sh
need_bpf
cp "$B/tests/bpf/means_right.bpf.o" "$tmp/m.bpf.o"
# bad NAME TEXT DEFINITION: the one line that is said of it
bad() {
	run "$bee" verify -q -m "$tmp/m.bpf.o" --means "$3" -- true
	is "$1" "$code $err" "2 beebench: error: $2"
	is "$1: nothing ran" "$out" ""
}
all="calls, in_open, scratch, opens, least, io_map, slept, synced, forks, execs, signals, killed_ring, started, opened_ring, lost"
bad "a map that the object has not" \
	"$tmp/m.bpf.o: @nothere: the object has no map 'nothere' (its maps: $all); say which it is by \"counters\": {\"@nothere\": \"MAP\"} in $tmp/m.manifest.json" \
	'tracepoint:syscalls:sys_enter_openat { @nothere[comm] = count(); }'
bad "a key of fewer parts" \
	"$tmp/m.bpf.o: @calls: its key has 1 part, (pid), and that of map 'calls' 2 (it has pid of 4 bytes, id of 8 bytes); name its parts in order by \"key\": [..] in $tmp/m.manifest.json" \
	'tracepoint:syscalls:sys_enter_openat { @calls[pid] = count(); }'
bad "a number where the map has a text" \
	"$tmp/m.bpf.o: @forks: a part of its key is a number, and that of the map is none (it has comm[16]); name its parts in order by \"key\": [..] in $tmp/m.manifest.json" \
	'tracepoint:syscalls:sys_enter_openat { @forks[pid] = count(); }'
bad "a value of several fields" \
	"$tmp/m.bpf.o: @io_map: which field of its value it is, nobody says (it has calls of 8 bytes, bytes of 8 bytes); name it by \"value\" in $tmp/m.manifest.json" \
	'tracepoint:syscalls:sys_enter_openat { @io_map[comm] = count(); }'
bad "no map" "--means: it has no map, so that it says of no figure what it means" 'BEGIN { printf("x"); }'
bad "no file" "cannot read the definition $tmp/none.bt: No such file or directory" "$tmp/none.bt"
run "$bee" verify -q -m "$tmp/m.bpf.o" --means 'tracepoint:syscalls:sys_enter_openat { @calls[pid, args.fooo] = count(); }' -- true
is "an argument that there is not" "$code" 2
like "with its place, and those that there are" "$err" "^beebench: error: --means:1:57: sys_enter_openat has no argument 'fooo'; it has dfd, filename, flags, mode$"
printf 'tracepoint:syscalls:sys_enter_openat\n{\n\t@calls[pid, 1] = count();\n}\nkprobe:vfs_read { @x = count(); }\n' >"$tmp/kprobe.bt"
run "$bee" verify -q -m "$tmp/m.bpf.o" --means "$tmp/kprobe.bt" -- true
is "a probe of another kind" "$code" 2
like "with line and column of its file" "$err" "^beebench: error: $tmp/kprobe.bt:5:1: 'kprobe:vfs_read' is no probe of a definition"
run "$bee" verify -q -m "$tmp/kprobe.bt" -- true
is "a script at such a probe" "$code" 2
has "what it is judged by instead" "$err" "said in syscalls: --means 'PROBE { @x = .. }', or \"means\" in its manifest"
echo '{"schema": 1, "means": "tracepoint:syscalls:sys_enter_kill { @s = count(); }", "subject": "memory"}' >"$tmp/m.manifest.json"
run "$bee" verify -q -m "$tmp/m.bpf.o" -- true
is "a subject and a definition" "$code $err" \
	"2 beebench: error: $tmp/m.manifest.json:1: means: says what the figures mean, and so does \"subject\"; one of them"
printf '{"schema": 1,\n "means": "tracepoint:syscalls:sys_enter_kill { @s[args.sig] = count(); }",\n "counters": {"@s": {"map": "signals", "kei": "sig"}}}' >"$tmp/m.manifest.json"
run "$bee" verify -q -m "$tmp/m.bpf.o" -- true
is "a word that a manifest has not" "$code" 2
like "and the nearest" "$err" "^beebench: error: $tmp/m.manifest.json:3: counters.@s.kei: .*did you mean \"key\""
printf '{"schema": 1,\n "means": "tracepoint:syscalls:sys_enter_kill { @s[args.sig] = count(); }",\n "counters": {"@s": {"map": "signals", "key": "number"}}}' >"$tmp/m.manifest.json"
run "$bee" verify -q -m "$tmp/m.bpf.o" -- true
is "a part of the key that there is not" "$code $err" \
	"2 beebench: error: $tmp/m.bpf.o: @s: no part of its key has that name (it has sig of 4 bytes, uid of 4 bytes); name its parts by \"key\": [..] in $tmp/m.manifest.json"
echo '{"schema": 1, "means": "tracepoint:syscalls:sys_enter_kill { @signals[args.sig, uid] = count(); }",
 "events": {"map": "killed_ring", "struct": "killed", "at": "tracepoint:syscalls:sys_enter_kill", "fields": {"signal": "args.sig"}}}' >"$tmp/m.manifest.json"
run "$bee" verify -q -m "$tmp/m.bpf.o" -- true
is "a field that its records have not" "$code $err" \
	"2 beebench: error: $tmp/m.bpf.o: events: struct killed has no field 'signal' that is a number or a text (it has pid of 4 bytes, sig of 4 bytes); name its fields in $tmp/m.manifest.json"
if have bpftrace; then
	echo 'tracepoint:syscalls:sys_enter_read { @at[nsecs] = count(); }' >"$tmp/clock.bt"
	run "$bee" verify -q -m "$tmp/clock.bt" -- cat /etc/passwd
	is "what nobody can know" "$code" 3
	like "and why" "$out" "@at cannot be determined: it depends on the moment at which a probe read its clock"
	echo 'tracepoint:syscalls:sys_exit_read { @ret[args->ret] = count() }}' >"$tmp/syntax.bt"
	run "$bee" verify -q -m "$tmp/syntax.bt" -- true
	is "a script with errors" "$code" 2
	like "with their place" "$err" "^beebench: error: $tmp/syntax.bt:1:[0-9]+: "
fi
done_testing
