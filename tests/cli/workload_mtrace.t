#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The ledgers of allocations against independent witnesses: glibc's mtrace sees the same calls of malloc, with the same addresses
# and sizes in the same order; perf's filtered tracepoints count the same blocks of the kernel's messages.
set -u
. tests/lib.sh

# mtrace's lines and the ledger's, as "+ ADDRESS SIZE", "< ADDRESS" (realloc of it) and "> ADDRESS SIZE" (to it), "- ADDRESS"; calls
# that failed and free(NULL) are in neither.
# shellcheck disable=SC2016
traced='/^@/ && !/\(nil\)/ && $3 != "!" { print $3, $4, ($5 == "0" ? "0x0" : $5) }'
# shellcheck disable=SC2016
written='NR == 1 { next }
$4 == "free" { if ($5 != "0x0") print "-", $5, ""; next }
$9 == "0x0" { next }
$5 != "0x0" { print "<", $5, ""; printf "> %s 0x%x\n", $9, $7; next }
{ printf "+ %s 0x%x\n", $9, $7 }'

# Beside the C library that the workload has: there may be those of other processors.
debug=$(ldd "$B/wl" | sed -n 's/.* => \(.*\)libc\.so\.6 .*/\1libc_malloc_debug.so.0/p')
[ -e "$debug" ] || debug=
# agrees WORKLOAD CALLS: at least so many lines
agrees() {
	if [ -z "$debug" ]; then
		skip "mtrace: $1" "glibc's libc_malloc_debug.so.0 is not there"
		return
	fi
	LD_PRELOAD=$debug MALLOC_TRACE=$tmp/trace "$B/wl" --seed 5 "$1" >"$tmp/ledger"
	awk "$traced" "$tmp/trace" >"$tmp/seen"
	awk -F '\t' "$written" "$tmp/ledger" >"$tmp/made"
	if cmp -s "$tmp/made" "$tmp/seen"; then
		pass "mtrace: $1: every call, address and size"
	else
		fail "mtrace: $1: the ledger and mtrace differ" "$(diff "$tmp/made" "$tmp/seen" | head -n 10)"
	fi
	is "mtrace: $1: there were calls" "$(($(wc -l <"$tmp/made") >= $2))" 1
}
agrees malloc 2500
agrees malloc:count=97,held=97,errors=0 97
agrees malloc:min=0,max=16 2500

# between FUNCTION: a filter for what it calls
between() {
	awk -v f="$1" 'found { printf "0x%s", $1; exit } $3 == f { printf "call_site >= 0x%s && call_site < ", $1; found = 1 }' "$tmp/symbols"
}
# counts WORKLOAD: kmalloc below load_msg and kfree below free_msg, as perf and as the ledger says
counts() {
	perf stat -x , -o "$tmp/perf" -e kmem:kmalloc --filter "$(between load_msg)" -e kmem:kfree --filter "$(between free_msg)" \
		"$B/wl" "$1" >"$tmp/ledger"
	run "$bee" verify --quiet --json -m memprof-kernel -w "$1"
	is "perf: $1: blocks that came and went" \
		"$(awk -F , '/kmem:/ { printf "%s%s", sep, $1; sep = " " }' "$tmp/perf")" \
		"$(printf '%s' "$out" | jq -r '.trials[0].truth.made | "\(.allocs) \(.frees + .live_blocks)"')"
}
if why=$(bpf_refused); then
	skip "perf" "$why"
elif ! have perf || ! have jq; then
	skip "perf" "no perf or no jq; sudo apt-get install linux-perf jq"
elif ! perf stat -e kmem:kmalloc true 2>/dev/null; then
	skip "perf" "perf cannot count kmem:kmalloc here"
elif ! grep -E -A 1 ' (load_msg|free_msg)$' /proc/kallsyms >"$tmp/symbols" || grep -q '^0000000000000000 ' "$tmp/symbols"; then
	skip "perf" "/proc/kallsyms does not tell where load_msg is"
else
	counts kmalloc
	counts kmalloc:max=8192,held=3
	counts kmalloc:errors=0,held=0
fi
done_testing
