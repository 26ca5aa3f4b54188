#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Issue 13, number 26: a program that is loaded and not attached is told, by every command that attaches, and once. The rest of
# the number is in compare.t, man.t and completion.t.
. tests/lib.sh
need_bpf
need_tool jq jq

printf '{"schema": 1, "name": "theirs", "key": "tgid", "object": "%s", "counters": {"map": "sums_by_process", "fields":
 {"mmap_count": "maps"}}, "events": null, "programs": {"mmap": "handle_map", "munmap": "handle_unmap"}, "filter": {"mmap": 0}}\n' "$PWD/$B/tests/bpf/foreign.bpf.o" >"$tmp/theirs.json"
line="program handle_packet is loaded and not attached: its section \"socket\" names no place"
told() {
	printf '%s\n' "$err" | grep -c "foreign.bpf.o: $line\$"
}
run "$bee" verify -q -m "$tmp/theirs.json" -w mmap,idle,brk --out "$tmp/v"
is "verify tells it, once for three trials" "$(told)" 1
is "its record says so" "$(jq -c 'select(.type == "trial") | [.cost.programs[] | select(.attached == false) | .name]' "$tmp/v/run.json" | sort -u)" '["handle_packet"]'
is "of the others it says nothing" "$(jq -c 'select(.type == "trial") | [.cost.programs[] | select(has("attached") | not)] | length' "$tmp/v/run.json" | sort -u)" 3
run "$bee" report "$tmp/v"
like "and so does the report" "$out" '^  theirs +handle_packet +socket, not attached '
run "$bee" overhead -q -m "$tmp/theirs.json" -e mmap -t 1 -o slowdown=no --out "$tmp/o"
is "overhead tells it" "$(told)" 1
run "$bee" compare -q "$tmp/theirs.json" "$tmp/theirs.json" -w idle -t 1 -o exact=no --out "$tmp/c"
is "compare tells it" "$(told)" 1
run "$bee" verify -q -m memmon -w idle
hasnt "nothing is told of a monitor that is attached whole" "$err" "not attached"
done_testing
