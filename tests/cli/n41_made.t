#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Issue 13, number 41: beside a verdict stands what was done in the words of what the monitor watches, never calls that it does
# not watch. The rest of the number is in report.t, the events in u_equiv.c.
# beside others
. tests/lib.sh

calls='"calls":{"mmap":0,"munmap":0,"brk":0}'
memory='{"type":"trial","monitor":"memmon","workload":"mmap","status":"ok","conformance":{"verdict":"exact"},"truth":{"source":"ledger","calls":{"mmap":1009,"munmap":1009,"brk":0}}}'
opens='{"type":"trial","monitor":"opens","workload":"command","command":{"argv":["ls"]},"status":"ok","conformance":{"verdict":"exact"},"truth":{"source":"record","recorded":1014,'$calls'}}'
cpu='{"type":"trial","monitor":"cpumon","workload":"spin","status":"ok","conformance":{"verdict":"bounded"},"truth":{"source":"ledger",'$calls'},
"accuracy":[{"metric":"cpu_time","truth":6880000,"captured":6880000,"error":0,"unit":"ns"}]}'
cpu=$(printf '%s' "$cpu" | tr -d '\n')
# table RECORD..: the report of these
table() {
	printf '%s\n' '{"type":"run","schema":1}' "$@" '{"type":"end","status":"ok"}' >"$tmp/run.json"
	run "$bee" report "$tmp/run.json"
}
table "$opens"
like "a definition: the sides of calls that were recorded" "$out" '^  workload +sides recorded +opens$'
like "as many as there were" "$out" '^  ls +1,014 +exact$'
hasnt "no calls that it does not watch" "$out" "mmap / munmap"
table "$cpu"
like "CPU time" "$out" '^  workload +CPU time +cpumon$'
like "by the threads' own clocks" "$out" '^  spin +6\.88 ms +in bounds$'
hasnt "and nothing else" "$out" "0 / 0 / 0"
table "$memory"
like "memory: its three calls" "$out" '^  mmap +1,009 / 1,009 / 0 +exact$'
table "$memory" "$opens" "$cpu"
like "of all three kinds: a column for each" "$out" '^  workload +mmap / munmap / brk +sides recorded +CPU time +memmon +opens +cpumon$'
like "empty where nobody watches that" "$out" '^  ls +1,014 +exact *$'
hasnt "no row of noughts" "$out" "0 / 0 / 0"
table '{"type":"trial","monitor":"m","workload":"w","status":"skip","reason":"r"}'
like "nothing was done: nothing is shown" "$out" '^  w +skip$'
# What was not judged: a reason once, with who shares it
skip() {
	printf '{"type":"trial","monitor":"%s","workload":"%s","status":"skip","reason":"%s"}' "$1" "$2" "$3"
}
none="nothing to compare: no call was made that"
table "$(skip a idle "$none a counts, and it counted none")" "$(skip b idle "$none b counts, and it counted none")" "$(skip a x no)" \
	"$(skip a y no)" "$(skip b x no)" "$(skip b y no)" "$(skip c y no)" "$memory"
has "monitors that share their workloads are named together" "$(printf '%s' "$out" | tr -s ' \n' ' ')" \
	"skip: $none the monitor counts, and it counted none (a, b beside idle) - skip: no (a, b beside x, y; c beside y)"

# A picture of several rows of panels: the figures below one row stay clear of the titles of the next.
if command -v gnuplot >/dev/null; then
	for panel in 1 2 3 4; do
		[ $panel -eq 1 ] || printf '\n\n'
		printf '1000 0 0 "panel %s"\n100 50 10 -\n1000 50 20 -\n10000 0 70 -\n' $panel
	done >"$tmp/modes.dat"
	run gnuplot -c plots/modes.gp "$tmp/modes.dat" "$tmp/modes"
	is "the picture is drawn" "$code" 0
	# y of each text: those of 13 px have to be 14 apart, or in one row
	at=$(sed -n 's/.*translate([^,]*,\([0-9.]*\)).*/\1/p' "$tmp/modes.svg" | sort -n | uniq)
	is "no row of text is upon another" "$(echo "$at" | awk 'NR > 1 && $1 - last > 0.5 && $1 - last < 14 { print last, $1 } { last = $1 }')" ""
	is "the last row has its figures, too" "$(grep -c '>10000<' "$tmp/modes.svg")" 4
else
	skip "pictures" "no gnuplot"
fi
done_testing
