#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Does cells of a plan: cell.sh PLAN OUT NUMBER.. takes lines of the file PLAN ('beebench plan --cells'), counted from 0, and leaves a
# result of each in the folder OUT. It is what every engine here starts (docs/fleet.md).
# Exit code: 0 when each cell has its verdict, also a bad one: an engine is to start again what has none, and only that. Else the worst
# of what beebench said: 77 (it cannot be run on this machine), 2, or that of the signal. Env: BEEBENCH, the program.
set -u
if [ $# -lt 3 ]; then
	echo "usage: cell.sh PLAN OUT NUMBER.." >&2
	exit 2
fi
plan=$1
out=$2
shift 2
# A folder's name, not one with patterns.
into=$(printf '%s\n' "$out" | sed 's/%/%%/g')
worst=0
for number; do
	id=$(sed -n "$((number + 1)){s/[[:space:]].*//;p;q;}" "$plan")
	if [ -z "$id" ]; then
		echo "cell.sh: $plan has no line $number (from 0)" >&2
		exit 2
	fi
	code=0
	"${BEEBENCH:-beebench}" run -q --cell "$id" --out "$into" || code=$?
	case $code in
	0 | 1) ;;
	3) [ -s "$out/$id.json" ] || worst=3 ;; # interrupted, or without a verdict within its time
	*) [ "$worst" -eq 2 ] || worst=$code ;;
	esac
done
exit "$worst"
