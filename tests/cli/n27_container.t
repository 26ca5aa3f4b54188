#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Number 27: in a container with process numbers of its own a right monitor is right: the ledger's threads are found by the
# numbers by which the kernel knows them.
. tests/lib.sh
need_bpf
need_tool jq jq
need_tool unshare util-linux
for how in -pf "-pf --mount-proc"; do
	# shellcheck disable=SC2086
	unshare $how true 2>/dev/null || skip_all "unshare $how cannot make a container"
	# shellcheck disable=SC2086
	run unshare $how "$bee" verify -q --json -m memmon,memmon_fast -w mmap,forks,threads,threads:end
	is "unshare $how: memory monitors" "$code $(printf '%s' "$out" | jq -r '[.trials[].conformance.verdict] | unique | join(" ")')" "0 exact"
	is "unshare $how: no thread is missed or invented" \
		"$(printf '%s' "$out" | jq -r '[.trials[] | .conformance.keys] | join(" ")' | tr -s '0-9' N)" "N N N N N N N N"
	# shellcheck disable=SC2086
	run unshare $how "$bee" verify -q --json -m memmon -- true
	is "unshare $how: a command" "$code $(printf '%s' "$out" | jq -r '.trials[0].conformance.verdict')" "0 exact"
	# shellcheck disable=SC2086
	run unshare $how "$bee" verify -q --json -m "$B/tests/bpf/wrong_type.bpf.o" -w mmap
	is "unshare $how: a wrong monitor is wrong" "$code" 1
done
run unshare -pf --mount-proc "$bee" verify -q --json -m cpumon -w threads
is "a CPU monitor" "$code $(printf '%s' "$out" | jq -r '.trials[0].conformance.verdict')" "0 bounded"
run unshare -pf --mount-proc "$bee" compare memmon memmon -w mmap,forks -o cost=no,exact=no -q --json
is "compare" "$code $(printf '%s' "$out" | jq -r '[.records[] | select(.type == "equivalence") | .verdict] | unique | join(" ")')" "0 equal"
# What is counted of one process is found by the kernel's number of it.
run unshare -pf --mount-proc "$bee" overhead -q -t 1 -m memmon -e mmap -o slowdown=no --json
is "overhead: the calls are counted" "$(printf '%s' "$out" |
	jq -r '[.records[] | select(.type == "overhead" and .monitor == "memmon") | .calls_seen == .calls_made] | length > 0 and all')" "true"
hasnt "overhead: and nothing is said of calls that were not" "$out" "counted none of these calls"
run unshare -pf --mount-proc "$bee" ringbuf -q -t 1 -o rate=3000 --json
is "ringbuf: a flooded monitor's calls are counted" "$(printf '%s' "$out" |
	jq -r '[.records[] | select(.type == "losscurve" and .monitor != null) | .status + " " + (.accounted | tostring)] | unique | join(", ")')" "ok true"
done_testing
