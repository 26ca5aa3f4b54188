#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# timeout: 300
# beebench compare: equal monitors are equivalent, wrong ones are not, and what it is told wrongly it names.
# timeout: 300
# shellcheck source=tests/lib.sh
. tests/lib.sh

[ "$(id -u)" = 0 ] || skip_all "loading BPF programs needs root"

verdicts() { jq -r '[.records[] | select(.type == "equivalence") | .verdict] | unique | join(",")' "$1"; }
compare() {
	"$bee" compare "$@" -o cost=no,exact=no -q --json >"$tmp/out.json" 2>"$tmp/err"
	code=$?
}

compare memmon memmon -w mmap,brk,threads,forks,remap
is "a monitor against itself: exit 0" "$code" 0
is "it is equivalent to itself" "$(verdicts "$tmp/out.json")" equal
is "both are exact beside each other" \
	"$(jq -c '[.records[] | select(.type == "trial") | .conformance.verdict] | unique' "$tmp/out.json")" '["exact"]'
is "static records of each" "$(jq '[.records[] | select(.type == "static" and .instructions > 0 and
	.verifier_insns > 0 and .stack_bytes > 0)] | length' "$tmp/out.json")" 2

if command -v stress-ng >/dev/null 2>&1; then
	compare memmon memmon -w stress-ng:stressor=mmap,ops=23
	is "equivalent under stress-ng" "$(verdicts "$tmp/out.json")" equal
	is "its events were compared too" \
		"$(jq '[.records[] | select(.type == "equivalence") | .events > 1000] | all' "$tmp/out.json")" true
else
	skip "equivalent under stress-ng" "no stress-ng"
fi

compare memmon "$B/tests/bpf/wrong_type.bpf.o" -w mmap
is "a monitor with another event type: exit 1" "$code" 1
is "it is not equivalent" "$(verdicts "$tmp/out.json")" different
has "the first difference is named" \
	"$(jq -r '[.records[] | select(.type == "equivalence") | .kept[].text] | first' "$tmp/out.json")" "event_type of event"

compare memmon memmon_fast -w fail,partial
is "definitions that differ: exit 0, for nobody asked for equivalence" "$code" 0
is "definitions that differ: one record says so" \
	"$(jq -r '[.records[] | select(.type == "equivalence") | .status + ": " + .reason] | join("; ")' "$tmp/out.json")" \
	"skip: their definitions differ, so equivalence is not asked for: memmon counts calls when they enter, memmon_fast counts calls that have ended and worked"
is "definitions that differ: each is judged by its own, and priced" \
	"$(jq -r '"\([.records[] | select(.type == "trial") | .conformance.verdict] | join(" ")), \([.records[] | select(.type == "static")] | length)"' "$tmp/out.json")" \
	"exact exact exact exact, 2"

# Any number of events is a choice: four of them are not "all".
"$bee" compare memmon memmon -w idle -e mmap,munmap,brk-ok,munmap-ok -o exact=no -t 1 -q --json >"$tmp/out.json" 2>"$tmp/err"
is "the events that were chosen are timed, and no others" \
	"$(jq -r '[.records[] | select(.type == "sharp") | .event] | unique | join(",")' "$tmp/out.json")" brk-ok,mmap,munmap,munmap-ok

compare cpumon cpumon -w spin,pingpong,sleep
is "two CPU monitors agree within the clock's bounds" "$(verdicts "$tmp/out.json")" equal
is "and lie within the bounds of the threads' clocks" \
	"$(jq -c '[.records[] | select(.type == "trial") | .conformance.verdict] | unique' "$tmp/out.json")" '["bounded"]'

