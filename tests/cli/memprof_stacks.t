#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The stacks that memprof run sees: whole, right, the same with the memo of walks and without it; of several threads; C++.
# beside others
# timeout: 300
. tests/lib.sh

memprof=$B/memprof
programs=$B/tests/allocating

# exact FILE WORD..
exact() {
	exact_file=$1
	shift
	rm -f "$exact_file.json"
	run "$memprof" run --exact -q -o "$exact_file" "$@"
}
json() {
	# "allocate" is inlined; gcc names a function that it changed NAME.isra.0.
	[ -e "$1.json" ] || "$memprof" report "$1" --format json |
		jq '.stacks |= map(.frames |= (. - ["allocate"] | map(sub("[.](isra|constprop|part)[.][0-9]+$"; ""))))' >"$1.json"
	cat "$1.json"
}
loss() {
	json "$1" | jq -r --arg n "$2" '[.losses[] | select(.name == $n) | .count] | add // 0'
}
# folded FILE: its stacks with calls and bytes, in an order of their own
folded() {
	json "$1" | jq -r '.stacks[] | "\(.frames | join(";")) \(.allocs) \(.bytes) \(.frees) \(.cut)"' | sort
}

# A million pairs in one stack.
for how in "" "--trailer"; do
	# shellcheck disable=SC2086
	exact "$tmp/pairs" $how -- "$programs/pairs" 1000000 3
	is "pairs $how: what it says it did" "$(echo "$out" | cut -d ' ' -f 2-)" "1000000 271292019 1000000"
	is "pairs $how: the same, in one stack" "$(json "$tmp/pairs" | jq -c '[.stacks[] | select(.frames[0] == "leaf") | [.allocs, .bytes, .frees, .frames]]')" \
		'[[1000000,271292019,1000000,["leaf","mid","mid","work","main","__libc_start_call_main","__libc_start_main","_start"]]]'
	is "pairs $how: nothing beside it" "$(json "$tmp/pairs" | jq -c '.totals | [.allocs, .bytes]')" '[1000000,271292019]'
	# shellcheck disable=SC2086
	exact "$tmp/pairs2" $how -- "$programs/pairs" 300000 3 2
	two=$(echo "$out" | cut -d ' ' -f 2-)
	is "two threads $how: both ledgers" "$(json "$tmp/pairs2" | jq -r '[.stacks[] | select(.frames[0] == "leaf")] | "\(map(.allocs) | add) \(map(.bytes) | add) \(map(.frees) | add)"')" "$two"
	is "two threads $how: threads" "$(json "$tmp/pairs2" | jq '.processes[0].threads')" 2
	# shellcheck disable=SC2086
	exact "$tmp/x" $how -- "$programs/xthread"
	is "frees by another thread $how: its own sums" "$out" "2000000 700970000"
	# And one block of 288 bytes or so, which pthread_create() keeps.
	is "frees by another thread $how" "$(json "$tmp/x" | jq -r '[.stacks[] | select(.frames[0] == "main")] | "\(map(.allocs) | add) \(map(.bytes) | add) \(map(.frees) | add) \(map(.freed_bytes) | add)"')" \
		"2000000 700970000 2000000 700970000"
	is "frees by another thread $how: one block of libc's" "$(json "$tmp/x" | jq '.totals.allocs')" 2000001
done

