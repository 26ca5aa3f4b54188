#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# How much of the code of Debian's libraries has unwind tables: where a profiler's DWARF stacks break off.
#
# The question: x86-64 demands .eh_frame for every function. Which share of the machine code has an entry there?
# The guess: assembly has none, so libgmp 25 %, OpenBLAS 10 %, x264 30 %; libcrypto, written with care, 99 %; dav1d and
# libjpeg 90 %; musl's, Go's, Haskell's and Free Pascal's code 0 %.
# What happens: what a compiler made reaches 97 to 98 %; the rest is padding between functions. The assembly differs by
# author, not by kind: libgmp's is nearly all there (92 %), OpenBLAS has 64 %. libcrypto lacks a tenth, nettle, x264 and
# libjpeg a quarter; dav1d has 30 %, x265 19 %: four fifths of an encoder's code have no rule. Of musl's libc 0.6 % is
# covered, three functions, and malloc is none of them; of a Haskell library next to nothing, of pandoc 0.5 %; of Go and
# Free Pascal nothing at all.
# Why it matters: who unwinds by .eh_frame (perf --call-graph dwarf, the unwinders written in BPF) has no rule for a sample
# that falls there, and loses its callers too, not one frame. An allocation profiler under musl must find the caller of
# malloc another way. Which share is lost can be computed before anything runs.
# Source: run here: the address ranges of .eh_frame against the executable sections (without .plt, .init, .fini).
# Versions below, amd64. First seen November 2026.
set -u
tmp=$(mktemp -d) || exit 2 # the packages come into it, by apt-get download
# shellcheck source=findings/fetch
. "$(dirname "$0")/fetch"
need readelf

fetch here libc6=2.36-9+deb12u14 libgmp10=2:6.2.1+dfsg1-1.1 libssl3=3.0.22-1~deb12u2 libnettle8=3.8.1-2 \
	libx264-164=2:0.164.3095+gitbaee400-3 libx265-199=3.5-2+b1 libdav1d6=1.0.0-2+deb12u1 libjpeg62-turbo=1:2.1.5-2 \
	libopenblas0-pthread=0.3.21+ds-4 musl=1.2.3-1 libpython3.11=3.11.2-6+deb12u9 golang-1.19-go=1.19.8-2 \
	pandoc=2.17.1.1-2~deb12u1 fp-compiler-3.2.2=3.2.2+dfsg-20 ghc=9.0.2-4

# covered NAME: the share of that file's executable bytes that lies in an entry of .eh_frame
covered() {
	file=$(find "$root/here" -name "$1" -type f -printf '%s %p\n' | sort -n | tail -n 1 | cut -d' ' -f2-)
	[ -n "$file" ] || cannot "no $1 in the packages"
	{
		readelf -WS "$file" 2>/dev/null | sed 's/^ *\[ *[0-9]*\] *//' |
			awk '$2 == "PROGBITS" && $7 ~ /X/ && $1 !~ /^\.(plt|init|fini)/ { print "code", $3, $5 }'
		readelf -W --debug-dump=frames "$file" 2>/dev/null |
			sed -n '/^Contents of the .debug_frame/q; s/.* FDE .*pc=\([0-9a-f]*\)\.\.\([0-9a-f]*\).*/entry \1 \2/p'
	} | awk '
	function hex(s,    i, v) {
		for (i = 1; i <= length(s); i++) v = v * 16 + index("0123456789abcdef", substr(s, i, 1)) - 1
		return v + 0
	}
	$1 == "code" { from[++n] = hex($2); to[n] = from[n] + hex($3); all += hex($3); next }
	{
		a = hex($2)
		b = hex($3)
		for (i = 1; i <= n; i++)
			if ((b < to[i] ? b : to[i]) > (a > from[i] ? a : from[i]))
				in_table += (b < to[i] ? b : to[i]) - (a > from[i] ? a : from[i])
	}
	END { printf "%.1f %%\n", all ? 100 * in_table / all : 0 }'
}

sees "glibc 2.36" "$(covered libc.so.6)" "97.8 %"
sees "Python 3.11" "$(covered libpython3.11.so.1.0)" "98.4 %"
sees "libgmp 6.2.1" "$(covered 'libgmp.so.10.*')" "92.4 %"
sees "OpenSSL 3.0, libcrypto" "$(covered libcrypto.so.3)" "89.6 %"
sees "nettle 3.8" "$(covered 'libnettle.so.8.*')" "74.1 %"
sees "libjpeg-turbo 2.1" "$(covered 'libjpeg.so.62.*')" "73.8 %"
sees "x264 0.164" "$(covered libx264.so.164)" "73.6 %"
sees "OpenBLAS 0.3.21" "$(covered 'libopenblasp-r0.3.21.so')" "64.5 %"
sees "dav1d 1.0" "$(covered 'libdav1d.so.6.*')" "29.7 %"
sees "x265 3.5" "$(covered libx265.so.199)" "18.9 %"
sees "musl 1.2.3" "$(covered libc.so)" "0.6 %"
sees "pandoc 2.17 (Haskell)" "$(covered pandoc)" "0.5 %"
sees "containers of GHC 9.0.2 (Haskell)" "$(covered 'libHScontainers-*.so')" "0.0 %"
sees "the go command (Go 1.19)" "$(covered go)" "0.0 %"
sees "the compiler ppcx64 (Free Pascal 3.2.2)" "$(covered ppcx64)" "0.0 %"
done_seeing
