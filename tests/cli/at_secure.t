#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Issue 13, 4: rights that a file was given (setcap) serve what ships and nothing else: no object of one's own, no
# BEEBENCH_*, files with the caller's rights. Recordings are their owner's.
. tests/lib.sh
need_bpf
need_tool setpriv util-linux
need_tool setcap libcap2-bin
need_tool jq jq

chmod 755 "$tmp"
mkdir "$tmp/tree"
cp -r "$B/bpf" "$B/memmon" "$B/cpumon" "$B/beebench" "$B/memprof" "$B/libmemprof.so" "$tmp/tree/"
chmod -R a+rX "$tmp/tree"
for tool in memmon cpumon beebench memprof; do
	setcap cap_bpf,cap_perfmon,cap_dac_read_search=ep "$tmp/tree/$tool" 2>/dev/null || skip_all "no file capabilities here"
done
mkdir "$tmp/open"
chmod 777 "$tmp/open"

# as CMD..: as nobody, who has no rights; those of a file can be had
# shellcheck disable=SC2317 # called by run
as() {
	setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps -all --ambient-caps -all "$@"
}

run as "$tmp/tree/memmon" --batch -n 1 --json
[ "$code" = 0 ] || skip_all "file capabilities have no effect in $tmp (nosuid)"
is "with its own monitor" "$(printf '%s' "$out" | jq -r .monitor)" memmon_fast

cp "$B/bpf/memmon/memmon.bpf.o" "$tmp/open/mine.bpf.o"
printf '{"schema": 1, "name": "mine", "object": "mine.bpf.o"}\n' >"$tmp/open/mine.json"
for file in mine.bpf.o mine.json; do
	for tool in memmon cpumon; do
		run as "$tmp/tree/$tool" --object "$tmp/open/$file" --batch -n 1
		is "$tool: an object of one's own ($file): refused" "$code" 77
		has "$tool: $file: why" "$err" "this program has rights of its own (setcap), which are for the monitors that ship"
	done
done
run as sh -c "cd '$tmp/open' && exec '$tmp/tree/memmon' --object mine.bpf.o --batch -n 1"
is "in the working folder: refused" "$code" 77
for object in memmon memmon-honey memmon_fast memmon-tgid; do
	run as "$tmp/tree/memmon" --object $object --batch -n 1
	is "memmon --object $object, which ships, by name" "$code" 0
done
for object in cpumon cpumon-honey; do
	run as "$tmp/tree/cpumon" --object $object --batch -n 1
	is "cpumon --object $object, which ships, by name" "$code" 0
done
# A file of that name where one stands is not what is meant.
cp "$B/bpf/memmon/nop.bpf.o" "$tmp/open/memmon" 2>/dev/null || : >"$tmp/open/memmon"
run as sh -c "cd '$tmp/open' && exec '$tmp/tree/memmon' --object memmon --batch -n 1"
is "beside a file of that name" "$code" 0
run as "$tmp/tree/memmon" --object memmon_quick --batch -n 1
is "a name that nothing has" "$code" 2
has "a name that nothing has: why" "$err" "no monitor 'memmon_quick'"

# beebench and memprof: what ships can be named, what is one's own is not loaded, and files are the caller's.
run as "$tmp/tree/beebench" overhead -q -t 1 -m memmon_fast -e mmap -o slowdown=no --json
if good "beebench: a monitor that ships"; then
	is "beebench: its figures" \
		"$(printf '%s' "$out" | jq -r '[.records[] | select(.type == "overhead" and .monitor == "memmon_fast") | .status] | unique | join(" ")')" ok
fi
run as "$tmp/tree/beebench" verify -q -m "$tmp/open/mine.bpf.o" -w mmap -o guest=no
is "beebench: an object of one's own: refused" "$code" 77
has "beebench: why" "$err" "mine.bpf.o: this program has rights of its own (setcap), which are for the monitors that ship"
cp tests/fixtures/runs/full/run.json "$tmp/open/run.json"
chmod 600 "$tmp/open/run.json"
run as "$tmp/tree/beebench" report "$tmp/open/run.json"
is "beebench: somebody else's run: refused" "$code$out" 2
has "beebench: why not" "$err" "Permission denied"
run "$B/memprof" run -o "$tmp/open/roots.mprof" true
chmod 600 "$tmp/open/roots.mprof"
run as "$tmp/tree/memprof" report "$tmp/open/roots.mprof"
is "memprof: somebody else's profile: refused" "$code$out" 2
has "memprof: why not" "$err" "Permission denied"
run "$B/memprof" report "$tmp/open/roots.mprof"
is "memprof: root reads it" "$code" 0

# A set-user-id bit gives beebench nothing, and memmon's alerts run with the caller's number.
cp "$B/beebench" "$tmp/tree/suid"
chmod 4755 "$tmp/tree/suid"
run as "$tmp/tree/suid" report "$tmp/open/run.json"
is "set-user-id: somebody else's run: refused" "$code$out" 2

mkdir -p "$tmp/open/evil/bpf/memmon"
cp "$B/bpf/memmon/nop.bpf.o" "$tmp/open/evil/bpf/memmon/memmon_fast.bpf.o" 2>/dev/null ||
	cp "$(find "$B/bpf" -name 'nop*.bpf.o' | head -n 1)" "$tmp/open/evil/bpf/memmon/memmon_fast.bpf.o"
run as env BEEBENCH_DATA="$tmp/open/evil" BEEBENCH_BPF_DIR="$tmp/open/evil/bpf" "$tmp/tree/memmon" --batch -n 1 --json
is "BEEBENCH_* is not read" "$code $(printf '%s' "$out" | jq -r '.processes | length > 0')" "0 true"

"$B/memmon" --batch -n 1 --record "$tmp/open/roots" >/dev/null 2>&1
is "a recording is its owner's" "$(stat -c %a "$tmp/open/roots")" 600
run as "$tmp/tree/memmon" --replay "$tmp/open/roots" --batch
is "somebody else's recording: refused" "$code" 2
has "somebody else's recording: why" "$err" "Permission denied"
run as "$tmp/tree/memmon" --record "$tmp/open/own" --batch -n 1
is "one's own: recorded" "$code $(stat -c '%a %u' "$tmp/open/own")" "0 600 65534"
run as "$tmp/tree/memmon" --replay "$tmp/open/own" --batch
is "one's own: shown" "$code" 0
mkdir "$tmp/closed"
chmod 700 "$tmp/closed"
run as "$tmp/tree/memmon" --record "$tmp/closed/x" --batch -n 1
is "where one may not write: refused" "$code" 2
run "$B/memmon" --replay "$tmp/open/own" --batch
is "root reads all" "$code" 0

done_testing
