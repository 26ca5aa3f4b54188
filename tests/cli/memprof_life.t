#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# memprof run and what happens to processes, threads and modules; and its tables when they are full.
# beside others
. tests/lib.sh

memprof=$B/memprof
life=$B/tests/allocating/life

# profile WORD..: an exact profile of the program; its JSON is in $json
profile() {
	run "$memprof" run --exact -q -o "$tmp/p" "$@"
	json=$("$memprof" report "$tmp/p" --format json)
}
# all: allocs bytes frees live_blocks live_bytes
all() {
	printf '%s' "$json" | jq -r '.totals | "\(.allocs) \(.bytes) \(.frees) \(.live_blocks) \(.live_bytes)"'
}
loss() {
	printf '%s' "$json" | jq -r --arg n "$1" '[.losses[] | select(.name == $n) | .count] | add // 0'
}
# calls FUNCTION: allocations whose stack has it
calls() {
	printf '%s' "$json" | jq -r --arg f "$1" '[.stacks[] | select(any(.frames[]; . == $f)) | .allocs] | add // 0'
}
ended() {
	printf '%s' "$json" | jq -r '[.processes[] | "\(.generation) \(.ended)"] | join(", ")'
}

for how in "" "--trailer"; do
	# shellcheck disable=SC2086
	profile $how -- "$life" fork
	is "fork $how: exit code" "$code" 0
	# 100 + 50 allocated, 60 freed here; the child's 100 are its parent's.
	is "fork $how: each process's own" "$(all)" "150 15000 60 90 9000"
	is "fork $how: frees of what the child inherited" "$(loss inherited_frees) $(loss inherited_bytes)" "100 10000"
	is "fork $how: no unknown free" "$(loss unknown_frees)" 0
	is "fork $how: two processes" "$(printf '%s' "$json" | jq '.processes | length')" 2
	# shellcheck disable=SC2086
	profile $how -- "$life" generations 12
	is "12 generations of forks $how: exit code" "$code" 0
	is "12 generations of forks $how: sums" "$(all)" "130 13000 0 130 13000"
	is "12 generations of forks $how: inherited" "$(loss inherited_frees)" 120
done
# So many generations have more numbers of stacks than a word of the table has room for.
profile --stacks-max 262143 -- "$life" generations 12
is "generations beyond the numbers of stacks: sums" "$(all)" "130 13000 0 130 13000"
is "generations beyond the numbers of stacks: inherited" "$(loss inherited_frees) $(loss unknown_frees)" "120 0"

profile -- "$life" exec
is "exec: both images" "$(all)" "16 1600 0 16 1600"
is "exec: the first is final" "$(ended)" "0 exec, 1 exit 0"
profile -- "$life" spawn
is "posix_spawn: both processes" "$(all)" "16 1600 0 16 1600"
profile --no-follow -- "$life" spawn
is "--no-follow: the command alone" "$(all)" "7 700 0 7 700"
profile --no-follow -- "$life" fork
is "--no-follow: not its forks either" "$(all)" "100 10000 60 40 4000"
profile -- "$life" vfork
is "vfork: exit code" "$code" 0
is "vfork" "$(all)" "7 700 0 7 700"
profile -- "$life" kill 5000
is "SIGKILL: exit code" "$code" 137
is "SIGKILL: all that was counted" "$(all)" "5000 500000 0 5000 500000"
is "SIGKILL: how it ended" "$(ended)" "0 signal 9"
# Killed from outside, at any moment: the counters agree with each other within the last block.
# shellcheck disable=SC2016
profile -- sh -c '"$0" 2000000000 3 & sleep 0.3; kill -9 $!; wait $!; exit 0' "$B/tests/allocating/pairs"
is "SIGKILL from outside: exit code" "$code" 0
is "SIGKILL from outside: what is live is what was live" "$(printf '%s' "$json" | jq '.stacks | map(select(any(.frames[]; . == "leaf"))) | (map(.live_blocks) | add) as $l | (map(.allocs) | add) > 1024 and $l >= 1023 and $l <= 1024')" true
# glibc has them since 2.43 as functions of their own, which do not come to free().
for how in --no-memo --trailer; do
	profile "$how" -- "$life" sized 50
	is "free_sized and free_aligned_sized, $how" "$code $(all)" "0 100 35500 100 0 0"
