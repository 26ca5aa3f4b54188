#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Every message, letter by letter: err/X.ex must give exactly err/X.err; warn-* compile all the same.
# UPDATE=1 writes the .err files anew: read the difference before it is committed.
# shellcheck source=tests/lib.sh
. tests/lib.sh
here=$PWD
case $B in /*) honeyc=$B/honeyc ;; *) honeyc=$here/$B/honeyc ;; esac
cd tests/honey/err || exit 2

for file in *.ex; do
	name=${file%.ex}
	want=1
	case $name in warn-*) want=0 ;; esac
	run "$honeyc" --btf=/dev/null --tracefs=/dev/null --emit=c -o /dev/null "$file"
	if [ -n "${UPDATE:-}" ]; then printf '%s\n' "$err" >"$name.err"; fi
	is "$name: says what is wrong" "$err" "$(cat "$name.err")"
	is "$name: exit code" "$code" "$want"
done
cd "$here" || exit 2
done_testing
