#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# memprof run: what it refuses and why, whose exit code and streams are whose, what stays behind.
# beside others
. tests/lib.sh

memprof=$B/memprof
life=$B/tests/allocating/life

run "$memprof" run
is "no command: exit code" "$code" 2
has "no command: what to type" "$err" "memprof run -o OUT -- CMD"
run "$memprof" run --exact --counts -- true
is "two modes: exit code" "$code" 2
run "$memprof" run --trailer -- true
is "--trailer alone: exit code" "$code" 2
has "--trailer alone: what it goes with" "$err" "--exact"
run "$memprof" run --stacks-max 99999999 -- true
is "too many stacks: exit code" "$code" 2
run "$memprof" run -o "$tmp/p" -- "$tmp/nothing"
is "no such command: exit code" "$code" 2
has "no such command: which" "$err" "$tmp/nothing"
check "no such command: no profile" test ! -e "$tmp/p"
run "$memprof" run -o "$tmp/none/p" -- sh -c 'echo ran'
is "no such folder: exit code" "$code" 2
is "no such folder: why" "$err" "memprof: error: cannot write the profile $tmp/none/p: No such file or directory"
is "no such folder: the command has not run for nothing" "$out" ""
run "$memprof" run -o "$tmp" -- sh -c 'echo ran'
is "a folder in the file's place" "$code:$out$err" "2:memprof: error: cannot write the profile $tmp: Is a directory"
if [ -w /dev/null ]; then
	run "$memprof" run -q -o /dev/null -- sh -c 'echo ran'
	is "a device is written as it is" "$code $out" "0 ran"
fi

for word in -o --output --out; do
	run "$memprof" run --exact -q $word "$tmp/p$word" -- "$life" live 5
	is "run $word: exit code" "$code" 0
	run "$memprof" report "$tmp/p$word" --format csv $word "$tmp/csv$word"
	is "report $word: nothing on stdout" "$code $out" "0 "
	check "report $word: the report" grep -q '^comm,pid' "$tmp/csv$word"
done
for command in attach kernel both record report diff; do
	has "$command: the same words" "$("$memprof" $command --help)" "--output OUT"
	has "$command: and the short one" "$("$memprof" $command --help)" "--out OUT"
done
run "$memprof" kernel -o "$tmp/k" --format json --seconds 1
is "a file and a form: exit code" "$code" 2
is "a file and a form: what works" "$err" "memprof: error: --format shows a profile, -o keeps it: give one of them, then 'memprof report $tmp/k --format json'"

# "-" is stdout, for a profile and for what is shown of it.
mkdir "$tmp/empty"
root=$PWD
run sh -c 'cd "$1" && "$2" run --exact -q -o - -- "$3" live 5 >"$1.prof"' sh "$tmp/empty" "$root/$memprof" "$root/$life"
is "run -o -: exit code, and nothing said" "$code $err" "0 "
is "run -o -: the profile is on stdout" "$("$memprof" report "$tmp/empty.prof" --format json | jq .totals.live_blocks)" 5
for command in "report --format csv" "report --format pprof" "diff --format csv $tmp/empty.prof"; do
	# shellcheck disable=SC2016,SC2086
	run sh -c 'cd "$1" && shift && "$@" -o - | cksum' sh "$tmp/empty" "$root/$memprof" $command "$tmp/empty.prof"
	# shellcheck disable=SC2086
	is "${command% /*} -o -: what it writes without -o" "$out" "$("$memprof" $command "$tmp/empty.prof" | cksum)"
done
run sh -c 'cd "$1" && "$2" run --record -q -o - -- "$3" live 5 | cat >"$1.rec"' sh "$tmp/empty" "$root/$memprof" "$root/$life"
is "run --record -o -: a recording" "$("$memprof" report "$tmp/empty.rec" --at 1 --format json | jq -r .mode)" sampled
is "and no file of that name" "$(ls "$tmp/empty")" ""
run "$memprof" run --interval 1 -o - -- true
is "what is written again and again is not for stdout" "$code $err" \
	"2 memprof: error: run: --interval writes the file anew each time, which stdout cannot be; --record adds to it; see 'memprof run --help'"

