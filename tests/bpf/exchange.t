#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The exchange lane: stubs that are re-pointed between programs. Signs only, no time is asserted; a run that the load of this
# machine voids is skipped with its reason.
# timeout: 240
. tests/lib.sh
need_bpf
need_tool jq jq
[ "$(cat /proc/sys/kernel/bpf_stats_enabled 2>/dev/null || echo 0)" = 0 ] ||
	skip_all "kernel.bpf_stats_enabled is on: sysctl kernel.bpf_stats_enabled=0"
for o in cost0 cost512 call_raw0 call_raw512 call_btf0 call_btf512; do
	cp "$B/tests/bpf/$o.bpf.o" "tests/bpf/$o.manifest.json" "$tmp"
done
q() {
	printf '%s' "$out" | jq -r "[.records[] | select(.type == \"sharp\")] | $1"
}
# exchange ARGS..: one measurement; once more where somebody else's programs made it void
exchange() {
	for again in 1 2 3; do
		run "$bee" overhead -q --json -o "slowdown=no${exchange_opts:+,$exchange_opts}" "$@"
		[ "$(q 'map(.reason // "" | contains("other BPF programs")) | any')" = true ] || return 0
		echo "# try $again: somebody else's programs are at the tracepoints"
		sleep 2
	done
}
# found NAME EVENT: what is said of a pair whose second has 512 multiplications more
found() {
	good "$1: the run counts" || return 0
	is "$1: the two are compared" "$code $(q 'map([.event, .status] | join(" ")) | join(",")')" "0 $2 ok"
	is "$1: each load gave a value" "$(q '.[0] | (.loads > 0) and (.diff_ns.samples | length) == .loads and (.aa_ns.samples | length) == .loads')" true
	is "$1: 512 more multiplications are dearer" "$(q '.[0].diff_ns | .centre > 0 and .one_load_low > 0')" true
	is "$1: so say median and 90th percentile" "$(q '.[0].shift_diff_ns | .p50 > 0 and .p90 > 0')" true
	is "$1: each costs over the empty program" "$(q '.[0] | .a_ns.centre > 0 and .b_ns.centre > .a_ns.centre and .ratio.centre > 1')" true
	is "$1: the live A/A arm is far from that" "$(q '.[0] | (.aa_ns.centre | fabs) < .diff_ns.centre / 4')" true
	is "$1: no call ended otherwise" "$(q '.[0].warnings | map(select(contains("trigger"))) | length')" 0
}

exchange -m "$tmp/cost0.bpf.o,$tmp/cost512.bpf.o" -e munmap -t 8
found tracepoint munmap
exchange -m "$tmp/call_raw0.bpf.o,$tmp/call_raw512.bpf.o" -e other -t 8
found raw_tp other
exchange -m "$tmp/call_btf0.bpf.o,$tmp/call_btf512.bpf.o" -e other -t 8
found tp_btf other

exchange -m memmon -e mmap,brk,other -t 6
counts=0
good "a monitor with a ring, three programs, two calls they answer to" && counts=1
is "alone, it is held against the empty program" "$(q 'map(.event + ":" + (.other // "-")) | join(",")')" "mmap:-,brk:-"
[ $counts = 0 ] || is "both its loads were consumed" "$(q '.[0].arms | map(select(.monitor == "memmon") | .records > 0) | all and length == 2')" true

exchange_opts=consumer=woken exchange -m memmon -e brk -t 4
good "its consumer may be woken for records" &&
	is "its consumer is woken, and takes records" "$(q '.[0] | .consumer + " " + (.arms[1].records > 0 | tostring)')" "woken true"

exchange -m "$tmp/cost0.bpf.o" -e other -t 2
is "an event that no program answers to is left out" "$code $(q length)" "0 0"
like "and that is said" "$err" 'cost0: no program of it runs at a call that is timed; choose others with -e'

