#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# 32-bit programs on arm64 and s390x (31 bits), in guests: their calls are counted by memmon_fast and by the oracle; of a monitor that
# does not look at them nothing is judged, and how many there were is told. tests/cli/n14_compat.t is the same of x86-64.
# timeout: 900
set -u
. tests/lib.sh

need_tool jq jq
# narrow PROCESSOR FILE OTHER: a 32-bit program that becomes OTHER at last
narrow() {
	processor_=$1 file=$2
	set -- -O1 -nostdlib -ffreestanding -fno-pic -fno-stack-protector -fno-asynchronous-unwind-tables -w -DOTHER="\"$3\""
	if [ "$processor_" = arm64 ]; then
		clang -target armv7-linux-gnueabi -marm "$@" -c -o "$tmp/$file.o" tests/fixtures/calls32.c &&
			aarch64-linux-gnu-ld -m armelf_linux_eabi -static -o "$tmp/$file" "$tmp/$file.o"
	else
		s390x-linux-gnu-gcc -m31 "$@" -static -no-pie -o "$tmp/$file" tests/fixtures/calls32.c
	fi
}
for processor in arm64 s390x; do
	name="32-bit programs on $processor"
	if [ ! -x "$B/$processor/static/beebench" ]; then
		skip "$name" "nothing is compiled for $processor: make guest-$processor"
		continue
	elif run "$bee" vm -k 6.12/$processor --where && [ "$code" -eq 77 ]; then
		skip "$name" "$err"
		continue
	elif ! narrow $processor second "" || ! narrow $processor first /bin/second; then
		fail "$name are compiled"
		continue
	fi
	run "$bee" vm -k 6.12/$processor -t 600 -f "$tmp/first:bin/first" -f "$tmp/second:bin/second" -- \
		beebench verify -q --json -m memmon_fast,memmon,memmon-honey-O -- /bin/first
	printf '%s\n' "$out" >"$tmp/verify.json"
	is "$name: nothing is wrong" "$code" 3 || printf '# %s\n' "$err"
	is "$name, one that becomes another: memmon_fast is exact" \
		"$(jq -r '.trials[] | select(.monitor == "memmon_fast") | "\(.status) \(.conformance.verdict)"' "$tmp/verify.json")" "ok exact"
	for monitor in memmon memmon-honey-O; do
		is "$name: $monitor is not judged, and of how many calls" \
			"$(jq -r --arg m $monitor '.trials[] | select(.monitor == $m) | "\(.status): \(.reason)"' "$tmp/verify.json")" \
			"void: 20004 calls were made by 32-bit programs, which $monitor does not say that it looks at"
	done
done
done_testing
