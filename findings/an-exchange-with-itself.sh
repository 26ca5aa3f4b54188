#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# An atomic exchange that stores nothing: gcc for s390x, where the result may be the new value as well.
#
# The question: `v = mine; if (handover) v = atomic_exchange(&slot, v); return v;` on a processor whose exchange is a loop around
# compare-and-swap. Which registers does it take?
# The guess: two, as everywhere: the value that is stored and the value that was there.
# What happens: gcc for s390x (11, 12 and 14) gives both the same register: "csg %r2,%r2" compares the slot with what was just read
# from it and stores that. The slot never changes, the loop ends at once, nobody is told. A second variable for the result does not
# help, as the two become one again; a compare-exchange loop written out is right (csg %r2,%r3), and so is clang.
# Why it matters: slots handed from thread to thread this way stay empty on s390x alone. A load of ours that should have unmapped
# what another thread had mapped made no munmap at all, and a monitor that counted none was exact.
# Source: run here: the compiler's assembly. Version below. First seen November 2026.
set -u
tmp=$(mktemp -d) || exit 2 # the packages come into it, by apt-get download
# shellcheck source=findings/fetch
. "$(dirname "$0")/fetch"

fetch here cpp-12-s390x-linux-gnu=12.2.0-14cross1

cat >"$tmp/exchange.c" <<'E2'
typedef unsigned long u64;
u64 same(u64 *slot, u64 v, int handover)
{
	if (handover)
		v = __atomic_exchange_n(slot, v, __ATOMIC_SEQ_CST);
	return v;
}
u64 other(u64 *slot, u64 v, int handover)
{
	u64 was = v;

	if (handover)
		was = __atomic_exchange_n(slot, v, __ATOMIC_SEQ_CST);
	return was;
}
u64 loop(u64 *slot, u64 v, int handover)
{
	u64 was;

	if (!handover)
		return v;
	was = *slot;
	while (!__atomic_compare_exchange_n(slot, &was, v, 1, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
		;
	return was;
}
E2
# swaps FUNCTION: the registers of its compare-and-swap: what is expected, what is stored
swaps() {
	run here usr/lib/gcc-cross/s390x-linux-gnu/12/cc1 -quiet -O2 "$tmp/exchange.c" -o - 2>/dev/null |
		awk -v f="$1:" '$1 == f { on = 1 } on && $1 == "csg" { split($2, r, ","); print (r[1] == r[2] ? "one register" : "two registers"); exit }'
}
sees "v = exchange(slot, v)" "$(swaps same)" "one register"
sees "was = v; was = exchange(slot, v)" "$(swaps other)" "one register"
sees "the loop written out" "$(swaps loop)" "two registers"
done_seeing
