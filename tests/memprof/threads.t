#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck disable=SC2317 # functions called by check
# --by-thread: whose thread's a block is, whoever frees it; in each mode, in each form, and of a program that runs.
. tests/lib.sh
. tests/memprof/lib.sh
need_tool jq jq

# profile WORD..: its JSON is in $json
profile() {
	run "$memprof" run -q -o "$tmp/p" "$@"
	json=$("$memprof" report "$tmp/p" --format json)
}
# of FILTER
of() {
	printf '%s' "$json" | jq -c "$1"
}
by_thread='[.stacks[] | select(any(.frames[]; . == "thread_main"))] | group_by(.thread) | map([(map(.allocs) | add), (map(.bytes) | add), (map(.live_blocks) | add), (map(.live_bytes) | add)])'

for more in "" --trailer --no-memo; do
	# shellcheck disable=SC2086
	profile --exact --by-thread $more -- "$life" threads 4
	is "four threads $more: each one's own" "$(of "$by_thread")" '[[10,1000,5,500],[10,1000,5,500],[10,1000,5,500],[10,1000,5,500]]'
	is "four threads $more: the main thread allocated the rest" "$(of '[.stacks[] | select(all(.frames[]; . != "thread_main")) | .thread == .pid] | all')" true
	is "four threads $more: stacks are all" "$(of '([.stacks[].bytes] | add) == .totals.bytes')" true
done
profile --exact -- "$life" threads 4
is "without it: all threads together" "$(of '[.stacks[].thread] | unique')" '[null]'
has "without it: the view says what would" "$("$memprof" report "$tmp/p" --views threads)" "  (not kept apart: --by-thread of memprof run and attach does it)"
profile --exact --by-thread --threads-max 2 -- "$life" threads 40
is "threads beyond: they are one, and sums are whole" "$(of '[.stacks[] | select(any(.frames[]; . == "thread_main")) | .allocs] | add')" 400
is "threads beyond: that one is called so" "$(of '[.stacks[].thread] | unique | length')" 3
profile --by-thread --rate 1 -- "$life" threads 4
is "sampled: four threads, of each what it has" "$(of "$by_thread | map(.[1])")" '[1000,1000,1000,1000]'

# Another thread frees: what is live is still the first one's, and none has less than nothing.
profile --exact --by-thread -- "$B/tests/allocating/xthread"
is "freed by another thread: sums" "$(of '.totals | [.allocs, .bytes, .frees, .freed_bytes]')" '[2000001,700970288,2000000,700970000]'
is "freed by another thread: whose they were" "$(of '[.stacks[] | select(.frames[0] == "main") | [.thread == .pid, .allocs, .frees, .live_blocks]]')" '[[true,2000000,2000000,0]]'

profile --exact --by-thread -- "$life" threads 2
is "folded, by thread" "$("$memprof" report "$tmp/p" --by thread --format folded | grep -cE '^life \([0-9]+\);thread life \([0-9]+\);.*;thread_main.* 1000$')" 2
is "--split is the same" "$("$memprof" report "$tmp/p" --split thread --format folded)" "$("$memprof" report "$tmp/p" --by thread --format folded)"
is "the view: a line for each" "$("$memprof" report "$tmp/p" --views threads | grep -cE '^ +1,000 B .* 10 +5 +500 B +[0-9,]+ B  life \([0-9]+\), thread life \([0-9]+\)$')" 2
# A thread may call itself anything: each form has it on a line, in harmless characters.
nasty=$(printf 'x\033[1m\n::e\377')
cp "$life" "$tmp/$nasty"
profile --exact --by-thread -- "$tmp/$nasty" threads 2
is "names of any bytes, folded" "$("$memprof" report "$tmp/p" --by thread --format folded |
	grep -cE '^x\?\[1m ::e.* \([0-9]+\);thread x\?\[1m ::e.* \([0-9]+\);.*;thread_main.* 1000$')" 2
for form in text json folded speedscope html csv; do
	is "and nothing else as $form" "$("$memprof" report "$tmp/p" --by thread --format $form | tr -d '\n\t' | LC_ALL=C tr -cd '\000-\037\177\377' | wc -c)" 0
done
run "$memprof" run --counts --by-thread -- true
is "--counts has no stacks" "$code $err" "2 memprof: error: --by-thread keeps stacks apart, and --counts has none"

# --- a process that runs ---
if tap_why=$(bpf_refused); then
	skip "attach --by-thread" "$tap_why"
	done_testing
fi
cat >"$tmp/two.c" <<'C'
#define _GNU_SOURCE
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>
static pthread_barrier_t both;
static void *volatile kept[30];
static void *work(void *arg)
{
	int from = arg ? 10 : 0, to = arg ? 30 : 10;
	pthread_setname_np(pthread_self(), arg ? "twenty" : "ten");
	for (int i = from; i < to; i++)
		kept[i] = malloc(1000);
	pthread_barrier_wait(&both);
	pthread_barrier_wait(&both);
	return arg;
}
int main(void)
{
	pthread_t t[2];
	char c;
	pthread_barrier_init(&both, NULL, 3);
	if (read(0, &c, 1) != 1)
		return 1;
	for (long i = 0; i < 2; i++)
		pthread_create(&t[i], NULL, work, (void *)i);
	pthread_barrier_wait(&both);
	if (write(1, "done\n", 5) != 5 || read(0, &c, 1) < 0)
		return 1;
	pthread_barrier_wait(&both);
	for (long i = 0; i < 2; i++)
		pthread_join(t[i], NULL);
	return 0;
}
C
check "a program of two threads" "${CC:-cc}" -O1 -g -pthread -o "$tmp/two" "$tmp/two.c"
# looked: a look has both threads' blocks
looked() {
	json=$("$memprof" report "$tmp/a" --format json) && [ "$(of '[.stacks[] | select(.frames[0] == "work") | .allocs] | add')" = 30 ]
}
mkfifo "$tmp/go"
"$tmp/two" <"$tmp/go" >"$tmp/said" &
program=$!
exec 9>"$tmp/go"
check "attach: the program is what runs there" until_true grep -qx two "/proc/$program/comm"
"$memprof" attach -p $program --by-thread --interval 0.05 -o "$tmp/a" 2>"$tmp/err" 9>&- &
watcher=$!
at_exit "kill $watcher 2>/dev/null"
check "attach: it watches" until_true grep -q 'watching process' "$tmp/err"
printf x >&9
check "attach: both threads are seen while they run" until_true looked
exec 9>&-
wait $watcher
is "attach: exit code" $? 0
json=$("$memprof" report "$tmp/a" --format json)
is "attach: each thread's own" "$(of '[.stacks[] | select(.frames[0] == "work") | [.allocs, .bytes, .live_blocks]] | sort')" '[[10,10000,10],[20,20000,20]]'
out=$("$memprof" report "$tmp/a" --views threads)
like "attach: by its name" "$out" ' 10 +10 +[0-9.]+ KiB +-  two \([0-9]+\), thread ten \([0-9]+\)$'
like "attach: and the other" "$out" ' 20 +20 +[0-9.]+ KiB +-  two \([0-9]+\), thread twenty \([0-9]+\)$'
done_testing