done
profile -- "$life" close 100
is "a program that closes all descriptors: exit code" "$code" 0
is "a program that closes all descriptors" "$(all)" "100 10000 0 100 10000"

# A child that can have no memory to count in is told, and lives.
for what in limited filtered; do
	profile -- "$life" $what 50
	if [ "$code" -eq 3 ]; then
		skip "a program that is $what" "no filters of system calls here"
		continue
	fi
	is "a program that is $what: exit code" "$code" 0
	is "a program that is $what: itself" "$(all)" "50 5000 0 50 5000"
	is "a program that is $what: its child is told" "$(loss children_unseen)" 1
done
# It has no clock either, and some of so many blocks would have their lifetime measured.
profile -- "$life" strict 400
if [ "$code" -eq 3 ]; then
	skip "a program without system calls" "no filters of system calls here"
else
	is "a program without system calls" "$code $(all)" "0 800 80000 400 400 40000"
fi
for how in "--exact" "--exact --trailer" "--rate 1" "--counts"; do
	# shellcheck disable=SC2086
	run "$memprof" run $how -q -o "$tmp/p" -- timeout 60 "$life" getattr 20
	is "threads that allocate first below a lock of their own ($how)" "$code" 0
done
profile -- timeout 60 "$life" getattr 20
is "threads that allocate first below a lock of their own: their blocks" \
	"$(printf '%s' "$json" | jq '[.stacks[] | select(.frames[0] == "attr_thread") | .allocs] | add')" 20
# A library whose constructor waits, below the loader's lock, for a thread that is the first to call this and that of C++.
if have "${CXX:-g++}" && perl -MDynaLoader -e 1 2>/dev/null; then
	cat >"$tmp/plugin.cc" <<'END'
#include <thread>
struct starts {
	starts() { std::thread([] { auto *p = new int; delete p; auto *a = new char[50]; delete[] a; }).join(); }
} now;
END
	"${CXX:-g++}" -O1 -fno-builtin -shared -fPIC -o "$tmp/plugin.so" "$tmp/plugin.cc" -pthread
	for how in --exact --counts "--rate 1"; do
		# shellcheck disable=SC2086,SC2016
		run "$memprof" run $how -q -o "$tmp/p" -- timeout 60 perl -MDynaLoader -e 'print DynaLoader::dl_load_file($ARGV[0]) ? "there\n" : DynaLoader::dl_error()' "$tmp/plugin.so"
		is "a constructor that waits for a thread that calls new and delete ($how)" "$code $out" "0 there"
	done
else
	skip "a constructor that waits for a thread that calls new and delete" "no C++ compiler, or no DynaLoader"
fi
if is_root && unshare -n true 2>/dev/null; then
	# shellcheck disable=SC2016 # perl's
	profile -- perl -e 'syscall(272, 0x40000000) == 0 or exit 3; my $pid = fork(); $pid or exit 0; waitpid $pid, 0; exit $? ? 2 : 0'
	[ "$(uname -m)" != x86_64 ] || is "a child in another network namespace is told" "$code $(loss children_unseen)" "0 1"
fi

# libc allocates one block a thread, and frees it later or never.
profile -- "$life" threads 40
is "40 threads" "$(calls thread_main)" 400
profile --threads-max 2 -- "$life" threads 40
is "more threads than have counters" "$(calls thread_main)" 400
is "more threads than have counters: live" "$(printf '%s' "$json" | jq '[.stacks[] | select(any(.frames[]; . == "thread_main")) | .live_blocks] | add')" 200
profile -- "$life" threads 300
is "more threads than there are shards" "$(calls thread_main)" 3000

profile --stacks-max 64 -- "$life" stacks 1000
is "a full table of stacks: totals are whole" "$(all)" "1000 100000 0 1000 100000"
other=$(printf '%s' "$json" | jq '[.stacks[] | select(.other) | .allocs] | add')
is "a full table of stacks: the rest is one stack, and counted" "$other" "$(loss stacks_full)"
check "a full table of stacks: most of it" test "$other" -ge 900
profile -- "$life" stacks 1000
is "room for all stacks" "$(printf '%s' "$json" | jq '.stacks | length') $(loss stacks_full)" "1000 0"
profile --live-max 1024 -- "$life" live 10000
is "a full table of blocks: totals are whole" "$(all)" "10000 1000000 0 10000 1000000"
check "a full table of blocks: what had no room is told" test "$(loss untracked)" -ge $((10000 - 4096))