# What differs, so that a failure says it.
differences() {
	jq -r '.records[] | select(.type == "equivalence" and .verdict != "equal" and .vacuous != true) | "\(.workload): \([.reason, .kept[].text] | tostring)"' "$1"
	[ "$code" -eq 0 ] || jq -r '.records[] | select(.type == "trial" and (.conformance.verdict | IN("exact", "bounded", "vacuous", "losses") | not)) |
		"\(.monitor) beside \(.workload): \([.status, .reason, .conformance] | tostring)"' "$1"
}
for o in "" -O; do
	compare memmon "memmon-honey$o"
	is "memmon-honey$o is equivalent to memmon on every workload" "$code:$(differences "$tmp/out.json")" 0:
	compare cpumon "cpumon-honey$o" -w spin,syscalls,sleep,pingpong,threads,mmap
	is "cpumon-honey$o is equivalent to cpumon on every workload" "$code:$(differences "$tmp/out.json")" 0:
done

# --- what they cost: told in lanes, and no verdict of a lane makes an exit code ---------------------------

# of LANE SUBJECT KEY: of the `gate` records
of() {
	jq -r --arg l "$1" --arg s "$2" --arg k "$3" \
		'first(.records[] | select(.type == "gate" and .lane == $l and (.subject // "") == $s)) | .[$k]' "$tmp/out.json"
}
compare memmon memmon -w mmap
is "the static lane of equal monitors passes" "$(of static "" verdict) $(of all "" verdict) $(of static stack_bytes value)" "pass pass 0"
is "lanes that are off have no record" "$(jq -c '[.records[] | select(.type == "gate") | .lane] | unique' "$tmp/out.json")" \
	'["all","static"]'

printf '{"schema": 1, "static": {"limits": {"object_bytes": {"absolute": 1}}}}\n' >"$tmp/wrong.json"
printf '{"schema": 1, "static": {"limits": {"instructions": {"absolute": 0}}}}\n' >"$tmp/none.json"
if [ -e "$B/bpf/memmon/memmon-honey.bpf.o" ]; then
	"$bee" compare memmon memmon-honey -w mmap -o "cost=no,exact=no,policy=$tmp/none.json" -q --json >"$tmp/out.json"
	is "a dearer monitor that is equivalent: exit 0, and it is said" "$?:$(of static "" verdict)" 0:regression
else
	skip "a dearer monitor that is equivalent" "memmon-honey was not built"
fi
for f in wrong missing; do
	"$bee" compare memmon memmon -w mmap -o "policy=$tmp/$f.json" -q >"$tmp/out" 2>"$tmp/err"
	is "a $f policy: exit 2" "$?" 2
	has "a $f policy is named" "$(cat "$tmp/err")" "$tmp/$f.json"
done

# A compilation is timed on a file below TMPDIR, so that one that is not there leaves no time of it.
if [ -e "$B/bpf/memmon/memmon-honey.bpf.o" ] && [ -e bpf/memmon/memmon.ex ]; then
	for dir in "$tmp" /nonexistent; do
		TMPDIR=$dir "$bee" compare memmon memmon-honey -w mmap -e mmap -t 1 -o exact=no -q --json >"$tmp/out.json"
		is "compile time with TMPDIR $([ -d "$dir" ] && echo there || echo missing)" \
			"$(jq -r '.records[] | select(.type == "static" and .monitor == "memmon-honey") | .compile_ms != null' "$tmp/out.json")" \
			"$([ -d "$dir" ] && echo true || echo false)"
	done
	compare memmon memmon-honey -w mmap
	is "who asks for no time is not made to wait for compilations" \
		"$(jq -c '[.records[] | select(.type == "static") | [.source_lines > 10, has("compile_ms")]] | unique' "$tmp/out.json")" "[[true,false]]"
else
	skip "compile time below TMPDIR" "memmon-honey was not built from its source"
fi

# The time lane judges what it was given time for; where it cannot, the whole monitors are timed.
"$bee" compare memmon memmon -w mmap -t 2 -o exact=no -q --json >"$tmp/out.json" 2>"$tmp/err"
is "the time lane: exit 0" "$?" 0
# Somebody else's programs at the tracepoints make the whole lane void.
is "it has a record and a verdict for each event, or one why there are none" \
	"$(jq -c '[.records[] | select(.type == "gate" and .lane == "time")] as $gate |
		[$gate[] | select(.subject) | .subject] as $judged | [.records[] | select(.type == "sharp") | .event] as $timed |
		($timed | length) > 0 and ($judged == $timed or ($judged == [] and [$gate[].verdict] == ["environment"]))' "$tmp/out.json")" true