# Awkward stacks (tests/allocating/odd.c).
exact "$tmp/odd" -- "$programs/odd"
is "awkward stacks: exit code" "$code$out" 0done
exact "$tmp/odd2" --no-memo -- "$programs/odd"
folded "$tmp/odd" >"$tmp/a"
folded "$tmp/odd2" >"$tmp/b"
check "awkward stacks: with the memo the same as without" cmp "$tmp/a" "$tmp/b"
# size_stacks BYTES-EACH FRAME-LIST: calls of blocks of that size whose stack begins like that
begins() {
	json "$tmp/odd" | jq --argjson s "$1" --argjson f "$2" '[.stacks[] | select(.bytes == .allocs * $s and .frames[:($f | length)] == $f) | .allocs] | add // 0'
}
ends='["main","__libc_start_call_main","__libc_start_main","_start"]'
is "a callback from libc: its caller's frames" "$(json "$tmp/odd" | jq --argjson e "$ends" '[.stacks[] | select(.frames[0] == "compare") | .frames[-4:] == $e] | all')" true
is "realigned frames end where they should" "$(json "$tmp/odd" | jq --argjson e "$ends" '[.stacks[] | select(.frames[0] == "realigned" and (any(.frames[]; . == "thread_main") | not)) | .frames[-4:] == $e] | length > 0 and all')" true
is "alloca of 70 KB" "$(begins 77 '["with_alloca","main"]')" 51
is "a signal handler: its frames, the kernel's, the interrupted" "$(json "$tmp/odd" | jq --argjson e "$ends" '[.stacks[] | select(.frames[0] == "on_signal" and .bytes == .allocs * 99) | .frames[-4:] == $e] | length > 0 and all')" true
is "a signal handler on a stack of its own" "$(json "$tmp/odd" | jq --argjson e "$ends" '[.stacks[] | select(.frames[0] == "on_signal" and .bytes == .allocs * 98) | .frames[-4:] == $e] | length > 0 and all')" true
is "a coroutine: to its first function" "$(json "$tmp/odd" | jq '[.stacks[] | select(any(.frames[]; . == "coroutine")) | .allocs] | add')" 50
is "threads: to their first function" "$(json "$tmp/odd" | jq '[.stacks[] | select(any(.frames[]; . == "thread_main")) | .allocs] | add')" 450
# One inlined, and the mark of the cut.
is "recursion of 300: cut at 127 frames and marked" "$(json "$tmp/odd" | jq -c '[.stacks[] | select(.cut and .bytes == .allocs * 1000 and .frames[1] == .frames[20]) | [.allocs, (.modules | length)]]')" '[[1,129]]'
# Nobody called what makecontext() starts: there is no rule for where it would return to.
is "awkward stacks: what was cut is told" "$(loss "$tmp/odd" stacks_cut)" 51

# What the loader calls: its own first function has no unwind table, and nobody called it.
printf '#include <stdlib.h>\nvoid *kept;\n__attribute__((constructor)) static void construct(void) { kept = malloc(123); }\n' >"$tmp/construct.c"
if "${CC:-cc}" -O1 -g -fno-builtin -fPIC -shared -o "$tmp/libconstruct.so" "$tmp/construct.c" &&
	printf 'int main(void) { return 0; }\n' >"$tmp/constructed.c" &&
	"${CC:-cc}" -Wl,--no-as-needed -o "$tmp/constructed" "$tmp/constructed.c" "$tmp/libconstruct.so"; then
	exact "$tmp/k" -- "$tmp/constructed"
	is "a library's constructor: a whole stack, down to the loader's start" "$(json "$tmp/k" | jq -c '[.stacks[] | select(.frames[0] == "construct") |
		[.allocs, .bytes, .cut, (.modules[-1] | test("^ld-linux"))]]')" '[[1,123,false,true]]'
	is "a library's constructor: nothing cut" "$(loss "$tmp/k" stacks_cut) $(loss "$tmp/k" guesses)" "0 0"
else
	fail "a library's constructor" "the library is not built"
fi

# A program with holes between its parts: its unwind tables are not in the part that its code is in.
if "${CC:-cc}" -std=gnu11 -I. -O2 -g -fno-builtin -no-pie -fno-pie -pthread -Wl,-z,max-page-size=0x200000 -o "$tmp/holes" tests/allocating/pairs.c 2>/dev/null; then
	exact "$tmp/h" -- "$tmp/holes" 1000 3
	is "a program with holes: whole stacks" "$(json "$tmp/h" | jq -c '[.stacks[] | [.allocs, .frames]]')" \
		'[[1000,["leaf","mid","mid","work","main","__libc_start_call_main","__libc_start_main","_start"]]]'
	is "a program with holes: nothing guessed" "$(loss "$tmp/h" guesses)" 0
else
	skip "a program with holes" "the linker makes none"
fi

