#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# busy.sh CMD..: runs a command beside compilers that keep every CPU busy (make test-busy).
#
# Env: BUSY, how many (8); CC (cc).
cd "$(dirname "$0")/.." || exit 2
one() {
	while :; do
		${CC:-cc} -std=gnu11 -I. -O2 -c -o /dev/null lib/subproc.c >/dev/null 2>&1
		${CC:-cc} -std=gnu11 -I. -O2 -c -o /dev/null lib/stats.c >/dev/null 2>&1
	done
}
pids=
i=0
while [ $i -lt "${BUSY:-8}" ]; do
	one &
	pids="$pids $!"
	i=$((i + 1))
done
# shellcheck disable=SC2086
trap 'kill $pids 2>/dev/null' EXIT
trap 'exit 130' INT TERM
"$@"
