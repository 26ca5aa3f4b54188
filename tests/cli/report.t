#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Reports of two hand-made runs in every format, pictures, and what is said of runs that are none.
# beside others
set -u
. tests/lib.sh

runs=tests/fixtures/runs

# --- formats ---------------------------------------------------------------------------------------

# The small run was cut short and has a wrong monitor with an awkward name. The other compares two
# monitors: a regression, one event undecided, one void.
for r in cutshort gate; do
	for format in text markdown junit github openmetrics bpftrace; do
		expected="$runs/$r/expected.$format"
		[ -e "$expected" ] || continue
		run "$bee" report "$runs/$r" --format "$format"
		is "$format: as expected ($r)" "$out" "$(cat "$expected")"
		is "$format: exit code, nothing on stderr ($r)" "$code$err" 0
	done
done

run "$bee" report "$runs/full/run.json"
is "run.json itself is as good as its folder" "$out" "$("$bee" report --format text "$runs/full")"

run "$bee" report "$runs/full" --format json
is "json: one document with all records" \
	"$(printf '%s' "$out" | jq -r '"\(.schema) \(.run.id) \(.records | length) \(.end.status)"')" \
	"1 20261121T070000Z-3fa2 92 ok"

for r in full cutshort gate; do
	run "$bee" report "$runs/$r" --format bpftrace
	check "bpftrace: every line is an object with type and data ($r)" \
		jq -es 'all(has("type") and has("data")) and length > 0' "$tmp/run.out"
	run "$bee" report "$runs/$r" --format html
	is "html: as many tables and lists closed as opened ($r)" \
		"$(grep -c '<table' "$tmp/run.out") $(grep -c '<ul>' "$tmp/run.out") $(grep -c '<details' "$tmp/run.out")" \
		"$(grep -c '</table' "$tmp/run.out") $(grep -c '</ul>' "$tmp/run.out") $(grep -c '</details' "$tmp/run.out")"
	hasnt "html: names are escaped ($r)" "$out" 'wrong<&>'
done

