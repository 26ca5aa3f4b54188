#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# A monitor is found by its name: the skeleton of docs/adding-a-monitor.md in a folder of its own, though a part of the
# harness is called alike; two monitors of one name are told of.
# timeout: 300
. tests/lib.sh
need_bpf
need_tool jq jq

cp -r "$B/bpf" "$tmp/bpf"
export BEEBENCH_BPF_DIR="$tmp/bpf"
check "a part of the harness is called calls" test -f "$tmp/bpf/probes/calls.bpf.o"
run "$bee" verify -q -m calls -w mmap
is "it is no monitor: exit code" "$code" 2

mkdir -p "$tmp/bpf/calls" "$tmp/bpf/another"
for file in calls.bpf.c calls.manifest.json; do
	awk -v file="$file" '/^```[a-z]+ / { on = $2 == file; next } /^```/ { on = 0 } on' docs/adding-a-monitor.md \
		>"$tmp/bpf/calls/$file"
done
run ${CLANG:-clang} -g -O2 -target bpf -D__TARGET_ARCH_x86 -I. -I"$B/gen" -c -o "$tmp/bpf/calls/calls.bpf.o" \
	"$tmp/bpf/calls/calls.bpf.c"
is "the skeleton compiles" "$code" 0
run "$bee" list monitors
like "it is listed" "$out" "^  calls  "
run "$bee" verify -q -m calls -w mmap --json
is "and found by its name, and exact" "$code $(printf '%s' "$out" | jq -r '.trials[0].conformance.verdict')" "0 exact"

cp "$tmp/bpf/calls/"calls.* "$tmp/bpf/another/"
run "$bee" verify -q -m calls -w mmap
is "two of one name: exit code" "$code" 2
like "two of one name: both are told" "$err" "calls: there are two monitors of this name, .*calls.bpf.o and .*calls.bpf.o; give a path"
done_testing
