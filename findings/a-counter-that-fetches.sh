#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Which instruction a counter of a BPF program is, by compiler: newer clang and gcc fetch a value that nobody wants.
#
# The question: nearly every monitor counts by __sync_fetch_and_add(&n, 1) and uses no result. Is that one instruction everywhere?
# The guess: `lock *(u64 *)p += r` (BPF_ADD without BPF_FETCH, which every kernel has since 3.19), by clang of any age and by gcc; with
# -mcpu=v1 by all means.
# What happens:
#   - clang 14, 16 and 19 emit that. clang 22 emits `r = atomic_fetch_add(p, r)`, for the sake of arm64, where only that one orders.
#     Of C11's forms __ATOMIC_RELAXED alone stays what it was.
#   - gcc 16 emits the fetch in every form, relaxed too. gcc 12 has only the form without, and calls a function for all else.
#   - -mcpu=v1, which promises that old kernels can run it: clang 22 keeps `lock +=` for an addition, and fetches for a subtraction and for
#     |=. clang 14 to 19 fetch at v1 where the result is used, without a word; clang 22 refuses that line. gcc 16 makes of every
#     counter the call of a function __sync_fetch_and_add_8, which nobody has: exit code 0, and an object that no loader takes.
# Why it matters: a kernel before 5.12 refuses a program with a fetch, and the change of compiler alone brings it. It is another
# instruction to time as well: on x86-64 xadd for add, on arm64 ldaddal, which orders, for stadd, which does not. Two monitors
# of one source are to be compared by what is in the object. A counter is __atomic_fetch_add(&n, 1, __ATOMIC_RELAXED), by clang.
# Source: run here: the assembly of one line at -O2; llvm-project's pull requests 101428 and 106494 speak of the addition. Versions: clang 14.0.6-12, 16.0.6-15~deb12u1, 19.1.7-3~deb12u1 and 22.1.8-3, gcc-bpf
# 12.2.0-14+deb12u1+ and 16.2.0-3+2. First seen November 2026.
set -u
tmp=$(mktemp -d) || exit 2 # the packages come into it, by apt-get download
# shellcheck source=findings/fetch
. "$(dirname "$0")/fetch"

fetch here clang-14=1:14.0.6-12 libclang-cpp14=1:14.0.6-12 libllvm14=1:14.0.6-12 clang-16=1:16.0.6-15~deb12u1 \
	libclang-cpp16=1:16.0.6-15~deb12u1 libllvm16=1:16.0.6-15~deb12u1 clang-19=1:19.1.7-3~deb12u1 \
	libclang-cpp19=1:19.1.7-3~deb12u1 libllvm19=1:19.1.7-3~deb12u1 libz3-4=4.8.12-3.1 gcc-bpf=12.2.0-14+deb12u1+ \
	libisl23=0.25-1.1 libmpc3=1.3.1-1 libmpfr6=4.2.0-1 libgmp10=2:6.2.1+dfsg1-1.1
fetch sid clang-22=1:22.1.8-3 libclang-cpp22=1:22.1.8-3 libllvm22=1:22.1.8-3 libc6=2.43-7 libstdc++6=16.2.0-4 libgcc-s1=16.2.0-4 \
	zlib1g=1:1.3.dfsg+really1.3.2-4 libzstd1=1.5.7+dfsg-4 libxml2-16=2.15.4+dfsg-1+b1 libffi8=3.8.0-2 libtinfo6=6.6+20260608-2 \
	libedit2=3.1-20260512-1 libbsd0=0.12.2-3 libmd0=1.3.0-1 liblzma5=5.8.4-1 libicu76=76.1-4+b1 libz3-4=4.13.3-1.1 \
	gcc-bpf=16.2.0-3+2 libisl23=0.28-1 libmpfr6=4.2.2-3 libmpc3=1.3.1-3 libgmp10=2:6.3.0+dfsg-5+b2

# what: the kind of instruction in the assembly on stdin
what() {
	sed -n '/call/s/.*/call/p; t; /atomic_fetch/s/.*/fetch/p; t; /lock .*=\|xadd/s/.*/lock/p' | head -n 1
}
# of STATEMENT CPU: what clang 14, 16, 19, 22 and gcc 12, 16 make of it
of() {
	echo "unsigned long long n; unsigned long long f(void) { $1; }" >"$tmp/f.c"
	for clang in "here 14" "here 16" "here 19" "sid 22"; do
		run "${clang% *}" "usr/lib/llvm-${clang#* }/bin/clang" --target=bpf "-mcpu=$2" -O2 -w -S -o - "$tmp/f.c" 2>/dev/null >"$tmp/f.s" ||
			echo "error" >"$tmp/f.s"
		what <"$tmp/f.s" | grep . || cat "$tmp/f.s"
	done
	run here usr/lib/gcc/bpf/12/cc1 -quiet "-mcpu=$2" -O2 -w -o - "$tmp/f.c" 2>/dev/null | what
	run sid usr/lib/gcc/bpf/16/cc1 -quiet "-mcpu=$2" -O2 -w -o - "$tmp/f.c" 2>/dev/null | what
}

echo "by clang 14, 16, 19, 22 and gcc 12, 16: lock: +=, fetch: fetches, call: calls a function, error: refused"

# line CPU STATEMENT WANT
line() {
	sees "$1: $2" "$(of "$2" "$1" | paste -sd' ' -)" "$3"
}
line v3 '__sync_fetch_and_add(&n, 1)' 'lock lock lock fetch lock fetch'
line v3 '__sync_fetch_and_sub(&n, 1)' 'lock lock lock fetch lock fetch'
line v3 '__sync_fetch_and_or(&n, 1)' 'lock lock lock fetch call fetch'
line v3 '__atomic_fetch_add(&n, 1, __ATOMIC_SEQ_CST)' 'lock lock lock fetch lock fetch'
line v3 '__atomic_fetch_add(&n, 1, __ATOMIC_RELAXED)' 'lock lock lock lock lock fetch'
line v3 'return __sync_fetch_and_add(&n, 1)' 'fetch fetch fetch fetch call fetch'
line v1 '__sync_fetch_and_add(&n, 1)' 'lock lock lock lock lock call'
line v1 '__sync_fetch_and_sub(&n, 1)' 'lock lock lock fetch lock call'
line v1 '__sync_fetch_and_or(&n, 1)' 'lock lock lock fetch call call'
line v1 '__atomic_fetch_add(&n, 1, __ATOMIC_SEQ_CST)' 'lock lock lock lock lock call'
line v1 '__atomic_fetch_add(&n, 1, __ATOMIC_RELAXED)' 'lock lock lock lock lock call'
line v1 'return __sync_fetch_and_add(&n, 1)' 'fetch fetch fetch error call call'
done_seeing