exchange -m "$tmp/call_raw0.bpf.o,$tmp/call_btf0.bpf.o" -e other -t 2
is "types that differ are not compared" "$code $(q length)" "0 0"
like "and that is said" "$err" 'call_raw0 is on raw_tp/sys_enter and call_btf0 on tp_btf/sys_enter: programs of different types cannot stand behind one stub'

exchange -m "$tmp/cost0.bpf.o,$tmp/call_raw0.bpf.o" -e munmap -t 2
is "tracepoints that differ are not compared" "$code $(q length)" "0 0"
like "and that is said" "$err" 'cost0 has a program on tracepoint/syscalls/sys_enter_munmap and call_raw0 has none there: the time lane compares programs on the same tracepoints; choose common ones with -e'

# What is timed when nobody says what, also where somebody else's programs make it void: nothing that the monitor does may be left out.
timed() {
	run "$bee" gate -q --json --base "$1" --head "$1" -l time -t 1
	is "$1 is timed at what it counts" "$(q 'map(.event) | join(" ")')" "$2"
}
timed memmon "mmap munmap brk"
timed memmon_fast "mmap+munmap munmap-ok brk-ok other"
timed cpumon other

# Somebody holds a descriptor of BPF_ENABLE_STATS (command 32 of syscall 321), which no sysctl shows.
if have perl && [ "$(uname -m)" = x86_64 ]; then
	# shellcheck disable=SC2016
	enable='$| = 1; sleep shift; $a = pack("L", 0); exit 1 if syscall(321, 32, $a, 4) < 0; print "on\n"; sleep 60'
	perl -e "$enable" 0 >"$tmp/stats" &
	stats=$!
	until grep -q on "$tmp/stats" || ! kill -0 $stats; do
		sleep 0.1
	done
	exchange_opts=attach=no exchange -m "$tmp/cost0.bpf.o" -e munmap -t 2
	kill $stats
	wait $stats 2>/dev/null
	is "statistics that a descriptor switched on make it void" "$code $(q '.[0].status')" "3 void"
	like "and that is said" "$(q '.[0].reason')" 'the kernel counts runs of BPF programs: some process .* asked for it; end that first'
	perl -e "$enable" 3 >"$tmp/stats" &
	stats=$!
	exchange_opts=attach=no exchange -m "$tmp/cost0.bpf.o" -e munmap -t 6
	kill $stats
	wait $stats 2>/dev/null
	is "also when it was in the middle" "$code $(q '.[0].status'): $(q '.[0].reason' | cut -d: -f1)" \
		"3 void: the kernel counts runs of BPF programs"
else
	skip "statistics that a descriptor switched on make it void" "no perl, or another processor"
fi

# Somebody else's program at a call that is timed.
env --default-signal=INT "$bee" overhead -q -m nop -e munmap -t 8 -o slowdown=no,sharp=no --json >/dev/null 2>&1 &
pid=$!
sleep 3
run "$bee" overhead -q --json -o slowdown=no,attach=no -m "$tmp/cost0.bpf.o" -e munmap -t 6
kill -INT $pid
wait $pid
reason=$(q '.[0].reason')
if [ "$(q '.[0].status')" = void ] && [ "${reason%the clock changed while it was measured}" != "$reason" ]; then
	skip "somebody else's program makes it void" "$reason"
elif [ "$(q '.[0].status')" = void ]; then
	like "somebody else's program makes it void" "$reason" 'other BPF programs are at the tracepoints that are timed: .* on syscalls/sys_enter_munmap; end what attached them'
else
	is "or its loads are dropped and counted" "$(q '.[0].warnings | map(select(contains("somebody else attached"))) | length')" 1
fi

env --default-signal=INT "$bee" overhead -q -m memmon -e brk -t 10 -o slowdown=no --json >"$tmp/o.json" 2>/dev/null &
pid=$!
sleep 8
kill -INT $pid
wait $pid
is "interrupted: no verdict" "$?" 3
is "no process is left" "$(pgrep -P $$ -x beebench | wc -l)" 0
done_testing