# C++: templates, exceptions; operator new goes through malloc.
cat >"$tmp/plus.cc" <<'CC'
#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>
struct shape { virtual ~shape() = default; virtual std::string name(int) const = 0; };
template <int N> struct sized : shape {
	std::string name(int i) const override
	{
		if (i % 7 == N % 7)
			throw std::runtime_error("size " + std::to_string(N) + " does not like this number at all");
		return "a shape of " + std::to_string(N) + " corners and the number " + std::to_string(i);
	}
};
static std::map<std::string, std::vector<std::unique_ptr<shape>>> shapes;
template <int N> static void add()
{
	shapes["some shapes of more than fifteen letters " + std::to_string(N % 5)].push_back(std::make_unique<sized<N>>());
	if constexpr (N > 0)
		add<N - 1>();
}
static size_t walk(int depth, const std::function<size_t(int)> &leaf)
{
	return depth ? walk(depth - 1, [&leaf](int i) { return leaf(i) + 1; }) : leaf(depth);
}
int main()
{
	size_t sum = 0;
	add<40>();
	for (int round = 0; round < 60; round++)
		for (auto &entry : shapes)
			for (auto &s : entry.second)
				try {
					std::vector<std::string> names;
					for (int i = 0; i < 4; i++)
						names.push_back(s->name(round + i));
					std::sort(names.begin(), names.end());
					sum += walk(round % 12, [&names](int) { return names.front().size() + std::string(names.back()).size(); });
				} catch (const std::runtime_error &e) {
					sum += std::string(e.what()).size();
				}
	return sum == 0;
}
CC
if have "${CXX:-c++}" && "${CXX:-c++}" -std=c++17 -O2 -o "$tmp/plus" "$tmp/plus.cc" 2>"$tmp/plus.err"; then
	exact "$tmp/cc" -- "$tmp/plus"
	is "C++: exit code" "$code" 0
	exact "$tmp/cc2" --no-memo -- "$tmp/plus"
	exact "$tmp/cc3" --trailer -- "$tmp/plus"
	folded "$tmp/cc" >"$tmp/a"
	folded "$tmp/cc2" >"$tmp/b"
	folded "$tmp/cc3" >"$tmp/c"
	check "C++: with the memo the same as without" cmp "$tmp/a" "$tmp/b"
	check "C++: with trailers the same as with the table" cmp "$tmp/a" "$tmp/c"
	# That of a library's constructor is the loader's: its last function has no name where the loader is stripped.
	is "C++: every stack reaches its beginning" "$(json "$tmp/cc" | jq '[.stacks[] | select(.cut or (.frames[-1] != "_start" and (any(.frames[]; test("^_dl_|^ld-linux")) | not)))] | length')" 0
	is "C++: none is cut" "$(loss "$tmp/cc" stacks_cut)" 0
	is "C++: nothing guessed" "$(loss "$tmp/cc" guesses)" 0
	# Allocators whose new and delete go past malloc(): the same blocks of main's.
	of_main='[.stacks[] | select(any(.frames[]; . == "main"))] | "\(map(.allocs) | add) \(map(.bytes) | add) \(map(.frees) | add)"'
	# A caller whose frame hangs on the frame pointer: new's own frame must hold it until the walk.
	cat >"$tmp/hangs.cc" <<'CC'
#include <alloca.h>
#include <cstring>
#include <new>
static void *volatile kept;
static void __attribute__((noinline)) hangs(int n)
{
	char *room = static_cast<char *>(alloca(n));
	std::memset(room, 1, n);
	kept = ::operator new(100);
	__asm__ volatile("" ::"r"(room) : "memory");
}
int main(int argc, char *[])
{
	for (int i = 0; i < 3; i++)
		hangs(argc * 1000);
}
CC
	"${CXX:-c++}" -O1 -o "$tmp/hangs" "$tmp/hangs.cc"
	for lib in libjemalloc.so.2 libmimalloc.so.2 libtcmalloc_minimal.so.4; do
		path=$(find /usr/lib /usr/local/lib -name "$lib" 2>/dev/null | head -n 1)
		if [ -n "$path" ]; then
			LD_PRELOAD=$path exact "$tmp/cc4" -- "$tmp/plus"
			is "C++ with $lib: exit code" "$code" 0
			is "C++ with $lib: main's blocks" "$(json "$tmp/cc4" | jq -r "$of_main")" "$(json "$tmp/cc" | jq -r "$of_main")"
			is "C++ with $lib: no free of an unknown block" "$(loss "$tmp/cc4" unknown_frees)" 0
			LD_PRELOAD=$path exact "$tmp/cc4" -- "$tmp/hangs"
			is "C++ with $lib: a frame that hangs on the frame pointer" "$(json "$tmp/cc4" |
				jq -c '[.stacks[] | select(.frames[0] == "hangs(int)") | .frames[-1]] | unique')" '["_start"]'
		else
			skip "C++ with $lib" "not installed"
		fi
	done
	if have heaptrack && have heaptrack_print; then
		heaptrack -o "$tmp/ht" "$tmp/plus" >/dev/null 2>&1
		is "C++: as many calls as heaptrack counts" "$(json "$tmp/cc" | jq .totals.allocs)" \
			"$(heaptrack_print "$tmp"/ht.* 2>/dev/null | sed -n 's/^calls to allocation functions: \([0-9]*\).*/\1/p')"
	else
		skip "C++: as many calls as heaptrack counts" "no heaptrack; sudo apt-get install heaptrack"
	fi
else
	skip "C++" "no C++ compiler"
fi
done_testing
