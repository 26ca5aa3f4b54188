#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# timeout: 300
# beebench verify: exact where it must be, and what it says of wrong input, of children that crash, hang or
# are killed, of commands; of being interrupted, and of a second run at the same time.
. tests/lib.sh
need_bpf
need_tool jq jq

verify() {
	run "$bee" verify --quiet "$@"
}
# reason: of the only trial of the last --json run
reason() {
	printf '%s' "$out" | jq -r '.trials[0].reason // "none"'
}
field() {
	printf '%s' "$out" | jq -r "$1"
}
leaves() {
	find "$(awk '$0 ~ / - cgroup2 / { print $5; exit }' /proc/self/mountinfo)" -maxdepth 1 -name "beebench-$1-*"
}

# --- right ---

for w in brk crowd fail filter flood forks mmap partial remap threads; do
	verify -m memmon,memmon.bt -w "$w" --json
	is "memmon and memmon.bt beside $w: exit code" "$code" 0
	is "memmon beside $w is exact" "$(field '.trials[0] | .status + " " + .conformance.verdict')" "ok exact"
	is "the identities beside $w hold" "$(field '[.trials[].identities[] | .holds] | all')" true
	case $(field '.trials[1] | .status + " " + .conformance.verdict + .reason') in
	"ok exact") pass "memmon.bt beside $w is exact" ;;
	skip*) skip "memmon.bt beside $w" "$(field '.trials[1].reason')" ;;
	*) fail "memmon.bt beside $w is exact" "$(field '.trials[1] | .reason, .mismatches')" ;;
	esac
done

# n43: more threads that want to run than there are CPUs, whatever the machine.
is "n43: a crowd is more than the CPUs" "$("$B/wl" --summary crowd:count=99 | grep -c '^[0-9]')" "$((2 * $(nproc) + 1))"
verify --quick -m memmon_fast --json
is "n43: it is among the workloads that nobody has to ask for" "$(field '[.trials[] | select(.workload == "crowd") |
	.conformance.verdict] | join(" ")')" exact

verify -m nop,none -w mmap --json
is "nop and none offer nothing to judge" "$(field '[.trials[] | .status, .conformance.verdict] | join(" ")')" "ok none ok none"

verify -m memmon -w fail,filter,forks,partial,remap,threads,brk --json
# shellcheck disable=SC2016
findings=$(field '.trials[] | .workload as $w | .accuracy[] | "\($w) \(.metric) \(.truth) \(.captured)"')
for f in "fail failed_mmap 0 92" "fail failed_munmap 0 69" "fail failed_brk 1 24" "filter small_munmap 0 46" \
	"filter small_mmap 46 0" "forks rows_left_behind 1 13" "threads rows_per_process 1 3"; do
	has "the seeds' weakness comes out: $f" "$findings" "$f"
done
for f in "partial munmap_freed" "partial net_bytes 0" "remap mremap_unseen" "remap fixed_replaced"; do
	has "the seeds' weakness comes out: $f" "$findings" "$f"
done

# --- wrong words ---

says() {
	is "$1: exit code" "$code" 2
	has "$1: $2" "$err" "$2"
}
verify -m memmn -w mmap
says "an unknown monitor" "no monitor 'memmn'; did you mean 'memmon'?"
verify -m memmon -w mmpa
says "an unknown workload" "no workload 'mmpa'; did you mean 'mmap'?"
verify -m memmon -w mmap:cuont=3
says "an unknown parameter" "mmap has no parameter 'cuont'; did you mean 'count'?"
verify -m memmon -w idle -o lmit=3
says "an unknown option of verify" "verify has no parameter 'lmit'; did you mean 'limit'?"
verify -m memmon -w mmap -m "$tmp/none.bpf.o"
says "an object that is not there" "none.bpf.o"
verify -m memmon -- no-such-program-here
says "a command that is not there" "no such program: no-such-program-here"

# --- commands ---

