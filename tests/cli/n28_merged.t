#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# timeout: 300
# Issue 13, number 28, and issue 16: the report of a merged run says each thing once, names the machines that differ, and needs
# memory for what is said, not for how often it was said.
. tests/lib.sh
need_tool python3 python3
need_tool jq jq

cat >"$tmp/make.py" <<'E2'
# make.py RUNS COPIES: runs of 12 machines in r0000, r0001, ..; in the eighth a figure and a check are others
import json, os, sys
lines = [json.loads(l) for l in open('tests/fixtures/runs/full/run.json')]
for i in range(int(sys.argv[1])):
	head = dict(lines[0], id='run-%04d' % i)
	head['host'] = dict(head['host'], id='id%x' % (i % 12), name='node%d' % (i % 12))
	out = [head]
	for c in range(int(sys.argv[2])):
		for o in lines[1:-1]:
			o = json.loads(json.dumps(o))
			if o['type'] == 'trial':
				o['params'] = dict(o.get('params') or {}, copy=c)
				if i == 7 and c == 0 and o['workload'] == 'brk' and o['monitor'] == 'memmon':
					o['status'] = 'fail'
					o['conformance'].update(verdict='mismatch', mismatches=3)
					o['mismatches'] = [dict(text='brk_count of thread 701: 0, not 1')]
			if o['type'] == 'exact':
				o['index'] = c
				if i == 7 and c == 0 and o['monitor'] == 'memmon' and o['path'] == 'mmap':
					o['instructions'] += 2
			out.append(o)
	if i != 5:
		out.append(lines[-1])
	os.mkdir('%s/r%04d' % (sys.argv[3], i))
	open('%s/r%04d/run.json' % (sys.argv[3], i), 'w').write(''.join(json.dumps(o, separators=(',', ':')) + '\n' for o in out))
E2
mkdir "$tmp/few" "$tmp/many"
python3 "$tmp/make.py" 24 1 "$tmp/few"
run "$bee" merge "$tmp"/few/* -q --out "$tmp/m"
is "a check failed in one of the runs" "$code" 1
run "$bee" report "$tmp/m"
is "report: nothing on stderr" "$code$err" 0
like "an exact figure that differs: the usual value" "$out" '^  memmon at mmap on Linux 6\.12.*4,155 instructions +23 of 24 +12 of 12 '
like "and the other, with its machine" "$out" '^  memmon at mmap on Linux 6\.12.*4,157 instructions +1 of 24 +1 of 12 +node7$'
like "a check that came out otherwise on one machine" "$out" '^  memmon beside brk.* WRONG +1 of 24 +1 of 12 +node7$'
like "and how it came out elsewhere" "$out" '^  memmon beside brk.* exact +23 of 24 +12 of 12 '
has "checks are counted in all runs" "$out" "479 trials of 480 judged are exact"
has "with all that was compared" "$out" "$(jq -s '24 * ([.[] | .conformance.counters // 0] | add)' tests/fixtures/runs/full/run.json |
	sed ':a;s/\([0-9]\)\([0-9]\{3\}\)\($\|,\)/\1,\2\3/;ta') counters and"
has "what was cut short is named" "$out" "1 of them was cut short and stays unfinished: run-0005."
is "each monitor beside each workload has one row" "$(printf '%s\n' "$out" | grep -c "^  mmap  *1,009 / ")" 1
like "a time is of all machines, with the two farthest" "$out" '^  memmon +mmap +12 +24 .*\(node[0-9]+\) +.*\(node[0-9]+\)'
hasnt "nothing is made up of a machine that there is not" "$out" "0 CPUs"
for f in markdown html json junit github openmetrics bpftrace hyperfine benchstat; do
	run "$bee" report "$tmp/m" --format $f
	is "$f: exit code, nothing on stderr" "$code$err" 0
done
run "$bee" report "$tmp/m" --format json
is "json: what came out how often" "$(printf '%s' "$out" | jq -c '[.records[] | select(.type == "trial" and .workload == "brk" and .monitor == "memmon") |
	[.status, .met.runs, .met.of_runs, .met.machines, .met.outcomes, .met.on[0]]]')" '[["fail",1,24,1,2,"node7"],["ok",23,24,12,2,"node0"]]'
run "$bee" report "$tmp/m" --format openmetrics
is "openmetrics: no sample twice" "$(printf '%s\n' "$out" | sed 's/ [^ ]*$//' | grep -v '^#' | sort | uniq -d)" ""

# A line that is none is found also where its record would not be kept.
awk 'NR == 2 { first = $0 } NR > 100 && !done && $0 ~ /"type":"trial"/ { $0 = substr($0, 1, length($0) - 20); done = NR } { print }' \
	"$tmp/m/run.json" >"$tmp/broken.json"
run "$bee" report "$tmp/broken.json"
is "a broken record far behind: exit code" "$code" 2
like "by file and line" "$err" "broken.json:[0-9]+: not valid JSON"

# 24 runs of 1 MB: what they say is said in 20 kB.
rm -r "$tmp/few"
python3 "$tmp/make.py" 24 21 "$tmp/many"
"$bee" merge "$tmp"/many/* -q --out "$tmp/m" >/dev/null
is "24 MB of records" "$(($(wc -c <"$tmp/m/run.json") > 24000000))" 1
# shellcheck disable=SC3045
if (ulimit -v 90000) 2>/dev/null; then
	for f in text json html junit; do
		code=0
		(ulimit -v 90000 && exec "$bee" report --format $f "$tmp/m" >"$tmp/out" 2>"$tmp/err") || code=$?
		is "as $f in 90 MB of address space, most of which are libraries" "$code$(cat "$tmp/err")" 0
	done
fi

# A signal ends a merge within what it is at, and leaves no half of one.
for s in INT TERM; do
	python3 -c 'import glob, os, signal, subprocess, sys, time
signal.signal(signal.SIGINT, signal.SIG_DFL)
out, runs = sys.argv[3], glob.glob(sys.argv[4] + "/*") * 40
p = subprocess.Popen([sys.argv[2], "merge"] + runs + ["--out", out], stderr=subprocess.PIPE, text=True)
# Before it is at work it would end as any process does.
def reads():
	for fd in glob.glob("/proc/%d/fd/*" % p.pid):
		try:
			if os.readlink(fd).endswith("run.json"):
				return True
		except OSError:
			pass
	return False
while not reads() and p.poll() is None:
	time.sleep(0.01)
p.send_signal(getattr(signal, "SIG" + sys.argv[1]))
print(p.communicate()[1].strip(), p.returncode)' $s "$bee" "$tmp/ended" "$tmp/many" >"$tmp/out"
	is "SIG$s ends a merge" "$(cat "$tmp/out")" "beebench: warning: interrupted: nothing was written 3"
	is "SIG$s: nothing is left" "$(ls "$tmp/ended" 2>/dev/null)" ""
done
done_testing
