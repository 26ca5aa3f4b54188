#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# beebench ringbuf: no record goes unaccounted, a faulty producer is found, and nothing stays behind. No time is asserted.
# timeout: 240
. tests/lib.sh
need_bpf
need_tool jq jq

q() {
	jq -r "$1" "$tmp/o.json"
}
ring() {
	run "$bee" ringbuf -q --json "$@"
	printf '%s' "$out" >"$tmp/o.json"
}

ring --quick -t 6
is "a quick run is good" "$code" 0
is "its status" "$(q .status)" ok
is "every case is there" "$(q '[.records[] | select(.type == "ringbuf")] | length > 8')" true
is "every record is accounted for" \
	"$(q '[.records[] | select(.status != "skip") | .accounted and .consumed + .dropped == .produced and .bad == 0] | all')" true
is "records arrived in every case" "$(q '[.records[] | select(.status != "skip") | .consumed > 0] | all')" true
is "both placements, both modes" \
	"$(q '[.records[] | select(.type == "ringbuf") | .mode + " " + .placement] | unique | join(",")')" \
	"bulk b2b,bulk pinned,syscall pinned"
is "the loss curves have two readers" \
	"$(q '[.records[] | select(.type == "losscurve") | .monitor // "-" | .] | unique | join(",")') $(q '[.records[] | select(.type == "losscurve") | .consumer] | unique | join(",")')" \
	"-,memmon,memmon_fast epoll,timed"
is "offered is at most what was asked for" \
	"$(q '[.records[] | select(.type == "losscurve") | .target_per_s == 0 or .offered_per_s <= .target_per_s * 1.05] | all')" true
is "rates lie in their intervals" "$(q '[.records[] | select(.rate_per_s) | .rate_per_s.low <= .rate_per_s.centre] | all')" true
is "a sample for each round, none disappears" \
	"$(q '[.records[] | select(.rate_per_s) | (.samples | length) == .rounds and .rounds + (.left_out.rounds // 0) == 5] | all')" true
is "wake-ups have a price" "$(q '[.records[] | select(.wakeup_cost_ns)] | length > 0')" true
is "one record a syscall" "$(q '[.records[] | select(.mode == "syscall") | .batch] | unique | join(",")')" 1

ring -o only=producers,rounds=1 -t 1
is "two producers" "$code" 0
is "each on its CPU, or said that they share one" \
	"$(q '[.records[] | select(.producers == 2) | (.cpus.producers | unique | length) == 2 or .cpus.shared or .status == "skip"] | all')" true
ring -o only=sizes,rounds=1,record=88 -t 0.3
is "another size of record" "$(q '[.records[].record_bytes] | unique | join(",")')" 88
is "is accounted for" "$code" 0
# A ring of one page overflows: losses must be counted, not hidden.
ring -o only=bulk,rounds=1,ring=4096 -t 0.3
is "a ring too small is no failure" "$code" 0
is "but a loss, counted" \
	"$(q '[.records[] | select(.placement == "b2b") | .dropped > 0 and .accounted] | all')" true

for fault in corrupt lose repeat; do
	ring -o "only=bulk,rounds=1,fault=$fault" -t 1
	is "fault=$fault fails" "$code" 1
	# Back to back nothing is dropped, so that the faulty records do arrive.
	is "fault=$fault fails every case" "$(q '[.records[] | select(.placement == "b2b") | .status] | unique | join(",")')" fail
done
has "and says what is wrong" "$(q '.records[0].reason')" "its sequence number came before"

run "$bee" ringbuf -q -o only=syscall,rounds=1 -t 1
is "text for a person" "$code" 0
like "a row for a case" "$out" '^syscall +pinned +56 B .* yes'

ring -m memmon,nop -o only=monitor,rounds=1
is "a monitor's own ring" "$code" 0
is "under a flood, two readers" \
	"$(q '[.records[] | .monitor + " " + .consumer] | unique | join(",")')" "memmon epoll,memmon timed"
is "each call arrived or was counted as lost" \
	"$(q '[.records[] | .accounted and .consumed + .dropped == .produced and .consumed > 0] | all')" true
