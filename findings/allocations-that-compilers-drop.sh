#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Which "allocate and free" a compiler leaves out, by function and release: a workload that allocates may make no call.
#
# The question: a workload for an allocation profiler is written as free(malloc(n)) and its kin. What is left of it at -O1?
# The guess: gcc 12 drops the pair with malloc, calloc, aligned_alloc, strdup and new, not with realloc(NULL, n); clang 14
# drops the same and strndup, memalign, valloc; newer releases do as these; a result that is checked or filled is kept.
# What happens: gcc 12 drops realloc(NULL, n) and keeps strdup. gcc 16 drops strdup and strndup as well, and so does every
# clang. A checked malloc, `if (!p) abort();`, is kept by gcc 12 and dropped by clang 14 and gcc 16: the check counts as
# passed, also for a size that no machine has. So is a block that is filled where it is there, and new (nothrow). clang 22
# drops reallocarray, which no other does. posix_memalign, a direct operator new(n), and what goes through a volatile
# pointer are kept by all. -O1 and -O2 do the same in each of these.
# Why it matters: such a workload counts differently after an upgrade of the compiler, and a profiler held against it looks
# as if it lost calls. Keep the pointer in a volatile, or build with -fno-builtin.
# Source: run here: the calls in the assembly of each line, at -O1 and -O2. Versions: gcc 12.2.0-14+deb12u1 and 16.2.0-4,
# clang 14.0.6-12 and 22.1.8-3, amd64. First seen November 2026.
set -u
tmp=$(mktemp -d) || exit 2 # the packages come into it, by apt-get download
# shellcheck source=findings/fetch
. "$(dirname "$0")/fetch"

fetch here cpp-12=12.2.0-14+deb12u1 g++-12=12.2.0-14+deb12u1 libisl23=0.25-1.1 libmpc3=1.3.1-1 libmpfr6=4.2.0-1 \
	libgmp10=2:6.2.1+dfsg1-1.1 clang-14=1:14.0.6-12 libclang-cpp14=1:14.0.6-12 libllvm14=1:14.0.6-12
fetch sid cpp-16-x86-64-linux-gnu=16.2.0-4 g++-16-x86-64-linux-gnu=16.2.0-4 clang-22=1:22.1.8-3 libclang-cpp22=1:22.1.8-3 \
	libllvm22=1:22.1.8-3 libc6=2.43-7 libstdc++6=16.2.0-4 libgcc-s1=16.2.0-4 zlib1g=1:1.3.dfsg+really1.3.2-4 \
	libzstd1=1.5.7+dfsg-4 libxml2-16=2.15.4+dfsg-1+b1 libffi8=3.8.0-2 libtinfo6=6.6+20260608-2 libedit2=3.1-20260512-1 \
	libbsd0=0.12.2-3 libmd0=1.3.0-1 liblzma5=5.8.4-1 libicu76=76.1-4+b1 libisl23=0.28-1 libmpfr6=4.2.2-3 \
	libmpc3=1.3.1-3 libgmp10=2:6.3.0+dfsg-5+b2 libz3-4=4.13.3-1.1

c='typedef unsigned long size_t; void *malloc(size_t), *calloc(size_t, size_t), *realloc(void *, size_t);
void *reallocarray(void *, size_t, size_t), *aligned_alloc(size_t, size_t), *memalign(size_t, size_t), *valloc(size_t);
void *memset(void *, int, size_t); int posix_memalign(void **, size_t, size_t); void free(void *);
char *strdup(const char *), *strndup(const char *, size_t); void abort(void) __attribute__((noreturn));'
cc='typedef decltype(sizeof 0) size_t; namespace std { struct nothrow_t {}; extern const nothrow_t nothrow; }
void *operator new(size_t, const std::nothrow_t &) noexcept;'

