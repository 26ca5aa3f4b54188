#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Number 14: calls whose number is not what stands in the register. On x86-64 the kernel takes its lower half: with anything above
# it the call works, and memmon_fast, the oracle and the record of calls count it. n14_compat.t has the 32-bit calls.
. tests/lib.sh
need_bpf
need_tool jq jq
need_tool "${CC:-cc}" gcc
[ "$(uname -m)" = x86_64 ] || skip_all "registers of x86-64"
check "the command compiles" "${CC:-cc}" -O1 -o "$tmp/edges" tests/cli/edges.c

# worked: of mmap, munmap, mremap and brk as memmon_fast counted them
counted() {
	printf '%s' "$out" | jq -r '.trials[0].captured | "\(.mmap_count) \(.munmap_count) \(.mremap_count) \(.brk_count)"'
}
run "$bee" verify -q --json -m memmon_fast -o ignore-exit=yes -- "$tmp/edges" none
# shellcheck disable=SC2046
set -- $(counted)
run "$bee" verify -q --json -m memmon_fast,memmon -- "$tmp/edges" upper
is "the command did what it says" "$(printf '%s' "$out" | jq -r '.trials[0].command.exit')" 0
is "memmon_fast and memmon are exact" "$(printf '%s' "$out" | jq -r '[.trials[] | "\(.monitor) \(.status) \(.conformance.verdict)"] | join(", ")')" \
	"memmon_fast ok exact, memmon ok exact"
is "memmon_fast counts all of them" "$(counted)" "$(($1 + 10)) $(($2 + 10)) $(($3 + 10)) $(($4 + 1))"
is "the oracle saw as many mmaps and munmaps work" "$(printf '%s' "$out" | jq -r '.trials[0].truth.worked | "\(.mmap) \(.munmap)"')" \
	"$(($1 + 10)) $(($2 + 10))"
done_testing
