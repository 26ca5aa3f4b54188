#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Runs tests and counts them: run.sh [SUITE | SUITE/NAME].. (unit, bpf, cli, honey, ...; default: all).
#
# A test is a cmocka program ($B/tests/SUITE/NAME of tests/SUITE/{u,t}_*.c) or a script tests/SUITE/*.t; both print TAP.
# Failed counts: a test that says "not ok"; a file that crashes, leaks (ASan), runs out of time, or whose plan and tests differ.
# Up to four files that failed are run once more, alone; one that passes then is told as unsteady.
# Whole output: $B/test-logs/. Env: B, TEST_TIMEOUT seconds for one file (180; a file may say "# timeout: N" in its first
# 10 lines), longer where the CPUs are shared with others. Where there are two CPUs, what neither loads BPF programs here nor
# times anything (unit, honey, vm, and scripts that say "# beside others" in those lines) runs beside the rest; JOBS=1: one after the other. A line "# guest: TEXT" says what ran in a guest instead of here; it is told at the end. The last line is "N passed, N failed, N skipped"; exit code 1 when something failed.
set -u
cd "$(dirname "$0")/.." || exit 2
B=${B:-build}
export B
export CMOCKA_MESSAGE_OUTPUT=TAP
export ASAN_OPTIONS="detect_leaks=1:exitcode=99:${ASAN_OPTIONS:-}"
export UBSAN_OPTIONS="print_stacktrace=1:${UBSAN_OPTIONS:-}"
limit=${TEST_TIMEOUT:-180}
cpus=$(nproc 2>/dev/null || echo 1)
logs=$B/test-logs
mkdir -p "$logs" || exit 2
results=$logs/results
rm -rf "$results"
mkdir -p "$results" || exit 2
beside=
# Of the lane beside, its test first: timeout(1) passes it on.
trap '[ -z "$beside" ] || { pkill -P "$beside"; kill "$beside"; } 2>/dev/null; echo "interrupted" >&2; exit 130' INT TERM

