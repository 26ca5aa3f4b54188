#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# beebench history: runs go into the database once, curves and their steps come out, times of two machines are two curves, and what is
# asked wrongly is named.
# beside others
set -u
. tests/lib.sh

need_tool jq jq
here=$(pwd)
case $bee in /*) ;; *) bee=$here/$bee ;; esac
e="beebench: error:"
cd "$tmp" || exit 2
mkdir -p results/runs

# made NUMBER EXACT NS [MACHINE] [TIME OF THE COMMIT]: a run's folder
made() {
	dir=results/runs/r$1
	mkdir -p "$dir"
	when=$(printf '2026-11-%02dT07:00:00Z' $((1 + $1)))
	jq -nc --arg id "r$1" --arg when "$when" --argjson exact "$2" --argjson ns "$3" --arg machine "${4:-aaaa1111}" --argjson at "${5:-null}" '
		{type: "run", schema: 1, tool: "beebench 0.1.0", id: $id, started: $when, command: ["run"], quick: false, seed: 1,
			revision: (if $at then {commit: ("c" + $id + "00000000000"), committed: $at, dirty: ($at % 2 == 1)} else null end),
			host: {id: $machine, kernel: "6.1.0", cpu: "A CPU", cpus: 2, memory_bytes: 2147483648}},
		{type: "exact", kernel: "6.12.48", monitor: "memmon", path: "mmap", status: "ok", instructions: 5000, added: $exact, own: 1},
		{type: "exact", kernel: "6.12.48", monitor: "none", path: "mmap", status: "ok", instructions: 4000, added: 0},
		{type: "exact", kernel: "6.12.48", monitor: "memmon", path: "brk", status: "ok", instructions: null, added: null},
		{type: "overhead", event: "brk", unit: "ns/event", monitor: "memmon", status: "ok",
			added_ns: {centre: $ns, low: ($ns - 1), high: ($ns + 1), confidence: 0.95}},
		{type: "overhead", event: "mmap", unit: "ns/event", monitor: "memmon", status: "skip", reason: "x"},
		{type: "end", status: "ok", exit: 0, elapsed_ns: 1, counts: {ok: 1}}' >"$dir/run.json"
}

# says CODE TEXT ARGS..: beebench history ARGS ends with CODE and its stderr is TEXT
says() {
	want=$1 text=$2
	shift 2
	run "$bee" history "$@"
	is "history $*" "$code: $err" "$want: $text"
}
says 2 "$e history: what is to be done? import, show or check"
says 2 "$e history: no 'impotr'; did you mean 'import'?" impotr x
says 2 "$e history: no 'x'; there are import, show and check" x
says 2 "$e history show: unexpected word 'y'" show y
says 2 "$e history import: which runs? Name their folders, or the folder that has them" import
says 2 "$e there is no history at results/history.db; make one with 'beebench history import RUN'" show
says 2 "$e there is no history at no/such.db; make one with 'beebench history import RUN'" check --db no/such.db
echo "this is no database, and it is longer than a header of one would be: 0123456789012345678901234567890123456789" >not.db
says 2 "$e cannot read the history not.db: file is not a database" show --db not.db
says 2 "$e beebench history: no option '--figrue'; did you mean '--figure'?" show --figrue x
rm -f results/history.db

i=0
while [ $i -lt 12 ]; do
	made $i $((i < 8 ? 1000 : 1030)) "$((100 + i % 3)).5"
	i=$((i + 1))
done
run "$bee" history import results/runs
is "a folder of runs is taken" "$code:$(printf '%s\n' "$out" | tail -n 1)" "0:12 runs taken, 0 already there, 0 not taken"
has "each says how many figures it has" "$out" "results/runs/r3: 2 figures"
before=$(sqlite3 results/history.db 'SELECT count(*), sum(value) FROM figure' 2>/dev/null)
run "$bee" history import results/runs/r3 results/runs/r4/run.json
is "once is enough" "$code:$(printf '%s\n' "$out" | tail -n 1)" "0:0 runs taken, 2 already there, 0 not taken"
[ -z "$before" ] || is "nothing was added" "$(sqlite3 results/history.db 'SELECT count(*), sum(value) FROM figure')" "$before"

run "$bee" history show -m memmon --figure exact.mmap --json
is "the curve of a figure" "$code:$(printf '%s' "$out" | jq -c '.series | map([.monitor, .figure, .kernel, .machine, .exact, (.points | length), (.steps | map([.point, .before, .after]))])')" \
	'0:[["memmon","exact.mmap","6.12.48",null,true,12,[[8,1000,1030]]]]'
run "$bee" history show --list
is "a line for each" "$code:$out" "0:memmon exact.mmap on 6.12.48 (instructions): 12 runs, 1 step, last 1030
memmon overhead.brk on 6.1.0, A CPU, 2 CPUs, 2.0 GiB, aaaa1111 (ns): 12 runs, 0 steps, last 102.5"
run "$bee" history show --figure exact.mmap
has "the step is told where it is" "$out" "  -- step: 1000 to 1030 (+30, +3.0 %)
  -             2026-11-09T07:00:00Z          1030  r8"
run "$bee" history show --html
is "a page" "$code:$(printf '%s\n' "$out" | grep -c '<svg')" 0:2
has "with the step" "$out" '<p class="worse">step: 1000 to 1030 at r8</p>'
hasnt "that needs no network" "$out" 'http'
says 3 "$e the history results/history.db has no figure 'exact.mmpa'; did you mean 'exact.mmap'?" show --figure exact.mmpa
says 3 "$e the history results/history.db has no monitor 'x'; see 'beebench history show --list'" show -m x
says 3 "$e the history results/history.db has no figure 'exact.mmpa'; did you mean 'exact.mmap'?" check --figure exact.mmpa

# --- check ---

run "$bee" history check
is "the last run changed nothing: exit 0" "$code:$out" "0:2 curves judged: 0 worse, 0 better; 0 too short to be judged"
run "$bee" history check --last 4
is "within the last four it did: exit 1" "$code:$out" "1:worse: memmon exact.mmap on 6.12.48 (instructions): 1000 to 1030 (+30, +3.0 %) since -, run r8
2 curves judged: 1 worse, 0 better; 0 too short to be judged"
made 12 1029 100.5
"$bee" history import -q results/runs >/dev/null
run "$bee" history check
is "better is no reason to fail: exit 0" "$code:$(printf '%s\n' "$out" | head -n 1)" \
	"0:better: memmon exact.mmap on 6.12.48 (instructions): 1030 to 1029 (-1, -0.1 %) since -, run r12"
made 13 1031 100.5
"$bee" history import -q results/runs >/dev/null
run "$bee" history check
is "an instruction more is: exit 1" "$code" 1
i=14
while [ $i -lt 22 ]; do
	made $i 1031 "$((130 + i % 3)).5"
	i=$((i + 1))
done
"$bee" history import -q results/runs >/dev/null
run "$bee" history check --figure overhead.brk
is "times have stepped: exit 1" "$code:$(printf '%s\n' "$out" | head -n 1 | cut -d ' ' -f 1-3)" "1:worse: memmon overhead.brk"
like "where they did" "$out" 'since -, run r14$'

# Another machine: its times are another curve, its instructions are not.
made 22 1031 300.5 bbbb2222
"$bee" history import -q results/runs >/dev/null
run "$bee" history show --list
is "runs of two machines are never one curve of times" "$(printf '%s\n' "$out" | sed 's/:.*//')" "memmon exact.mmap on 6.12.48 (instructions)
memmon overhead.brk on 6.1.0, A CPU, 2 CPUs, 2.0 GiB, aaaa1111 (ns)
memmon overhead.brk on 6.1.0, A CPU, 2 CPUs, 2.0 GiB, bbbb2222 (ns)"
has "what is exact is" "$out" "memmon exact.mmap on 6.12.48 (instructions): 23 runs"