# Two that write one file: the second is told who has it, whatever way leads there, and its command does not run.
ln -s "$tmp" "$tmp/way"
mkfifo "$tmp/end"
"$memprof" run -q -o "$tmp/two" -- sh -c 'echo begun; read -r line' <"$tmp/end" >"$tmp/first" &
first=$!
exec 8>"$tmp/end"
tries=0
until grep -q begun "$tmp/first" || [ $tries -ge 1200 ]; do
	tries=$((tries + 1))
	sleep 0.05
done
for to in "$tmp/two" "$tmp/way/two" "$tmp/empty/../two"; do
	for how in "" --record; do
		said="$to is being written by process $first; record to another file"
		[ "$how" ] || said="run: $to is being written by process $first: of two profiles in one file the later would replace the other; name another with -o"
		# shellcheck disable=SC2086
		run "$memprof" run -q $how -o "$to" -- echo ran
		is "two into one file: the second is refused ($how)" "$code:$out:$err" "2::memprof: error: $said"
	done
done
run "$memprof" run -q -o "$tmp/empty/two" -- echo ran
is "the same name in another folder is another file" "$code $out" "0 ran"
echo >&8
exec 8>&-
code=0
wait $first || code=$?
is "two into one file: the first has its profile" "$code $("$memprof" report "$tmp/two" --format json | jq -r '.processes[0].comm')" "0 sh"
run "$memprof" run -q -o "$tmp/two" -- echo ran
is "two into one file: afterwards it is free" "$code $out" "0 ran"

# A signal to memprof run alone goes to the command, which may handle it.
for signal in INT TERM HUP QUIT; do
	for does in "exit 3" "" ; do
		: >"$tmp/said"
		# sh starts with SIGINT and SIGQUIT ignored what it does not wait for.
		# shellcheck disable=SC2016
		perl -e '$SIG{$_} = "DEFAULT" for qw(INT QUIT); exec @ARGV' "$memprof" run -q -o "$tmp/signalled" -- \
			perl -e '$| = 1; my ($name, $code) = @ARGV; $SIG{$name} = sub { print "caught\n"; exit $code } if $code; print "ready\n"; sleep 1 while 1' \
			$signal "${does#exit }" >"$tmp/said" &
		program=$!
		tries=0
		until grep -q ready "$tmp/said" || [ $tries -ge 1200 ]; do
			tries=$((tries + 1))
			sleep 0.05
		done
		kill -$signal $program
		code=0
		wait $program || code=$?
		case $signal in INT) number=2 ;; TERM) number=15 ;; HUP) number=1 ;; QUIT) number=3 ;; esac
		is "SIG$signal to memprof alone: the command ${does:-dies}" "$code $(grep -c caught "$tmp/said")" \
			"$([ -n "$does" ] && echo '3 1' || echo "$((128 + number)) 0")"
		is "SIG$signal to memprof alone: the profile is written (the command ${does:-dies})" \
			"$("$memprof" report "$tmp/signalled" --format json | jq -r '.processes[0].comm')" perl
		rm -f "$tmp/signalled"
	done
done

run "$memprof" run -q -o "$tmp/p" -- sh -c 'echo out; echo err >&2; cat; exit 7' <"$0"
is "the command's exit code" "$code" 7
is "the command's stdin and stdout" "$out" "out
$(cat "$0")"
is "the command's stderr, and nothing else with -q" "$err" err
run "$memprof" run -q -o "$tmp/p" -- sh -c 'kill -TERM $$'
is "the command's signal" "$code" 143
run "$memprof" run --exact -o "$tmp/p" -- "$life" live 5
has "the summary is on stderr" "$err" "5 allocations"
has "the summary says what next" "$err" "memprof report $tmp/p"

printf 'int main(void) { return 0; }\n' >"$tmp/one.c"
if "${CC:-cc}" -static -o "$tmp/static" "$tmp/one.c" 2>/dev/null; then
	run "$memprof" run -o "$tmp/p" -- "$tmp/static"
	is "a static program: exit code" "$code" 2
	has "a static program: why" "$err" "linked statically"
	has "a static program: what works" "$err" "memprof attach"
	printf '#!%s\n' "$tmp/static" >"$tmp/script"
	chmod +x "$tmp/script"
	run "$memprof" run -o "$tmp/p" -- "$tmp/script"
	is "a script for a static interpreter: exit code" "$code" 2
else
	skip "a static program" "no libc.a"
