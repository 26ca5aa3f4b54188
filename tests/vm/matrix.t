#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The kernel matrix: every object that ships loads and attaches on Linux 6.1. With VM_FULL=1 (make test-vm) on 6.1, 6.12 and
# 7.2 (which is skipped where it cannot be fetched), and every monitor is judged there beside every workload, and C is held against Honey. Where this machine refuses BPF,
# so is it on 6.12. Needs no root.
# timeout: 1800
set -u
. tests/lib.sh

need_tool qemu-system-x86_64 qemu-system-x86
need_tool jq jq
full=
if [ "${VM_FULL:-0}" = 1 ]; then
	set -- 6.1 6.12 7.2
	full="6.1 6.12 7.2"
elif why=$(bpf_refused); then
	set -- 6.1 6.12
	full=6.12
	echo "# guest: verify, conformance and C against Honey, on Linux 6.12 (this machine: $why)"
else
	set -- 6.1
fi

# objects: every BPF object that ships
objects() {
	for f in "$B"/bpf/*/*.bpf.o; do
		printf '%s\n' "$f"
	done
}

# loads KERNEL
loads() {
	# shellcheck disable=SC2046
	run "$bee" vm -k "$1" -t 300 --load $(objects)
	if [ "$code" -eq 77 ]; then
		skip "objects load on Linux $1" "$err"
		return 1
	fi
	for f in $(objects); do
		like "$(basename "$f" .bpf.o) loads and attaches on Linux $1" "$out" "^ok +$f: [1-9]" || true
	done
}

# Smaller than the defaults: an emulated machine is slow. The flood still is twice what the ring holds.
memory_loads=brk,crowd:count=3001,fail,filter,flood:count=9001,forks,idle,mmap,partial,remap,threads,threads:end
cpu_loads=idle,pingpong,sleep,spin:rounds=37,reads:count=1009

# judges KERNEL KIND MONITORS WORKLOADS: one test for each trial
judges() {
	run "$bee" vm -k "$1" -t 500 -- beebench verify --json -q -m "$3" -w "$4"
	printf '%s\n' "$out" >"$tmp/verify.json"
	if [ "$code" -eq 0 ]; then
		pass "verify of $2 monitors ends well on Linux $1"
	else
		fail "verify of $2 monitors ends well on Linux $1" "exit code $code" "$err" \
			"$(jq -c .mismatches "$tmp/verify.json" 2>/dev/null | head -c 3000)"
	fi
	jq -r '.trials[]? | [.status, .conformance.verdict // "none", .monitor, .workload, .reason // ""] | @tsv' \
		"$tmp/verify.json" >"$tmp/trials"
	while IFS='	' read -r status verdict monitor workload reason; do
		name="$monitor beside $workload on Linux $1"
		case $status in
		ok) pass "$name: $verdict" ;;
		skip) skip "$name" "$reason" ;;
		*) fail "$name: $verdict" "$status: $reason" ;;
		esac
	done <"$tmp/trials"
	[ "$2" = CPU ] ||
		is "memmon_fast is off nowhere on Linux $1" "$(jq '[.trials[]? | select(.monitor == "memmon_fast") | .accuracy[]] |
			"\(length > 30) \([.[] | select(.error != 0)] | length)"' -r "$tmp/verify.json")" "true 0"
	like "$2 monitors were judged on Linux $1" "$(cut -f 2 "$tmp/trials")" '^(exact|bounded)$'
	# Where programs are preempted, the kernel skips runs: of those on syscalls tracepoints, not of ours.
	[ "$1" = 7.2 ] && may="cpumon.*|memmon_fast" || may=".*"
	is "n43: the kernel skipped no run of $may on Linux $1" "$(jq -r --arg may "^($may)\$" '[.trials[]? |
		select(.conformance.verdict == "skipped" and (.monitor | test($may))) | .monitor] | unique | join(" ")' "$tmp/verify.json")" ""
}

# monitors REGEX: names of our objects, with commas
monitors() {
	"$bee" list monitors | sed -n 's/^  \([^ ]*\) *$/\1/p' | grep -v '\.bt$' | grep -E "$1" | paste -sd,
}

# equal KERNEL A B WORKLOADS: B does as A does, one test for each workload
equal() {
	run "$bee" vm -k "$1" -t 500 -- beebench compare "$2" "$3" --json -q -o cost=no,exact=no -w "$4"
	printf '%s\n' "$out" >"$tmp/compare.json"
	is "$2 and $3 are compared on Linux $1" "$code" 0 || printf '# %s\n' "$err"
	jq -r '.records[]? | select(.type == "equivalence") | [.workload, .verdict // .status, .reason // ""] | @tsv' \
		"$tmp/compare.json" >"$tmp/pairs"
	while IFS='	' read -r workload verdict reason; do
		case $verdict in
		skip) # where the kernel skipped runs nothing can be said, and only there
			case "$1 $reason" in
			7.2*"the kernel skipped"*"preempted, Linux 7"*) pass "n43: $3 is not blamed beside $workload on Linux $1" ;;
			*) skip "$3 does as $2 beside $workload on Linux $1" "$reason" ;;
			esac
			;;
		*) is "$3 does as $2 beside $workload on Linux $1" "$verdict" equal || printf '# %s\n' "$reason" ;;
		esac
	done <"$tmp/pairs"
	is "every workload was compared" "$(wc -l <"$tmp/pairs")" "$(printf '%s\n' "$4" | tr ',' '\n' | wc -l)"
}

for kernel; do
	loads "$kernel" || continue
	case " $full " in
	*" $kernel "*) ;;
	*) continue ;;
	esac
	judges "$kernel" memory "$(monitors '^(mem|nop)')" "$memory_loads"
	judges "$kernel" CPU "$(monitors '^cpu')" "$cpu_loads"
	for honey in memmon-honey memmon-honey-O; do
		equal "$kernel" memmon $honey "$memory_loads"
	done
	for honey in cpumon-honey cpumon-honey-O; do
		equal "$kernel" cpumon $honey "$cpu_loads"
	done
done
done_testing
