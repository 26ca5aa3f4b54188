#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# beebench overhead of monitors of allocations: the program that allocates is executed anew for every arm, by the monitor where
# that starts it; each pair that was made is in the monitor's own figures, and one that counts none is nothing to compare.
# timeout: 240
. tests/lib.sh
need_tool jq jq

q() {
	jq -r "$1" "$tmp/o.json"
}
overhead() {
	run "$bee" overhead --quiet --json -o slowdown=no "$@"
	printf '%s' "$out" >"$tmp/o.json"
}

# That somebody else traces on this machine is a warning.
error() {
	printf '%s\n' "$err" | grep -v 'warning: other BPF programs'
}

overhead -m memprof,memprof-counts,memprof-sampled -t 3
is "libraries in the program: exit code" "$code" 0
# events MONITOR: of its records
events() {
	q "[.records[] | select(.type == \"overhead\" and .monitor == \"$1\") | \"\(.event) \(.status)\"] | join(\";\")"
}
for monitor in none memprof memprof-counts memprof-sampled; do
	is "$monitor is timed at a pair, at each half of it, and at a call beside it" "$(events $monitor)" "other ok;malloc+free ok;malloc ok;free ok"
done
is "what a pair is" "$(q '.records[1] | "\(.unit), \(.trigger)"')" "ns/pair, malloc(64), free of it"
is "what the halves are" "$(q '.records[2, 3] | "\(.unit), \(.trigger)"')" \
	"ns/event, malloc(64), 16 of them, which are freed untimed
ns/event, free of 16 blocks of 64 bytes, which were allocated untimed"
is "each half costs time by itself" "$(q '[.records[] | select(.event == "malloc" or .event == "free") | .base_ns.centre? // .base_ns > 0] | all')" true
is "with stacks each pair is found, and nothing else" \
	"$(q '[.records[] | select(.monitor == "memprof" and .event != "other") | .calls_made > 0 and .calls_seen == .calls_made] | all and length == 3')" true
is "without stacks what else the program allocates is counted, too" \
	"$(q '.records[] | select(.monitor == "memprof-counts" and .event == "malloc+free") | .calls_seen - .calls_made | . >= 0 and . < 1000')" true
is "of samples it is an estimate" \
	"$(q '.records[] | select(.monitor == "memprof-sampled" and .event == "malloc+free") | .calls_seen / .calls_made | . > 0.5 and . < 2')" true
is "what no monitor counts has no figure" \
	"$(q '[.records[] | select(.event == "other" or .monitor == "none") | .calls_seen] | unique | join(",")')" ""
is "four rounds at least or said to be fewer" \
	"$(q '[.records[] | .blocks >= 4 or (.warnings | map(contains("too few")) | any)] | all')" true
is "a library has no collector" "$(q '[.records[] | select(.type == "collector")] | length')" 0

run "$bee" overhead --quiet -m memprof -e malloc+free -t 1 -o slowdown=no
is "text for a person" "$code" 0
like "only what was asked for" "$out" '^ +malloc\+free$'
like "a row for the monitor" "$out" '^memprof '
overhead -m memprof -e mmap,kmalloc+kfree -t 1
is "other events, too" "$code $(q '[.records[] | select(.monitor == "memprof") | "\(.event) \(.calls_seen)"] | join(" ")')" \
	"0 mmap null kmalloc+kfree null"
overhead -m memprof,memprof-counts -t 1 -o producers=2
if [ "$(nproc)" -ge 2 ]; then
	is "two producers: exit code" "$code" 77
	is "two producers: the reason" "$(q '[.records[].reason] | unique | join(";")')" \
		"it watches one process, and with producers=2 two make the calls"
fi

# manifest NAME RUN
manifest() {
	printf '{"schema": 1, "subject": "allocations", "definition": "malloc", "key": "tgid", "starts": true, "run": [%s],
		"prints": "profile", "report": ["echo", "{\\"stacks\\": []}"], "counters": {"allocs": "allocs", "bytes": "bytes"}}\n' \
		"$2" >"$tmp/$1.json"
}
manifest never '"env", "OUT={out}"'
overhead -m "$tmp/never.json,memprof" -t 2
is "one that counts nothing beside one that does: exit code" "$code" 3
like "the reason" "$(q '[.records[] | select(.monitor == "never") | "\(.status) \(.vacuous) \(.reason)"] | unique | join(";")')" \
	'^skip true nothing to compare: it counted none of the [0-9]+ pairs that were made \(malloc, free\)$'