fi
# A loader of musl's name is enough; a section of Go's name too.
"${CC:-cc}" -o "$tmp/musl" "$tmp/one.c" -Wl,--dynamic-linker=/lib/ld-musl-x86_64.so.1
run "$memprof" run -o "$tmp/p" -- "$tmp/musl"
is "a program of musl: exit code" "$code" 2
has "a program of musl: why" "$err" "musl"
echo >"$tmp/empty"
"${CC:-cc}" -o "$tmp/plain" "$tmp/one.c"
if objcopy --add-section .go.buildinfo="$tmp/empty" "$tmp/plain" "$tmp/go" 2>/dev/null; then
	run "$memprof" run -q -o "$tmp/p" -- "$tmp/go"
	is "a Go program with C parts: exit code" "$code" 0
	has "a Go program with C parts: a warning" "$err" "Go program"
	has "a Go program with C parts: where its own heap is shown" "$err" "runtime/pprof"
	if "${CC:-cc}" -static -o "$tmp/static" "$tmp/one.c" 2>/dev/null && objcopy --add-section .go.buildinfo="$tmp/empty" "$tmp/static" "$tmp/go_static"; then
		run "$memprof" run -q -o "$tmp/p" -- "$tmp/go_static"
		is "a Go program: exit code" "$code" 2
		has "a Go program: why" "$err" "is a Go program: it is linked statically"
		has "a Go program: what works" "$err" "'memprof both -- $tmp/go_static' shows what it takes of the kernel"
		hasnt "a Go program: no probe finds its allocator" "$err" "memprof attach"
	else
		skip "a Go program" "no libc.a"
	fi
else
	skip "a Go program" "no objcopy"
fi
if is_root && have setpriv; then
	cp "$tmp/plain" "$tmp/setuid"
	chmod 4755 "$tmp/setuid"
	chmod 755 "$tmp"
	mkdir -m 777 "$tmp/out"
	run setpriv --reuid 65534 --regid 65534 --clear-groups "$memprof" run -o "$tmp/out/p" -- "$tmp/setuid"
	if [ -r "$memprof" ] && setpriv --reuid 65534 --regid 65534 --clear-groups test -x "$memprof"; then
		is "a setuid program: exit code" "$code" 2
		has "a setuid program: why" "$err" "setuid"
	else
		skip "a setuid program" "another user cannot reach $memprof"
	fi
else
	skip "a setuid program" "needs root and setpriv"
fi
# A malloc of its own, in the program: what it allocates goes past every library.
cat >"$tmp/own.c" <<'C'
#include <stddef.h>
#include <string.h>
static char heap[1 << 20];
static size_t used;
void *malloc(size_t n) { void *p = heap + used; used += (n + 15) & ~15ul; return used > sizeof(heap) ? NULL : p; }
void free(void *p) { (void)p; }
void *calloc(size_t n, size_t m) { return malloc(n * m); }
void *realloc(void *p, size_t n) { void *q = malloc(n); if (p && q) memcpy(q, p, n); return q; }
int main(void) { return malloc(10) == NULL; }
C
"${CC:-cc}" -O1 -fno-builtin -o "$tmp/own" "$tmp/own.c"
run "$memprof" run -q -o "$tmp/p" -- "$tmp/own"
is "a program with a malloc of its own: exit code" "$code" 0
has "a program with a malloc of its own: told" "$err" "malloc of its own"

# Without memprof run the library does nothing, and a limit of address space or of files ends nothing.
run env LD_PRELOAD="$B/libmemprof.so" "$B/tests/allocating/ledger"
is "the library alone" "$code $out" "0 257 1225589 232 1224847 25 742"
# shellcheck disable=SC3045
run sh -c 'ulimit -v 400000; exec "$0" run --exact -q -o "$1" -- "$2" live 10' "$memprof" "$tmp/p" "$life"
is "little address space: exit code" "$code" 0
is "little address space: counted" "$("$memprof" report "$tmp/p" --format json | jq .totals.allocs)" 10
# So little that each thing has to be smaller: the program keeps the most of it.
for how in --exact "--exact --trailer" "--rate 1"; do
	# shellcheck disable=SC2086,SC2016,SC3045
	run sh -c 'ulimit -v 60000; exec "$0" run '"$how"' -q -o "$1" -- "$2" live 1000' "$memprof" "$tmp/p" "$life"
	is "very little address space, $how" "$code $("$memprof" report "$tmp/p" --format json | jq -r '.totals | "\(.allocs) \(.bytes)"')" "0 1000 100000"
