#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# What compiled programs compute: each run/*.ex is run once in the kernel with the arguments it names, word for word
# and optimised, and must leave the numbers it names in its array.
# shellcheck source=tests/lib.sh
. tests/lib.sh
need_bpf
honeyc=$B/honeyc
loader=$B/tests/honey/load_check

for file in tests/honey/run/*.ex; do
	args=$(sed -n 's/^# args: //p' "$file")
	want=$(sed -n 's/^# out: //p' "$file")
	for mode in "" -O; do
		name="$(basename "$file" .ex)${mode:+ $mode}: $(sed -n '1s/^# //p' "$file")"
		# shellcheck disable=SC2086
		run "$honeyc" -w $mode -o "$tmp/run.bpf.o" "$file"
		if [ "$code" -ne 0 ]; then
			fail "$name" "$err"
			continue
		fi
		# shellcheck disable=SC2086
		run "$loader" run "$tmp/run.bpf.o" $args
		result=$(sed -n 's/^# result: //p' "$file")
		[ -z "$result" ] || is "$name: result" "$(printf '%s\n' "$out" | sed -n 's/^result //p')" "$result"
		is "$name" "$(printf '%s\n' "$out" | sed -n 's/^out //p')" "$want" ||
			printf '%s\n' "$err" | tail -n 20 | sed 's/^/# /'
	done
done
done_testing
