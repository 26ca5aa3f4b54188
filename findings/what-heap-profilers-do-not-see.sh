#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Which of glibc's allocation functions the usual heap profilers count: heaptrack has two blind spots, valgrind ends the program.
#
# The question: a workload allocates 1,000 blocks of 48,000 bytes by each of malloc's relatives in turn. How many does the profiler count?
# The guess: 1,000 each; 2,000 where realloc moves a block that malloc gave.
# What happens:
#   - heaptrack sees nothing of memalign and pvalloc, in 1.4 as in 1.5: 48 MB, and no word. Its frees of such blocks are passed over
#     as well, so that nothing looks wrong. aligned_alloc, posix_memalign and valloc are counted.
#   - every tool of valgrind, 3.19 as 3.27, ends a program that calls pvalloc with exit code 1, and then reports "All heap blocks
#     were freed" and "0 errors", which a script that looks for these words takes for success.
#   - both count reallocarray, which glibc has since 2.26.
# Why it matters: libgomp, which every OpenMP program has, takes its aligned blocks from memalign. A profiler that is held
# against heaptrack or DHAT on a program with memalign or pvalloc seems to count too much.
# Source: run here; of heaptrack 1.5, which needs a newer C library, the functions that it replaces. Versions: heaptrack 1.4.0-2 and
# 1.5.0+dfsg1+git20260219.f16e8d3-2+b2, valgrind 3.19.0-1 and 3.27.1-0.2, glibc 2.36. First seen November 2026.
set -u
tmp=$(mktemp -d) || exit 2 # the packages come into it, by apt-get download
# shellcheck source=findings/fetch
. "$(dirname "$0")/fetch"
need gcc nm

fetch here heaptrack=1.4.0-2 libheaptrack=1.4.0-2 valgrind=1:3.19.0-1 libgomp1=12.2.0-14+deb12u1
fetch sid libheaptrack=1.5.0+dfsg1+git20260219.f16e8d3-2+b2 valgrind=1:3.27.1-0.2

cat >"$tmp/relatives.c" <<'END'
#define _GNU_SOURCE
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
static void *make(const char *how)
{
	void *block = NULL;
	if (!strcmp(how, "malloc"))
		return malloc(48000);
	if (!strcmp(how, "calloc"))
		return calloc(10, 4800);
	if (!strcmp(how, "realloc"))
		return realloc(malloc(16), 48000);
	if (!strcmp(how, "reallocarray"))
		return reallocarray(NULL, 10, 4800);
	if (!strcmp(how, "posix_memalign"))
		return posix_memalign(&block, 64, 48000) ? NULL : block;
	if (!strcmp(how, "aligned_alloc"))
		return aligned_alloc(64, 48000);
	if (!strcmp(how, "memalign"))
		return memalign(64, 48000);
	if (!strcmp(how, "valloc"))
		return valloc(48000);
	return strcmp(how, "pvalloc") ? NULL : pvalloc(48000);
}
int main(int count, char **how)
{
	for (int i = 0; count == 2 && i < 1000; i++) {
		void *volatile block = make(how[1]);
		if (!block)
			return 3;
		free(block);
	}
	return 0;
}
END
gcc -w -O1 -fno-builtin -o "$tmp/relatives" "$tmp/relatives.c" || cannot "gcc"

# heaptrack's interpreter counts one block of its own.
heaptrack_counts() {
	rm -f "$tmp"/heap.*
	(cd "$tmp" && "$root/here/usr/bin/heaptrack" -o "$tmp/heap" ./relatives "$1") >"$tmp/said" 2>&1 || cannot "heaptrack: $(tail -n 1 "$tmp/said")"
	sed -n 's/.*allocations: *\t*\([0-9]*\)$/\1/p' "$tmp/said" | head -n 1
}
# valgrind_counts SUITE FUNCTION
valgrind_counts() {
	VALGRIND_LIB=$root/$1/usr/libexec/valgrind "$root/$1/usr/bin/valgrind.bin" "$tmp/relatives" "$2" >"$tmp/said" 2>&1
	code=$?
	sed -n 's/.*total heap usage: \(.*\) allocs,.*/\1/p; s/.*\(Program aborting\).*/\1/p; s/.*\(ERROR SUMMARY: 0 errors\).*/\1/p' "$tmp/said" |
		tr '\n' ';' | sed "s/;/; /g; s/\$/exit code $code/"
}

for function in malloc calloc realloc reallocarray posix_memalign aligned_alloc memalign valloc pvalloc; do
	own=1001 of=1,000
	[ $function != realloc ] || own=2001 of=2,000
	[ $function != memalign ] || own=1
	all="$of; ERROR SUMMARY: 0 errors; exit code 0"
	[ $function != pvalloc ] || own=1 all="Program aborting; 0; ERROR SUMMARY: 0 errors; exit code 1"
	sees "heaptrack 1.4, 1 block of its own and 1,000 by $function" "$(heaptrack_counts $function)" "$own"
	sees "valgrind 3.19, 1,000 by $function" "$(valgrind_counts here $function)" "$all"
	sees "valgrind 3.27, 1,000 by $function" "$(valgrind_counts sid $function)" "$all"
done
sees "what heaptrack 1.5 replaces of memalign, pvalloc and valloc" \
	"$(nm -D --defined-only "$root"/sid/usr/lib/heaptrack/libheaptrack_preload.so | sed -n 's/.* \(memalign\|pvalloc\|valloc\)$/\1/p')" "valloc"
sees "what libgomp asks for of them" \
	"$(nm -D --undefined-only "$root"/here/usr/lib/x86_64-linux-gnu/libgomp.so.1 | sed -n 's/.* \(memalign\|pvalloc\|valloc\)@.*/\1/p')" "memalign"
done_seeing
