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
cp -r "$B/bpf" "$B/memmon" "$B/cpumon" "$tmp/tree/"
chmod -R a+rX "$tmp/tree"
for tool in memmon cpumon; do
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
run as "$tmp/tree/memmon" --object memmon --batch -n 1
is "a monitor that ships, by name" "$code" 0

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