# A pace that is held: what was made, counted, taken and lost closes to the event, three ways.
ring -m memmon_fast -o only=monitor,reader=both,rate=1000000,rounds=1 -t 1.5
is "a million calls a second" "$code" 0
is "are as many as asked for" "$(q '[.records[] | .target_per_s == 1000000 and .produced > 0 and .consumer == "both"] | all and length == 1')" true
is "each was counted, and consumed or counted as lost" \
	"$(q '[.records[] | .accounted and .counted == .produced and .consumed + .dropped == .produced and .bad == 0] | all')" true
is "the reader took CPU time" "$(q '[.records[] | .reader_cpu_pct > 0] | all')" true
ring -m memmon_fast -o only=monitor,reader=stopped,rounds=1
is "a stopped reader is no failure" "$code" 0
is "it finds a full ring" "$(q '[.records[] | select(.target_per_s == 0) | .dropped > 10000 and .consumed > 0] | all and length == 1')" true
is "what an overrun lost is exact" \
	"$(q '[.records[] | .accounted and .counted == .produced and .consumed + .dropped == .produced] | all')" true
run "$bee" ringbuf -q -o reader=sometimes
is "a reader that is none" "$code" 2

run "$bee" ringbuf -q -m memmom -o only=monitor
is "a monitor that is none" "$code" 2
has "the nearest name" "$err" "'memmon'"

run taskset -c "$(taskset -cp $$ | sed 's/.*: \([0-9]*\).*/\1/')" "$bee" ringbuf -q -o only=bulk,rounds=1 -t 0.3
is "with one CPU" "$code" 0
like "what needs two is skipped" "$out" '^skip: pinned: needs a CPU for the producer'
is "and told once" "$(printf '%s\n' "$out" | grep -c '^skip:')" 1

run "$bee" ringbuf -q -o record=12
is "a record of 12 bytes" "$code" 2
has "says what it takes" "$err" "multiple of 8"
run "$bee" ringbuf -q -o ring=12288
is "a ring of three pages" "$code" 2
has "says what the kernel wants" "$err" "power of two"
run "$bee" ringbuf -q -o only=sice
is "a group that is none" "$code" 2
run env BEEBENCH_BPF_DIR=/nonexistent "$bee" ringbuf -q -o only=bulk
is "the object is not there" "$code" 2
has "which, and what to do" "$err" "'make' builds it"

env --default-signal=INT "$bee" ringbuf -q --json -o only=bulk -t 60 >"$tmp/o.json" 2>"$tmp/err" &
pid=$!
sleep 4
kill -INT "$pid"
wait "$pid"
is "interrupted: no verdict" "$?" 3
is "what was measured is kept" "$(q '.records | length > 0')" true
has "and it says so" "$(cat "$tmp/err")" interrupted

if have setpriv; then
	chmod 755 "$tmp"
	run setpriv --reuid=65534 --clear-groups --bounding-set=-all --inh-caps=-all "$bee" ringbuf -q
	is "without rights" "$code" 77
	has "says what is missing" "$err" CAP_BPF
else
	skip "without rights" "no setpriv"
fi

# A program that no process holds would be one that stays. The kernel frees them a moment after the process ended.
left() {
	grep -hs '^prog_id:' /proc/[0-9]*/fdinfo/* | awk '{ print $2 }' >"$tmp/held"
	bpftool -j prog list 2>/dev/null | jq -r '.[] | select(.name // "" | startswith("ringload_")) | .id' | grep -vxF -f "$tmp/held"
}
if have bpftool; then
	for _ in 1 2 3 4 5; do
		[ -z "$(left)" ] && break
		sleep 1
	done
	is "no program of ours stays loaded" "$(left)" ""
else
	skip "no program of ours stays loaded" "no bpftool"
fi
# Leaves are named after their process; those of processes that live belong to somebody else's run.
leaves=$(awk '/ - cgroup2 / { print $5 }' /proc/self/mountinfo | while read -r mount; do
	for leaf in "$mount"/beebench-*-flood; do
		owner=${leaf##*/beebench-}
		[ -d "$leaf" ] && [ ! -d "/proc/${owner%-flood}" ] && echo "$leaf"
	done
done)
is "no cgroup of ours stays" "$leaves" ""
done_testing
