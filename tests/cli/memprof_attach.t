#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# memprof attach and memprof both beside programs whose calls are known; what is said where they cannot work.
set -u
. tests/lib.sh

memprof=$B/memprof
[ -x "$memprof" ] || skip_all "no $memprof"
need_tool jq jq
need_tool perl perl-base

run "$memprof" attach
is "no process: usage" "$code" 2
has "which option" "$err" "give -p PID"
run "$memprof" attach -p 4194305
is "a process that is not there: usage" "$code" 2
run "$memprof" attach -p $$ --every 2 --rate 3
is "two ways of sampling: usage" "$code" 2
run "$memprof" attach -p $$ --way fast
is "an unknown way: usage" "$code" 2
has "which there are" "$err" "session, multi or plain"
for command in "attach -p $$" both kernel "kernel --lab"; do
	# shellcheck disable=SC2086
	run timeout 20 "$memprof" $command --seconds 0
	is "$command for no time" "$code $err" \
		"2 memprof: error: ${command%% *}: --seconds 0 would watch for no time at all; without it the end is Ctrl-C, or that of what is watched"
done
run "$memprof" attach -p 2 --seconds 1
is "a kernel thread: usage" "$code" 2
has "why" "$err" "has no malloc by name"
if cc -m32 -nostdlib -static -ffreestanding -fno-pie -no-pie -o "$tmp/compat" tests/fixtures/programs/compat.c 2>/dev/null &&
	{ "$tmp/compat" & compat=$!; sleep 0.2; kill -0 "$compat" 2>/dev/null; }; then
	at_exit "kill $compat 2>/dev/null"
	while kill -0 "$compat" && [ "$(cat "/proc/$compat/comm")" != compat ]; do sleep 0.05; done
	run timeout 20 "$memprof" attach -p "$compat" --seconds 1
	is "a program of 32 bits: cannot work" "$code" 77
	has "why" "$err" "is a program of another processor or of 32 bits, whose calls have their arguments elsewhere"
	kill "$compat"
else
	skip "a program of 32 bits" "cc cannot make one here (-m32)"
fi
run "$memprof" attach -p $$ --usdt --seconds 1
is "a program without the probes of otel_memory: usage" "$code" 2
has "which probes" "$err" "otel_memory:alloc"
if is_root && have setpriv; then
	cp "$memprof" "$tmp/memprof"
	chmod 755 "$tmp" "$tmp/memprof"
	setpriv --reuid=65534 --regid=65534 --clear-groups sleep 60 &
	sleeper=$!
	at_exit "kill $sleeper 2>/dev/null"
	while kill -0 "$sleeper" 2>/dev/null && [ "$(cat "/proc/$sleeper/comm")" != sleep ]; do sleep 0.05; done
	run setpriv --reuid=65534 --regid=65534 --clear-groups "$tmp/memprof" attach -p "$sleeper" --seconds 1
	is "no rights: cannot run here" "$code" 77
	is "what is missing, and what to do" "$err" \
		"memprof: error: CAP_BPF and CAP_PERFMON missing, which probes in a process take: run it with sudo"
	run setpriv --reuid=65534 --regid=65534 --clear-groups "$tmp/memprof" attach -p $$ --seconds 1
	is "no rights, and another user's process: the same" "$code $err" \
		"77 memprof: error: CAP_BPF and CAP_PERFMON missing, which probes in a process take: run it with sudo"
	for what in "--seconds 1" "-- true"; do
		# shellcheck disable=SC2086
		run setpriv --reuid=65534 --regid=65534 --clear-groups "$tmp/memprof" both $what
		is "nor can both $what" "$code $err" \
			"77 memprof: error: CAP_BPF and CAP_PERFMON missing, which watching the kernel's allocations takes: run it with sudo"
	done
	with="setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=+bpf,+perfmon --ambient-caps=+bpf,+perfmon"
	if $with true 2>/dev/null; then
		run $with "$tmp/memprof" attach -p $$ --seconds 1
		is "the rights for BPF, and another user's process" "$code $err" \
			"77 memprof: error: process $$ is another user's, or keeps its files to itself (/proc/$$/root/): CAP_SYS_PTRACE missing, run it with sudo"
	else
		skip "the rights for BPF, and another user's process" "no such rights to give here"
	fi
