#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Issue 13, 20: the manifest says filter, kinds of events, codes and widths; what is not named is not judged; the
# skeletons of docs/adding-a-monitor.md pass `beebench verify` whole.
# timeout: 300
. tests/lib.sh
need_bpf
need_tool jq jq

block() {
	awk -v file="$1" '/^```[a-z]+ / { on = $2 == file; next } /^```/ { on = 0 } on' docs/adding-a-monitor.md >"$tmp/$1"
}
for file in calls.bpf.c calls.manifest.json calls.bt; do block "$file"; done
run ${CLANG:-clang} -g -O2 -target bpf -D__TARGET_ARCH_x86 -I. -I"$B/gen" -Wall -Wextra -Werror \
	-Wno-unused-parameter -c -o "$tmp/calls.bpf.o" "$tmp/calls.bpf.c"
is "the skeleton compiles" "$code" 0

# verdict MONITOR [ARG..]: the statuses and verdicts of its trials, each once.
verdict() {
	m=$1
	shift
	run "$bee" verify -q -m "$m" "$@" --json
	printf '%s' "$out" >"$tmp/v.json"
	seen=$(jq -r '[.trials[] | .status + " " + (.conformance.verdict // "-")] | unique | join(", ")' "$tmp/v.json")
}

verdict "$tmp/calls.bpf.o"
is "the object of the docs passes whole" "$code $seen" "0 ok exact"
is "and in no figure that it has not" \
	"$(jq -r '[.trials[].accuracy[]?.metric] | unique | join(",")' "$tmp/v.json")" rows_left_behind
if command -v bpftrace >/dev/null; then
	verdict "$tmp/calls.bt"
	is "the script of the docs passes whole" "$code $seen" "0 ok exact"
else
	skip "the script of the docs passes whole" "no bpftrace"
fi

object=$PWD/$B/tests/bpf/odd.bpf.o
# says NAME COUNTERS EVENTS [MORE]: a manifest of tests/bpf/odd.bpf.c.
says() {
	printf '{"schema": 1, "object": "%s", "counters": %s, "events": %s, "losses": null%s,
 "programs": {"mmap": "on_mmap", "munmap": "on_munmap"}}\n' "$object" "$2" "$3" "${4-}" >"$tmp/$1.json"
}
counters='{"map": "odd_map", "fields": {"mmap_seen": {"field": "maps", "bytes": 4}, "mmap_bytes": {"field": "bytes", "bytes": 4}, "munmap_count": {"field": "unmaps", "bytes": 4}}}'
fields='"timestamp": "when", "pid": "thread", "size": {"field": "len", "bytes": 4}'
kind='"event_type": {"field": "code", "bytes": 2}'
types='"types": {"mmap": 300, "munmap": 7}'
name='"comm": {"field": "name", "bytes": 8}'
none=', "filter": {"mmap": 0}'
load=mmap,fail,filter,forks,threads,brk,remap,idle

says whole "$counters" "{\"map\": \"odd_ring\", \"struct\": \"odd_event\", \"fields\": {$fields, $kind, $name}, $types}" "$none"
verdict "$tmp/whole.json" -w $load
is "own codes, own widths, two kinds, no filter, a short name: exact" "$code $seen" "0 ok exact"
is "its events are compared" "$(jq '[.trials[].conformance.events_expected] | add > 9000' "$tmp/v.json")" true

says untyped "$counters" "{\"map\": \"odd_ring\", \"struct\": \"odd_event\", \"fields\": {$fields}}" "$none"
verdict "$tmp/untyped.json" -w $load
is "no type, no name, no process: exact" "$code $seen" "0 ok exact"

says nameless null "{\"map\": \"odd_ring\", \"struct\": \"odd_event\", \"fields\": {\"size\": {\"field\": \"len\", \"bytes\": 4}}}" "$none"
verdict "$tmp/nameless.json" -w $load
is "records that do not say whose they are: exact" "$code $seen" "0 ok exact"

says filtered "$counters" null
verdict "$tmp/filtered.json" -w filter
is "the reference monitor's filter, where nothing is said: wrong" "$code $seen" "1 fail mismatch"

says codes "$counters" "{\"map\": \"odd_ring\", \"struct\": \"odd_event\", \"fields\": {$fields, $kind}, \"types\": {\"mmap\": 300, \"munmap\": 8}}" "$none"
verdict "$tmp/codes.json" -w mmap
is "a code that it does not have: wrong" "$code $seen" "1 fail mismatch"

says kinds "$counters" "{\"map\": \"odd_ring\", \"struct\": \"odd_event\", \"fields\": {$fields, $kind}, \"types\": {\"mmap\": 300}}" "$none"
verdict "$tmp/kinds.json" -w mmap
is "a kind that is not named, and is there: wrong" "$code $seen" "1 fail mismatch"

# refused NAME TEXT
refused() {
	run "$bee" verify -q -m "$tmp/$1.json" -w mmap
	is "$1: refused" "$code" 2
	has "$1: named" "$err" "$2"
}
says width '{"map": "odd_map", "fields": {"mmap_seen": {"field": "maps", "bytes": 3}}}' null "$none"
refused width "counters.fields.mmap_seen: 3 bytes cannot be read; a counter has 8 or 4"
says nofield '{"map": "odd_map", "fields": {"mmap_seen": {"bytes": 4}}}' null "$none"
refused nofield 'counters.fields.mmap_seen: "field" is missing'
says badkind null "{\"map\": \"odd_ring\", \"struct\": \"odd_event\", \"types\": {\"mmapp\": 1}}"
refused badkind 'events.types.mmapp: no such field; did you mean "mmap"?'
says badfilter null null ', "filter": {"munmap": 1}'
refused badfilter 'filter.munmap: no such field; did you mean "mmap"?'

done_testing
