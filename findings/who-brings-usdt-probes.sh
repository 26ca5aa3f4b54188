#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Which of Debian's libraries and runtimes bring USDT probes: glibc none until now, and 77 in the release to come.
#
# The question: a profiler would rather stand on a USDT probe than on a function's first byte. Where are there any?
# The guess: Debian 12's glibc has about 40 (memory_heap_new and its like are in its manual) and its loader 10; Python,
# Ruby and Java have none, because Debian builds them without; PostgreSQL, PHP and libstdc++ have some.
# What happens: it is the other way round. glibc's manual documents probes that Debian 12 and 13 do not have, neither in
# libc nor in the loader. The coming release's glibc 2.43 has 77: of the heap (memory_sbrk_more, memory_heap_new,
# memory_arena_new, memory_tcache_double_free), of locks (mutex_entry, mutex_acquired, lll_lock_wait) and of
# pthread_create and pthread_join. None is at malloc() or free() themselves.
# Python has 8 and Ruby 40 (object__create, gc__mark__begin), both with semaphores. Java has 531, without semaphores: a
# tool attaches to object__alloc and counts 0 for ever, because DTraceAllocProbes, DTraceMethodProbes and
# DTraceMonitorProbes are off by default, and no attach turns them on.
# Why it matters: who writes a BPF tool from the manual of glibc finds nothing on the machines that there are; who writes
# for the next Debian gets arena and lock probes for nothing. A probe without a semaphore can be attached to and be dead.
# Source: run here: the .note.stapsdt of the packages' files. Versions below, amd64. First seen November 2026.
set -u
tmp=$(mktemp -d) || exit 2 # the packages come into it, by apt-get download
# shellcheck source=findings/fetch
. "$(dirname "$0")/fetch"
need readelf

fetch here libc6=2.36-9+deb12u14 libstdc++6=12.2.0-14+deb12u1 libpython3.11=3.11.2-6+deb12u9 \
	libruby3.1=3.1.7+really3.1.2-0+deb12u1 openjdk-17-jre-headless=17.0.21.1+2-1~deb12u1 \
	php8.2-cli=8.2.36-1~deb12u1 postgresql-15=15.20-0+deb12u1 libperl5.36=5.36.0-7+deb12u4 \
	libnode108=18.20.4+dfsg-1~deb12u3 libglib2.0-0=2.74.6-2+deb12u9
fetch trixie libc6=2.41-12+deb13u5
fetch sid libc6=2.43-7

# probes SUITE NAME: how many USDT probes that file of the packages has, and how many of them have a semaphore
probes() {
	file=$(find "$root/$1" -name "$2" -type f | grep -v gdb | head -n 1)
	[ -n "$file" ] || cannot "no $2 in the packages"
	readelf -nW "$file" 2>/dev/null | awk '
	/Provider:/ { n++ }
	/Semaphore: 0x0*[1-9a-f]/ { s++ }
	END { printf "%d probes, %d with a semaphore\n", n, s }'
}
# named SUITE NAME PATTERN: the probes whose names match
named() {
	file=$(find "$root/$1" -name "$2" -type f | grep -v gdb | head -n 1)
	readelf -nW "$file" 2>/dev/null | sed -n 's/^ *Name: //p' | grep -E "$3" | LC_ALL=C sort -u | paste -sd' ' -
}

sees "glibc 2.36 (Debian 12), libc.so.6" "$(probes here libc.so.6)" "0 probes, 0 with a semaphore"
sees "glibc 2.36 (Debian 12), the loader" "$(probes here ld-linux-x86-64.so.2)" "0 probes, 0 with a semaphore"
sees "glibc 2.41 (Debian 13), libc.so.6" "$(probes trixie libc.so.6)" "0 probes, 0 with a semaphore"
sees "glibc 2.43 (sid), libc.so.6" "$(probes sid libc.so.6)" "77 probes, 0 with a semaphore"
sees "glibc 2.43 (sid), the loader" "$(probes sid ld-linux-x86-64.so.2)" "13 probes, 0 with a semaphore"
sees "    of them about the heap's growth" "$(named sid libc.so.6 '^memory_(sbrk|heap|arena_new)')" \
	"memory_arena_new memory_heap_free memory_heap_less memory_heap_more memory_heap_new memory_sbrk_less memory_sbrk_more"
sees "    at malloc and free themselves" "$(named sid libc.so.6 '^(malloc|free|calloc|realloc)$')" ""
sees "libstdc++ 12" "$(probes here 'libstdc++.so.6.0.30')" "3 probes, 0 with a semaphore"
sees "Python 3.11" "$(probes here libpython3.11.so.1.0)" "8 probes, 8 with a semaphore"
sees "Ruby 3.1" "$(probes here libruby-3.1.so.3.1.2)" "40 probes, 40 with a semaphore"
sees "Java 17" "$(probes here libjvm.so)" "531 probes, 0 with a semaphore"
sees "    what of it is off by default" "$("$root"/here/usr/lib/jvm/java-17-openjdk-amd64/bin/java -XX:+PrintFlagsFinal -version 2>/dev/null |
	awk '/ DTrace[A-Za-z]*Probes / { printf "%s%s=%s", n++ ? " " : "", $2, $4 }')" \
	"DTraceAllocProbes=false DTraceMethodProbes=false DTraceMonitorProbes=false"
sees "PHP 8.2" "$(probes here php8.2)" "14 probes, 14 with a semaphore"
sees "PostgreSQL 15" "$(probes here postgres)" "71 probes, 71 with a semaphore"
sees "Perl 5.36" "$(probes here 'libperl.so.5.36.0')" "0 probes, 0 with a semaphore"
sees "Node 18" "$(probes here libnode.so.108)" "0 probes, 0 with a semaphore"
sees "GLib 2.74" "$(probes here 'libglib-2.0.so.0.7400.6')" "0 probes, 0 with a semaphore"
done_seeing
