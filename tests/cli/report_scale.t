#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# timeout: 300
# Issue 13, number 28: a report takes time and memory in proportion to its records, and a signal ends it.
. tests/lib.sh
need_tool python3 python3

cat >"$tmp/make.py" <<'E2'
# make.py gate N | trial MB: a run with N comparisons, or of so many megabytes
import json, sys
out = sys.stdout.write
kind, n = sys.argv[1], int(sys.argv[2])
if kind == 'gate':
	out('{"type":"run","schema":1}\n')
	for p in range(n):
		for lane, subject in [('static', 'instructions'), ('exact', 'mmap'), ('exact', 'brk'), ('static', None), ('exact', None), ('all', None)]:
			v = 3 if subject else None
			out(json.dumps(dict(type='gate', status='fail', a='a%d' % p, b='b%d' % p, lane=lane, subject=subject, kernel='6.12.1', verdict='regression',
				value=v, low=v, high=v, limit=0, unit='instructions', base=120, reason='3 more')) + '\n')
		for m in 'ab':
			out(json.dumps(dict(type='exact', status='ok', monitor=m + str(p), kernel='6.12.1', path='mmap', instructions=9, added=3)) + '\n')
else:
	lines = open('tests/fixtures/runs/full/run.json').readlines()
	out(lines[0])
	size = 0
	while size < n * 1000000:
		for l in lines[1:-1]:
			o = json.loads(l)
			if o['type'] == 'trial':
				o['params'] = dict(o.get('params') or {}, count=size)
				o['reason'] = 'reason %d' % size
			l = json.dumps(o, separators=(',', ':')) + '\n'
			out(l)
			size += len(l)
	out(lines[-1])
E2

# cpu COMMAND..: its CPU time in ms
cpu() {
	python3 -c 'import resource, subprocess, sys
subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
r = resource.getrusage(resource.RUSAGE_CHILDREN)
print(int((r.ru_utime + r.ru_stime) * 1000) + 1)' "$@"
}
for kind in gate trial; do
	case $kind in gate) few=200 many=1600 ;; *) few=1 many=8 ;; esac
	python3 "$tmp/make.py" $kind $few >"$tmp/few.json"
	python3 "$tmp/make.py" $kind $many >"$tmp/many.json"
	for f in text markdown html json junit github openmetrics bpftrace; do
		x=$(cpu "$bee" report --format $f "$tmp/few.json")
		y=$(cpu "$bee" report --format $f "$tmp/many.json")
		# Eight times the records: the square would be 64 times, and it was the fourth power. Short times are not told apart.
		check "$kind records as $f: 8 times as many take $y ms, not much more than 8 times $x ms" test "$y" -lt $((32 * x + 400))
	done
done

# peak COMMAND..: the most memory it had, in kB
peak() {
	python3 -c 'import os, resource, subprocess, sys
code = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL).returncode
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss if not code else -1)' "$@"
}
python3 "$tmp/make.py" trial 2 >"$tmp/small.json"
python3 "$tmp/make.py" trial 20 >"$tmp/big.json"
more=$((($(stat -c %s "$tmp/big.json") - $(stat -c %s "$tmp/small.json")) / 1024))
for f in text markdown html json junit github sarif openmetrics bpftrace hyperfine benchstat github-action-benchmark; do
	x=$(peak "$bee" report --format $f "$tmp/small.json")
	y=$(peak "$bee" report --format $f "$tmp/big.json")
	# As text 200 MB are read with less than 200 MB.
	case $f in text) most=$more ;; *) most=$((more * 5 / 4)) ;; esac
	check "n28: $f: $more kB more of records take $((y - x)) kB, $most at most" test "$x" -gt 0 -a $((y - x)) -le $most
done
for s in INT TERM; do
	# A shell without job control has SIGINT ignored for what it starts aside.
	python3 -c 'import signal, subprocess, sys, time
signal.signal(signal.SIGINT, signal.SIG_DFL)
p = subprocess.Popen(sys.argv[2:], stdout=subprocess.DEVNULL)
time.sleep(0.3)
p.send_signal(getattr(signal, "SIG" + sys.argv[1]))
start = time.monotonic()
code = p.wait()
print(code, "late" if time.monotonic() - start > 5 else "soon")' $s "$bee" report --format html "$tmp/big.json" >"$tmp/out"
	is "SIG$s ends a report" "$(cat "$tmp/out")" "3 soon"
done
mkdir "$tmp/dir"
cp "$tmp/big.json" "$tmp/dir/run.json"
PATH=/nowhere "$bee" report --write "$tmp/dir" >/dev/null 2>&1 &
pid=$!
n=0
# Until it is written it has no name, or one beside its own.
until readlink /proc/$pid/fd/* 2>/dev/null | grep -q "$tmp/dir/[#r]" || [ $n -ge 600 ] || ! kill -0 $pid 2>/dev/null; do
	sleep 0.1
	n=$((n + 1))
done
kill -TERM $pid
wait $pid
is "and leaves no half of one" "$(find "$tmp/dir" -name 'report.*.??????')" ""
done_testing
