#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Number 20: monitors as a newcomer writes them are judged for what they are: counters in global variables, pids of 8 bytes, a
# monitor of another call than it says; and what he names that is no monitor is told with a cure.
. tests/lib.sh
need_bpf
need_tool jq jq

# verdict [ARG..]: exit code, status and verdict of the trials that compared something, each once
verdict() {
	run "$bee" verify -q --json "$@"
	printf '%s' "$out" >"$tmp/v.json"
	seen="$code $(jq -r '[.trials[] | select((.vacuous // false) | not) | .status + " " + (.conformance.verdict // "-")] | unique | join(", ")' "$tmp/v.json")"
}
object=$PWD/$B/tests/bpf/n20_variables.bpf.o
cp "$object" "$tmp/mine.bpf.o"
# says JSON: what stands in the manifest beside it, behind the schema
says() {
	printf '{"schema": 1, %s}\n' "$1" >"$tmp/mine.manifest.json"
}
enter=tracepoint:syscalls:sys_enter

# --- global variables ---
verdict -m "$tmp/mine.bpf.o" --means "${enter}_munmap { @unmaps = count(); } ${enter}_mmap { @narrow = count(); }"
is "variables of the figures' names: exact" "$seen" "0 ok exact"
says "\"means\": \"${enter}_mmap { @n = count(); @b = sum(args.len); @un = count(); }\",
 \"counters\": {\"@n\": {\"map\": \".bss\", \"value\": \"maps.calls\"}, \"@b\": {\"map\": \".bss\", \"value\": \"maps.bytes\"}, \"@un\": {\"map\": \"narrow\"}}"
verdict -m "$tmp/mine.bpf.o" -w threads
is "variables that the manifest names, in a struct and of 4 bytes: exact" "$seen" "0 ok exact"
rm "$tmp/mine.manifest.json"
verdict -m "$tmp/mine.bpf.o" --means "${enter}_mmap { @unmaps = count(); }" -w fail
is "a variable that counts something else: wrong" "$seen" "1 fail mismatch"
run "$bee" verify -q -m "$tmp/mine.bpf.o" --means "${enter}_mmap { @unmaps[pid] = count(); }"
has "a variable has no key" "$code $err" "2 beebench: error: $tmp/mine.bpf.o: @unmaps: it has a key, and a variable has none"
run "$bee" verify -q -m "$tmp/mine.bpf.o" --means "${enter}_mmap { @none = count(); }"
like "neither map nor variable: those that there are" "$code $err" "^2 .*@none: the object has no map 'none' \(its maps: ring; its variables: .*unmaps of 8 bytes"

# --- a monitor of another call than it says ---
for call in getpid openat dup3 close getppid; do
	verdict -m "$tmp/mine.bpf.o" --means "${enter}_$call { @unmaps = count(); }"
	is "counts munmap, says $call: wrong beside the default workloads" "$seen" "1 fail mismatch"
done
verdict -m "$tmp/mine.bpf.o" --means "${enter}_munmap { @unmaps = count(); }"
is "counts munmap, and says so: exact" "$seen" "0 ok exact"

# --- pids of 8 bytes ---
# events PID: records whose pid is that
events() {
	says "\"counters\": null, \"filter\": {\"mmap\": 0}, \"programs\": {\"mmap\": \"on_mmap\"},
 \"events\": {\"map\": \"ring\", \"struct\": \"wide\", \"fields\": {\"timestamp\": \"when\", \"size\": \"len\", \"pid\": $1}}"
}
events '{"field": "pid", "bytes": 8}'
verdict -m "$tmp/mine.bpf.o" -w threads
is "a pid of 8 bytes: exact" "$seen" "0 ok exact"
events '{"field": "both", "bytes": 8}'
verdict -m "$tmp/mine.bpf.o" -w threads
is "both ids in one are no pid: wrong" "$seen" "1 fail mismatch"
events '{"field": "pid", "bytes": 2}'
run "$bee" verify -q -m "$tmp/mine.bpf.o" -w mmap
has "2 bytes: what there can be" "$code $err" "events.fields.pid: 2 bytes cannot be read; it has 4, or 8"

# --- what is no monitor ---
printf '{"schema": 1.5}' >"$tmp/mine.manifest.json"
run "$bee" verify -q -m "$tmp/mine.bpf.o" -w mmap
has "a number with a point" "$code $err" "schema: a number is expected, this is one with a point"
printf '{"schema": 1, "counters": {"mmap_seen": {"map": "n", "bytes": 4}}}' >"$tmp/mine.manifest.json"
run "$bee" verify -q -m "$tmp/mine.bpf.o" -w mmap
has "a field that is none: those that there are" "$code $err" "counters.mmap_seen.map: no such field; there are field, bytes; see docs/adding-a-monitor.md"
mkdir "$tmp/folder"
: >"$tmp/mine.bpf.c"
bee=$PWD/$bee
cd "$tmp" || exit 1
# none MONITOR TEXT
none() {
	run "$bee" verify -q -m "$1" -w mmap
	has "$1: exit code and cure" "$code $err" "2 beebench: error: $2"
}
none folder "folder: a folder; give the object, script or manifest in it"
none ./folder "./folder: a folder"
none mine.bpf.c "mine.bpf.c: a source; compile it with: clang -g -O2 -target bpf -c mine.bpf.c"
none mine "no monitor 'mine'; did you mean 'mine.bpf.o'?"
none nothing "no monitor 'nothing'; see 'beebench list monitors'"
done_testing