# left: is a call of an allocating function left in the assembly on stdin?
left() {
	awk '$1 ~ /^(call|callq|jmp)$/ {
		sub(/@PLT/, "", $2)
		if ($2 ~ /^(malloc|calloc|realloc|reallocarray|aligned_alloc|posix_memalign|memalign|valloc|strdup|strndup|_Zn[wa].*)$/) n++
	}
	/^\t*\.globl|^f:|^_Z1f/ { body = 1 }
	END { print !body ? "?" : n ? "kept" : "-" }'
}
# dropped LANGUAGE NAME STATEMENT WANT: by gcc 12, gcc 16, clang 14, clang 22
dropped() {
	declared=$c one=cc1
	[ "$1" = c ] || declared=$cc one=cc1plus
	echo "$declared void f(size_t n, const char *s) { $3; }" >"$tmp/f.$1"
	for level in 1 2; do
		{
			run here "usr/lib/gcc/x86_64-linux-gnu/12/$one" -quiet -w "-O$level" "$tmp/f.$1" -o - 2>/dev/null | left
			run sid "usr/libexec/gcc/x86_64-linux-gnu/16/$one" -quiet -w "-O$level" "$tmp/f.$1" -o - 2>/dev/null | left
			run here usr/lib/llvm-14/bin/clang --target=x86_64-linux-gnu -w "-O$level" -S -o - "$tmp/f.$1" | left
			run sid usr/lib/llvm-22/bin/clang --target=x86_64-linux-gnu -w "-O$level" -S -o - "$tmp/f.$1" | left
		} | paste -sd' ' - >"$tmp/O$level"
	done
	cmp -s "$tmp/O1" "$tmp/O2" || echo "and otherwise at -O2: $(cat "$tmp/O2")" >>"$tmp/O1"
	sees "$2" "$(cat "$tmp/O1")" "$4"
}

echo "with -O1 and -O2 by                                          gcc 12, gcc 16, clang 14, clang 22"
dropped c "free(malloc(n))" "free(malloc(n))" "- - - -"
dropped c "free(calloc(n, 4))" "free(calloc(n, 4))" "- - - -"
dropped c "free(realloc(NULL, n))" "free(realloc(0, n))" "- - - -"
dropped c "free(realloc(malloc(n), 2 * n))" "free(realloc(malloc(n), 2 * n))" "kept kept - -"
dropped c "free(reallocarray(NULL, n, 4))" "free(reallocarray(0, n, 4))" "kept kept kept -"
dropped c "free(aligned_alloc(64, n))" "free(aligned_alloc(64, n))" "- - - -"
dropped c "posix_memalign(&p, 64, n), free(p)" "void *p; if (!posix_memalign(&p, 64, n)) free(p)" "kept kept kept kept"
dropped c "free(memalign(64, n))" "free(memalign(64, n))" "kept kept - -"
dropped c "free(valloc(n))" "free(valloc(n))" "kept kept - -"
dropped c "free(strdup(s))" "free(strdup(s))" "kept - - -"
dropped c "free(strndup(s, n))" "free(strndup(s, n))" "kept - - -"
dropped c "malloc, if (!p) abort(), free" "void *p = malloc(n); if (!p) abort(); free(p)" "kept - - -"
dropped c "malloc, memset, free" "void *p = malloc(n); memset(p, 1, n); free(p)" "- - - -"
dropped c "malloc, if (p) memset and free" "void *p = malloc(n); if (p) { memset(p, 1, n); free(p); }" "kept - - -"
dropped c "malloc alone, leaked" "malloc(n)" "- - - -"
dropped c "a loop of free(malloc(16))" "for (size_t i = 0; i < n; i++) free(malloc(16))" "- - - -"
dropped c "void *volatile p = malloc(n), free(p)" "void *volatile p = malloc(n); free(p)" "kept kept kept kept"
dropped cc "delete new int" "delete new int" "- - - -"
dropped cc "delete[] new char[n]" "delete[] new char[n]" "- - - -"
dropped cc "delete new (nothrow) int" "delete new (std::nothrow) int" "kept - - -"
dropped cc "operator delete(operator new(n))" "::operator delete(::operator new(n))" "kept kept kept kept"
done_seeing
