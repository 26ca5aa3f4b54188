#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Many machines (docs/fleet.md): the cells of a project's suites have ids that are the same everywhere; one cell is done by one start and
# leaves one result, whole or not at all; merge says which have none and which came out in two ways. What goes wrong is said, and nothing
# that was done is lost.
# beside others
set -u
. tests/lib.sh
need_tool jq jq
need_bpf_or_guest "cells and their results"
case $bee in /*) ;; *) bee=$PWD/$bee ;; esac
cd "$tmp" || exit 1
mkdir p q empty

cat >p/beebench.json <<'E2'
{"schema": 1, "suites": {
  "right": {"monitors": ["memmon_fast", "out/mine.bpf.o"], "workloads": ["brk:count=3", "brk:count=5", "mmap"], "measures": ["verify", "gate"]},
  "kernels": {"monitors": ["nop"], "kernels": ["7.7", "6.12/arm64"], "workloads": ["brk"], "measures": ["exact", "verify"]},
  "cost": {"monitors": ["nop"], "events": ["mmap", "brk"], "measures": ["overhead", "ringbuf"], "seconds": 3}}}
E2
# The same with everything in another order.
cat >q/beebench.json <<'E2'
{"schema": 1, "suites": {
  "cost": {"seconds": 3, "monitors": ["nop"], "events": ["brk", "mmap"], "measures": ["ringbuf", "overhead"]},
  "kernels": {"monitors": ["nop"], "kernels": ["6.12/arm64", "7.7"], "workloads": ["brk"], "measures": ["verify", "exact"]},
  "right": {"monitors": ["out/mine.bpf.o", "memmon_fast"], "workloads": ["mmap", "brk:count=5", "brk:count=3"], "measures": ["verify"]}}}
E2

# --- plan

cd p || exit 1
run "$bee" plan --cells
is "the cells of all suites: a line each" "$code $(printf '%s\n' "$out" | wc -l)" "0 13"
printf '%s\n' "$out" >"$tmp/plan.tsv"
is "verify: a cell for each monitor and workload, by kernel all workloads in one boot" \
	"$(cut -f2-7 "$tmp/plan.tsv" | grep verify | tr '\t\n' ' ;')" \
	"right verify memmon_fast - brk:count=3 -;right verify memmon_fast - brk:count=5 -;right verify memmon_fast - mmap -;right verify out/mine.bpf.o - brk:count=3 -;right verify out/mine.bpf.o - brk:count=5 -;right verify out/mine.bpf.o - mmap -;kernels verify nop 7.7 - -;kernels verify nop 6.12/arm64 - -;"
is "exact by kernel, overhead by event, ringbuf alone" "$(cut -f2-7 "$tmp/plan.tsv" | grep -v verify | tr '\t\n' ' ;')" \
	"kernels exact nop 7.7 - -;kernels exact nop 6.12/arm64 - -;cost overhead nop - - mmap;cost overhead nop - - brk;cost ringbuf nop - - -;"
is "each id is one" "$(cut -f1 "$tmp/plan.tsv" | sort -u | wc -l)" 13
is "and fit for a file's name" "$(cut -f1 "$tmp/plan.tsv" | grep -c '^[A-Za-z0-9._-]*$')" 13
(cd ../q && "$bee" plan) | cut -f1 | sort >"$tmp/other"
cut -f1 "$tmp/plan.tsv" | sort >"$tmp/ids"
check "in another order and another folder: the same ids" cmp "$tmp/ids" "$tmp/other"
sed 's/"seconds": 3/"seconds": 4/' beebench.json >../q/beebench.json
(cd ../q && "$bee" plan) | cut -f1 | sort >"$tmp/other"
is "a cell that is measured otherwise is another; the rest are the same" "$(comm -13 "$tmp/ids" "$tmp/other" | sed 's/-[0-9a-f]*$//' | tr '\n' ' ')" \
	"cost-overhead-nop-host-brk cost-overhead-nop-host-mmap cost-ringbuf-nop-host "
is "the suites that are named" "$("$bee" plan cost --cells --format ids | wc -l)" 3
is "as JSON: the same, null for what there is not" \
	"$("$bee" plan --json | jq -r '[.id, .suite, .measure, .monitor, .kernel // "-", .workload // "-", .event // "-"] | @tsv' | cmp - "$tmp/plan.tsv" && echo same)" same
is "for GitHub: a matrix on one line" "$("$bee" plan --format github | jq -r '.cells[]' | sort | cmp - "$tmp/ids" && echo same)" same
run "$bee" plan --format gitlab
if have python3 && python3 -c 'import yaml' 2>/dev/null; then
	is "for GitLab: a job" "$(printf '%s' "$out" | python3 -c 'import sys, yaml; print("\n".join(sorted(yaml.safe_load(sys.stdin)["cells"]["parallel"]["matrix"][0]["BEEBENCH_CELLS"])))' |
		cmp - "$tmp/ids" && echo same)" same
else
	has "for GitLab: a job" "$out" 'parallel:'
fi
# More cells than an engine takes jobs: several a job.
mkdir "$tmp/many"
jq -nc '{schema: 1, suites: {s: {monitors: ["none"], workloads: [range(600) | "brk:count=\(. + 1)"]}}}' >"$tmp/many/beebench.json"
is "600 cells for GitHub: at most 256 jobs, each cell once" \
	"$(cd "$tmp/many" && "$bee" plan --format github | jq -c '[(.cells | length) <= 256, ([.cells[] | split(" ")[]] | unique | length)]')" "[true,600]"
is "for GitLab: at most 200" "$(cd "$tmp/many" && "$bee" plan --format gitlab | grep -c '^          - "')" 200
# refused ERROR WORDS..: plan says what is wrong with them
refused() {
	want=$1
	shift
	run "$bee" plan "$@"
	is "plan $*" "$code $err" "2 beebench: error: $want"
}
refused "beebench.json has no suite 'wrong'" wrong
refused "beebench.json has no suite 'csot'; did you mean 'cost'?" csot
refused "plan: no format 'tvs'; did you mean 'tsv'?" -f tvs
cd "$tmp/empty" || exit 1
run "$bee" plan
has "no beebench.json: said" "$code $err" "2 beebench: error: plan: there is no beebench.json here or above"
run "$bee" run --cell x
has "nor for a cell" "$code $err" "2 beebench: error: --cell is of a project's suites"

# --- one cell

cd "$tmp/p" || exit 1
# cell_of WORDS: the id of the cell whose columns these are
cell_of() {
	awk -F '\t' -v w="$1" '$2 " " $3 " " $4 " " $5 " " $6 " " $7 == w { print $1 }' "$tmp/plan.tsv"
}
idle=$(cell_of "right verify memmon_fast - brk:count=3 -")
brk=$(cell_of "right verify memmon_fast - brk:count=5 -")
run "$bee" run -q --cell "$idle" --out r/s
is "one cell: its file is told" "$code $out" "0 r/s/$idle.json"
is "a run with its cell" "$(jq -c 'select(.type == "run") | .cell' "r/s/$idle.json")" \
	"{\"id\":\"$idle\",\"suite\":\"right\",\"measure\":\"verify\",\"monitor\":\"memmon_fast\",\"kernel\":null,\"workload\":\"brk:count=3\",\"event\":null}"
is "one workload, and the end" "$(jq -r 'select(.type != "run") | .workload // .type' "r/s/$idle.json" | tr '\n' ' ')" "suite brk end "
is "nothing else is left" "$(ls -A r/s)" "$idle.json"
first=$(cksum <"r/s/$idle.json")
run "$bee" run --cell "$idle" --out r/s
is "a second start does nothing" "$code $err $(cksum <"r/s/$idle.json")" "0 beebench: $idle is done already $first"
"$bee" plan --missing r/s --format ids | sort >"$tmp/rest"
is "plan --missing leaves it out" "$(comm -13 "$tmp/rest" "$tmp/ids")" "$idle"
run "$bee" run --cell "${idle}0" --out r/s
is "an unknown id: the nearest is named" "$code $err" "2 beebench: error: beebench.json has no cell '${idle}0'; did you mean '$idle'?"
run "$bee" run --cell zzz --out r/s
is "nothing near: who knows them" "$code $err" "2 beebench: error: beebench.json has no cell 'zzz'; 'beebench plan --cells' lists them"
run "$bee" run --cell "$idle" -w brk --out r/s
is "what a cell is cannot be said twice" "$code $err" "2 beebench: error: --cell says what is measured, and so does --workload; a cell is measured as its suite says"
run "$bee" verify --cell "$idle"
has "a cell is of run" "$code $err" "2 beebench: error: --cell is of 'beebench run'"
run "$bee" run --cell "$(cell_of "right verify out/mine.bpf.o - brk:count=3 -")" --out r/s
has "an object that nobody built" "$code $err" "2 beebench: error: no out/mine.bpf.o for the cell right-verify-mine-host-brk_count_3-"
run "$bee" run -q -s 7 --cell "$idle" --out r/s
has "another seed: it is done again" "$code $err" "0 beebench: r/s/$idle.json: it is of another seed; it is done again"
is "with this one" "$(jq 'select(.type == "run") | .seed' "r/s/$idle.json")" 7

# --- half a file

head -c 300 "r/s/$idle.json" >half
cp half "r/s/$idle.json"
run "$bee" run -q --cell "$idle" --out r/s
has "half a file is done again, and said" "$code $err" "0 beebench: warning: r/s/$idle.json: it is not whole; it is kept as r/s/$idle.json."
check "what was there is kept" sh -c "cmp half r/s/$idle.json.*.broken"
is "a whole one takes its place" "$(jq -r 'select(.type == "end") | .status' "r/s/$idle.json")" ok
rm r/s/*.broken
cp "r/s/$idle.json" "r/s/$brk.json"
run "$bee" run -q --cell "$brk" --out r/s
has "another cell's file likewise" "$code $err" "it is of cell '$idle'; it is kept as"
rm r/s/*.broken

# --- a start that is killed

# part NAME: what a start of this machine has written until now
part() {
	head -n 1 "r/s/$idle.json" >"r/s/.$1.part"
}
part "$idle.20261130T000000Z-0000000000000001"
part "$brk.20261130T000000Z-0000000000000002" # nobody's
part "$brk.20261130T000000Z-0000000000000003"
sed -i 's/"host":{"id":[^,]*/"host":{"id":"another"/' "r/s/.$brk.20261130T000000Z-0000000000000003.part"
# shellcheck disable=SC2016 # $1 is the inner shell's
flock "r/s/.$idle.20261130T000000Z-0000000000000001.part" sh -c 'echo $$ >"$1"; exec sleep 60' sh "$tmp/pid" &
at_exit "kill $! 2>/dev/null"
while ! [ -s "$tmp/pid" ]; do sleep 0.1; done
rm "r/s/$idle.json" "r/s/$brk.json"
"$bee" run -q --cell "$idle" --out r/s >/dev/null
"$bee" run -q --cell "$brk" --out r/s >/dev/null
is "what a killed start left goes with the next one; what another writes stays, and another machine's" \
	"$(find r/s -name '.*.part' | sed "s/$idle/idle/; s/$brk/brk/" | sort | tr '\n' ' ')" \
	"r/s/.brk.20261130T000000Z-0000000000000003.part r/s/.idle.20261130T000000Z-0000000000000001.part "
kill "$(cat "$tmp/pid")"
rm -f r/s/.*.part

# Ended by a signal while it waits for its workload.
mkdir "$tmp/slow" && cd "$tmp/slow" || exit 1
cat >beebench.json <<'E2'
{"schema": 1, "build": "touch built", "suites": {"s": {"monitors": ["none"], "workloads": ["idle:ms=60000"]}}}
E2
slow=$("$bee" plan --build --format ids)
check "plan --build builds" test -e built
# begun PID: the start waits for its workload; fails where it ended instead
begun() {
	while ! grep -q '"type":"suite"' r/.*.part 2>/dev/null; do
		kill -0 "$1" 2>/dev/null || return 1
		sleep 0.1
	done
}
if [ "$guest" -eq 1 ]; then
	skip "a start that is ended by a signal" "its load would be in a guest, which may have to be fetched first"
else
	"$bee" run -q --cell "$slow" --out r 2>"$tmp/said" &
	pid=$!
	begun $pid
	kill -TERM $pid
	wait $pid
	is "a start that is told to end: 3, and nothing is left" "$? $(ls -A r)" "3 "
	has "and it says so" "$(cat "$tmp/said")" "the cell $slow has no result, and is done by its next start"
	"$bee" run -q --cell "$slow" --out r 2>/dev/null >/dev/null &
	pid=$!
	begun $pid
	kill -KILL $pid
	wait $pid 2>/dev/null
	is "one that is killed leaves no result" "$(find r -name '*.json')" ""
fi

# --- a full disk

cd "$tmp/p" || exit 1
mkdir disk
echo "needs root" >"$tmp/said"
if is_root && mount -t tmpfs -o size=16k beebench-test disk 2>"$tmp/said"; then
	at_exit "umount '$tmp/p/disk' 2>/dev/null"
	run "$bee" run -q --cell "$brk" --out disk
	is "there is room: done" "$code $(ls -A disk)" "0 $brk.json"
	before=$(cksum <"disk/$brk.json")
	dd if=/dev/zero of=disk/fill bs=1k 2>/dev/null
	run "$bee" run -q --cell "$idle" --out disk
	is "a full disk: exit code" "$code" 2
	has "said" "$err" "No space left on device"
	has "and what that means" "$err" "the cell $idle has no result"
	is "nothing half is left, and what was done stays" "$(find disk -type f ! -name fill) $(cksum <"disk/$brk.json")" \
		"disk/$brk.json $before"
	run "$bee" run -q --cell "$brk" --out disk
	is "what is done needs no room" "$code" 0
	mkdir disk/all 2>/dev/null
	run "$bee" merge "r/s/$idle.json" "r/s/$brk.json" --out disk/all
	is "merge to a full disk: nothing half either" "$code $(find disk/all -type f)" "2 "
	rm disk/fill
	run "$bee" run -q --cell "$idle" --out disk
	is "room again: done" "$code" 0
	umount disk
else
	skip "a full disk" "no tmpfs can be mounted here: $(cat "$tmp/said")"
fi
rmdir disk

# --- a node without the kernel and without a network

cell=$(cell_of "kernels verify nop 7.7 - -")
mkdir "$tmp/bin"
for tool in apt-get apt-cache; do
	printf '#!/bin/sh\necho "E: no network" >&2\nexit 100\n' >"$tmp/bin/$tool"
	chmod +x "$tmp/bin/$tool"
done
run env PATH="$tmp/bin:$PATH" BEEBENCH_CACHE="$tmp/cache" "$bee" run -q --cell "$cell" --out r/s
is "no kernel and no network: cannot run here" "$code" 77
has "it says why" "$err" "7.7"
if [ "$guest" -eq 1 ] && ! have qemu-system-x86_64; then
	skip "the result says why" "without QEMU that is the reason"
else
	has "the result says why" "$(jq -r 'select(.type == "cell") | .status + " " + .measure + " " + .reason' "r/s/$cell.json")" "skip verify cannot fetch apt's lists, and those that are here have no linux-image-7.7."
fi
check "the cell is still missing" sh -c "'$bee' plan --missing r/s --format ids | grep -q '^$cell\$'"
run env PATH="$tmp/bin:$PATH" BEEBENCH_CACHE="$tmp/cache" "$bee" run -q --cell "$cell" --out r/s
is "and is tried again" "$code $(printf '%s\n' "$err" | head -n 1)" "77 beebench: $cell had no verdict; it is tried again"
is "a new reason takes the place of the old one" "$(find r/s -name "*$cell*")" "r/s/$cell.json"
echo "$cell" >one
run "$bee" merge "r/s/$cell.json" --cells one --out none
is "merge: it could be run nowhere, 3" "$code $(printf '%s\n' "$out" | tail -n 1)" "3 1 cell could be run nowhere until now: $cell"
run "$bee" report none
has "and its report says why" "$out" "not run, 1 cell on 7.7: "

# --- two starts of one cell at the same time

rm "r/s/$idle.json"
"$bee" run -q --cell "$idle" --out r/s >/dev/null 2>"$tmp/said" &
pid=$!
run "$bee" run -q --cell "$idle" --out r/s
wait $pid
is "two starts at once: both are good" "$? $code" "0 0" || printf '# %s\n' "$err" "$(cat "$tmp/said")"
is "what they leave is whole: a run or two of this cell" "$(jq -r 'select(.type == "end") | .status' "r/s/$idle"*.json | sort -u)$(find r/s -name '.*')" ok
echo "$idle" >one
run "$bee" merge "r/s/$idle"*.json --cells one --out both
is "and merge takes them" "$code" 0

# --- merge

cd "$tmp" || exit 1
# made DIR ID CELL STATUS NODE STARTED SHA: a cell's result as another machine would write it
made() {
	mkdir -p "$1"
	cat >"$1/$3${8:-}.json" <<E2
{"type":"run","schema":1,"tool":"beebench 0.1.0","id":"$2","started":"$6","host":{"id":"m-$5","name":"$5","kernel":"6.12","machine":"x86_64"},"cell":{"id":"$3"},"objects":[{"monitor":"memmon","sha256":"$7"}]}
{"type":"trial","monitor":"memmon","workload":"mmap","status":"$4","conformance":{"verdict":"$([ "$4" = ok ] && echo exact || echo mismatch)","keys":1,"counters":3}}
{"type":"exact","monitor":"memmon","kernel":"6.12","path":"mmap","index":0,"status":"ok","instructions":60$(printf %.1s "$7")}
{"type":"end","status":"ok","exit":0}
E2
}
a=1111111111111111111111111111111111111111111111111111111111111111
b=2222222222222222222222222222222222222222222222222222222222222222
made f A c1 ok n1 2026-11-30T00:00:00Z $a
made f B c2 ok n2 1970-01-01T00:00:07Z $a
made f C c3 ok n3 2099-01-01T00:00:00Z $a
printf 'c1\tx\nc2\tx\n{"id":"c3"}\n' >plan
run "$bee" merge f --cells plan --out m1
is "a folder of cells, all that were planned" "$code $out" "0 3 runs of 3 machines, 6 records
exact figures: 1 are the same wherever they were measured, 0 differ"
run "$bee" merge f/c3.json f/c1.json --out m2 -q
run "$bee" merge m2 f/c2.json --cells plan -q --out m3
check "clocks that disagree by a century change nothing: any order, the same bytes" cmp m1/run.json m3/run.json
echo c4 >>plan
run "$bee" merge f --cells plan --out m4
is "one was never done: 2, and it is named" "$code $(printf '%s\n' "$out" | tail -n 1)" "2 1 cell has no result: c4"
is "the merged run knows it" "$(tail -n 1 m4/run.json | jq -c '[.status, .cells.planned, .cells.missing]')" '["void",4,["c4"]]'
run "$bee" report m4
has "its report says so" "$out" "1 cell has no result: c4."
made f D c4 skip n1 2026-11-30T00:00:00Z $a
sed -i /exact/d f/c4.json
run "$bee" merge f --cells plan --out m5
is "one could be run nowhere: 3" "$code $(printf '%s\n' "$out" | tail -n 1)" "3 1 cell could be run nowhere until now: c4"
made f E c4 ok n2 2026-11-30T00:00:00Z $a .E
run "$bee" merge f --cells plan --out m6
is "and then was, elsewhere: good" "$code" 0
made f F c1 fail n2 2026-11-30T00:00:00Z $a .F
run "$bee" merge f --cells plan --out m7
is "two results of one cell that differ: 1" "$code" 1
has "both are named, with their machines" "$out" "cell c1: ok in run A on n1, fail in run F on n2"
run "$bee" report m7
has "in the report, too" "$out" "1 cell came out in two ways: c1."
rm f/*.F.json
head -n 2 f/c2.json >half && mv half f/c2.json
run "$bee" merge f --cells plan --out m8
has "half a result: unfinished" "$out" "1 runs were cut short and stay unfinished"
is "its cell is named, by exit code too" "$code $(printf '%s\n' "$out" | tail -n 1)" "2 1 cell has no result: c2"
: >f/c2.json
run "$bee" merge f --cells plan --out m8
has "an empty file: named, and nothing is written" "$code $err $(jq -s length m8/run.json)" \
	"2 beebench: error: f/c2.json:1: this is no run: it does not begin with a record of type \"run\" that has an id"
made f B c2 ok n2 2026-11-30T00:00:00Z $b
run "$bee" merge f --cells plan --out m9
has "one name, two objects: told apart" "$out" "memmon is 2 objects: 11111111 in 4 runs, first in A; 22222222 in 1 runs, first in B"
is "their figures are not held against each other" "$code $(jq -c 'select(.type == "agreement") | [.monitor, .instructions, .status]' m9/run.json | tr '\n' ' ')" \
	'0 ["memmon@11111111",601,"ok"] ["memmon@22222222",602,"ok"] '
run "$bee" report m9 --format json
is "a reader has both" "$(printf '%s' "$out" | jq -c '[.records[] | select(.type == "exact") | [.monitor, .instructions]] | sort')" \
	'[["memmon@11111111",601],["memmon@22222222",602]]'
run "$bee" merge empty --out x
has "a folder with nothing" "$code $err" "2 beebench: error: cannot read the run empty/run.json: there is none, and no result of a cell"
run "$bee" merge f --cells none --out x
has "no plan" "$code $err" "2 beebench: error: cannot read the plan none: No such file"
: >none
run "$bee" merge f --cells none --out x
is "an empty plan" "$code $err" "2 beebench: error: none: there is no cell in this plan"
echo '{"x":1}' >none
run "$bee" merge f --cells none --out x
has "no plan's line" "$code $err" "2 beebench: error: none:1: no cell's id"

# --- GNU parallel, where it is

if have parallel && parallel --version 2>/dev/null | grep -q '^GNU'; then
	cd "$tmp/p" || exit 1
	grep "^right-verify-memmon_fast" "$tmp/plan.tsv" >three
	export PARALLEL_HOME="$tmp/parallel"
	mkdir -p "$PARALLEL_HOME"
	: >"$PARALLEL_HOME/will-cite"
	cut -f1 three | parallel --jobs 2 --joblog log --resume-failed "'$bee'" run -q --cell {} --out par >/dev/null 2>"$tmp/said"
	is "parallel: three jobs, all good" "$? $(tail -n +2 log | cut -f7 | tr '\n' ' ')" "0 0 0 0 "
	run "$bee" merge par --cells three --out par-all
	is "and the merge's verdict" "$code" 0
	rm par/"$idle.json"
	cut -f1 three | parallel --jobs 2 --joblog log --resume-failed "'$bee'" run -q --cell {} --out par >/dev/null 2>&1
	run "$bee" merge par --cells three --out par-all
	is "parallel --resume believes its log; the merge does not: 2" "$code $(printf '%s\n' "$out" | tail -n 1)" "2 1 cell has no result: $idle"
	"$bee" plan right --missing par --format ids | grep memmon_fast | parallel --jobs 2 "'$bee'" run -q --cell {} --out par >/dev/null 2>&1
	run "$bee" merge par --cells three --out par-all
	is "what is missing is done by plan --missing" "$code" 0
else
	skip "GNU parallel" "no parallel; make test-fleet installs it"
fi
done_testing
