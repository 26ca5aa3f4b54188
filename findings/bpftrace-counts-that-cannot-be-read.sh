#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# What bpftrace counts right and prints wrong, or does not keep: JSON without blanks, hexadecimal counts, min() and max().
#
# The question: a harness reads the maps of a bpftrace script as JSON and holds them against what it knows. May it trust
# the numbers and the keys of 0.17 (Debian 12) and 0.27 (unstable)?
# The guess: apart from bytes that are no UTF-8 yes; a number is a number, and a key is its text.
# What happens: 0.27 leaves all blanks out of the texts of a map's key, in JSON alone: "x " and " x" are the key "x" twice.
# After the first byte from 0x80 on that it prints, the counts of every later histogram are hexadecimal: 20 is 14, and 14
# is the letter e, which is no JSON. -(uint8)1 in a map has 56 bits of whatever the memory held.
# 0.17 keeps no max() of negative numbers and no min() of numbers above 2^32 - 1, and prints a min() of 2^32 - 1 as 0. Its
# hist() has 32 powers of two, so that 2^31 and 2^40 are one bucket, which is printed from -2147483648 to 0.
# The same word means another length: str(x, 5) has 5 characters in 0.17 and 4 in 0.27, and args.offset of lseek is signed
# in 0.17 and unsigned in 0.27, so that `args->offset < 0` is never true there.
# Why it matters: paths with a blank fall together, a histogram of 16 reads 10, a latency above 4.3 s is no minimum; and a
# script that is moved to a newer bpftrace filters nothing any more, without a word.
# Source: run here. Versions: bpftrace 0.17.0-1 and 0.27.1-1, amd64, Linux 6.18. First seen November 2026.
set -u
tmp=$(mktemp -d) || exit 2 # the packages come into it, by apt-get download
# shellcheck source=findings/fetch
. "$(dirname "$0")/fetch"
[ "$(id -u)" -eq 0 ] || cannot "needs root"
need bpftrace python3
case $(bpftrace --version) in
*v0.17.0*) ;;
*) cannot "the bpftrace here is not 0.17.0" ;;
esac

fetch sid libgcc-s1=16.2.0-4 libc6=2.43-7 libzstd1=1.5.7+dfsg-4 zlib1g=1:1.3.dfsg+really1.3.2-4 libelf1t64=0.196-1 \
	libbpf1=1:1.7.0-1 libmd0=1.3.0-1 libbsd0=0.12.2-3 libtinfo6=6.6+20260608-2 libedit2=3.1-20260512-1 libffi8=3.8.0-2 \
	libstdc++6=16.2.0-4 libxml2-16=2.15.4+dfsg-1+b1 libz3-4=4.13.3-1.1 libllvm21=1:21.1.8-14 libclang-cpp21=1:21.1.8-14 \
	liblzma5=5.8.4-1 libbpfcc=0.37.0+ds-8 libclang1-21=1:21.1.8-14 libbz2-1.0=1.0.8-6+b2 libdw1t64=0.196-1 \
	libsframe3=2.47.50.20261021-1 bpftrace=0.27.1-1

# shellcheck disable=SC2317  # called by name
old() { bpftrace -f json "$@" 2>/dev/null; }
# shellcheck disable=SC2317
new() { run sid usr/bin/bpftrace -f json "$@" 2>/dev/null; }
# maps VERSION SCRIPT: what it prints of its maps
maps() {
	"$1" -e "$2" | sed -nE 's/^\{"type": "(map|hist)", "data": (.*)\}$/\2/p' | paste -sd' ' -
}
# begin VERSION STATEMENTS: the same of what is done once
begin() {
	maps "$1" "BEGIN { $2 exit(); }"
}
# beside VERSION SYSCALL STATEMENTS: the same at an lseek to -5 or an openat of abcdefgh
beside() {
	"$1" -e "tracepoint:syscalls:sys_enter_$2 /comm == \"seeker\"/ { $3 exit(); }" >"$tmp/seen" &
	for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		kill -0 $! 2>/dev/null || break
		# As a thread of that name.
		python3 -c 'import ctypes, time
libc = ctypes.CDLL(None); libc.prctl(15, b"seeker")
libc.syscall(8, ctypes.c_long(0), ctypes.c_long(-5), ctypes.c_long(0))
libc.syscall(257, ctypes.c_long(-100), ctypes.c_char_p(b"abcdefgh"), ctypes.c_long(0)); time.sleep(0.5)'
	done
	wait
	sed -nE 's/^\{"type": "(map|hist)", "data": (.*)\}$/\2/p' "$tmp/seen" | paste -sd' ' -
}

blanks='@["x "] = 1; @[" x"] = 2;'
sees "0.17: two keys with blanks" "$(begin old "$blanks")" '{"@": {"x ": 1, " x": 2}}'
sees "0.27: the same" "$(begin new "$blanks")" '{"@": {"x": 1, "x": 2}}'
hex='@a["\xc3"] = 1; unroll(14) { @h = hist(5); } unroll(16) { @i = hist(5); }'
# The counts that are not 0.
counts() { grep -o '"count": [^}]*' | grep -v ' 0$' | paste -sd' ' -; }
sees "0.17: 14 and 16 behind a byte of 0xc3" "$(begin old "$hex" | counts)" '"count": 14 "count": 16'
sees "0.27: the same" "$(begin new "$hex" | counts)" '"count": e "count": 10'
least='@min[1] = min(5000000000); @low[1] = min(4294967295); @max[1] = max(-5);'
sees "0.17: min() of 5e9, of 2^32 - 1, max() of -5" "$(begin old "$least")" '{"@low": {"1": 0}}'
sees "0.27: the same" "$(begin new "$least")" '{"@low": {"1": 4294967295}} {"@max": {"1": -5}} {"@min": {"1": 5000000000}}'
powers='@h = hist(2147483648); @h = hist(1099511627776);'
sees "0.17: hist() of 2^31 and 2^40" "$(begin old "$powers")" '{"@h": [{"min": -2147483648, "max": 0, "count": 2}]}'
sign='@negative = args->offset < 0 ? 1 : 2;'
sees "0.17: is the -5 of an lseek below 0? (1: yes, 2: no)" "$(beside old lseek "$sign")" '{"@negative": 1}'
sees "0.27: the same" "$(beside new lseek "$sign")" '{"@negative": 2}'
length='@[str(args->filename, 5)] = 1;'
sees "0.17: characters of str(x, 5)" "$(beside old openat "$length")" '{"@": {"abcde": 1}}'
sees "0.27: the same" "$(beside new openat "$length")" '{"@": {"abcd": 1}}'
done_seeing