is "nothing was attached and detached" "$(jq '[.records[] | select(.type == "overhead")] | length' "$tmp/out.json")" 0
"$bee" compare memmon cpumon -w mmap -e mmap -t 3 -o exact=no -q >"$tmp/out" 2>"$tmp/err"
is "monitors of different tracepoints: exit 0" "$?" 0
has "their equivalence was not asked for" "$(tr -s '\n ' ' ' <"$tmp/out")" \
	"their subjects differ, so equivalence is not asked for: memmon counts memory, cpumon counts cpu"
has "why they were not timed against each other" "$(tr -s '\n ' ' ' <"$tmp/out")" "time: cpumon was not judged (not run: "
has "they were attached and detached instead" "$(tr -s '\n ' ' ' <"$tmp/out")" \
	"Attached and detached: in its own table, without a verdict, as the time lane could not exchange their programs."
if command -v bpftrace >/dev/null 2>&1; then
	"$bee" compare memmon memmon.bt -w mmap -e mmap -t 3 -q --json >"$tmp/out.json" 2>"$tmp/err"
	is "a script: exit 0, and no lane judges it" "$?:$(of all "" verdict):$(of all "" reason)" \
		"0:skip:memmon.bt is neither a BPF object nor a Honey source: its programs cannot be compared"
	is "a script is attached and detached" \
		"$(jq -c '[.records[] | select(.type == "overhead" and .status == "ok") | .monitor] | unique' "$tmp/out.json")" \
		'["memmon","memmon.bt","none"]'
else
	skip "a script" "no bpftrace"
fi

# --- how it is told ------------------------------------------------------------------------------------

"$bee" compare memmon memmon -w mmap,brk -o cost=no,exact=no -q --out "$tmp/kept" >"$tmp/out"
is "the verdicts in words" "$(sed -n '/^Verdict/,$p' "$tmp/out" | tr -s '\n ' ' ')" \
	"Verdict ------- - Equivalence: memmon is equivalent to memmon on all 2 workloads compared (timestamps aside). - \
Conformance of memmon: exact on 4 of 4 workloads. - static: memmon is not dearer than is allowed (5 judged, none beyond its \
limit; 1 of 6 not judged; of 6 figures 0 are less, 0 more, 6 the same). - In all: memmon is not dearer than is allowed (static: pass). "
for f in run.json report.md report.html; do
	check "--out keeps $f" test -s "$tmp/kept/$f"
done
is "its header names QEMU, or that there is none" "$(jq -s '.[0].tools | has("qemu")' "$tmp/kept/run.json")" true
has "its report has the verdict in the heading" "$(cat "$tmp/kept/report.md")" "# beebench: pass (memmon against memmon)"
"$bee" compare memmon memmon -w mmap -o cost=no,exact=no -q --format github >"$tmp/out"
is "--format github" "$(cat "$tmp/out")" "::notice title=beebench%3A pass (memmon against memmon)::static: pass"
"$bee" compare memmon memmon -w mmap -o cost=no,exact=no -q --format junit >"$tmp/out"
has "--format junit" "$(cat "$tmp/out")" '<testcase classname="gate.all" name="in all" time="0.000"/>'
"$bee" compare memmon memmon --format markdwon >"$tmp/out" 2>"$tmp/err"
is "an unknown format: exit 2" "$?:$(cat "$tmp/err")" \
	"2:beebench: error: no report format 'markdwon'; did you mean 'markdown'?"

