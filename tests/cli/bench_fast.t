#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# bench_fast: what was produced, counted, consumed and lost closes to the event, at a rate and in an overrun. No time is judged.
. tests/lib.sh
need_bpf
need_tool jq jq

field() {
	printf '%s' "$out" | jq -r "$1"
}

run "$B/bench_fast" --quiet --json --cost-seconds 0 --seconds 1
is "exit code" "$code" 0 || printf '# %s\n' "$err"
is "a million calls were made, counted, and each consumed or counted as lost" \
	"$(field '.rate | .produced == 1000000 and .counted == .produced and .counted == .consumed + .ring_full and .closes')" true
is "every record is of a call" "$(field '.rate.bad')" 0
is "there is a ring for each CPU" "$(field '.rate.rings >= 1')" true
is "a stopped consumer finds a full ring" "$(field '.overrun | .ring_full > 100000 and .consumed > 0')" true
is "what an overrun lost is exact" "$(field '.overrun | .counted == .produced and .counted == .consumed + .ring_full')" true
is "the machine is named" "$(field '.host.cpus >= 1')" true

run "$B/bench_fast" --seconds
is "an option without its number" "$code" 2
run "$B/bench_fast" now
is "a word too many" "$code" 2

done_testing