fi
if tap_why=$(bpf_refused); then
	skip "the rest" "$tap_why; what of it a guest can run is in vm/memprof"
	done_testing
fi

# wait_for WORDS FILE: until they are in it, 60 s at most
wait_for() {
	tries=0
	until grep -q "$1" "$2" 2>/dev/null || [ $tries -ge 1200 ]; do
		tries=$((tries + 1))
		sleep 0.05
	done
}
# watch PID WORD..: memprof attach beside it, attached when this returns; its number is $watcher
watch() {
	watched=$1
	shift
	: >"$tmp/attach.err" # what the one before said is no answer
	"$memprof" attach -p "$watched" "$@" --format json >"$tmp/attach.json" 2>"$tmp/attach.err" 9>&- &
	watcher=$!
	at_exit "kill $watcher 2>/dev/null"
	wait_for 'watching process\|error' "$tmp/attach.err"
}

# A program at a gate: it allocates when a line comes, and ends with its input.
mkfifo "$tmp/go"
# shellcheck disable=SC2016
perl -e '$| = 1; print "ready\n"; <STDIN>; for (1 .. 200) { my $s = "x" x 100000; } print "finished\n"; <STDIN>' \
	<"$tmp/go" >"$tmp/said" &
program=$!
exec 9>"$tmp/go"
wait_for ready "$tmp/said"
watch $program
echo go >&9
wait_for finished "$tmp/said"
exec 9>&-
code=0
wait "$watcher" || code=$?
is "it ends with the process, and well" "$code" 0
# of FILTER
of() {
	jq -r "$1" "$tmp/attach.json"
}
is "totals are those of the stacks" "$(of '[.stacks[].bytes] | add')" "$(of .totals.bytes)"
is "each call is in a stack" "$(of .totals.allocs)" "$(of '.losses[] | select(.name == "calls") | .count')"
is "what was allocated is freed, live or overwritten" "$(of '.totals.allocs - .totals.frees - .totals.live_blocks')" \
	"$(of '[.losses[] | select(.name == "overwritten" or .name == "ended_by_exec") | .count] | add')"
is "never less than nothing is live" "$(of '[.stacks[] | select(.live_blocks < 0 or .live_bytes < 0)] | length')" 0
is "stacks reach down to the start" "$(of '[.stacks[] | select(.cut == false and (.frames | any(test("_start"))))] | length > 0')" true

# It has changed its root, to a folder that has none of its files.
mkfifo "$tmp/go2"
mkdir "$tmp/root"
# shellcheck disable=SC2016
perl -e '$| = 1; chroot $ARGV[0] or die; print "ready\n"; <STDIN>; my $s = "x" x 100000; print "finished\n"; <STDIN>' "$tmp/root" \
	<"$tmp/go2" >"$tmp/said2" &
program=$!
exec 9>"$tmp/go2"
wait_for ready "$tmp/said2"
watch $program
echo go >&9
wait_for finished "$tmp/said2"
exec 9>&-
code=0
wait "$watcher" || code=$?
is "a process with a root of its own: its allocator is found" "$code $(grep -c 'cannot\|has no malloc' "$tmp/attach.err")" "0 0"
check "a process with a root of its own: its calls are counted" test "$(of .totals.allocs)" -gt 0

