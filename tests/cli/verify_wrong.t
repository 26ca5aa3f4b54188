#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Monitors that are wrong on purpose (tests/bpf/wrong_*.bpf.c): verify fails each, and says what is wrong. Where this
# machine refuses BPF, in guests.
# timeout: 900
. tests/lib.sh
need_tool jq jq
need_bpf_or_guest "monitors that are wrong on purpose are found out"

verify() {
	run "$bee" verify --quiet --json "$@"
}
field() {
	printf '%s' "$out" | jq -r "$1"
}
object() {
	printf '%s/tests/bpf/wrong_%s.bpf.o' "$B" "$1"
}

# finds NAME WORKLOAD WHAT FIELD PART: a mismatch of that kind whose text has PART
finds() {
	verify -m "$(object "$1")" -w "$2"
	is "$1 beside $2: exit code" "$code" 1
	is "$1 beside $2: status" "$(field '.status + " " + .trials[0].status + " " + .trials[0].conformance.verdict')" \
		"fail fail mismatch"
	has "$1 beside $2: $5" "$(field ".mismatches[] | select(.what == \"$3\" and .field == $4) | .text")" "$5"
}
# place NAME: the mismatches of the last verify name a line of the ledger
place() {
	like "$1: the line of the ledger" "$(field '.mismatches[0].ledger')" '^lane [0-9]+ line [1-9][0-9]*$'
}
# exact NAME WORKLOAD: this fault does not show here, and verify does not invent one
exact() {
	verify -m "$(object "$1")" -w "$2"
	is "$1 beside $2 is exact" "$code $(field '.trials[0].conformance.verdict')" "0 exact"
}

verify -m "$(object not)" -w brk,fail,filter,flood,forks,mmap,partial,remap,threads
is "a monitor that is not wrong: exit code" "$code" 0
for w in brk fail filter flood forks mmap partial remap threads; do
	is "not beside $w is exact" "$(field ".trials[] | select(.workload == \"$w\") | .conformance.verdict")" exact
done

finds filter_low filter counter '"mmap_count"' "as if mmaps of one byte less than 1024 were counted too"
place filter_low
finds filter_low filter event null "(mmap of 1023 bytes) belongs to no call"
finds filter_high filter counter '"mmap_count"' "as if mmaps of exactly 1024 bytes were ignored"
place filter_high
finds filter_high filter event null "(mmap of 1024 bytes) is missing, and no loss was counted"
exact filter_high mmap
finds munmap_filter filter counter '"munmap_count"' "as if munmaps below 1024 bytes were ignored"
finds munmap_twice mmap counter '"munmap_count"' "munmap_count of key"
finds munmap_twice mmap counter '"munmap_count"' "is 2018, the calls make it 1009: as if each munmap were counted twice"
finds type mmap event '"type"' "should be munmap of 65536 bytes, captured was mmap of 65536 bytes"
place type
finds address brk event '"address"' "should be brk to 0x"
finds ids threads key null "has no row, though its calls count"
finds ids threads counter '"munmap_count"' "is 3027, the calls make it 1009"
exact ids mmap
finds tgid threads event '"tgid"' "names process"
finds tosses mmap event null "event 101 of thread"
finds tosses mmap event null "is missing, and no loss was counted"
place tosses
finds claims mmap loss '"ring_full"' "0 events are missing, the monitor says that it lost 19"
finds peak mmap counter '"peak_usage"' "it was never updated"
finds guard partial counter '"current_usage"' "as if usage were reduced below zero"
place guard
finds clock mmap counter '"last_update"' "outside the window"
finds clock mmap event '"timestamp"' "outside the window"
finds at_exit fail key null "has no row, though its calls count"
finds map_small forks loss '"map_full"' "calls were not counted because the map was full"

# A ring that is full most of the time, with its losses counted, is no fault: the gaps are accounted for.
exact not_ring_small flood
is "a full ring: losses were counted" "$(field '.trials[0] | .losses.ring_full > 1000')" true
is "a full ring: expected = captured + lost" \
	"$(field '.trials[0] | .conformance.events_expected == .conformance.events_captured + .losses.ring_full')" true

# Threads that share a key: without a word in the manifest lost updates are a fault, with it a finding.
race() {
	printf '{"schema": 1, "object": "%s", "key": "tgid"%s}\n' "$(realpath "$(object race)")" "$1" >"$tmp/race.json"
	verify -m "$tmp/race.json" -w threads
}
race ''
is "updates race, not told: exit code" "$code" 1
has "updates race, not told: the text" "$(field '.mismatches[].text')" \
	"is 2998, the calls make it 3027: 3 threads share the key, and updates race"
race ', "races": true'
is "updates race, told in the manifest: exit code" "$code" 0
is "updates race, told: verdict" "$(field '.trials[0].conformance | "\(.verdict) \(.lost_updates)"')" "racy 29"
is "updates race, told: a finding" \
	"$(field '.trials[0].accuracy[] | select(.metric == "lost_updates") | "\(.truth) \(.captured)"')" "5717 5688"

done_testing
