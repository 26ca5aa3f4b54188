#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Number 14: calls of 32-bit programs are counted by memmon_fast and by the oracle (the numbers of their table, old mmap's
# block); of a monitor that does not look at them nothing is judged, and how many there were is told.
. tests/lib.sh
need_bpf
need_tool jq jq
[ "$(uname -m)" = x86_64 ] || skip_all "32-bit calls of x86"

# tests/fixtures/calls32.c: no C library, so that what it calls is all that it does.
build() {
	file=$1
	shift
	cc -O1 -nostdlib -static -fno-pie -no-pie -fno-stack-protector -fno-asynchronous-unwind-tables "$@" \
		-Wno-pointer-to-int-cast -Wno-int-to-pointer-cast -w -o "$tmp/$file" tests/fixtures/calls32.c 2>/dev/null
}

# judged MONITOR COMMAND..
judged() {
	m=$1
	shift
	run "$bee" verify -q -m "$m" --json -- "$@"
	seen=$(printf '%s' "$out" | jq -r '.trials[0] | "\(.status) \(.conformance.verdict // "-")"')
	calls=$(printf '%s' "$out" | jq -c '.trials[0].calls')
}

# The dynamic linker of 64 bits makes calls of its own; here there is none.
check "int 0x80 compiles" build wide -DOTHER='""' -Wl,-Ttext-segment=0x400000
judged memmon_fast "$tmp/wide"
is "int 0x80 of a 64-bit program: exact" "$code $seen" "0 ok exact"
fast=$calls
judged memmon "$tmp/wide"
is "a monitor of syscalls:* beside it: void" "$code $seen" "3 void none"
has "and how many were not looked at" "$out" "calls were made by 32-bit programs, which memmon does not say that it looks at"
number=$(printf '%s' "$out" | sed -n 's/.*"reason":"\([0-9]*\) calls were made.*/\1/p' | head -n 1)
is "the number" "$number" 10002

if build narrow -m32 -DOTHER='""'; then
	judged memmon_fast "$tmp/narrow"
	is "a 32-bit program: exact" "$code $seen" "0 ok exact"
	is "as many calls as by int 0x80" "$calls" "$fast"
	build execs -m32 -DOTHER="\"$tmp/wide\""
	judged memmon_fast "$tmp/execs"
	is "one that execs a 64-bit program: exact" "$code $seen" "0 ok exact"
	cp "$tmp/narrow" "$tmp/second"
	build back -m32 -DOTHER="\"$tmp/second\""
	judged memmon_fast "$tmp/back"
	is "one that execs a 32-bit program: exact" "$code $seen" "0 ok exact"
else
	skip "a 32-bit program" "cc cannot make one here (-m32)"
fi
judged memmon_fast /bin/true
is "64-bit calls as ever" "$code $seen" "0 ok exact"
judged memmon /bin/true
is "and with the reference monitor" "$code $seen" "0 ok exact"

done_testing
