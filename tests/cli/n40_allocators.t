#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Number 40: scripts/allocators.sh makes the tables of docs/allocators.md: a row for each allocator, counts that fit its habits, and
# what memmon shows.
# timeout: 300
. tests/lib.sh
need_tool strace strace
need_tool jq jq

run scripts/allocators.sh 2
if [ "$code" -eq 77 ]; then
	skip_all "the allocators cannot be fetched: $(printf '%s' "$err" | tail -n 1)"
fi
is "it ends well" "$code" 0
for who in glibc musl jemalloc mimalloc tcmalloc; do
	like "$who: calls of each pattern" "$out" "^\| $who [0-9.]+ (\| [0-9]+/[0-9]+/[0-9]+/[0-9]+/[0-9]+ ){5}\|\$"
done
# calls WHO COLUMN CALL: of the first table; CALL is 1 mmap, 2 munmap, 3 brk
calls() {
	printf '%s\n' "$out" | awk -F'|' -v who="$1" -v column="$2" -v call="$3" '
	$2 ~ "^ " who " [0-9]" && NF == 8 { split($(column + 2), n, "/"); print n[call] + 0; exit }'
}
check "glibc takes small blocks by brk" test "$(calls glibc 4 3)" -gt 500
check "musl gives back what is freed" test "$(calls musl 5 2)" -gt "$(($(calls musl 4 2) + 1000))"
is "jemalloc does not" "$(calls jemalloc 5 2)" "$(calls jemalloc 4 2)"
if is_root && ! why=$(bpf_refused); then
	like "memmon shows each of the five that leak" "$(printf '%s\n' "$out" | grep -Ec 'brk; [a-z ]+( [0-9]+ KiB/s)? since |munmap; [a-z ]+( [0-9]+ KiB/s)? since ')" '^[5-9]$'
	hasnt "a trend that is not known yet has no figure" "$out" "too early 0"
	for mode in memfd segment registered; do
		like "50 MiB held in $mode are in no row" "$out" "^\| $mode \| ([0-9]{4} / [0-9]{3,4} .*|-) \|\$"
	done
else
	skip "what memmon shows" "needs root and BPF${why:+: $why}"
fi
done_testing
