#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Under a preloaded allocator a probe on malloc and free sees no allocation of a C++ program, and all of its frees, or half.
#
# The question: a profiler puts uprobes on malloc() and free() of the library that serves them. Does it see new and delete?
# The guess: with glibc all, as libstdc++ passes both on. With jemalloc, mimalloc and tcmalloc neither: they have operators
# of their own; a delete without a size is free itself in mimalloc and tcmalloc, one with a size (what g++ emits for `delete
# p`; clang++ before 19 does not) nowhere.
# What happens: no new passes malloc, in any of the three. A delete without a size passes free in all three: in mimalloc and
# tcmalloc it is the same address, in jemalloc a jump through the PLT. A delete with a size passes free in mimalloc, not in
# jemalloc and tcmalloc. So of 1,000 pairs a profiler counts 0 allocations and 0 or 1,000 frees of blocks that it never
# saw, and which of both depends on the compiler of the program and on the allocator. Addresses are shared widely: in
# tcmalloc free, cfree, delete, delete[] and six more names are one address, so that a probe on each counts a free ten
# times.
# Why it matters: "unknown frees" are no sign of lost events here. Probe operator new and delete too, by address, each
# address once.
# Source: run here: gdb's hit counts of breakpoints at malloc and free of each library. Versions: libjemalloc2 5.3.0-1,
# libmimalloc2.0 2.0.9+ds-2, libtcmalloc-minimal4 2.10-1, libc6 2.36-9+deb12u14, libstdc++6 12.2.0, amd64; gdb of any
# version. First seen November 2026.
set -u
tmp=$(mktemp -d) || exit 2 # the packages come into it, by apt-get download
# shellcheck source=findings/fetch
. "$(dirname "$0")/fetch"
need gdb cc readelf

fetch here libjemalloc2=5.3.0-1 libmimalloc2.0=2.0.9+ds-2 libtcmalloc-minimal4=2.10-1 libc6=2.36-9+deb12u14 \
	libstdc++6=12.2.0-14+deb12u1 libgcc-s1=12.2.0-14+deb12u1

# The operators by the names they have in the libraries, so that no compiler chooses which delete it is.
cat >"$tmp/pairs.c" <<'END'
extern void *_Znwm(unsigned long);
extern void _ZdlPv(void *), _ZdlPvm(void *, unsigned long), exit(int);
int main(int argc, char **argv)
{
	for (int i = 0; i < 1000; i++) {
		void *volatile block = _Znwm(40);

		if (argc > 1)
			_ZdlPvm(block, 40);
		else
			_ZdlPv(block);
	}
	return 0;
}
END
lib=$root/here/usr/lib/x86_64-linux-gnu
libc=$root/here/lib/x86_64-linux-gnu
cc -O1 -o "$tmp/pairs" "$tmp/pairs.c" "$lib/libstdc++.so.6" -Wl,-rpath,"$libc:$lib" \
	-Wl,--dynamic-linker,"$libc/ld-linux-x86-64.so.2" -Wl,--allow-shlib-undefined 2>"$tmp/said" ||
	cannot "$(tail -n 1 "$tmp/said")"

# at LIBRARY SYMBOL: its address in the file
at() {
	readelf -W --dyn-syms "$1" | awk -v s="$2" '{ n = $8; sub(/@.*/, "", n) } n == s && $7 != "UND" { print "0x" $2; exit }'
}
# hits LIBRARY [sized]: how often malloc and free of that library are entered by 1,000 pairs
hits() {
	file=$(readlink -f "$1")
	{
		echo 'set debuginfod enabled off'
		echo 'set confirm off'
		[ "$(basename "$file")" = libc.so.6 ] || echo "set environment LD_PRELOAD $file"
		echo 'break main'
		echo "run ${2:-}"
	} >"$tmp/start"
	from=$(gdb -q -batch -x "$tmp/start" -ex 'info sharedlibrary' "$tmp/pairs" 2>/dev/null |
		awk -v f="$(basename "$file")" 'index($NF, f) { print $1; exit }')
	text=0x$(readelf -WS "$file" | sed 's/^ *\[ *[0-9]*\] *//' | awk '$1 == ".text" { print $3 }')
	[ -n "$from" ] || { echo "not loaded"; return; }
	{
		cat "$tmp/start"
		printf 'break *%d\nignore 2 1000000\n' "$((from - text + $(at "$file" malloc)))"
		printf 'break *%d\nignore 3 1000000\n' "$((from - text + $(at "$file" free)))"
		echo continue
		echo 'info breakpoints'
	} >"$tmp/count"
	gdb -q -batch -x "$tmp/count" "$tmp/pairs" 2>/dev/null | awk '
	/^[23] / { b = $1 }
	/already hit/ { hit[b] = $4 }
	/exited normally/ { ended = 1 }
	END { if (ended) printf "malloc %d, free %d\n", hit[2], hit[3]; else print "did not end" }'
}
# names LIBRARY: how many exported names are at free's address
names() {
	file=$(readlink -f "$1")
	readelf -W --dyn-syms "$file" | awk -v a="$(at "$file" free)" '"0x" $2 == a && $4 == "FUNC" { n[$8] } END { for (x in n) c++; print c + 0 }'
}

sees "glibc 2.36, new and delete" "$(hits "$libc/libc.so.6")" "malloc 1000, free 1000"
sees "glibc 2.36, new and delete with a size" "$(hits "$libc/libc.so.6" sized)" "malloc 1000, free 1000"
sees "jemalloc 5.3, new and delete" "$(hits "$lib/libjemalloc.so.2")" "malloc 0, free 1000"
sees "jemalloc 5.3, new and delete with a size" "$(hits "$lib/libjemalloc.so.2" sized)" "malloc 0, free 0"
sees "mimalloc 2.0, new and delete" "$(hits "$lib/libmimalloc.so.2.0")" "malloc 0, free 1000"
sees "mimalloc 2.0, new and delete with a size" "$(hits "$lib/libmimalloc.so.2.0" sized)" "malloc 0, free 1000"
sees "tcmalloc 2.10, new and delete" "$(hits "$lib/libtcmalloc_minimal.so.4")" "malloc 0, free 1000"
sees "tcmalloc 2.10, new and delete with a size" "$(hits "$lib/libtcmalloc_minimal.so.4" sized)" "malloc 0, free 0"
sees "names at free's address: glibc, jemalloc, mimalloc, tcmalloc" "$(names "$libc/libc.so.6") $(names "$lib/libjemalloc.so.2") \
$(names "$lib/libmimalloc.so.2.0") $(names "$lib/libtcmalloc_minimal.so.4")" "3 1 6 10"
done_seeing