untracked=$(loss untracked)
profile --live-max 1024 -- "$life" released 10000
is "a full table of blocks: what is freed was tracked, the rest was not" "$(all | cut -d ' ' -f 1-2) $(($(all | cut -d ' ' -f 3) + $(loss untracked)))" "10000 1000000 10000"
is "a full table of blocks: as many are untracked when nothing is freed" "$(loss untracked)" "$untracked"
is "a full table of blocks: the frees of those were of blocks unknown" "$(loss unknown_frees)" "$untracked"

profile -- "$life" peak 1000
# 1,000 of 1,000 bytes; then 1,000 of 100.
is "peak" "$(printf '%s' "$json" | jq -r '.totals | "\(.peak_blocks) \(.peak_bytes) \(.live_bytes)"')" "1000 1000000 100000"
is "peak: its stacks" "$(printf '%s' "$json" | jq '[.stacks[] | select(any(.frames[]; . == "peak_of")) | .peak_bytes] | add')" 1000000
# at_peak FUNCTION
at_peak() {
	printf '%s' "$json" | jq --arg f "$1" '[.stacks[] | select(any(.frames[]; . == $f)) | .peak_bytes] | add'
}
for n in 10 100 500 501; do
	profile -- "$life" peaks $n
	is "peaks of $n: each function's part" "$(at_peak large_one) $(at_peak small_one)" "$out"
	profile --trailer -- "$life" peaks $n
	is "peaks of $n, with trailers" "$(at_peak large_one) $(at_peak small_one)" "$out"
done
# Of several processes each has its own, and its own leaks: 1,000 of 1,000 bytes, 1,000 of 100.
# shellcheck disable=SC2016
profile -- sh -c '"$0" peak 1000; "$0" peak 10; exit 0' "$life"
is "peak of each process" "$(printf '%s' "$json" | jq -c '[.processes[] | select(.comm == "life") | .totals | [.peak_blocks, .peak_bytes, .live_bytes]]')" "[[1000,1000000,100000],[10,10000,1000]]"
is "peak of all is their sum" "$(printf '%s' "$json" | jq '([.processes[].totals.peak_bytes] | add) == .totals.peak_bytes')" true
like "the view has it" "$("$memprof" report "$tmp/p" --views processes)" ' 97.7 KiB +977 KiB  life \([0-9]+\)$'
profile -- "$life" temporary 500
is "temporary blocks: those, and the last of the others" "$(printf '%s' "$json" | jq .totals.temporary)" 501

# Two libraries at the same address, one after the other, whose frames differ in size.
for n in 1 2; do
	printf '#include <stdlib.h>\nvoid allocate_here(void);\nextern void *kept%s;\nvoid *kept%s;\nstatic __attribute__((noinline)) void lib%s_inner(void) { volatile char room[%s]; room[0] = 1; kept%s = malloc(100); }\nvoid allocate_here(void) { lib%s_inner(); __asm__ volatile(""); }\n' \
		"$n" "$n" "$n" $((n * 1000)) "$n" "$n" >"$tmp/lib$n.c"
	"${CC:-cc}" -O1 -g -fPIC -shared -o "$tmp/lib$n.so" "$tmp/lib$n.c" || exit 2
done
LIFE_LIBRARIES=$tmp/lib1.so:$tmp/lib2.so profile -- "$life" libraries 5
is "dlclose: exit code" "$code" 0
is "dlclose: the second lay where the first had been" "$(printf '%s\n' "$out" | sort -u | wc -l)" 1
is "dlclose: each library's frames are its own" "$(calls lib1_inner) $(calls lib2_inner)" "5 5"
is "dlclose: whole stacks" "$(printf '%s' "$json" | jq '[.stacks[] | select(any(.frames[]; . == "allocate_here")) | select(any(.frames[]; . == "do_libraries")) | .allocs] | add')" 10

hasnt "nothing is left in /dev/shm" "$(ls /dev/shm)" memprof
done_testing