done
run sh -c 'ulimit -f 4000; exec "$0" run --exact -q -o "$1" -- "$2" live 10' "$memprof" "$tmp/p" "$life"
is "very small files only: counted" "$code $("$memprof" report "$tmp/p" --format json | jq .totals.allocs)" "0 10"
run sh -c 'ulimit -f 1; exec "$0" run --exact -q -o "$1" -- "$2" live 10' "$memprof" "$tmp/p" "$life"
is "no files: the program runs" "$code" 0
has "no files: told why" "$err" "no process reported, and nothing was seen: it loads no library, or a limit (of descriptors, of address space, of the size of files)"
run sh -c 'ulimit -f 100000; exec "$0" run --exact -q -o "$1" -- "$2" live 10' "$memprof" "$tmp/p" "$life"
is "small files only: exit code" "$code" 0
is "small files only: counted" "$("$memprof" report "$tmp/p" --format json | jq .totals.allocs)" 10

# memprof killed: the command goes on to its end, and nothing of either is left.
# left: files of ours where files of nobody's would be
left() {
	find /dev/shm /tmp -maxdepth 1 -name '*memprof*' 2>/dev/null | wc -l
}
before=$(left)
# shellcheck disable=SC2016
"$memprof" run --exact -q -o "$tmp/killed" -- sh -c 'echo $$ >"$1/pid"; while [ ! -e "$1/proceed" ]; do sleep 0.05; done; "$2" fork; echo done >"$1/end"' sh "$tmp" "$life" &
pid=$!
while [ ! -s "$tmp/pid" ]; do sleep 0.05; done
kill -9 $pid
wait $pid 2>/dev/null
touch "$tmp/proceed"
for _ in $(seq 200); do
	[ -s "$tmp/end" ] && break
	sleep 0.05
done
is "memprof killed: the command ends as it would" "$(cat "$tmp/end" 2>/dev/null)" "done"
is "memprof killed: nothing is left" "$(left)" "$before"
hasnt "no socket is left" "$(cat /proc/net/unix)" "@memprof-$pid-"
# The command has ended and left a process: the profile waits for it, and a signal ends the waiting.
# shellcheck disable=SC2016
env --default-signal=INT "$memprof" run --exact -o "$tmp/left" -- sh -c '"$0" live 3; sleep 60 >/dev/null 2>&1 & echo $! >"$1/left.pid"' "$life" "$tmp" 2>"$tmp/left.err" &
pid=$!
for _ in $(seq 400); do
	grep -q waiting "$tmp/left.err" && break
	sleep 0.05
done
has "a process that is left: told" "$(cat "$tmp/left.err")" "waiting for processes that it left"
kill -INT $pid
wait $pid
is "a process that is left: exit code" $? 0
kill "$(cat "$tmp/left.pid")"
check "a process that is left: the rest is in the profile" test "$("$memprof" report "$tmp/left" --format json | jq '[.processes[] | select(.comm == "life")] | length')" -eq 1

# Other allocators, where they are there: by the next provider.
for lib in libjemalloc.so.2 libmimalloc.so.2 libmimalloc.so libtcmalloc_minimal.so.4 libtcmalloc.so.4; do
	path=$(find /usr/lib /usr/local/lib -name "$lib" 2>/dev/null | head -n 1)
	[ -n "$path" ] || continue
	found=1
	run env LD_PRELOAD="$path" "$memprof" run --exact -q -o "$tmp/p" -- "$B/tests/allocating/ledger"
	is "$lib: exit code" "$code" 0
	# What the allocator's own start asks for is not main's.
	is "$lib: the ledger's totals" "$("$memprof" report "$tmp/p" --format json | jq -r '[.stacks[] | select(any(.frames[]; . == "main"))] | "\(map(.allocs) | add) \(map(.bytes) | add) \(map(.frees) | add) \(map(.live_bytes) | add)"')" "257 1225589 232 742"
	run env LD_PRELOAD="$path" "$memprof" run --exact --trailer -q -o "$tmp/p" -- "$B/tests/allocating/ledger"
	is "$lib: --trailer falls back to the table" "$code" 0
done
[ -n "${found:-}" ] || skip "other allocators" "none of jemalloc, mimalloc, tcmalloc is installed"
done_testing
