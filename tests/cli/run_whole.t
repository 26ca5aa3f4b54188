#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# A whole run, of next to nothing: all four measures, the guests' beside verify, and what they say in its place.
# timeout: 400
. tests/lib.sh
need_root
need_tool jq jq

# Where a processor is to spare the guests have a process of their own; the same is found, in the same place.
run "$bee" vm -k 6.12 --where
if [ "$code" -eq 0 ] && have qemu-system-x86_64; then
	run "$bee" run --quiet -m nop -w brk -e brk -t 1 -k 6.12 --out "$tmp/runs"
	like "the guest has counted" \
		"$(jq -r 'select(.type == "exact" and .monitor == "nop" and .path == "brk") | .added' "$tmp"/runs/latest/run.json)" '^[1-9][0-9]*$'
	is "in its turn, behind the others" \
		"$(jq -r .type "$tmp/runs/latest/run.json" | grep -E '^(trial|ringbuf|exact)$' | uniq | tr '\n' ' ')" "trial ringbuf exact "
	has "what it says is told then" "$(printf '%s\n' "$err" | tail -n 1)" "in a guest"
else
	skip "guests in a run" "no kernel 6.12, or no QEMU"
fi

# Ended from outside, it leaves no guest.
"$bee" run --quiet -m nop -w brk -e brk -k 6.12 --out "$tmp/ended" >/dev/null 2>&1 &
pid=$!
for _ in $(seq 100); do
	beside=$(ps -o pid= --ppid "$pid" | head -n 1)
	[ -z "$beside" ] || break
	sleep 0.1
done
kill -TERM "$pid"
wait "$pid"
is "ended while its guests count: inconclusive" "$?" 3
# shellcheck disable=SC2317 # check calls it
gone() { for _ in $(seq 100); do [ -z "$beside" ] || [ ! -d "/proc/${beside# }" ] && return 0; sleep 0.1; done; return 1; }
check "and nothing of it is left" gone
done_testing