# shellcheck disable=SC2016
# Reads TAP with the exit code of the file that printed it; prints "PASSED FAILED SKIPPED", appends reasons to `skips`.
count='
function skip(reason) { skipped++; sub(/^[ \t:-]+/, "", reason); print file ": " (reason == "" ? "no reason given" : reason) >>skips }
/^[ \t]*1\.\.[0-9]+/ {
	one = $1; sub(/^1\.\./, "", one); plan += one; planned = 1 # a cmocka program has a plan for each group
	if (one + 0 == 0) { at = match($0, /# *[Ss][Kk][Ii][Pp]/); if (at) skip(substr($0, at + RLENGTH)); else failed++ }
	next
}
/^not ok .*# SKIP / { # cmocka says it so, and the reason was printed before
	n++; name = $0; sub(/.*# SKIP /, "", name)
	skip(name (last == "" ? "" : ": " last)); last = ""
	next
}
/^ok( |$)/ {
	n++; last = ""
	if ((at = match($0, /# *[Ss][Kk][Ii][Pp]/))) {
		name = substr($0, 1, at - 1); sub(/^ok *[0-9]* *-? */, "", name); sub(/ *$/, "", name)
		reason = substr($0, at + RLENGTH); sub(/^ */, "", reason)
		skip(name (name != "" && reason != "" ? ": " : "") reason)
	} else passed++
	next
}
/^not ok( |$)/ { n++; failed++; next }
/^Bail out!/ { bail = 1 }
{ if ($0 != "") last = $0 }
END {
	if (code == 77 && n == 0 && !planned) skip(last)
	else if (code == 124 || code == 137) { failed++; why = "ran out of time" }
	else if (code > 128) { failed++; why = "killed by signal " (code - 128) }
	else if (bail && failed == 0) { failed++; why = "bailed out" }
	else if (!planned) { failed++; why = "printed no plan (1..N)" }
	else if (n != plan) { failed++; why = "planned " plan " tests, ran " n }
	else if (code != 0 && failed == 0) { failed++; why = "exit code " code (code == 99 ? " (sanitizer)" : "") }
	print passed + 0, failed + 0, skipped + 0, why
}'

# patience SECONDS: as many more as the CPUs are shared with others; a test is not wrong because it waits for its turn
patience() {
	awk -v s="$1" -v cpus="$cpus" '{ f = 1 + $1 / cpus; printf "%d", s * (f < 8 ? f : 8); exit }' /proc/loadavg 2>/dev/null || echo "$1"
}

# one NAME FILE PROGRAM: leaves "PASSED FAILED SKIPPED" and reasons below $results; what it prints comes at once
one() {
	log=$logs/$(printf '%s' "$1" | tr / -).log
	kept=$results/$(printf '%s' "$1" | tr / -)
	skips=$kept.skips
	: >"$skips"
	own=$(sed -n '1,10s/.*# timeout: \([0-9][0-9]*\).*/\1/p' "$2")
	own=$(patience "${own:-$limit}")
	began=$(date +%s)
	if [ -x "$3" ]; then
		timeout -k 5 "$own" "$3" >"$log" 2>&1 </dev/null
		code=$?
	else
		echo "Bail out! $3 is not there or not executable" >"$log"
		code=1
	fi
	took=$(($(date +%s) - began))
	sed -n 's/^# guest: //p' "$log" >"$kept.guests"
	set -- "$1" "$(awk -v code="$code" -v file="$1" -v skips="$skips" "$count" "$log")"
	# shellcheck disable=SC2086
	set -- "$1" $2
	name=$1 p=$2 f=$3 s=$4
	shift 4
	{
		if [ "$f" -gt 0 ]; then
			printf 'FAIL  %-32s %d of %d failed%s\n' "$name" "$f" $((p + f + s)) "${1:+: $*}"
			sed 's/^/      | /' "$log" | tail -n 60
		elif [ "$p" -eq 0 ]; then
			printf 'skip  %s\n' "$name"
		else
			printf 'ok    %-32s %d%s\n' "$name" "$p" "$([ "$s" -eq 0 ] || echo ", $s skipped")"
		fi
	} >"$kept.said"
	echo "$took $name" >"$kept.seconds"
	cat "$kept.said"
	echo "$p $f $s" >"$kept.counts"
}

# lane NAME FILE: "beside" for what disturbs nobody and minds nobody
lane() {
	case $1 in
	unit/* | honey/* | vm/*) echo beside ;;
	*) if sed -n 1,10p "$2" | grep -q '^# beside others$'; then echo beside; else echo alone; fi ;;
	esac
}

# run_lane FILE: the tests of a list, a "NAME FILE PROGRAM" a line
run_lane() {
	while read -r test_name test_file test_program; do
		one "$test_name" "$test_file" "$test_program"
	done <"$1"
}

# wanted SUITE/NAME
wanted() {
	[ -n "$words" ] || return 0
	for word in $words; do
		case $1 in
		"$word" | "$word"/*) return 0 ;;
		esac
	done
	return 1
}

words=$*
: >"$results/alone.list"
: >"$results/beside.list"
jobs=${JOBS:-$cpus}
for file in tests/*/[ut]_*.c tests/*/*.t; do
	[ -e "$file" ] || continue
	name=${file#tests/}
	case $file in
	*.c) name=${name%.c} program=$B/tests/$name ;;
	*) name=${name%.t} program=./$file ;;
	esac
	wanted "$name" || continue
	where=alone
	[ "$jobs" -lt 2 ] || where=$(lane "$name" "$file")
	echo "$name $file $program" >>"$results/$where.list"
done
if ! [ -s "$results/alone.list" ] && ! [ -s "$results/beside.list" ]; then
	echo "run.sh: no tests${words:+ named: $words}" >&2
	exit 2
fi
if [ -s "$results/beside.list" ]; then
	run_lane "$results/beside.list" &
	beside=$!
fi
run_lane "$results/alone.list"
wait
beside=
# A lane that ended early leaves tests without their counts: they have failed.
cat "$results/alone.list" "$results/beside.list" | while read -r name _; do
	kept=$results/$(printf '%s' "$name" | tr / -)
	[ -s "$kept.counts" ] && continue
	echo "FAIL  $name was not run to its end"
	echo "0 1 0" >"$kept.counts"
done
# What failed is run once more, with nothing beside it, and that counts: few failures may come of a machine that was busy, and are
# told all the same; many do not.
cat "$results/alone.list" "$results/beside.list" | while read -r name file program; do
	read -r _ f _ <"$results/$(printf '%s' "$name" | tr / -).counts"
	[ "$f" -eq 0 ] || echo "$name $file $program"
done >"$results/again.list"
if [ -s "$results/again.list" ] && [ "$(wc -l <"$results/again.list")" -le 4 ]; then
	echo "once more, alone:"
	run_lane "$results/again.list"
	while read -r name _; do
		read -r _ f _ <"$results/$(printf '%s' "$name" | tr / -).counts"
		[ "$f" -ne 0 ] || echo "unsteady: $name failed, and passed when it was run alone"
	done <"$results/again.list"
fi
cat "$results"/*.skips >"$logs/skips"
cat "$results"/*.guests >"$logs/guests"
if [ -s "$logs/skips" ]; then
	echo "skipped:"
	sed 's/^/      /' "$logs/skips"
fi
if [ -s "$logs/guests" ]; then
	echo "in a guest:"
	sed 's/^/      /' "$logs/guests"
fi
echo "what took longest, in seconds:"
sort -rn "$results"/*.seconds | sed -n 's/^/      /; 1,10p'
cat "$results"/*.counts | awk '{ p += $1; f += $2; s += $3 }
	END { printf "%d passed, %d failed, %d skipped\n", p, f, s; exit f > 0 }'