verify -m memmon --json -- true
is "a command: exit code" "$code" 0
is "a command agrees with the oracle" "$(field '.trials[0] | .truth.source + " " + .conformance.verdict')" "oracle exact"
is "the oracle's canary was counted" "$(field '.trials[0].truth.canary | .expected == .counted and .expected > 0')" true
is "the command is in the record" "$(field '.trials[0].command | "\(.argv[0]) \(.exit)"')" "true 0"
verify -m memmon --json -- false
is "a command that fails: exit code" "$code" 2
has "a command that fails: reason" "$(reason)" "exit code 1"
is "a command that fails: its exit code is kept" "$(field '.trials[0].command.exit')" 1
verify -m memmon --json -o ignore-exit=yes -- false
is "ignore-exit: exit code" "$code" 0
# shellcheck disable=SC2016
verify -m memmon --json -- sh -c 'kill -SEGV $$'
has "a command that crashes: the signal is named" "$(reason)" "killed by signal 11"
verify -m memmon --json -o limit=1 -- sleep 1000
is "a command that never ends: exit code" "$code" 3
has "a command that never ends: reason" "$(reason)" "was not done within 1.0 s and was killed"
verify -m memmon --json -- sh -c 'setsid sleep 1000 & exit 0'
is "what a command leaves running does not spoil the count" "$(field '.trials[0].conformance.verdict')" exact
if have stress-ng; then
	verify -m memmon -w stress-ng:stressor=mmapmany,ops=23 --json
	is "stress-ng agrees with the oracle to the call" "$(field '.trials[0] | .status + " " + .conformance.verdict')" "ok exact"
	is "stress-ng did make calls" "$(field '.trials[0].truth.calls | .mmap > 50 and .munmap > 50')" true
else
	skip "stress-ng agrees with the oracle to the call" "no stress-ng; apt-get install stress-ng"
fi

# --- children that do not do as they should ---

verify -m memmon -w idle:ms=60000 -o limit=1 --json
is "a workload that hangs: exit code" "$code" 3
has "a workload that hangs: reason" "$(reason)" "idle was not done within 1.0 s and was killed"

# start ARGS..: verify in the background; its pid is in $pid, its child's in $child once that waits or works
start() {
	env --default-signal=INT "$bee" verify --quiet --json "$@" >"$tmp/bg.out" 2>"$tmp/bg.err" &
	pid=$!
	child=
	for _ in $(seq 200); do
		leaf=$(leaves "$pid" | head -n 1)
		child=$(head -n 1 "$leaf/cgroup.procs" 2>/dev/null)
		[ -z "$child" ] || break
		sleep 0.05
	done
	sleep 0.5
}
# finish: waits for it; $code, $out
finish() {
	code=0
	wait "$pid" || code=$?
	out=$(cat "$tmp/bg.out")
}
nothing_left() {
	is "$1: no cgroup is left" "$(leaves "$pid")" ""
	check "$1: the child has gone" sh -c "! kill -0 ${child:-0} 2>/dev/null"
	hasnt "$1: nothing stays attached" "$(bpftool perf show 2>/dev/null)" "pid $pid "
}

start -m memmon -w idle:ms=60000
kill -9 "$child"
finish
is "a child that is killed: exit code" "$code" 2
has "a child that is killed: reason" "$(reason)" "killed by signal 9"
nothing_left "a child that is killed"

start -m memmon,nop -w mmap,idle:ms=60000 --out "$tmp/kept"
kill -INT "$pid"
finish
is "Ctrl-C: exit code" "$code" 3
nothing_left "Ctrl-C"
is "Ctrl-C: what was measured before is kept" "$(jq -r 'select(.type == "trial") | .monitor + " " + .workload + " " + .status' "$tmp/kept/run.json" | sort | tr '\n' ';')" \
	"memmon mmap ok;nop mmap ok;"

start -m memmon -w idle:ms=60000
kill -9 "$pid"
finish
for _ in $(seq 40); do
	kill -0 "$child" 2>/dev/null || break
	sleep 0.05
done
check "beebench killed: its child goes with it" sh -c "! kill -0 $child 2>/dev/null"
leaf=$(leaves "$pid")
[ -z "$leaf" ] || rmdir "$leaf"

# --- two at the same time ---

start -m memmon,memmon-tgid -w flood,mmap,forks,fail
verify -m memmon,memmon-tgid -w flood,mmap,forks,fail --json
is "a second verify at the same time: the second is exact" "$code $(field '[.trials[].conformance.verdict] | unique | join(" ")')" "0 exact"
finish
is "a second verify at the same time: the first is exact" "$code $(field '[.trials[].conformance.verdict] | unique | join(" ")')" "0 exact"

done_testing