# It becomes another program six times, which loads a library later. libdw takes what lies above a file that it knows for a part of
# it, and where the next program's files lie is chance: above, every other time.
cat >"$tmp/rounds.pl" <<'END'
$| = 1;
require Storable; # loads a library
my @made = map { "x" x (100000 + $_) } 1 .. 20;
my $held = Storable::dclone(\@made);
print "round $ARGV[0]\n";
<STDIN>;
exec $^X, $0, $ARGV[0] - 1 if $ARGV[0];
END
mkfifo "$tmp/go3"
perl "$tmp/rounds.pl" 6 <"$tmp/go3" >"$tmp/said3" &
program=$!
exec 9>"$tmp/go3"
wait_for 'round 6' "$tmp/said3"
: >"$tmp/attach.err"
"$memprof" attach -p $program --rate 65536 --interval 0.1 -o "$tmp/rounds" 2>"$tmp/attach.err" 9>&- &
watcher=$!
at_exit "kill $watcher 2>/dev/null"
wait_for 'watching process' "$tmp/attach.err"
looks() {
	"$memprof" report "$tmp/rounds" --views timeline --format json 2>/dev/null | jq '.points | length'
}
for round in 5 4 3 2 1 0; do
	echo go >&9
	wait_for "round $round" "$tmp/said3"
	# What it has allocated is read while it is there.
	now=$(looks)
	tries=0
	while [ "$(looks)" -lt $((now + 2)) ] && [ $tries -lt 600 ]; do
		tries=$((tries + 1))
		sleep 0.1
	done
done
exec 9>&-
wait "$watcher" || true
"$memprof" report "$tmp/rounds" --format json >"$tmp/attach.json"
is "six programs in one process: all are seen" "$(of '.losses[] | select(.name == "execs") | .count')" 6
# What a program did last may be read when the next one is there: its place is known then, and its callers are not.
is "six programs in one process: what they hold has whole stacks" "$(of '[.stacks[] | select(.bytes >= 100000) | .cut] | unique | tostring')" "[false]"
check "six programs in one process: each holds two million bytes" test "$(of '[.stacks[] | select(.bytes >= 100000) | .bytes] | add')" -ge 12000000

# What the program before exec had has ended with it: it is neither live nor freed, and an address of it that is given out again was not.
for how in session multi plain; do
	run "$B/tests/allocating/beside" "$B/tests/allocating/life" exec -- "$memprof" attach --way $how --format json
	if [ "$code" -eq 77 ]; then
		skip "blocks end with their program, by $how" "$err"
		continue
	fi
	printf '%s\n' "$out" >"$tmp/attach.json"
	# shellcheck disable=SC2016 # jq's
	is "blocks end with their program, by $how" "$(of '(.losses | map({(.name): .count}) | add) as $l | .totals |
		"\(.allocs) \(.frees) \(.live_blocks) \(.live_bytes), \($l.execs) \($l.ended_by_exec) \($l.overwritten)"')" "16 0 9 900, 1 7 0"
done

# A static program that frees nothing has no free() (musl's are so), and is watched all the same.
if cc -O0 -static -nostdlib -ffreestanding -fno-pie -no-pie -o "$tmp/nofree" tests/fixtures/programs/nofree.c 2>/dev/null; then
	for how in session multi plain; do
		mkfifo "$tmp/go.$how"
		"$tmp/nofree" <"$tmp/go.$how" >"$tmp/said.$how" &
		program=$!
		exec 9>"$tmp/go.$how"
		wait_for ready "$tmp/said.$how"
		watch $program --way $how
		echo >&9
		wait_for finished "$tmp/said.$how"
		exec 9>&-
		code=0
		wait $watcher || code=$?
		if [ "$code" -eq 77 ]; then
			skip "a program without free, by $how" "$(cat "$tmp/attach.err")"
			continue
		fi
		is "a program without free, by $how" "$code $(of '.totals | "\(.allocs) \(.bytes) \(.frees) \(.live_blocks)"')" "0 20 2000 0 20"
	done
else
	skip "a program without free" "cc cannot make one of x86-64 here"
fi

# Killed: the process goes on.
sleep 60 &
program=$!
at_exit "kill $program 2>/dev/null"
watch $program
kill -KILL "$watcher"
wait "$watcher" 2>/dev/null
check "a process whose watcher was killed is there" kill -0 "$program"

# It leaves while the process goes on: no allocation is counted whose free is seen no more.
"$B/tests/allocating/pairs" 2000000000 3 >"$tmp/pairs.out" &
program=$!
at_exit "kill $program 2>/dev/null"
# It is still the shell at first, then a program without its libraries.
tries=0
until { [ "$(basename "$(readlink "/proc/$program/exe")")" = pairs ] && grep -q 'libc\.so' "/proc/$program/maps"; } || [ $tries -ge 1200 ]; do
	tries=$((tries + 1))
	sleep 0.05
