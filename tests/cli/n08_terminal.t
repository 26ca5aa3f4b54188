#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Number 8, memmon's and cpumon's part: names of processes and of monitors, and what is typed, reach the terminal as printable
# text only, in each form and on the screen.
# shellcheck source=tests/lib.sh source=tests/ui/term.sh disable=SC2154
. tests/lib.sh
need_bpf
need_tool perl perl-base

# harmless NAME FILE: valid UTF-8 without control characters, C1 or marks that turn the direction
harmless() {
	bad=$(perl -CSD -ne 'chomp; print "$.: $_\n" if /[\x00-\x08\x0b-\x1f\x7f-\x9f\x{ad}\x{61c}\x{200b}-\x{200f}\x{2028}-\x{202e}\x{2060}-\x{206f}\x{feff}\x{fffd}]/' "$2" | cat -v | head -n 3)
	is "$1: nothing but printable text" "$bad" ""
}

# Processes with names of any bytes: escape sequences, C1, direction marks, no UTF-8, line feeds.
i=0
for name in '\033[31mred' '\302\233[2J' 'a\342\200\256b' '\377\376' 'two\nlines' '\033]0;title\007'; do
	i=$((i + 1))
	perl -e '$0 = "x"; syscall(157, 15, (my $n = eval "qq($ARGV[0])") . "\0", 0, 0, 0); sleep 60' "$(printf '%s' "$name" | sed 's/\\/\\/g')" &
	at_exit "kill $! 2>/dev/null"
	eval "pid$i=$!"
done
sleep 0.5
# shellcheck disable=SC2154
only="ppid = $$"
for tool in memmon cpumon; do
	for form in "" --json --csv --openmetrics --prometheus; do
		# shellcheck disable=SC2086
		run "$B/$tool" --object tasks --batch -n 1 $form --filter "$only"
		printf '%s\n' "$out" >"$tmp/out"
		check "$tool $form: they are there" test "$(grep -c 'red' "$tmp/out")" -ge 1
		harmless "$tool ${form:-text}" "$tmp/out"
	done
done

# A monitor whose file has such a name.
monitor="$tmp/$(printf 'x\033[31m\302\233').bpf.o"
cp "$B/bpf/memmon/memmon_fast.bpf.o" "$monitor"
cp "$B/bpf/memmon/memmon_fast.manifest.json" "${monitor%.bpf.o}.manifest.json"
for form in "" --json --openmetrics; do
	# shellcheck disable=SC2086
	run "$B/memmon" --object "$monitor" --batch -n 1 $form --top 3
	printf '%s\n' "$out" >"$tmp/out"
	is "a monitor with such a name ${form:-text}: exit code" "$code" 0
	harmless "a monitor with such a name ${form:-text}" "$tmp/out"
done
done_testing
