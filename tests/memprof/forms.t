#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Real profiles: every form of one has the same totals, to the byte, and a profile differs from itself in nothing.
# shellcheck disable=SC2016 # jq's variables
. tests/lib.sh
. tests/memprof/lib.sh
need_tool jq jq
ledger=$B/tests/allocating/ledger

# sum FORMAT FILE VALUE: the total of VALUE in that form
sum() {
	"$memprof" report "$2" --fast --format "$1" --value "$3" >"$tmp/out" || return
	case $1 in
	json) jq --arg v "$3" '{bytes: "bytes", live: "live_bytes", allocs: "allocs"}[$v] as $k | [.stacks[][$k]] | add // 0' "$tmp/out" ;;
	folded) awk '{ n += $NF } END { printf "%d\n", n }' "$tmp/out" ;;
	speedscope) jq '.profiles[0].weights | add // 0' "$tmp/out" ;;
	csv) awk -v v="$3" 'NR == 1 { n = split($0, name, ","); for (i = 1; i <= n; i++) if (name[i] == (v == "live" ? "live_bytes" : v)) at = i; next }
		{ split($0, cell, ","); s += cell[at] } END { printf "%d\n", s }' "$tmp/out" ;;
	html) sed -n '/id="data"/,/<\/script>/p' "$tmp/out" | sed 's/.*type="application\/json">//; s/<\/script>.*//' |
		jq '.figure as $f | [.nodes[][3 + $f]] | add // 0' ;;
	esac
}
# same NAME FILE
same() {
	for v in bytes allocs live; do
		want=$("$memprof" report "$2" --format json |
			jq --arg v "$v" '{bytes: "bytes", live: "live_bytes", allocs: "allocs"}[$v] as $k | .totals[$k]')
		check "$1: $v: there is a total" test -n "$want"
		for f in json folded speedscope csv html; do
			is "$1: $f: $v" "$(sum "$f" "$2" "$v")" "$want"
		done
		if have go; then
			case $v in
			bytes) figure=alloc_space ;;
			allocs) figure=alloc_objects ;;
			live) figure=inuse_space ;;
			esac
			"$memprof" report "$2" --format pprof -o "$tmp/out.gz"
			run env HOME="$tmp" go tool pprof -raw "$tmp/out.gz"
			is "$1: go tool pprof: $figure" "$(printf '%s\n' "$out" | awk -v want="$figure" '
				/^alloc_objects/ { for (i = 1; i <= NF; i++) if (index($i, want "/") == 1) at = i; next }
				/^Locations/ { exit }
				at && /^ +[0-9]+ / { sub(/:.*/, ""); n += $at } END { printf "%d\n", n }')" "$want"
		fi
	done
	run "$memprof" diff "$2" "$2" --views all
	is "$1: differs from itself in nothing" "$(printf '%s\n' "$out" | grep -c '^  no difference')" 3
}

run "$memprof" run -q --exact -o "$tmp/l" -- "$ledger"
is "the ledger ran" "$code" 0
is "the ledger's bytes" "$("$memprof" report "$tmp/l" --format json | jq .totals.bytes)" 1225589
same "ledger, exact" "$tmp/l"
# A compiler: thousands of stacks, C++ names, several processes.
run "$memprof" run -q --exact -o "$tmp/c" -- "${CC:-cc}" -O1 -I. -c -o /dev/null tests/allocating/ledger.c
if [ "$code" -eq 0 ]; then
	check "a compiler has more than 1,000 stacks" test "$("$memprof" report "$tmp/c" --format json | jq '.stacks | length')" -gt 1000
	same "a compiler, exact" "$tmp/c"
else
	skip "a compiler, exact" "it does not compile here: $(printf '%s' "$err" | tail -n 1)"
fi
run "$memprof" run -q --rate 4096 -o "$tmp/s" -- "$ledger"
is "sampled" "$code" 0
same "ledger, sampled" "$tmp/s"
check "sampled: errors are there" test "$("$memprof" report "$tmp/s" --format json | jq '.totals.errors.bytes > 0')" = true

