#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The kernel matrix: every object that ships loads and attaches on Linux 6.1; with VM_FULL=1 (make test-vm) on 6.1 and 6.12,
# and every monitor is judged there beside every workload, as `beebench verify` does here. Needs no root.
# timeout: 1200
set -u
. tests/lib.sh

need_tool qemu-system-x86_64 qemu-system-x86
need_tool jq jq
full=${VM_FULL:-0}
if [ "$full" = 1 ]; then
	set -- 6.1 6.12
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

# judges KERNEL: one test for each trial that could be run there
judges() {
	run "$bee" vm -k "$1" -t 900 -- beebench verify --json -q
	printf '%s\n' "$out" >"$tmp/verify.json"
	if ! [ "$code" -eq 0 ] || ! jq -e .trials "$tmp/verify.json" >/dev/null 2>&1; then
		fail "verify ends well on Linux $1" "exit code $code" "$err" "$(jq -c .mismatches "$tmp/verify.json" 2>/dev/null | head -c 3000)"
	else
		pass "verify ends well on Linux $1"
	fi
	jq -r '.trials[] | select(.status != "skip") | [.status, .conformance.verdict // "none",
		.monitor, .workload, .reason // ""] | @tsv' "$tmp/verify.json" >"$tmp/trials"
	while IFS='	' read -r status verdict monitor workload reason; do
		name="$monitor beside $workload on Linux $1: $verdict"
		if [ "$status" = ok ]; then pass "$name"; else fail "$name" "$status: $reason"; fi
	done <"$tmp/trials"
	like "something was judged exact on Linux $1" "$(cut -f 2 "$tmp/trials")" '^exact$'
}

for kernel; do
	loads "$kernel" || continue
	[ "$full" = 1 ] || continue
	judges "$kernel"
done
done_testing