# OpenMetrics: HELP and TYPE once for each family and before its samples, samples of a family together,
# no sample twice, the unit a suffix of the name, # EOF last.
cat >"$tmp/openmetrics.awk" <<'AWK'
eof { print "after # EOF: " $0 }
$0 == "# EOF" { eof = 1; next }
$1 == "#" && $2 == "HELP" { if (help[$3]++) print "HELP twice: " $3; family = $3; next }
$1 == "#" && $2 == "TYPE" { if (type[$3]++) print "TYPE twice: " $3; if ($3 != family) print "TYPE apart: " $3; next }
$1 == "#" && $2 == "UNIT" { if ($3 !~ "_" $4 "$") print "unit is no suffix: " $3 " " $4; next }
{
	if ($0 !~ /^[a-z_]+(\{([a-z_]+="([^"\\]|\\["\\n])*",?)*\})? -?[0-9.]+(e[-+][0-9]+)?$/) print "no sample: " $0
	name = $0; sub(/[{ ].*/, "", name)
	if (name != family) print "not with its family: " $0
	key = $0; sub(/ [^ ]*$/, "", key)
	if (seen[key]++) print "twice: " key
	n++
}
END { if (!eof) print "no # EOF"; if (n < 8) print "only " n + 0 " samples" }
AWK
for r in full cutshort gate; do
	run "$bee" report "$runs/$r" --format openmetrics
	is "openmetrics: valid ($r)" "$(awk -f "$tmp/openmetrics.awk" "$tmp/run.out")" ""
	if find_tool promtool prometheus usr/bin/promtool; then
		run "$tool" check metrics <"$tmp/run.out"
		is "openmetrics: promtool has nothing to say ($r)" "$out$err" ""
	else
		skip "openmetrics: promtool ($r)" "no promtool: $why"
	fi
done

if have xmllint; then
	for r in cutshort gate; do
		"$bee" report "$runs/$r" --format junit >"$tmp/junit.xml"
		check "junit: well-formed ($r)" xmllint --noout "$tmp/junit.xml"
	done
else
	skip "junit: xmllint" "no xmllint; sudo apt-get install libxml2-utils"
fi

# --- what is no run --------------------------------------------------------------------------------

# refuses NAME TEXT PATH [ARG..]: exit code 2, TEXT in the error, nothing on stdout
refuses() {
	refuses_name=$1 text=$2
	shift 2
	run "$bee" report "$@"
	is "$refuses_name: exit code" "$code$out" 2
	has "$refuses_name: says why" "$err" "$text"
}

refuses "no such run" "no run at /nonexistent (give its folder, results/runs/ID, or its run.json)" /nonexistent
mkdir "$tmp/empty"
refuses "a folder without a run" "cannot read $tmp/empty/run.json" "$tmp/empty"
: >"$tmp/nothing.json"
refuses "an empty file" "$tmp/nothing.json: empty" "$tmp/nothing.json"
sed '3s/.\{40\}$//' "$runs/full/run.json" >"$tmp/broken.json"
refuses "a broken third line" "$tmp/broken.json:3: not valid JSON" "$tmp/broken.json"
sed '1s/"schema":1/"schema":2/' "$runs/full/run.json" >"$tmp/newer.json"
refuses "a newer schema" "$tmp/newer.json:1: schema 2, this beebench reads 1 to 1" "$tmp/newer.json"
sed 1d "$runs/full/run.json" >"$tmp/headless.json"
refuses "a run without header" "$tmp/headless.json:1: the first record is of type \"trial\"" "$tmp/headless.json"
refuses "an unknown format" "no report format 'markdwon'; did you mean 'markdown'?" "$runs/full" --format markdwon
refuses "a format like no other" "no report format 'pdf'; see 'beebench list reporters'" "$runs/full" --format pdf
refuses "three runs" "unexpected word" "$runs/full" "$runs/cutshort" "$runs/gate"
refuses "two runs in another form" "as text only" "$runs/full" "$runs/cutshort" --format html

{ sed 4q "$runs/full/run.json"; printf '{"type":"trial","monitor":"mem'; } >"$tmp/cut.json"
run "$bee" report "$tmp/cut.json" --format markdown
is "cut off in a record: the rest is reported" "$code" 0
has "cut off in a record: a warning names the line" "$err" "cut.json:5: the last record was cut off"
has "cut off in a record: marked" "$out" "This run was cut short"

if [ -w /dev/full ]; then
	code=0
	err=$("$bee" report "$runs/full" 2>&1 >/dev/full) || code=$?
	is "stdout is full: exit code" "$code" 2
	has "stdout is full: says so" "$err" "No space left on device"
fi

# --- issue 13, number 23: JUnit as Jenkins takes it ---

need_tool python3 python3
for r in full cutshort gate; do
	"$bee" report --format junit "$runs/$r" >"$tmp/junit.xml"
	check "junit of $r holds to Jenkins' schema" python3 tests/junit.py "$tmp/junit.xml"
done
# Times that once were written with six decimals or an exponent
printf '{"type":"run","schema":1}\n{"type":"trial","monitor":"m","workload":"w","status":"ok","duration_ns":%s}\n' 1e-3 >"$tmp/short.json"
printf '{"type":"trial","monitor":"m","workload":"v","status":"skip","reason":"r","duration_ns":%s}\n' 123456789012345678 >>"$tmp/short.json"
"$bee" report --format junit "$tmp/short.json" >"$tmp/junit.xml"
check "also of very short and very long times" python3 tests/junit.py "$tmp/junit.xml"

# --- pictures --------------------------------------------------------------------------------------

cp -r "$runs/full" "$tmp/full"
mkdir "$tmp/bin"
run env PATH="$tmp/bin" "$bee" report --write "$tmp/full"
is "no gnuplot: exit code" "$code" 2
has "no gnuplot: the command that brings it" "$err" "apt-get install gnuplot-nox"
has "no gnuplot: the report is there and says so" "$(cat "$tmp/full/report.md")" "plots/overhead.svg is missing"
check "no gnuplot: the data is there" test -s "$tmp/full/plots/overhead.dat"

# A gnuplot that leaves no picture, and one that fails.
ln -s /bin/true "$tmp/bin/gnuplot"
run env PATH="$tmp/bin" "$bee" report --write "$tmp/full"
is "no picture comes out: exit code" "$code" 2
has "no picture comes out: named" "$err" "gnuplot left no picture in $tmp/full/plots/overhead.svg"
ln -sf /bin/false "$tmp/bin/gnuplot"
run env PATH="$tmp/bin" "$bee" report --write "$tmp/full"
is "gnuplot fails: exit code" "$code" 2
has "gnuplot fails: named" "$err" "gnuplot could not draw overhead from $tmp/full/plots/overhead.dat"

if have gnuplot; then
	run "$bee" report --write "$tmp/full"
	is "pictures: exit code, nothing on stderr" "$code$err" 0
	# A panel for each event, also where there are fewer than stand in a row.
	for events in '^(brk)$' '^(brk|mmap)$'; do
		mkdir "$tmp/few"
		jq -c --arg e "$events" 'select(.type != "overhead" or (.event | test($e)))' "$tmp/full/run.json" >"$tmp/few/run.json"
		run "$bee" report --write "$tmp/few"
		is "few events, $events: exit code, nothing on stderr" "$code$err" 0
		has "few events, $events: drawn" "$(tail -n 2 "$tmp/few/plots/overhead.svg")" "</svg>"
		rm -r "$tmp/few"
	done
	for name in accuracy overhead ringbuf wakeup losscurve; do
		has "$name.svg is whole" "$(tail -n 2 "$tmp/full/plots/$name.svg")" "</svg>"
		is "$name.png is one" "$(head -c 4 "$tmp/full/plots/$name.png" | tail -c 3)" PNG
		has "$name is in report.md" "$(cat "$tmp/full/report.md")" "(plots/$name.svg)"
	done
	is "report.html holds all pictures" "$(grep -c '<svg' "$tmp/full/report.html")" 5
	is "report.html needs nothing from elsewhere" \
		"$(grep -oE '(src|href)="[^#"][^"]*"' "$tmp/full/report.html")" ""
	has "wake-ups are drawn on a logarithmic axis" "$(cat "$tmp/full/plots/wakeup.svg")" "logarithmic"
	has "bars have their labels" "$(cat "$tmp/full/plots/ringbuf.svg")" "56 B, 2 producers, ring per CPU, busy"

	# Records without a number to draw: an error that names the picture; the others are drawn.
	mkdir "$tmp/hollow"
	sed 's/"added_ns":{[^}]*}/"added_ns":null/' "$runs/full/run.json" >"$tmp/hollow/run.json"
	run "$bee" report --write "$tmp/hollow"
	is "an empty picture: exit code" "$code" 2
	has "an empty picture: named" "$err" "the picture 'overhead' would be empty"
	check "an empty picture: the others are there" test -s "$tmp/hollow/plots/losscurve.png"
	check "an empty picture: so is the report" test -s "$tmp/hollow/report.html"
	run gnuplot -c "$B/plots/overhead.gp" "$tmp/hollow/plots/overhead.dat" "$tmp/hollow/again"
	is "a script alone refuses empty data" "$((code != 0))" 1

	# A comparison: one event alone, or counted only, is a picture too.
	for only in sharp exact; do
		mkdir "$tmp/$only"
		jq -c "select(.type as \$t | [\"static\", \"exact\", \"sharp\"] - [\"$only\"] | index(\$t) | not)" \
			"$runs/gate/run.json" >"$tmp/$only/run.json"
		run "$bee" report --write "$tmp/$only"
		is "lanes of $only records alone: exit code, nothing on stderr" "$code$err" 0
		has "lanes of $only records alone: in the report" "$(cat "$tmp/$only/report.md")" "(plots/lanes.svg)"
	done
	has "lanes: a void event says so" "$(cat "$tmp/sharp/plots/lanes.svg")" "other (void)"

	# A run without records for a picture has none, and needs none.
	cp -r "$runs/cutshort" "$tmp/cutshort"
	run "$bee" report --write "$tmp/cutshort"
	is "a run cut short: exit code" "$code$err" 0
	is "a run cut short: the pictures it has data for" "$(cd "$tmp/cutshort/plots" && echo *.svg)" accuracy.svg
	has "a run cut short: marked" "$(cat "$tmp/cutshort/report.html")" "This run was cut short"
	cp "$tmp/cutshort/run.json" "$tmp/blocked.json"
	mkdir "$tmp/blocked"
	mv "$tmp/blocked.json" "$tmp/blocked/run.json"
	: >"$tmp/blocked/plots"
	run "$bee" report --write "$tmp/blocked"
	is "plots/ is a file: exit code" "$code" 2
	has "plots/ is a file: named" "$err" "$tmp/blocked/plots"
	check "plots/ is a file: the report is written" test -s "$tmp/blocked/report.md"
else
	skip "pictures" "no gnuplot; sudo apt-get install gnuplot-nox"
fi
# --- issue 13, number 42: forms that others read ---

"$bee" report --format hyperfine "$runs/full" >"$tmp/h.json"
is "hyperfine: a result for each monitor and event, with its rounds" "$(jq -r '[.results | length, (.[0].times | length > 5)] | join(" ")' "$tmp/h.json")" \
	"$(grep -c '"type":"overhead".*"samples"' "$runs/full/run.json") true"
is "in seconds, and its mean is that of its rounds" "$(jq '[.results[] | select(((.times | add / length) - .mean) * 1e12 | fabs > 1)] | length' "$tmp/h.json")" 0
is "between the least and the greatest" "$(jq '[.results[] | select(.min > .median or .median > .max or .max > 1e-3)] | length' "$tmp/h.json")" 0
"$bee" report --format benchstat "$runs/full" >"$tmp/b.txt"
is "benchstat: lines of Go's benchmarks and nothing else" "$(grep -vcE '^(goos|pkg|cpu): |^Benchmark[A-Z][^ ]*/[^ ]+ 1 -?[0-9.e+-]+ (ns|instructions)/op$' "$tmp/b.txt")" 0
is "a line a round" "$(grep -c ' ns/op' "$tmp/b.txt")" "$(jq -s '[.[] | select(.type == "overhead") | .samples // [] | length] | add' "$runs/full/run.json")"
"$bee" report --format github-action-benchmark "$runs/gate" >"$tmp/g.json"
is "github-action-benchmark: what is the same on every machine" "$(jq -r '[.[] | .unit] | unique | join(" ")' "$tmp/g.json")" "bytes instructions states"
is "each with a name of its own" "$(jq '(map(.name) | unique | length) == length' "$tmp/g.json")" true
# --- issue 13, number 41: the answer first ---

"$bee" report "$runs/full" >"$tmp/full.text"
like "a row for each monitor: right, time, times nop, instructions, losses" "$(cat "$tmp/full.text")" \
	'^  memmon \(best\) +in 11 of 11 +237.0 \[234.2, 239.8\] +5.9 +1,204 +0$'
is "it stands above everything else" "$(grep -n 'memmon (best)\|^Conformance\|  kernel ' "$tmp/full.text" | head -n 1 | grep -c best)" 1
like "monitors are rows of the overhead too, losses a column" "$(cat "$tmp/full.text")" '^  adds, ns +mmap +munmap +brk .*lost, %$'
{
	echo '{"type":"run","schema":1}'
	printf '{"type":"trial","monitor":"m","workload":"w","status":"fail","conformance":{"verdict":"mismatch","mismatches":2018},"mismatches":['
	for i in 1 2 3 4 5 6 7 8 9; do printf '{"text":"mmap_count of thread %s: 0, not %s"},' $((700 + i)) $i; done
	printf '{"text":"no event of thread 8"}]}\n'
} >"$tmp/wrong.json"
run "$bee" report "$tmp/wrong.json"
has "mismatches that are alike are one line" "$out" "m beside w: mmap_count of thread 701: 0, not 1 (and 8 more like it)"
has "another is another" "$out" "m beside w: no event of thread 8"
has "and what was not kept is counted" "$out" "2008 more were found and not kept"
"$bee" report --format html "$runs/full" >"$tmp/full.html"
is "a page has contents that lead somewhere" "$(grep -o 'href="#[^"]*"' "$tmp/full.html" | sed 's/href="#/id="/' | while read -r x; do grep -q "$x" "$tmp/full.html" || echo "$x"; done)" ""
has "and says what its words mean" "$(cat "$tmp/full.html")" '<h2 id="words">'
has "its pictures are dark where it is" "$(cat "$tmp/full.html")" 'figure svg{filter:invert'
# --- issue 13, number 42: two saved runs ---

mkdir "$tmp/later"
sed -e 's/"id":"[^"]*"/"id":"later"/' -e '/"type":"trial","monitor":"memmon","workload":"brk"/s/"verdict":"exact"/"verdict":"mismatch"/' \
	-e '/"type":"trial","monitor":"memmon","workload":"brk"/s/"status":"ok"/"status":"fail"/' \
	-e '/"type":"exact"/s/"added":1204/"added":1210/' -e '/"type":"overhead","event":"mmap".*"monitor":"memmon"/s/"centre":312[.0-9]*/"centre":412.0/' \
	"$runs/full/run.json" >"$tmp/later/run.json"
run "$bee" report "$runs/full" "$tmp/later"
is "two runs: exit code" "$code" 0
like "which is which" "$out" "^beebench: later \(B\) against 20261121T070000Z-3fa2 \(A\)$"
like "the verdict that changed" "$out" "^  brk +memmon +exact +fail$"
like "the instructions that changed" "$out" "^  memmon, Linux 6.12 +(mmap|brk) +1,204 +1,210 +\+6$"
has "and how many did not" "$out" "trials that both runs have, 1 ended otherwise."
run "$bee" compare "$runs/full" "$tmp/later/run.json"
is "compare: they differ" "$code" 1
like "compare takes them too" "$out" "^  brk +memmon +exact +fail$"
sed -i '1s/"cpu":"[^"]*"/"cpu":"another"/' "$tmp/later/run.json"
run "$bee" report "$runs/full" "$tmp/later"
has "times of two machines are not held against each other" "$out" "their times are not held"
run "$bee" report "$runs/full" "$runs/full"
has "a run against itself: nothing ended otherwise" "$out" "0 ended otherwise"
has "and it is said that it is one" "$err" "warning: $runs/full and $runs/full are the same run (20261121T070000Z-3fa2)"
run "$bee" compare "$runs/full" "$runs/full"
is "compare: they do not" "$code" 0
has "compare says it, too" "$err" "are the same run"
printf '{"type":"run","schema":1}\n{"type":"end","status":"ok"}\n' >"$tmp/none.json"
for command in report compare; do
	run "$bee" $command "$runs/full" "$tmp/none.json"
	is "$command of runs that have nothing in common" "$code $err" "3 beebench: error: nothing to compare: the runs have no verdict and no figure in common"
	has "$command: and each part says so" "$out" "No trial that both runs have."
done
run "$bee" compare --json "$runs/full" "$runs/full"
is "what two runs are not held against each other as" "$code $err" "2 beebench: error: compare: two runs are held against each other as text only"
# Scripts of hyperfine up to 1.20 read "times", those of 2.0 "measurements" and "summary".
run "$bee" report tests/fixtures/runs/full --format hyperfine
is "hyperfine's two schemas say the same" "$(printf '%s' "$out" | jq -c '[.schema_version, ([.results[] |
	.times == [.measurements[].time_wall_clock.value] and (.times | length) == .summary.time_wall_clock.count and
	.mean == .summary.time_wall_clock.mean and .median == .summary.time_wall_clock.median] | all and length > 0)]')" "[2,true]"
done_testing
