#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Runs that the kernel skipped: a finding with its size in verify, no difference in compare, marked rows in memmon. The object
# has them on every kernel. And all that has stand-ins for Linux 7 does the same with them here.
set -u
. tests/lib.sh

need_bpf
need_tool jq jq
object=$B/tests/bpf/n43_skipped.bpf.o

run "$bee" verify --json -q -m "$object" -w mmap
is "n43: skipped runs are no failure" "$code" 0 || printf '# %s\n' "$err"
is "n43: the verdict names them" "$(printf '%s' "$out" | jq -r '.trials[0] | [.status, .conformance.verdict,
	.conformance.skipped_runs == .losses.recursion_misses, .conformance.skipped_runs > 1000, (.mismatches | length)] | @csv')" \
	'"ok","skipped",true,true,0'
is "n43: they are a finding with its size" "$(printf '%s' "$out" | jq -r '.trials[0] |
	[.accuracy[] | select(.metric == "skipped_runs")][0].captured == .losses.recursion_misses')" true
has "n43: and it says why" "$(printf '%s' "$out" | jq -r '.trials[0].accuracy[0].why')" \
	"runs of its programs: another BPF program was active on that CPU"
run "$bee" verify -q -m "$object" -w mmap
hasnt "n43: nothing is WRONG" "$out" WRONG
like "n43: the report says how many" "$out" '[0-9] skipped'

run "$bee" compare memmon "$object" -q -o cost=no,exact=no -w mmap
is "n43: compare does not blame it" "$code" 0
hasnt "n43: nor says that they differ" "$out" "NOT equivalent"

# The first frame may be taken before anything was skipped.
"$B/memmon" --json -n 3 -i 0.3 --object "$object" 2>"$tmp/err" | tail -n 1 >"$tmp/frame"
is "n43: rows are not exact while runs are skipped" "$(jq -c '[.losses.recursion > 0, ([.processes[] | select(.exact)] | length),
	([.processes[] | select(.kernel | not) | .skipped] | unique)]' "$tmp/frame")" '[true,0,[true]]'
"$B/memmon" -b -n 3 -i 0.3 --object "$object" >"$tmp/text" 2>"$tmp/err"
like "n43: calls are marked as text, too" "$(cat "$tmp/text")" ' ~[0-9]+ '
"$B/memmon" --json -n 2 -i 0.3 --object memmon 2>"$tmp/err" | tail -n 1 >"$tmp/frame"
is "n43: without them no row is marked" "$(jq -c '[.losses.recursion, ([.processes[] | select(.skipped)] | length)]' "$tmp/frame")" '[0,0]'

export BEEBENCH_TRACEPOINTS=preemptible
run "$bee" verify --json -q -m memmon_fast,cpumon -w forks,threads,fail,remap
is "n43: the stand-ins are right" "$code" 0 || printf '# %s\n' "$err"
is "n43: and it was they who ran" "$(printf '%s' "$out" | jq -c '[.trials[].cost.programs[].name | select(endswith("_steady"))] | unique')" \
	'["call_ended_steady","on_sched_switch_steady","thread_ended_steady"]'
is "n43: to the call" "$(printf '%s' "$out" | jq -c '[.trials[] | .conformance.verdict] | unique')" '["bounded","exact"]'
# shellcheck disable=SC2016
run "$bee" verify --json -q -m memmon_fast,memmon -- sh -c 'for i in 1 2 3; do for j in 1 2 3 4; do /bin/true; done & done; wait'
is "n43: and so is the oracle beside a command" "$(printf '%s' "$out" | jq -c '[.trials[] | [.status, .conformance.verdict]] | unique')" \
	'[["ok","exact"]]'
is "n43: perf still counts beside it" "$(printf '%s' "$out" | jq '[.trials[].truth | .perf == null or .perf.mmap == .calls.mmap] | all')" true
unset BEEBENCH_TRACEPOINTS
done_testing