# --- other databases ---

rm -rf results/runs
made 1 1000 1
run "$bee" history import --db one.db results/runs/r1
run "$bee" history check --db one.db
is "one run alone tells nothing: exit 3" "$code:$out" "3:0 curves judged: 0 worse, 0 better; 2 too short to be judged"
# By their commits, not by when they were run
made 2 1010 1 aaaa1111 2000
made 3 1005 1 aaaa1111 1001
run "$bee" history import --db order.db results/runs/r2 results/runs/r3
run "$bee" history show --db order.db --figure exact.mmap --json
is "the order is that of the commits" "$(printf '%s' "$out" | jq -c '.series[0].points | map([.run, .commit[:4], .dirty])')" \
	'[["r3","cr30",true],["r2","cr20",false]]'
run "$bee" history import --db named.db --revision v1.2 results/runs/r2
run "$bee" history show --db named.db --json
is "or as it is told" "$(printf '%s' "$out" | jq -r '.series[0].points[0].commit')" v1.2
sed -i '$d' results/runs/r3/run.json
says 2 "$e results/runs/r3 was cut short: it is not taken" import --db order.db results/runs/r3
says 2 "$e results is no run and no folder of runs: there is no run.json" import --db order.db results
says 2 "$e cannot read nowhere: No such file or directory" import --db order.db nowhere
jq -c 'del(.id)' "$here/tests/fixtures/runs/gate/run.json" >noid.json
says 2 "$e noid.json has no id: it is not known from others" import --db order.db noid.json
run "$bee" history import --db fixture.db "$here/tests/fixtures/runs/full"
is "a whole run of a machine" "$code" 0
mkdir project && cd project || exit 2
printf '{"schema": 1, "history": "bench/h.db", "suites": {"a": {"monitors": ["memmon"]}}}\n' >beebench.json
run "$bee" history import ../results/runs/r2
is "a project says where its history is" "$code:$(ls bench)" 0:h.db
if have sqlite3; then
	sqlite3 bench/h.db 'PRAGMA user_version = 7'
	says 2 "$e the history bench/h.db has schema 7; this beebench reads 1" show
	sqlite3 other.db 'CREATE TABLE x(y)'
	says 2 "$e other.db is no history of beebench: it has no table of runs" show --db other.db
else
	skip "a database of another make" "no sqlite3"
fi
cd "$here" || exit 2
done_testing
