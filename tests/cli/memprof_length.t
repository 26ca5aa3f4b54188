#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# How long the way of a malloc and its free is in libmemprof.so: the instructions that it adds, which valgrind counts and
# no load changes. What a program does once goes away in the difference of a long run and a short one. The bounds
# are what was counted when they were written (beside them) and an eighth; who makes the way longer makes it dearer: make
# bench-memprof says by how much.
# beside others
. tests/lib.sh

memprof=$B/memprof
pairs=$B/tests/allocating/pairs
have valgrind || skip_all "no valgrind; sudo apt-get install valgrind"

# counted WORD..: instructions of the program that valgrind runs. Nothing: valgrind could not.
counted() {
	"$@" 2>&1 | sed -n 's/.*Collected : \([0-9]*\).*/\1/p'
}
# each PAIRS WAY.. : instructions of a run of so many pairs, $shape being the rest of their words
each() {
	n=$1
	shift
	# shellcheck disable=SC2086 # words
	counted "$@" valgrind --tool=callgrind --callgrind-out-file=/dev/null "$pairs" "$n" $shape
}
long=30000 short=10000
# a_pair WAY..: instructions of one more pair
a_pair() {
	l=$(each $long "$@") s=$(each $short "$@")
	[ -n "$l" ] && [ -n "$s" ] && echo $(((l - s) / (long - short)))
}
# adds NAME BOUND WORD..: memprof run with these words
adds() {
	name=$1 bound=$2
	shift 2
	with=$(a_pair "$memprof" run -q -o "$tmp/p" "$@" --)
	if [ -z "$with" ]; then
		fail "$name" "valgrind counted nothing of: memprof run $*"
		return
	fi
	echo "# $name: $((with - bare)) instructions beside glibc's and the program's $bare"
	check "$name" test $((with - bare)) -le "$bound"
	# What counts nothing is short too.
	check "$name: it is the library that was counted" test $((with - bare)) -ge 8
}

shape=3
bare=$(a_pair env)
[ -n "$bare" ] || skip_all "valgrind's callgrind does not run here"
adds "sampled, between samples" 16 --rate 1073741824 # 14
adds "exact, table" 237 --exact # 211
adds "exact, trailers" 228 --exact --trailer # 203
shape=20
bare=$(a_pair env)
adds "exact, table, 25 frames" 324 --exact # 288
# Each block is the most that was ever live.
shape="3 1 1000000"
bare=$(a_pair env)
adds "exact, table, a heap that grows" 248 --exact # 220
# What a second thread costs: one atomic instruction.
shape="3 2"
bare=$(a_pair env)
adds "exact, table, two threads' pairs" 500 --exact # 410 to 440: of both threads

# C++'s operators come to malloc() and free() by jumps.
cat >"$tmp/a.cc" <<'CC'
#include <cstdlib>
int main(int, char *argv[])
{
	for (int i = std::atoi(argv[1]); i; i--)
		::operator delete(::operator new(100), 100);
}
CC
shape=
if "${CXX:-c++}" -O2 -fsized-deallocation -o "$tmp/news" "$tmp/a.cc" 2>/dev/null && pairs=$tmp/news bare=$(a_pair env); then
	adds "sampled, C++'s new and its delete" 11 --rate 1073741824 # 9
else
	skip "C++'s new and delete" "no compiler for C++"
fi
done_testing
