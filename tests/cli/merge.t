#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# beebench merge: a set union of runs, in any order and any split the same bytes; what differs is named, what was cut short stays
# so, and what cannot be one is refused. --out with patterns.
# beside others
set -u
. tests/lib.sh
need_tool jq jq

# made DIR ID HOST INSTRUCTIONS NS: a small run
made() {
	mkdir -p "$tmp/$1"
	cat >"$tmp/$1/run.json" <<EOF
{"type":"run","schema":1,"tool":"beebench 0.1.0","id":"$2","started":"2026-11-30T00:00:0$5Z","host":{"id":"$3","kernel":"6.12","machine":"x86_64"}}
{"type":"trial","monitor":"memmon","workload":"mmap","status":"ok"}
{"type":"exact","monitor":"memmon","kernel":"6.12","path":"mmap","index":0,"status":"ok","instructions":$4}
{"type":"overhead","monitor":"memmon","event":"mmap","status":"ok","aa":false,"added_ns":{"centre":1${5}5,"low":1${5}0,"high":1${5}9.5,"confidence":0.95}}
{"type":"end","status":"ok","exit_code":0}
EOF
}
made a A1 one 602 1
made b B2 two 602 2
made c C3 three 602 3
case $bee in /*) ;; *) bee=$PWD/$bee ;; esac
cd "$tmp" || exit 1

run "$bee" merge a b c --out abc
is "three runs: good" "$code" 0
is "said" "$out" "3 runs of 3 machines, 9 records
exact figures: 1 are the same wherever they were measured, 0 differ"
run "$bee" merge c a -q --out ca
run "$bee" merge b ca ca/run.json c -q --out again
check "any order, any split, twice the same: the same bytes" cmp abc/run.json again/run.json
is "each record names its run" "$(jq -r 'select(.run) | "\(.run) \(.no)"' abc/run.json | tr '\n' ' ')" \
	"A1 0 A1 1 A1 2 B2 0 B2 1 B2 2 C3 0 C3 1 C3 2 "
is "times: over machines, with what lies between them" "$(jq -c 'select(.type == "combined") | [.monitor, .event, .machines, .runs]' abc/run.json)" \
	'["memmon","mmap",3,3]'
is "its header lists them" "$(jq -c 'select(.merged) | [.host.machines, [.merged[].header.id]]' abc/run.json)" '[3,["A1","B2","C3"]]'
run "$bee" report abc
is "a report reads it" "$code" 0
run "$bee" report abc --format json
is "a report has each time and each exact figure once" \
	"$(printf '%s' "$out" | jq -c '[.records[] | select(.type == "overhead" or .type == "exact") | .type] | sort')" '["exact","overhead"]'

# --- 300 runs, split anyhow

# Machines, figures and times of all kinds; one figure in 97 differs, some runs were cut short, skipped or void, some are cells.
mkdir many
awk 'BEGIN { for (i = 0; i < 300; i++) {
	file = sprintf("many/%03d.json", i)
	printf "{\"type\":\"run\",\"schema\":1,\"tool\":\"beebench 0.1.0\",\"id\":\"R%03d\",\"started\":\"2026-11-%02dT00:00:00Z\",\"host\":{\"id\":\"m%d\",\"name\":\"n%d\",\"kernel\":\"6.12\",\"machine\":\"x86_64\"}%s,\"objects\":[{\"monitor\":\"memmon\",\"sha256\":\"%064d\"}]}\n",
		(i * 77) % 300, i % 28 + 1, i % 12, i % 12, i % 3 ? sprintf(",\"cell\":{\"id\":\"c%d\"}", i % 40) : "", i % 50 == 7 >file
	printf "{\"type\":\"trial\",\"monitor\":\"memmon\",\"workload\":\"mmap\",\"status\":\"%s\"}\n", i % 31 == 5 ? "skip" : i % 43 == 6 ? "void" : i % 61 == 9 ? "fail" : "ok" >file
	printf "{\"type\":\"exact\",\"monitor\":\"memmon\",\"kernel\":\"6.%d\",\"path\":\"mmap\",\"index\":0,\"status\":\"ok\",\"instructions\":%d}\n", i % 2, 602 + (i % 97 == 8) >file
	c = 100 + (i * 7919 % 1000) / 37
	printf "{\"type\":\"overhead\",\"monitor\":\"memmon\",\"event\":\"brk\",\"status\":\"ok\",\"aa\":false,\"added_ns\":{\"centre\":%.17g,\"low\":%.17g,\"high\":%.17g,\"confidence\":0.95}}\n", c, c - 1.1, c + 1.3 >file
	if (i % 29 != 3) print "{\"type\":\"end\",\"status\":\"ok\",\"exit\":0}" >file
	close(file) } }'
seq 0 39 | sed 's/^/c/' >plan
run "$bee" merge many --cells plan -q --out all
has "300 runs at once" "$code $(tail -n 1 all/run.json | jq -c '[.runs, .machines]')" "1 [300,12]"
# split SEED PARTS: the runs in so many parts at random, each in an order of its own; then merges of merges that overlap
split() {
	rm -rf parts
	mkdir parts
	find many -type f | LC_ALL=C sort | awk -v seed="$1" -v parts="$2" 'BEGIN { srand(seed) } { printf "%d %.9f %s\n", rand() * parts, rand(), $0 }' |
		sort -k2,2 >order
	cut -d ' ' -f 1 order | sort -u | while read -r i; do
		sed -n "s/^$i [^ ]* //p" order | xargs "$bee" merge -q --out "parts/$i" >/dev/null 2>&1
	done
	find parts -name run.json | sort -r >list
	n=$(($(wc -l <list) / 2 + 1))
	head -n $n list | xargs "$bee" merge -q --out odd >/dev/null 2>&1
	tail -n $n list | xargs "$bee" merge many/007.json -q --out even >/dev/null 2>&1
	"$bee" merge even odd --cells plan -q --out split >/dev/null 2>&1
}
for s in "1 2" "2 7" "3 40" "4 300"; do
	# shellcheck disable=SC2086
	rm -rf split && split $s
	check "300 runs in ${s#* } parts, seed ${s% *}: the same bytes" cmp all/run.json split/run.json
done

# What is kept of a run is where it is: 8,000 of them, and their merge once more, in memory for their records' places.
mkdir lots
awk 'BEGIN { for (i = 0; i < 8000; i++) { file = sprintf("lots/%04d.json", i)
	printf "{\"type\":\"run\",\"schema\":1,\"id\":\"L%04d\",\"started\":\"2026-11-30T00:00:00Z\",\"host\":{\"id\":\"m%d\",\"kernel\":\"6.12\"", i, i % 800 >file
	for (k = 0; k < 60; k++) printf ",\"fact%d\":{\"of\":%d}", k, i + k >file
	print "},\"tool\":\"x\"}\n{\"type\":\"trial\",\"monitor\":\"memmon\",\"workload\":\"mmap\",\"status\":\"ok\"}\n{\"type\":\"end\",\"status\":\"ok\"}" >file
	close(file) } }'
# shellcheck disable=SC3045
if (ulimit -v 90000) 2>/dev/null; then
	is "8,000 headers of 60 facts in 90 MB of address space" "$( (ulimit -v 90000 && "$bee" merge lots -q --out lm 2>&1); echo $?)" 0
	is "and their merge" "$( (ulimit -v 90000 && "$bee" merge lm -q --out lmm 2>&1); echo $?)" 0
	check "which is the same" cmp lm/run.json lmm/run.json
	is "and its report" "$( (ulimit -v 110000 && "$bee" report lm 2>&1 >/dev/null); echo $?)" 0
else
	skip "8,000 headers in 90 MB of address space" "ulimit -v cannot be set here"
fi
rm -rf lots lm lmm

made d D4 four 604 4
run "$bee" merge a b c d --out abcd
is "an exact figure that differs: exit code" "$code" 1
run "$bee" report abcd --format json
is "a report has no value for it" "$(printf '%s' "$out" | jq -c '[.records[] | select(.type == "exact") | .status, .instructions]')" '["void",null]'
run "$bee" merge a b c d --out abcd
has "named, with the run" "$out" "memmon at mmap on 6.12: 602 instructions in 3 of 4 runs, 604 in D4"

sed '$d' a/run.json | head -n 3 >cut.json
mkdir cut && mv cut.json cut/run.json
run "$bee" merge cut b --out cb
is "a run that was cut short stays unfinished" "$code $(tail -n 1 cb/run.json | jq .unfinished)" "2 1"
run "$bee" merge cb a --out whole
is "and the whole one takes its place" "$code $(tail -n 1 whole/run.json | jq -c '[.unfinished, .runs]')" "0 [0,2]"
{ cat cut/run.json; printf '{"type":"tri'; } >half.json
run "$bee" merge half.json b -q --out hb
has "half a line is left out, and said" "$err" "half.json:4: the last line was cut off in the middle; it is left out"
sed 's/602/603/' a/run.json >other.json
run "$bee" merge a other.json --out no
is "one id, two contents: refused" "$code" 2
has "by name" "$err" "are both run A1, and differ"
check "and nothing is written" test ! -e no/run.json
sed '1s/"one"/"two"/' a/run.json >other.json
run "$bee" merge a other.json --out no
is "one id, two headers: refused" "$code $err" "2 beebench: error: a/run.json and other.json are both run A1, and differ: one of them was changed; merge the other"
jq -c 'if .type == "trial" then .status = "fail" else . end' c/run.json >failed.json
run "$bee" merge a failed.json --out f
is "a check that failed anywhere: exit code" "$code" 1
head -n 1 a/run.json >empty.json
echo '{"type":"end","status":"ok"}' >>empty.json
run "$bee" merge empty.json --out e
is "nothing was judged: 3" "$code" 3

for bad in '{"type":"trial"}' 'no json' '{"type":"run","schema":1,"id":"a b"}'; do
	echo "$bad" >bad.json
	run "$bee" merge bad.json --out x
	is "no run: $bad" "$code $err" "2 beebench: error: bad.json:1: this is no run: it does not begin with a record of type \"run\" that has an id"
done
echo '{"type":"run","schema":2,"id":"x"}' >bad.json
run "$bee" merge bad.json --out x
has "another schema" "$err" "bad.json:1: its schema is another one"
echo '{"type":"run","schema":1,"id":"x"} {"type":"trial"}' >bad.json
run "$bee" merge bad.json --out x
is "two records on the first line" "$code $err" "2 beebench: error: bad.json:1: something is behind the header on its line"
sed '1s/"records":3/"records":"many"/' abc/run.json >bad.json
run "$bee" merge bad.json --out x
is "a list that merge did not write" "$code $err" "2 beebench: error: bad.json:1: the list of the runs in here is not what merge writes"
sed 1q abc/run.json | cut -c 1-400 >bad.json
run "$bee" merge bad.json --out x
is "a list that was cut in the middle" "$code $err" "2 beebench: error: bad.json:1: the list of the runs in here is not what merge writes"
run "$bee" report bad.json
like "which report says, too" "$err" "bad.json:1: not valid JSON"
head -n 5 abc/run.json >bad.json
run "$bee" merge bad.json --out x
has "a merged run that was cut" "$err" "the file ends here, before all of its runs"
run "$bee" merge nowhere --out x
has "none there" "$err" "cannot read the run nowhere: No such file or directory"
run "$bee" merge a
is "without --out" "$code $err" "2 beebench: error: merge: where to? Give --out DIR"
run "$bee" merge
is "without runs" "$code $err" "2 beebench: error: merge: which runs? Name their folders: beebench merge RUN.. --out DIR"
if [ -w /dev/full ]; then
	ln -s /dev/full full 2>/dev/null
	run "$bee" merge a --out full
	is "no folder to write to" "$code" 2
fi

# --- what is there stays

cp a/run.json was
run "$bee" merge b c --out a
is "a run that is there is not written over" "$code $err $(cmp was a/run.json && echo same)" \
	"2 beebench: error: a/run.json is run A1 and no merged run, and would be lost; choose another folder with --out DIR same"
mkdir cells
cp a/run.json cells/c1.json
run "$bee" merge cells --out cells
is "nor results of cells hidden behind it" "$code $err $(ls cells)" \
	"2 beebench: error: cells/c1.json is a result in that folder, and beside a run.json it would not be looked at; choose another with --out DIR c1.json"
run "$bee" merge cells -q --out cells/all
printf 'c1\nc2\n' >plan2
jq -c 'if .type == "run" then .cell = {"id": "c0"} else . end' b/run.json >c0.json
run "$bee" merge c0.json --cells plan2 --out x
is "a plan that was edited: what it has no more is said, and what it has now is missing" "$code $out" "2 1 runs of 1 machines, 3 records
exact figures: 1 are the same wherever they were measured, 0 differ
2 cells have no result: c1 c2
1 cell is not in the plan, and counts all the same: c0"
run "$bee" merge cells/all b -q --out cells/all
is "a merged run takes another's place" "$code $(tail -n 1 cells/all/run.json | jq .runs)" "0 2"
mkdir runs && cp -r a b runs
run "$bee" merge runs --out x
is "a folder of runs: how they are named" "$code $err" \
	"2 beebench: error: cannot read the run runs/run.json: there is none, and no result of a cell (ID.json) either; runs that lie in it are named one by one: runs/*"

# A merge that is killed leaves nothing, and does not stand in the way of one that has its number.
awk 'BEGIN { print "{\"type\":\"run\",\"schema\":1,\"id\":\"long\"}"
	for (i = 0; i < 200000; i++) print "{\"type\":\"trial\",\"monitor\":\"memmon\",\"workload\":\"mmap\",\"status\":\"ok\"}"
	print "{\"type\":\"end\",\"status\":\"ok\"}" }' >long.json
mkdir slow
"$bee" merge long.json -q --out slow &
pid=$!
# It is at its writing once the folder's file is open.
while kill -0 $pid 2>/dev/null && ! find "/proc/$pid/fd" -lname '*/slow/*' 2>/dev/null | grep -q .; do :; done
kill -KILL $pid 2>/dev/null
wait $pid 2>/dev/null
is "a merge that is killed leaves nothing half" "$(find slow -type f ! -name run.json)" ""
echo another >slow/run.json.1.part
if unshare -pf true 2>/dev/null; then
	run unshare -pf "$bee" merge a -q --out slow
	is "in a container each is number 1" "$code $(tail -n 1 slow/run.json | jq .runs)" "0 1"
fi

{ head -n 2 b/run.json && printf '{"type":"trial","sta\0us":"ok"}\n' && tail -n 2 b/run.json; } >bad.json
run "$bee" merge bad.json --out x
is "a zero byte in a record" "$code $err" "2 beebench: error: bad.json:3: a zero byte is in this record: the file was damaged"
# What no reader takes is not merged: else one such record would take all runs with it.
# with VALUE FILE: run B2, and a record more of that value
with() {
	{ head -n 2 b/run.json && printf '{"type":"trial","status":"ok","x":%s}\n' "$1" && tail -n 2 b/run.json; } >"$2"
}
tab=$(printf '\t')
while IFS= read -r text; do
	with "$text" bad.json
	run "$bee" merge bad.json --out x
	is "no JSON: $text" "$code $err" "2 beebench: error: bad.json: record 1 of run B2 is no JSON"
done <<E
{"centre"102.5}
{"centre":10{2.5}
[1,]
[1 2]
{"a":1,"b"}
01
1.
-
1e
.5
tru
nulL
NaN
'a'
"a${tab}b"
"\\q"
"\\u12g4"
{}}
$(printf '[%.0s' $(seq 40))$(printf ']%.0s' $(seq 40))
E
with "[ -0.5e+3 , {} , [ ] , \"\\u00e9\\\\\\\"\" , {\"a\" :${tab}null} , true ]${tab}" good.json
run "$bee" merge good.json -q --out x
is "all that JSON has" "$code $(jq -c 'select(.x) | .x' x/run.json)" '0 [-500,{},[],"é\\\"",{"a":null},true]'
{ head -n 2 b/run.json && printf '{"type":"end","status":"ok"} {"type":"trial","status":"fail"}\n'; } >bad.json
run "$bee" merge bad.json --out x
is "two records on the last line" "$code $err" "2 beebench: error: bad.json:3: this end record is no JSON"

run env SLURMD_NODENAME=n7 SLURM_ARRAY_TASK_ID=12 "$bee" verify -q -m none -w idle --out 'r-%h-%t-100%%'
check "--out: the node's name, the task, a percent sign" test -s "r-n7-12-100%/run.json"
is "and the run says so" "$(jq -c 'select(.type == "run") | [.host.name, .host.job.slurm_task]' "r-n7-12-100%/run.json")" '["n7","12"]'
run "$bee" verify -q -m none -w idle --out 'new/runs/%t'
check "--out: what is above is made" test -s new/runs/0/run.json
run "$bee" merge a --out new/merged/a
check "by merge too" test -s new/merged/a/run.json
run "$bee" merge a --out a/run.json/b
is "no folder can be made in a file" "$code $err" "2 beebench: error: cannot make the folder a/run.json/b; choose another with --out DIR: Not a directory"
run "$bee" verify -q -m none -w idle --out '%x'
is "an unknown pattern" "$code $err" "2 beebench: error: --out: %x in '%x' is no pattern; there are %h (the machine's name), %t (the task's number), %i (the run's id) and %%"
done_testing