done
for how in session multi plain; do
	run "$memprof" attach -p $program --rate 4096 --way $how --seconds 0.5 --format json
	if [ "$code" -eq 77 ]; then
		skip "leaving a process that goes on, by $how" "$err"
		continue
	fi
	printf '%s\n' "$out" >"$tmp/attach.json"
	check "leaving a process that goes on, by $how: it was seen" test "$(of .totals.allocs)" -gt 0
	is "leaving a process that goes on, by $how: no free is missing" "$(of '.losses[] | select(.name == "overwritten") | .count')" 0
done
kill $program

# Both stacks in one: messages are known by the kernel's part, the program by the user's.
# shellcheck disable=SC2016
run timeout 120 "$memprof" both --of kmalloc --every 1 --format json -- perl -e '$q = msgget(0, 0600); defined $q or die;
	$m = pack("l! a*", 1, "x" x 977); for (1 .. 500) { msgsnd($q, $m, 2048) or die; defined(msgrcv($q, $r, 4096, 0, 2048)) or die }
	msgctl($q, 0, 0); print "said\n"; exit 5'
is "the command's code and output are its own" "$code $out" "5 said"
printf '%s\n' "$err" | sed -n '/^{/p' >"$tmp/attach.json"
messages='[.stacks[] | select(.frames[1] == "load_msg")]'
is "each message, and all are freed" "$(of "$messages | [([.[].allocs] | add), ([.[].bytes] | add), ([.[].live_blocks] | add)] | join(\" \")")" "500 512500 0"
is "the program's functions stand above the kernel's" "$(of "$messages | all(.kernel_frames >= 3 and (.frames | length) > .kernel_frames)")" true
is "down to the program's start" "$(of "$messages | all(.frames[-1] | test(\"_start\"))")" true
is "by the name that it had last" "$(of '[.processes[] | .comm] | unique | join(" ")')" perl
is "totals are those of the stacks there too" "$(of '[.stacks[].bytes] | add')" "$(of .totals.bytes)"

# Programs that have ended before anybody could read their files: the kernel told which they had. Each makes its heap.
# The reader goes ahead of others, and not what it starts: where it gets no CPU the ring has no room, and samples are lost.
ahead="chrt -R -f 1"
$ahead true 2>/dev/null || ahead=
# shellcheck disable=SC2016,SC2086
run timeout 120 $ahead "$memprof" both --of kmalloc,cache --every 1 --format json -- sh -c 'i=0
	while [ $i -lt 80 ]; do "$0" live 1; i=$((i + 1)); done' "$B/tests/allocating/life"
is "short programs: exit code" "$code" 0
printf '%s\n' "$err" | sed -n '/^{/,$p' >"$tmp/attach.json"
lost=$(of '[.losses[] | select(.name == "samples_lost") | .count] | add // 0')
if [ "$lost" -gt 0 ]; then
	skip "short programs: there are eighty, each with its own functions" "the machine is busy: $lost samples found no room, and that is told"
else
	is "short programs: there are eighty" "$(of '[.processes[] | select(.comm == "life")] | length')" 80
	is "short programs: each has its own functions" "$(of '[.stacks[] | select(.frames | index("allocate") and index("__libc_start_main")) | .pid] | unique | length')" 80
fi
is "short programs: every stack is whole, those of the loader and of sh too" "$(of '[(.stacks[] | select(.cut)), (.losses[] | select((.name == "user_unwind_fails" or .name == "stacks_cut") and .count > 0))] | length')" 0
is "short programs: none is unread" "$(of '.losses[] | select(.name == "processes_unread") | .count')" 0
# Of the whole machine, while programs come faster than they can be read: before, samples were taken for as long as there were
# any, and --seconds was not looked at.
while [ ! -e "$tmp/enough" ]; do /bin/true; done &
at_exit "touch '$tmp/enough'"
run timeout 300 "$memprof" both --every 1 --seconds 1 -o "$tmp/machine"
touch "$tmp/enough"
is "programs that come and go: it ends, and they are in the profile" \
	"$code$("$memprof" report --format json "$tmp/machine" | jq '[.processes[] | select(.comm == "true")] | length > 0')" 0true
done_testing