is "it has no figure" "$(q '[.records[] | select(.monitor == "never") | has("added_ns")] | any')" false
is "the other has" "$(q '[.records[] | select(.monitor == "memprof") | .added_ns.centre | isnormal] | all and length == 4')" true
manifest ends '"sh", "-c", "exit 3", "{out}"'
overhead -m "$tmp/ends.json" -t 1
is "a starter that ends early" "$code $(error)" \
	"2 beebench: error: sh, by which the process is started whose calls are timed, has ended early: exit code 3"
manifest away "\"$tmp/nothing-there\", \"{out}\""
overhead -m "$tmp/away.json" -t 1
is "a starter that is not there" "$code $(error)" "2 beebench: error: no such program: $tmp/nothing-there"

# A load is started by it, too.
if have hyperfine; then
	run "$bee" overhead --quiet --json -m memprof,memprof-attach -t 2 -o attach=no,sharp=no -- sh -c "echo \$LD_PRELOAD >>$tmp/preloaded"
	printf '%s' "$out" >"$tmp/o.json"
	is "a load: exit code" "$code" 0
	is "a load: beside one that starts it" \
		"$(q '.records[] | select(.monitor == "memprof") | "\(.type) \(.status) \(.ratio.centre > 0)"')" "slowdown ok true"
	is "a load: with and without" "$(sed 's/.*libmemprof.*/with/; s/^$/without/' "$tmp/preloaded" | sort -u | tr '\n' ' ')" "with without "
	is "a load: what must be told a process is left out" "$(q '.records[] | select(.monitor == "memprof-attach") | "\(.status): \(.reason)"')" \
		"skip: it watches a process that is there, and a load is started for each run"
else
	skip "a load" "no hyperfine (make deps)"
fi

if why=$(bpf_refused); then
	skip "what needs BPF" "$why"
else
	overhead -m memprof-attach,memprof-kernel -t 4
	is "what comes to a process, and the kernel: exit code" "$code" 0
	is "each is timed at its own" \
		"$(q '[.records[] | select(.type == "overhead" and .calls_seen > 0) | "\(.monitor) \(.event) \(.status)"] | join(";")')" \
		"memprof-attach malloc+free ok;memprof-attach malloc ok;memprof-attach free ok;memprof-kernel kmalloc+kfree ok;memprof-kernel kmalloc ok;memprof-kernel kfree ok"
	# A run that the kernel skips is none that it counts; what finds no room in a ring has no stack.
	is "no pair is counted twice" "$(q '[.records[] | select(.calls_seen > 0) | .calls_seen <= .calls_made] | all')" true
	is "a message is a pair" "$(q '[.records[] | select(.event == "kmalloc+kfree") | .trigger] | unique | join(";")')" "msgsnd of 64 bytes, msgrcv"
	is "both have processes of their own" "$(q '[.records[] | select(.type == "collector") | "\(.monitor) \(.process)"] | join(";")')" \
		"memprof-attach its own;memprof-kernel its own"
	overhead -m memmon,memprof -t 3 -o sharp=no
	is "beside a monitor of memory calls: all events of both" \
		"$(q '[.records[] | select(.type == "overhead" and .monitor == "memprof") | .event] | join(",")')" "mmap,munmap,brk,other,malloc+free,malloc,free"
fi
if have setpriv && [ "$(id -u)" = 0 ]; then
	run setpriv --reuid=65534 --clear-groups "$bee" overhead --quiet --json -m memprof -t 1 -o slowdown=no
	printf '%s' "$out" >"$tmp/o.json"
	is "without rights a library can be timed" "$code $(q '.records[] | select(.monitor == "memprof" and .event == "malloc+free") | .calls_seen == .calls_made')" "0 true"
fi
done_testing
