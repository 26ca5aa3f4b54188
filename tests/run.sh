#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Runs tests and counts them: run.sh [SUITE | SUITE/NAME].. (unit, bpf, cli, honey, ...; default: all).
#
# A test is a cmocka program ($B/tests/SUITE/NAME of tests/SUITE/{u,t}_*.c) or a script tests/SUITE/*.t; both print TAP.
# Failed counts: a test that says "not ok"; a file that crashes, leaks (ASan), runs out of time, or whose plan and tests differ.
# Whole output: $B/test-logs/. Env: B, TEST_TIMEOUT seconds for one file (180; a file may say "# timeout: N" in its first
# 10 lines), longer where the CPUs are shared with others. A line "# guest: TEXT" says what ran in a guest instead of here; it is told at the end. The last line is "N passed, N failed, N skipped"; exit code 1 when something failed.
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
passed=0 failed=0 skipped=0
skips=$logs/skips guests=$logs/guests
: >"$skips"
: >"$guests"
trap 'echo "interrupted" >&2; exit 130' INT TERM

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

# one NAME FILE PROGRAM
one() {
	log=$logs/$(printf '%s' "$1" | tr / -).log
	own=$(sed -n '1,10s/.*# timeout: \([0-9][0-9]*\).*/\1/p' "$2")
	own=$(patience "${own:-$limit}")
	if [ -x "$3" ]; then
		timeout -k 5 "$own" "$3" >"$log" 2>&1 </dev/null
		code=$?
	else
		echo "Bail out! $3 is not there or not executable" >"$log"
		code=1
	fi
	sed -n 's/^# guest: //p' "$log" >>"$guests"
	set -- "$1" "$(awk -v code="$code" -v file="$1" -v skips="$skips" "$count" "$log")"
	# shellcheck disable=SC2086
	set -- "$1" $2
	name=$1 p=$2 f=$3 s=$4
	shift 4
	passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
	if [ "$f" -gt 0 ]; then
		printf 'FAIL  %-32s %d of %d failed%s\n' "$name" "$f" $((p + f + s)) "${1:+: $*}"
		sed 's/^/      | /' "$log" | tail -n 60
	elif [ "$p" -eq 0 ]; then
		printf 'skip  %s\n' "$name"
	else
		printf 'ok    %-32s %d%s\n' "$name" "$p" "$([ "$s" -eq 0 ] || echo ", $s skipped")"
	fi
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
found=0
for file in tests/*/[ut]_*.c tests/*/*.t; do
	[ -e "$file" ] || continue
	name=${file#tests/}
	case $file in
	*.c) name=${name%.c} program=$B/tests/$name ;;
	*) name=${name%.t} program=./$file ;;
	esac
	wanted "$name" || continue
	found=1
	one "$name" "$file" "$program"
done
if [ $found -eq 0 ]; then
	echo "run.sh: no tests${words:+ named: $words}" >&2
	exit 2
fi
if [ -s "$skips" ]; then
	echo "skipped:"
	sed 's/^/      /' "$skips"
fi
if [ -s "$guests" ]; then
	echo "in a guest:"
	sed 's/^/      /' "$guests"
fi
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
