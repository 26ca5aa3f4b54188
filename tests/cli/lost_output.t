#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Issue 13, number 9: output that is lost is exit code 2, whatever was asked for; a reader that has seen enough is no loss.
. tests/lib.sh
[ -w /dev/full ] || skip_all "no /dev/full"

# full NAME COMMAND..: its output goes to a disk that is full
full() {
	name=$1
	shift
	code=0
	err=$("$@" 2>&1 >/dev/full) || code=$?
	is "$name to a full disk: exit code" "$code" 2
	has "$name to a full disk: says so" "$err" "No space left on device"
}
run_=tests/fixtures/runs/full
for words in "" "--help" "--version" "list" "list --json" "doctor" "doctor --json" "verify --help" "report --help" "gate --help" "vm --help"; do
	[ -n "$words" ] || continue
	# shellcheck disable=SC2086
	full "beebench $words" "$bee" $words
done
for f in text markdown html json junit sarif github openmetrics bpftrace hyperfine benchstat github-action-benchmark; do
	full "report --format $f" "$bee" report --format $f $run_
done
full "honeyc --help" "$B/honeyc" --help
full "honeyc --version" "$B/honeyc" --version
full "honeyc --explain" "$B/honeyc" --explain H001
full "honeyc --emit=c -o -" "$B/honeyc" --emit=c -o - bpf/memmon/memmon.ex
full "honeyc -o - of an object" "$B/honeyc" -w -o - bpf/memmon/memmon.ex
full "wl --help" "$B/wl" --help
if is_root; then
	full "verify" "$bee" verify --quiet -m none -w idle
	full "verify --json" "$bee" verify --quiet --json -m none -w idle
	full "verify --out -" "$bee" verify --quiet -m none -w idle --out -
	full "verify --format junit" "$bee" verify --quiet -m none -w idle --format junit
	full "gate" "$bee" gate -q --base memmon --head memmon -l static
	full "wl" "$B/wl" mmap
else
	skip "verify to a full disk" "needs root"
fi

# A small program that does not read
for words in "list" "list --json" "report $run_ --format json"; do
	# shellcheck disable=SC2086
	{
		code=0
		"$bee" $words 2>"$tmp/err" || code=$?
		echo "$code" >"$tmp/code"
	} | head -n 1 >/dev/null
	is "beebench $words | head: exit code" "$(cat "$tmp/code")" 0
	is "beebench $words | head: no word of it" "$(cat "$tmp/err")" ""
done
# Nothing to say and nobody to say it to
code=0
"$bee" vm --where -k six >&- 2>/dev/null || code=$?
is "a closed stdout that nothing is written to" "$code" 2
done_testing
