#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# How many calls gprof counts in a program with threads: half of two threads', or fewer, though counts of calls are said to be exact.
#
# The question: a function is called a million times by each of one, two and four threads, in a program compiled with -pg. How many calls has
# the flat profile?
# The guess: one, two and four million. gprof's times are samples, and of threads they may be off; its calls are counted, one by one.
# What happens: one million of one thread; of two threads 0.6 to 1.1 million, and of four 0.5 to 1.5. mcount() of glibc marks the
# one table of the process as busy while it counts, and leaves out a call that comes meanwhile, from another thread as from a signal's handler. A thread that is put aside within it stops the counting of all others.
# Nothing is said of it; the figure is another in each run.
# Why it matters: counts of calls by gprof are what people hold the counts of uprobes and fentry programs against. With threads they are no
# witness: the probe that counts twice as much is right.
# Source: run here; gmon/mcount.c of glibc (the field "state") says why. Versions: gcc 12.2.0-14+deb12u1, binutils 2.40-2, glibc 2.36, amd64,
# two processors. First seen December 2026.
set -u
tmp=$(mktemp -d) || exit 2 # the packages come into it, by apt-get download
# shellcheck source=findings/fetch
. "$(dirname "$0")/fetch"
need gcc nproc
[ "$(nproc)" -ge 2 ] || cannot "one processor"
case $(gcc --version | head -n 1) in
*12.2.0*) ;;
*) cannot "the gcc here is not 12.2" ;;
esac
# The counting is libc's (libc.a and gcrt1.o), the reading gprof's.
fetch here libc6-dev=2.36-9+deb12u14 binutils-x86-64-linux-gnu=2.40-2 libbinutils=2.40-2
libc=$root/here/usr/lib/x86_64-linux-gnu

cat >"$tmp/calls.c" <<'END'
#include <pthread.h>
#include <stdlib.h>
__attribute__((noinline, noclone)) void counted(volatile int *sum)
{
	*sum += 1;
}
static void *million(void *nothing)
{
	volatile int sum = 0;
	for (int i = 0; i < 1000000; i++)
		counted(&sum);
	return nothing;
}
int main(int count, char **threads)
{
	pthread_t thread[4];
	int n = atoi(threads[1]);
	for (int i = 0; i < n; i++)
		pthread_create(&thread[i], NULL, million, NULL);
	for (int i = 0; i < n; i++)
		pthread_join(thread[i], NULL);
	return 0;
}
END
gcc -O1 -pg -pthread -static -B"$libc/" -L"$libc" -o "$tmp/calls" "$tmp/calls.c" || cannot "gcc"
# The fewest calls of five runs, as that is what is lost at worst.
calls() {
	for _ in 1 2 3 4 5; do
		(cd "$tmp" && ./calls "$1" && run here usr/bin/x86_64-linux-gnu-gprof -b -p ./calls gmon.out) | awk '$NF == "counted" { print $4 }'
	done | sort -n | head -n 1
}
# lost FIGURE OF
lost() {
	if [ "$1" -eq "$2" ]; then
		echo "none is missing"
	elif [ "$1" -lt $(($2 * 9 / 10)) ]; then
		echo "more than a tenth is missing"
	else
		echo "$1"
	fi
}
for threads in 1 2 4; do
	figure=$(calls $threads)
	echo "($threads thread(s): $figure calls)"
	want="more than a tenth is missing"
	[ $threads -gt 1 ] || want="none is missing"
	sees "calls of $threads thread(s), a million each" "$(lost "$figure" $((threads * 1000000)))" "$want"
done
done_seeing
