#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Linux 7.2, where programs at tracepoints are preempted and runs of them skipped: ours are exact, the reference monitor's loss is
# a finding and never WRONG, compare does not blame it, commands can be judged, doctor knows which hooks lose.
# timeout: 900
set -u
. tests/lib.sh

need_tool qemu-system-x86_64 qemu-system-x86
need_tool jq jq
run "$bee" vm -k 7.2 --where
[ "$code" -ne 77 ] || skip_all "no kernel 7.2: $err"
is "n43: -k 7.2 finds a kernel by name" "$code" 0

run "$bee" verify -k 7.2 --json -q -m memmon_fast,memmon -w crowd:count=6007,threads,forks
is "n43: nothing fails" "$code" 0 || printf '# %s\n' "$err"
printf '%s\n' "$out" >"$tmp/verify.json"
is "n43: memmon_fast is exact" "$(jq -c '[.trials[] | select(.monitor == "memmon_fast") | [.status, .conformance.verdict,
	.losses.recursion_misses]] | unique' "$tmp/verify.json")" '[["ok","exact",0]]'
is "n43: it is off nowhere" "$(jq '[.trials[] | select(.monitor == "memmon_fast") | .accuracy[] | select(.error != 0)] | length' "$tmp/verify.json")" 0
is "n43: the reference monitor loses beside a crowd" "$(jq -c '.trials[] | select(.monitor == "memmon" and .workload == "crowd") |
	[.status, .conformance.verdict, .conformance.skipped_runs > 0, (.mismatches | length)]' "$tmp/verify.json")" '["ok","skipped",true,0]'
is "n43: which is a finding with its size" "$(jq -c '[.trials[] | select(.conformance.verdict == "skipped") | .accuracy | length == 1 and
	.[0].metric == "skipped_runs" and .[0].captured < .[0].truth] | unique' "$tmp/verify.json")" '[true]'
like "n43: and is told as what it is" "$(jq -r '.trials[].accuracy[] | select(.metric == "skipped_runs") | .why' "$tmp/verify.json")" \
	'^the kernel skipped [0-9]+ runs of its programs: preempted, Linux 7 '
run "$bee" verify -k 7.2 -q -m memmon -w crowd:count=6007
hasnt "n43: nothing is WRONG in the report" "$out" WRONG

run "$bee" vm -k 7.2 -- beebench compare memmon memmon-honey --json -q -o cost=no,exact=no -w crowd:count=6007,mmap
is "n43: compare does not blame anybody" "$code" 0 || printf '# %s\n' "$err"
is "n43: what the kernel skipped is not judged, the rest is" "$(printf '%s' "$out" |
	jq -c '[.records[] | select(.type == "equivalence") | [.workload, .status, (.reason // "" | test("preempted, Linux 7"))]]')" \
	'[["crowd","skip",true],["mmap","ok",false]]'

# Times are read where the kernel skips nothing, and held against a stamp that comes after the monitor.
. tests/cli/means_lib.sh
place right
run "$bee" verify -k 7.2 --json -q -m "$tmp/right.bpf.o" -w syscalls:calls=101
is "n43: a monitor of how long calls took is right" "$(printf '%s' "$out" |
	jq -c '.trials[0] | [.status, (.conformance.verdict | IN("exact", "bounded")), (.mismatches | length)]')" '["ok",true,0]'

# The kernel begins with a clock that it puts away, and reads the other in fewer instructions.
run "$bee" exact -k 7.2 --json -q -o calls=64,timeout=300 -m memmon,cpumon,memmon-tgid,memmon-honey,memmon
is "n43: first and last in a boot, a monitor takes the same, though it asks for the time" "$(printf '%s' "$out" |
	jq -c '[.records[] | select(.type == "exact" and .monitor == "memmon" and
		(.path | IN("mmap", "munmap", "brk", "brk-wake"))) | [.path, .instructions, .stable]] |
		group_by(.[0]) | map([.[0][0], length, (unique | length), .[0][2]])')" \
	'[["brk",2,1,true],["brk-wake",2,1,true],["mmap",2,1,true],["munmap",2,1,true]]' || printf '# %s\n' "$err"

# A command of busy processes, which only an independent count knows.
if have "${CC:-cc}" && "${CC:-cc}" -O2 -static -o "$tmp/busy" tests/vm/busy.c 2>"$tmp/cc"; then
	run "$bee" vm -k 7.2 -f "$tmp/busy:/bin/busy" -- beebench verify --json -q -m memmon_fast -- /bin/busy
	is "n43: the oracle is exact beside a command of three busy processes" "$(printf '%s' "$out" |
		jq -c '.trials[0] | [.status, .conformance.verdict, .truth.calls.mmap > 9000, .reason // ""]')" '["ok","exact",true,""]'
else
	skip "n43: the oracle beside a command" "no static C library: $(head -c 200 "$tmp/cc" 2>/dev/null)"
fi

run "$bee" vm -k 7.2 -t 500 -- beebench doctor --hooks --json
printf '%s\n' "$out" >"$tmp/hooks.json"
for hook in raw_tp/sys_enter tp_btf/sys_enter "tracepoint/syscalls/sys_enter_*" fentry; do
	is "n43: three processes lose at $hook, one does not" "$(jq -c --arg h "$hook" '.hooks[] | select(.attach == $h) |
		[.one.lost, .three.lost > 1000]' "$tmp/hooks.json")" '[0,true]'
done
for hook in tracepoint/raw_syscalls/sys_enter kprobe uprobe tracepoint/sched/sched_switch tp_btf/sched_switch perf_event iter/bpf_map_elem; do
	is "n43: nobody loses at $hook" "$(jq -c --arg h "$hook" '.hooks[] | select(.attach == $h) |
		[.one.lost, .three.lost]' "$tmp/hooks.json")" '[0,0]'
done
is "n43: who reads a map hides runs from perf events" "$(jq -c '[.hooks[] | select(.attach == "tracepoint/raw_syscalls/sys_enter" or
	.attach == "kprobe") | .reader.lost > 1000] | unique' "$tmp/hooks.json")" '[true]'
done_testing
