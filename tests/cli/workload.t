#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# wl, the program that runs one workload alone: what it prints, what it says to mistakes, commands, and stress-ng's recipes.
set -u
. tests/lib.sh
wl=$B/wl

run "$wl" --help
is "--help succeeds" "$code" 0
for w in brk crowd fail filter flood forks idle mmap partial pingpong remap sleep spin stress-ng syscalls threads; do
	like "--help lists $w" "$out" "^  $w +[a-z0-9]"
done
like "--help lists parameters with defaults" "$out" "^    count +mappings made \(default 1009\)"

run "$wl" mmap:count=2,window=1,size=8K
is "a run succeeds" "$code" 0
is "one line for each call, under a heading" "$(printf '%s\n' "$out" | wc -l)" 5
like "mmap with its length and flags" "$out" "^0	[0-9]+	wl-mmap	mmap	0x0	8192	0	0x22	0x[0-9a-f]+$"
like "munmap with its result" "$out" "^0	[0-9]+	wl-mmap	munmap	0x[0-9a-f]+	8192	0	0x0	0x0$"
run "$wl" --summary forks:depth=1,fanout=2,count=3
is "a summary has a line for each process" "$(printf '%s\n' "$out" | grep -c '	wl-fork')" 3
like "and counts" "$out" "	wl-fork-1	4	3	2	0	0(	|$)"

# says CODE TEXT ARGS..
says() {
	want=$1 text=$2
	shift 2
	run "$wl" "$@"
	is "wl $*" "$code: $err" "$want: $text"
}
says 2 "wl: error: no workload 'mmpa'; did you mean 'mmap'?" mmpa
says 2 "wl: error: mmap has no parameter 'cout'; did you mean 'count'?" mmap:cout=2
says 2 "wl: error: brk: parameter 'count' takes a number from 2 to 5000000, not '1'" brk:count=1
says 2 "wl: error: give one workload, or a command after '--'; see 'wl --help'"
says 2 "wl: error: give one workload, or a command after '--'; see 'wl --help'" mmap brk
says 2 "wl: error: give one workload, or a command after '--'; see 'wl --help'" --
says 2 "wl: error: wl: no option '--sed'; did you mean '--seed'?" --sed 1 mmap
says 0 "" -- true
says 1 "wl: error: command: the command ended badly: exit code 1" -- false
says 1 "wl: error: no such program: beebench-no-such-program" -- beebench-no-such-program
says 1 "wl: error: idle: not done within 1 s" --timeout 1 idle:ms=60000

if have stress-ng; then
	for s in mmap mmapmany brk vm bigheap malloc mremap; do
		run "$wl" "stress-ng:stressor=$s,ops=11,bytes=256K"
		is "stress-ng --$s" "$code: $err" "0: "
	done
else
	skip "stress-ng's recipes" "no stress-ng; sudo apt-get install stress-ng"
fi
mkdir "$tmp/empty"
run env PATH="$tmp/empty" "$wl" stress-ng
is "without stress-ng it says how to get it" "$code: $err" \
	"77: wl: error: stress-ng: no stress-ng; install it: sudo apt-get install stress-ng"
done_testing
