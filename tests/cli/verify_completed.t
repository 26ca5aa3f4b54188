#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Monitors of completed calls: one that is right is exact beside every workload where the seeds' one drifts, and each that is
# wrong on purpose (tests/bpf/done_*.bpf.c) gets its sentence. Where this machine refuses BPF, in guests.
# timeout: 900
. tests/lib.sh
need_tool jq jq
need_bpf_or_guest "monitors of completed calls are judged"

verify() {
	run "$bee" verify --quiet --json "$@"
}
field() {
	printf '%s' "$out" | jq -r "$1"
}
# object NAME: a manifest for it
object() {
	jq -n --arg object "$(realpath "$B/tests/bpf/done_$1.bpf.o")" '{schema: 1, object: $object, definition: "completed",
		key: "tgid", programs: {call: "done_call"},
		counters: {map: "done_stats", fields: ({vm_peak: "peak_bytes"} + ([["mmap", "munmap", "mremap", "brk", "failed"][] |
			{(. + "_count"): (. + "_count")}] + [{mmap_bytes: "mmap_bytes", munmap_bytes: "munmap_bytes",
			vm_bytes: "vm_bytes"}] | add))},
		events: {map: "done_events", struct: "fast_event", fields: ([["timestamp", "pid", "tgid", "size", "address",
			"event_type", "down"][] | {(.): .}] | add)}}' >"$tmp/$1.json"
	printf '%s/%s.json' "$tmp" "$1"
}

# finds NAME WORKLOAD WHAT FIELD PART: a mismatch of that kind whose text has PART
finds() {
	verify -m "$(object "$1")" -w "$2"
	is "$1 beside $2: exit code and verdict" "$code $(field '.trials[0] | .status + " " + .conformance.verdict')" \
		"1 fail mismatch"
	has "$1 beside $2: $5" "$(field ".mismatches[] | select(.what == \"$3\" and .field == $4) | .text")" "$5"
}
place() {
	like "$1: the line of the ledger" "$(field '.mismatches[0].ledger')" '^lane [0-9]+ line [1-9][0-9]*$'
}
# errors: how many accuracy findings of the last verify are off
errors() {
	field '[.trials[].accuracy[] | select(.error != 0)] | length'
}

loads=brk,fail,filter,flood,forks,forks:leave=3,mmap,mmap:keep=7,partial,remap,threads,threads:handover,threads:end
for monitor in memmon_fast "$(object not)"; do
	verify -m "$monitor" -w "$loads"
	name=$(basename "$monitor" .json)
	is "$name: exit code" "$code" 0
	is "$name is exact beside every workload" "$(field '[.trials[].conformance.verdict] | unique | join(" ")')" exact
	is "$name: its definition is in the record" "$(field '[.trials[].definition] | unique | join(" ")')" completed
	is "$name: no finding is off (failed calls, partial unmaps, forks, threads, brk, mremap)" "$(errors)" 0
	is "$name: its findings are many" "$(field '[.trials[].accuracy[]] | length > 60')" true
	is "$name: every identity holds" "$(field '[.trials[].identities[].holds] | all')" true
done
for m in "brk vm_size" "fail failed_calls" "filter page_rounding" "forks vm_ended" "forks rows_per_process" "mmap vm_peak" \
	"partial net_bytes" "remap mremap_calls" "remap peak_bytes" "fail failed_mremap" "threads net_bytes"; do
	has "held against the truth: $m" \
		"$(field '.trials[] | "\(.workload) \(.accuracy[].metric)"')" "$m"
done
verify -m memmon -w fail,filter,partial,remap,brk
is "the seeds' one drifts beside them" "$(field '[.trials[] | select([.accuracy[] | select(.error != 0)] | length > 0)] | length')" 5
verify -m memmon,memmon_fast -w partial
is "side by side: the one drifts, the other does not" \
	"$(field '[.trials[] | [.accuracy[] | select(.error != 0)] | length > 0] | join(" ")')" "true false"
is "the seeds' definition is in the record" "$(field '.trials[0].definition')" entered

finds failed fail counter '"mmap_count"' "is 115, the calls make it 0: as if calls that failed were counted too"
place failed
is "failed calls counted: accuracy" "$(field '.trials[0].accuracy[] | select(.metric == "failed_mmap") | "\(.truth) \(.captured)"')" \
	"0 115"
finds asked filter counter '"mmap_bytes"' "as if lengths were not rounded up to pages"
place asked
finds tid threads counter '"mmap_count"' "is 1009, the calls make it 3027: as if only the main thread's calls were counted"
has "tid: the rows of threads" "$(field '.mismatches[] | select(.what == "key") | .text')" \
	"has a row, but this is a thread: rows are for processes"
finds threads threads:end counter '"munmap_count"' "as if what threads counted that have ended were forgotten"
place threads
finds processes forks key null "has no row, though its calls count: mmap_count should be 24; the process has ended"
finds mremap remap counter '"mremap_count"' "is 0, the calls make it 69: it was never updated"
has "mremap: its events" "$(field '.mismatches[] | select(.what == "event") | .text')" "is missing, and no loss was counted"
finds mremap fail counter '"failed_count"' "as if mremaps were left out"
finds asks brk counter '"brk_count"' "as if brk(0), which only asks, were counted"
finds down brk event '"down"' "should be brk down"
place down

# What the kernel has mapped is not predicted: it is held against /proc.
verify -m "$(object sums)" -w partial,mmap
is "an address space that is a sum of lengths: exit code" "$code" 0
has "an address space that is a sum of lengths is off" \
	"$(field '.trials[] | "\(.workload) \(.accuracy[] | select(.error != 0).metric)"')" "partial vm_size"

# A command: the independent count is of what worked.
if why=$(bpf_refused); then
	skip "completed calls of a command" "$why"
else
	verify -m "memmon_fast,$(object not)" -- sh -c 'for i in 1 2 3; do sh -c :; done'
	is "completed calls of a command" "$code $(field '[.trials[].conformance.verdict] | join(" ")')" "0 exact exact"
	is "the command made calls that count, and brks that only ask" \
		"$(field '.trials[0].truth | .worked.mmap > 20 and .worked.brk > 0 and .worked.brk < .calls.brk')" true
	is "no finding is off beside a command" "$(errors)" 0
	verify -m "$(object mremap)" -- "$B/wl" --summary remap:rounds=3
	is "mremaps of a command: the oracle counts them" "$(field '.trials[0].truth.worked.mremap')" 9
	has "mremaps of a command are missed" "$(field '.mismatches[].text')" \
		"mremaps that worked = counted: an independent count says 9, the monitor comes to 0"
fi

done_testing
