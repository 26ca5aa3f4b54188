#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Monitors of any syscall are exact by what they say their maps mean: in C, Honey and bpftrace, beside a command and a workload.
set -u
. tests/lib.sh
need_bpf
need_tool jq jq
. tests/cli/means_lib.sh

# right NAME: what was judged is right. Times are held to bounds, and mostly these are one number.
right() {
	like "$1" "$verdict$err$texts" "^0 (exact|bounded)$"
}
place right
judged "$tmp/right.bpf.o"
right "an object in C, by its manifest"
more=$(printf '%s' "$out" | jq '.trials[0].conformance.counters')
check "all of its maps were compared" test "$more" -gt 100
is "and all of its records" "$(printf '%s' "$out" | jq '.trials[0].conformance | .events_expected == .events_captured and .events_expected > 50')" true
is "the truth is the record of all calls" "$(printf '%s' "$out" | jq -r '.trials[0].truth | [.source, .recorded > 300] | map(tostring) | join(" ")')" \
	"record true"
is "and what it means stands in the record" "$(printf '%s' "$out" | jq -r '.trials[0].means' | head -n 1)" "$(head -n 1 tests/fixtures/means.bt)"
run "$bee" verify -q --json -m "$tmp/right.bpf.o" -w threads:threads=3
is "beside a workload with threads" "$code $(printf '%s' "$out" | jq -r '.trials[0].conformance.verdict')" "0 exact"

cp tests/fixtures/means.ex "$tmp/honey.ex"
judged "$tmp/honey.ex" --means 'tracepoint:raw_syscalls:sys_enter { @calls[pid, args.id] = count(); }
tracepoint:syscalls:sys_enter_kill { @signals[args.sig, uid] = count(); }
tracepoint:syscalls:sys_exit_execve /args.ret == 0/ { @execs[comm] = count(); }'
right "a Honey source, by the command line"

cp "$B/tests/bpf/means_right.bpf.o" "$tmp/beside.bpf.o"
echo 'tracepoint:syscalls:sys_exit_read { @least[comm] = min(args.ret); }' >"$tmp/beside.means.bt"
judged "$tmp/beside.bpf.o"
right "an object, by a file beside it"
judged "$tmp/right.bpf.o" --means "$tmp/beside.means.bt"
is "counters of a map that the definition lacks" "$code $err" \
	"2 beebench: error: $tmp/right.manifest.json: counters.@reads: the definition has no such map (its maps: @least)"
echo '{"schema": 1, "means": "tracepoint:syscalls:sys_enter_kill { @s[args.sig] = count(); }",
 "counters": {"@s": {"map": "signals", "key": "sig"}}}' >"$tmp/part.manifest.json"
cp "$B/tests/bpf/means_right.bpf.o" "$tmp/part.bpf.o"
judged "$tmp/part.bpf.o"
right "a manifest names one part of the key"

cat >"$tmp/part.manifest.json" <<'END'
{"schema": 1, "means": "tracepoint:syscalls:sys_exit_clone { @forks[comm] = count(); }",
 "events": {"map": "killed_ring", "struct": "killed", "at": "tracepoint:syscalls:sys_enter_kill /pid > 0/", "fields": {"pid": "pid", "sig": "args.sig"}}}
END
judged "$tmp/part.bpf.o"
right "records whose fields have an expression each"
is "all of them" "$(printf '%s' "$out" | jq -c '.trials[0].conformance | [.events_expected, .events_captured]')" "[3,3]"
cp "$B/tests/bpf/means_values.bpf.o" "$tmp/values.bpf.o"
cat >"$tmp/values.manifest.json" <<'END'
{"schema": 1,
 "means": "tracepoint:syscalls:sys_exit_read { @stat[comm] = stats(args.ret); @mean = avg(args.ret); @most[comm] = max(args.ret); @lin = lhist(args.ret, 0, 4096, 512); @narrow[pid] = count(); } tracepoint:syscalls:sys_exit_read /args.ret >= 0/ { @powers[comm] = hist(args.ret); }",
 "counters": {"@stat": {"map": "stat", "value": {"count": "mean.n", "total": "mean.bytes"}},
  "@mean": {"map": "mean", "value": {"count": "n", "total": "bytes"}},
  "@powers": {"map": "powers", "key": "name.comm", "bucket": "slot"}}}
