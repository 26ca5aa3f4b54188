#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# A kernel that compiles no BPF programs takes none with a callback: memmon_fast is loaded without its own there, and is right.
# On s390x, where Debian's kernels have no JIT at all, tests/vm/processors.t judges it.
# timeout: 400
set -u
. tests/lib.sh

need_tool jq jq
need_guest_program without_jit
run "$bee" vm -k 6.12 -t 300 -f "$tmp/without_jit:bin/without_jit" -f "$B/static/beebench:bin/beebench" -- \
	without_jit /bin/beebench verify -q --json -m memmon_fast -w brk,remap
[ "$code" -ne 77 ] || skip_all "the JIT of this kernel cannot be switched off"
is "without a JIT memmon_fast is loaded" "$code" 0 || printf '# %s\n' "$err"
is "and is exact" "$(printf '%s' "$out" | jq -r '[.trials[] | .monitor + " " + .workload + " " + .conformance.verdict] | join(", ")')" \
	"memmon_fast brk exact, memmon_fast remap exact"
is "and accurate" "$(printf '%s' "$out" | jq '[.trials[].accuracy[].error] | unique == [0]')" true
done_testing
