#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# A kernel that compiles no BPF programs takes none with a callback: memmon_fast is loaded without its own there, and is right.
# On s390x, where Debian's kernels have no JIT at all, tests/vm/processors.t judges it.
# timeout: 400
set -u
. tests/lib.sh

need_tool qemu-system-x86_64 qemu-system-x86
need_tool jq jq
need_tool "${CC:-cc}" gcc
run "$bee" vm -k 6.12 --where
[ "$code" -ne 77 ] || skip_all "no kernel 6.12: $err"
"${CC:-cc}" -O2 -static -o "$tmp/without_jit" tests/fixtures/without_jit.c 2>"$tmp/cc" ||
	skip_all "no static program can be linked: $(head -n 1 "$tmp/cc")"
run "$bee" vm -k 6.12 -t 300 -f "$tmp/without_jit:bin/without_jit" -f "$B/static/beebench:bin/beebench" -- \
	without_jit /bin/beebench verify -q --json -m memmon_fast -w brk,remap
[ "$code" -ne 77 ] || skip_all "the JIT of this kernel cannot be switched off"
is "without a JIT memmon_fast is loaded" "$code" 0 || printf '# %s\n' "$err"
is "and is exact" "$(printf '%s' "$out" | jq -r '[.trials[] | .monitor + " " + .workload + " " + .conformance.verdict] | join(", ")')" \
	"memmon_fast brk exact, memmon_fast remap exact"
is "and accurate" "$(printf '%s' "$out" | jq '[.trials[].accuracy[].error] | unique == [0]')" true
done_testing