# Somebody's own objects, without a manifest: what they cost can be compared all the same.
cp "$B"/tests/bpf/cost0.bpf.o "$B"/tests/bpf/cost512.bpf.o "$tmp"
"$bee" compare "$tmp/cost0.bpf.o" "$tmp/cost512.bpf.o" -q --json -o cost=no,exact=no >"$tmp/out"
is "maps of other names: equivalence is skipped" "$?:$(jq -r '[.records[] | select(.type == "equivalence") | .status] | join(" ")' "$tmp/out")" \
	"0:skip"
like "and why" "$(jq -r '.records[] | select(.type == "equivalence") | .reason' "$tmp/out")" \
	"cost0.bpf.o: no map 'mem_stats_map' \(its maps: counts\); name its map of counters in .*cost0.manifest.json"
is "and the costs are compared" "$(jq -r '[.records[] | select(.type == "gate" and .subject == "instructions") | .value] | join(" ")' "$tmp/out")" 513

# Issue 13: without a map, at a hook where no timed call passes, the programs cannot be exchanged; they can be attached.
cp "$B"/tests/bpf/n13_bare.bpf.o "$tmp/bare.bpf.o"
cp "$B"/tests/bpf/n13_bare.bpf.o "$tmp/again.bpf.o"
run "$bee" compare "$tmp/bare.bpf.o" "$tmp/again.bpf.o" -q --quick -o exact=no --out "$tmp/bare"
is "an object without a map is compared with another: exit 0" "$code" 0
like "the words for all are of what was judged" "$(printf '%s' "$out" | tr -s '\n ' ' ')" \
	'In all: [^ ]*again.bpf.o (is not dearer than is allowed in what was judged|could not be judged) \(static: pass, time: (skip|environment)'
is "and both were attached and timed" "$(jq -r 'select(.type == "overhead" and .added_ns) | .monitor' "$tmp/bare/run.json" | sort -u | paste -sd,)" \
	again,bare,none
run "$bee" overhead -q -m "$tmp/bare.bpf.o" -e brk -t 1 -o slowdown=no --json
like "overhead alone times it" "$code:$(printf '%s' "$out" | jq -r '[.records[] | select(.type == "overhead") | .monitor] | unique | join(",")')" '^[03]:bare,none$'
has "and says that nothing is read" "$err" "bare.bpf.o: no map 'mem_stats_map' (its maps: none)"
echo '{"schema": 1, "counters": {"map": "m"}}' >"$tmp/bare.manifest.json"
run "$bee" overhead -q -m "$tmp/bare.bpf.o" -e brk -t 1 -o slowdown=no
is "a manifest that names what is not there is a fault of input" "$code" 2

"$bee" compare memmon >"$tmp/out" 2>"$tmp/err"
is "one name is not enough" "$?:$(cat "$tmp/err")" \
	"2:beebench: error: beebench compare: give it 2 names: beebench compare A B"
compare memmon nowhere
is "an unknown monitor: exit 2" "$code" 2
# --- issue 13, number 26 ---

run "$bee" compare -q -w mmap -t 2 -o exact=no memmon bpf/memmon/memmon.bt
case $out in
*"Attached and detached: in its own table"*)
	has "a table that is announced is there" "$out" "attached  ns: A" ;;
*) pass "a table that is announced is there" ;;
esac
run "$bee" verify -q -m tests/honey/ok/control.ex -w mmap
is "a source without a manifest: exit code" "$code" 2
has "it is called by its own name" "$err" "error: tests/honey/ok/control.ex: no map 'mem_stats_map'"
has "and so is where its names would be" "$err" "in tests/honey/ok/control.ex.manifest.json"
for words in "monitors --json" "--json monitors"; do
	# shellcheck disable=SC2086
	run "$bee" list $words
	is "list $words is JSON" "$(printf '%s' "$out" | jq -r 'keys | join(" ")')" "monitors schema"
done
run "$bee" list monitors --bogus
is "list takes no other options after its word" "$code" 2
run "$bee" list monitors measures
is "nor a second word" "$code" 2
done_testing
