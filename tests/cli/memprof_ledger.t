#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# memprof run beside a program that knows what it allocates (tests/allocating/ledger.c), and beside other programs that count.
# beside others
. tests/lib.sh

memprof=$B/memprof
ledger=$B/tests/allocating/ledger
truth='257 1225589 232 1224847 25 742'

# totals FILE
totals() {
	"$memprof" report "$1" --format json | jq -r '.totals | [.allocs, .bytes, .frees, .freed_bytes, .live_blocks, .live_bytes] | map(tostring) | join(" ")'
}
# loss FILE NAME
loss() {
	"$memprof" report "$1" --format json | jq -r --arg n "$2" '[.losses[] | select(.name == $n) | .count] | add // 0'
}

is "the ledger's own sums" "$("$ledger")" "$truth"
for how in "--exact" "--exact --no-memo" "--exact --trailer"; do
	# shellcheck disable=SC2086
	run "$memprof" run $how -o "$tmp/p" -- "$ledger"
	is "$how: exit code" "$code" 0
	is "$how: the command's output is its own" "$out" "$truth"
	is "$how: the totals are the ledger's" "$(totals "$tmp/p")" "$truth"
	is "$how: no free of an unknown block" "$(loss "$tmp/p" unknown_frees)" 0
	is "$how: nothing untracked" "$(loss "$tmp/p" untracked)" 0
done
run "$memprof" run --counts -q -o "$tmp/p" -- "$ledger"
is "--counts: exit code" "$code" 0
is "--counts: nothing is said with -q" "$err" ""
is "--counts: blocks, bytes, frees" "$(totals "$tmp/p" | cut -d ' ' -f 1-3,5)" "257 1225589 232 25"
# Each byte a sample: the estimate is the truth, but for the one block of no bytes, of which none can be.
run "$memprof" run --rate 1 -o "$tmp/p" -- "$ledger"
is "--rate 1: exit code" "$code" 0
is "--rate 1: bytes" "$(totals "$tmp/p" | cut -d ' ' -f 2,4,6)" "1225589 1224847 742"

# Requests at the edges have the answers, and the errno, that they have without.
edges=$B/tests/allocating/edges
"$edges" >"$tmp/edges"
for how in "--rate 524288" "--rate 1" --counts --exact "--exact --trailer"; do
	# shellcheck disable=SC2086
	run "$memprof" run $how -q -o "$tmp/p" -- "$edges"
	is "requests at the edges, $how: exit code" "$code" 0
	is "requests at the edges, $how: the program's answers" "$out" "$(cat "$tmp/edges")"
done
is "requests at the edges: blocks that go are blocks that came" "$(totals "$tmp/p" | cut -d ' ' -f 5,6)" "0 0"
# An allocator that has some functions of the family alone: each is its own.
cat >"$tmp/some.c" <<'C'
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
static char heap[1 << 20] __attribute__((aligned(4096)));
static size_t used;
static void *take(size_t align, size_t n)
{
	used = (used + align - 1) & -align;
	used += n + !n;
	return used > sizeof(heap) ? NULL : heap + used - n - !n;
}
void *malloc(size_t n) { return take(16, n); }
void free(void *p) { if (p && (uintptr_t)p - (uintptr_t)heap >= sizeof(heap)) abort(); }
void *calloc(size_t n, size_t m) { return take(16, n * m); }
void *realloc(void *p, size_t n) { void *q = take(16, n); if (p && q) memmove(q, p, n); return q; }
size_t malloc_usable_size(void *p) { return p ? 16 : 0; }
void *aligned_alloc(size_t a, size_t n) { return take(a, n); }
int posix_memalign(void **p, size_t a, size_t n) { return !(*p = take(a, n)); }
C
cat >"$tmp/uses.c" <<'C'
#include <stdlib.h>
int main(void)
{
	void *p = NULL;
	for (int i = 0; i < 10; i++) {
		free(aligned_alloc(64, 128));
		if (posix_memalign(&p, 256, 100))
			return 1;
		free(p);
	}
	return 0;
}
C
"${CC:-cc}" -O1 -fno-builtin -fPIC -shared -o "$tmp/some.so" "$tmp/some.c"
"${CC:-cc}" -O1 -fno-builtin -o "$tmp/uses" "$tmp/uses.c"
for how in "--rate 524288" "--rate 1" --exact; do
	# shellcheck disable=SC2086
	run "$memprof" run $how -q -o "$tmp/p" -- env LD_PRELOAD="$(readlink -f "$B/libmemprof.so") $tmp/some.so" "$tmp/uses"
	is "an allocator without memalign, $how: its blocks go back to it" "$code" 0
done
is "an allocator without memalign: its blocks" "$("$memprof" report "$tmp/p" --format json | jq -r '[.stacks[] | select(any(.frames[]; . == "main"))] | "\(map(.allocs) | add) \(map(.bytes) | add) \(map(.frees) | add)"')" "20 2280 20"

# glibc's own record: '+' is a block that came, '-' and '<' one that went, '>' one that realloc made; a nil or a '!' failed.
mtrace=$(ldd "$ledger" | sed -n 's/.* => \(.*\)libc\.so\.6 .*/\1libc_malloc_debug.so.0/p')
if [ -e "$mtrace" ]; then
	LD_PRELOAD=$mtrace MALLOC_TRACE=$tmp/mtrace "$ledger" >/dev/null
	mt=$(awk '/\(nil\)|^@ [^ ]* !/ { next }
		{ op = ""; for (i = 1; i <= 4; i++) if ($i ~ /^[-+<>]$/) { op = $i; p = $(i + 1); size = $(i + 2) } }
		op == "+" || op == ">" { n++; live[p] = size }
		op == "-" || op == "<" { f++; delete live[p] }
		END { for (p in live) { k++; print live[p] >sizes } print n, f, k }' sizes="$tmp/mtrace.live" "$tmp/mtrace")
	is "mtrace counts the same" "$mt" "257 232 25"
	# Each pointer that it has left, by its size: the sizes of what memprof has live.
	"$memprof" run --exact -q -o "$tmp/p" -- "$ledger" >/dev/null
	bytes=0
	while read -r size; do bytes=$((bytes + size)); done <"$tmp/mtrace.live"
	is "the blocks that mtrace has left are as many bytes" "$bytes" "$(totals "$tmp/p" | cut -d ' ' -f 6)"
else
	skip "mtrace counts the same" "no libc_malloc_debug.so.0"
fi
if have heaptrack && have heaptrack_print; then
	heaptrack -o "$tmp/ht" "$ledger" >/dev/null 2>&1
	ht=$(heaptrack_print "$tmp"/ht.* 2>/dev/null)
	like "heaptrack counts the same calls" "$ht" '^calls to allocation functions: 257 '
	like "heaptrack sees the same leaked" "$ht" '^total memory leaked: 742B'
else
	skip "heaptrack counts the same" "no heaptrack; sudo apt-get install heaptrack"
fi
if have valgrind; then
	valgrind --tool=dhat --dhat-out-file="$tmp/dhat" "$ledger" >/dev/null 2>"$tmp/dhat.err"
	# It counts malloc(0) as a byte.
	like "dhat counts the same, and a byte for malloc(0)" "$(cat "$tmp/dhat.err")" 'Total: +1,225,590 bytes in 257 blocks'
	like "dhat sees the same live at the end" "$(cat "$tmp/dhat.err")" 'At t-end: +742 bytes in 25 blocks'
else
	skip "dhat counts the same" "no valgrind; sudo apt-get install valgrind"
fi
done_testing