END
judged "$tmp/values.bpf.o"
right "values of every kind, in maps of every kind"
sed -i 's/0, 4096, 512/512, 4608, 512/' "$tmp/values.manifest.json"
judged "$tmp/values.bpf.o"
is "steps from elsewhere" "$verdict $(printf '%s' "$out" | jq -r '[.trials[0].mismatches[].field] | unique | join(" ")')" "1 mismatch @lin"
place ring
# Nobody reads while the load runs: it stops its parent, which is who reads, until it has done.
cp "$tmp/load" "$tmp/with"
# shellcheck disable=SC2016 # the load expands it
printf '%s\n' 'kill -STOP $PPID' "$(cat "$tmp/with")" 'kill -CONT $PPID' >"$tmp/load"
judged "$tmp/ring.bpf.o"
cp "$tmp/with" "$tmp/load"
right "a ring without room, whose losses are counted"
is "as many as nobody read" "$(printf '%s' "$out" | jq '.trials[0].losses.ring_full > 20')" true
is "and are what is missing" "$(printf '%s' "$out" | jq '.trials[0] | .losses.ring_full > 0 and .conformance.events_expected - .conformance.events_captured == .losses.ring_full')" true

if have bpftrace; then
	judged "$tmp/means.bt"
	right "a bpftrace script, by itself"
	is "with all that it prints" "$(printf '%s' "$out" | jq '.trials[0].conformance | .events_expected == .events_captured and .events_expected > 50')" true
	cat >"$tmp/opens.bt" <<-'END'
		tracepoint:syscalls:sys_exit_openat /args->ret < 0/ { @failed[comm] = count(); }
	END
	run "$bee" verify -q -m "$tmp/opens.bt" -- sh -c 'cat /none /none/either; true'
	is "three words are enough" "$code" 0
	like "and the table says so" "$out" "sh -c cat /none .*exact"
	echo 'tracepoint:syscalls:sys_enter_kill { @signals[args->sig, uid] = count(); }' >"$tmp/kill.bt"
	run "$bee" compare -q -t 1 --json "$tmp/kill.bt" "$tmp/beside.bpf.o" --means "$tmp/kill.bt" -- sh "$tmp/load" "$tmp/file"
	is "a script and an object of one definition are equal" \
		"$(printf '%s' "$out" | jq -r '.records[] | select(.type == "equivalence") | [.verdict, .keys] | map(tostring) | join(" ")')" "equal 2"
	is "a script that is run on its target alone leaves no copy" "$(find "${TMPDIR:-/tmp}" -maxdepth 2 -path '*beebench*' -name script.bt | wc -l)" 0
else
	skip "a bpftrace script, by itself" "no bpftrace; sudo apt-get install bpftrace"
fi
run "$bee" verify -q -m "$tmp/right.bpf.o" --means 'tracepoint:syscalls:sys_enter_kill { @signals[args.sig, uid] = count(); }' -- true
is "a definition that leaves out what the manifest names" "$code" 2
rm "$tmp/right.manifest.json"
run "$bee" verify -q -m "$tmp/right.bpf.o" --means 'tracepoint:syscalls:sys_enter_kill { @signals[args.sig, uid] = count(); }' -- true
is "no call of its kind: nothing to compare" "$code" 3
like "which is said" "$out" "nothing to compare: no call was made that the monitor counts, and it counted none"
run "$bee" list subjects
like "it is listed" "$out" "^  declared "
done_testing
