#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The benchmark of process monitors: what it says of bad arguments, that it measures, that it leaves nobody behind.
. tests/lib.sh

peers=$B/peers

run "$peers" --processes 100,10
is "crowds that do not rise" "$code" 2
has "are refused with an example" "$err" "as 100,1000"
run "$peers" --time 1
is "a time too short for its rounds" "$code" 2
run "$peers" --processes 90000000
is "a crowd that does not fit" "$code" 2
like "names the limit" "$err" "kernel.(pid_max|threads-max)|ulimit -u"
run "$peers" --only nosuchtool
is "no tool" "$code" 2
has "is said" "$err" "none of the tools"

if have top; then
	run "$peers" -p 3,17 -t 2 -r 1 --only top
	is "top beside 3 and 17 processes" "$code" 0
	rows=$(printf '%s\n' "$out" | grep -c ' top -d 1 ')
	is "has a row for each" "$rows" 2
	# CPU, ratio (nobody to hold it against), RSS, first screen, a key's answer, the worst, looks.
	like "with every figure" "$out" "top -d 1 +[0-9.]+ +- +[0-9.]+ +[0-9]+ +[0-9.]+ +[0-9.]+ +1\$"
	few=$(printf '%s\n' "$out" | awk '/ top -d 1 / { print $1; exit }')
	many=$(printf '%s\n' "$out" | awk '/ top -d 1 / { n = $1 } END { print n }')
	check "counts the processes ($few, $many)" test "$many" -gt "$few"
else
	skip "top beside 3 and 17 processes" "no top; sudo apt-get install procps"
fi
exe=$(readlink -f "$peers")
is "nobody is left" "$(find /proc/[0-9]*/exe -maxdepth 0 -lname "$exe" 2>/dev/null | wc -l)" 0
done_testing