# Names that are hard to write in one form or another, a stack deeper than any is kept, reallocs alone, nothing at all.
cat >"$tmp/hard.c" <<'C'
#include <stdlib.h>
#define HARD(n) __attribute__((noinline)) void hard##n(void) { void *volatile p = malloc(100 + n); (void)p; }
HARD(0) HARD(1) HARD(2) HARD(3) HARD(4) HARD(5) HARD(6) HARD(7) HARD(8) HARD(9)
static __attribute__((noinline)) int deep(int n)
{
	void *volatile p = n ? NULL : malloc(1000);
	int r = p ? 0 : deep(n - 1);

	__asm__ volatile("" : "+r"(r));
	return r + 1;
}
int main(void)
{
	void *volatile p = NULL;

	hard0(), hard1(), hard2(), hard3(), hard4(), hard5(), hard6(), hard7(), hard8(), hard9();
	deep(2000);
	for (int i = 1; i <= 50; i++)
		p = realloc(p, i * 10);
	return 0;
}
C
"${CC:-cc}" -O1 -fno-builtin -c -o "$tmp/hard.o" "$tmp/hard.c"
# renamed N NAME: hardN is called so from now on
renamed() {
	objcopy --redefine-sym "hard$1=$2" "$tmp/hard.o"
}
if have objcopy && renamed 0 'a "name" with; parts\and 100% &amp; <b>' && renamed 1 '</script><img src-x>' && renamed 2 "$(printf 'two\nlines\tand a tab')" &&
	renamed 3 "$(printf 'no \377\376 text')" && renamed 4 'räksmörgås_日本' && renamed 5 _ZN4core3fmt9Formatter9write_str17h0123456789abcdefE &&
	renamed 6 _RNvCs1234_7mycrate3foo && renamed 7 _ZNSt6vectorISt4pairIiSsESaIS1_EE9push_backERKS1_ && renamed 8 "it's 'single', ,commas" &&
	renamed 9 "$(printf 'x%.0s' $(seq 3000))" && "${CC:-cc}" -o "$tmp/hard" "$tmp/hard.o" 2>"$tmp/ld"; then
	run "$memprof" run -q --exact -o "$tmp/h" -- "$tmp/hard"
	is "hard names ran" "$code" 0
	is "hard names: bytes" "$("$memprof" report "$tmp/h" --format json | jq .totals.bytes)" 14795
	same "hard names" "$tmp/h"
	for f in text json folded speedscope csv html; do
		"$memprof" report "$tmp/h" --format $f -o "$tmp/out"
		check "hard names: $f is UTF-8" iconv -f utf-8 -t utf-8 -o /dev/null "$tmp/out"
	done
	is "hard names: no name ends the page's data" "$("$memprof" report "$tmp/h" --format html | grep -c '</script><img')" 0
	folded=$("$memprof" report "$tmp/h" --format folded)
	is "hard names: a folded line each" "$(printf '%s\n' "$folded" | wc -l)" 12
	is "hard names: a semicolon is between functions alone" \
		"$(printf '%s\n' "$folded" | grep -c '^_start;[^;]*;[^;]*;main;[^;]* [0-9]*$')" 10
	has "hard names: Rust's" "$folded" "main;core::fmt::Formatter::write_str 105"
	has "hard names: Rust's newer" "$folded" "main;mycrate::foo 106"
	is "hard names: what is too deep says so" "$("$memprof" report "$tmp/h" --format json | jq -c '[.stacks[] | select(.cut) | .allocs, .bytes]')" "[1,1000]"
else
	skip "hard names" "no objcopy, or one that takes no such names"
fi
printf 'int main(void) { return 0; }\n' >"$tmp/none.c"
"${CC:-cc}" -o "$tmp/none" "$tmp/none.c"
run "$memprof" run -q --exact -o "$tmp/n" -- "$tmp/none"
same "no allocation at all" "$tmp/n"
done_testing
