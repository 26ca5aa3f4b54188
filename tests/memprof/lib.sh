# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh disable=SC2034,SC2154,SC2317 # for the tests that read it
# For tests/memprof/*.t, after tests/lib.sh: the programs, and waiting until something is so.
memprof=$B/memprof
made=$B/tests/memprof/made
life=$B/tests/allocating/life

# until_true CMD..: up to some 30 s
until_true() {
	for _ in $(seq 600); do
		"$@" >/dev/null 2>&1 && return
		sleep 0.05
	done
	return 1
}

# $tmp/steps: allocates as many times 1,000 bytes as each line of its input says, and ends with it (steps.c)
make_steps() {
	check "a program that allocates until it is told to stop" "${CC:-cc}" -O1 -g -o "$tmp/steps" tests/memprof/steps.c
}
