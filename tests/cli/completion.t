#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# bash completion: the function that `complete` names, given the words of a line, answers with the right candidates.
# beside others
. tests/lib.sh

need_tool bash bash
cat >"$tmp/complete.bash" <<'EOF'
# complete.bash FILE WORD..: what bash would offer for the last word, one a line, sorted
set -u
source "$1"
shift
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMP_LINE="$*" COMP_POINT=${#COMP_LINE} COMPREPLY=()
spec=$(complete -p "${1##*/}") || exit 3
function=${spec##*-F }
"${function%% *}" "$1" "${!#}" "${@: -2:1}"
printf '%s\n' "${COMPREPLY[@]}" | sort -u
EOF
# offer WORD..: of the program that is the first word
offer() {
	run bash "$tmp/complete.bash" "docs/completions/${1##*/}" "$@"
	if [ "$code" -ne 0 ] || [ -n "$err" ]; then
		fail "completion of: $*" "exit code $code" "$err"
	fi
}
# offers NAME WANT: all of it, on one line
offers() {
	is "$1" "$(printf '%s\n' "$out" | tr '\n' ' ' | sed 's/ $//')" "$2"
}

for f in docs/completions/*; do
	check "$f parses" bash -n "$f"
done

offer "$bee" ver
offers "a command" verify
offer "$bee" ""
for command in $("$bee" --help | sed -n 's/^  \([a-z]*\)  *.*/\1/p'); do
	like "commands: $command" "$out" "^$command\$"
done
offer "$bee" verify --mon
offers "an option" --monitor
offer "$bee" gate --ba
offers "an option of gate" --base
offer "$bee" verify -m memmon-h
offers "monitors" "memmon-honey memmon-honey-O"
offer "$bee" verify -m nop,cpumon-honey-
offers "the second monitor" nop,cpumon-honey-O
offer "$bee" verify --workload par
offers "a workload" partial
offer "$bee" new opens --from opena
offers "a system call" "openat openat2"
offer "$bee" overhead -e munm
offers "events" "munmap munmap-ok"
offer "$bee" overhead -o cons
offers "a parameter of the measure" consumer=
offer "$bee" verify -o cons
offers "not of another measure" ""
offer "$bee" report --format open
offers "a reporter" openmetrics
offer "$bee" list wo
offers "a family" workloads
offer "$bee" compare bpf/memmon/memmon.e
offers "a Honey source" bpf/memmon/memmon.ex
offer "$bee" compare memmon-t
offers "a monitor as a word" memmon-tgid
offer "$bee" gate -p harness/gate/ga
offers "a policy" harness/gate/gate.json
offer "$bee" history im
offers "what history does" import
offer "$bee" history show --fig
offers "an option of history" --figure
offer "$bee" plan --format git
offers "forms of a plan" "github gitlab"
offer "$bee" plan --mis
offers "an option of plan" --missing
offer "$bee" merge --cells README.m
offers "a plan" README.md
offer "$bee" calls munmap
offers "an event as a word" "munmap munmap-ok"
offer "$bee" verify -- README.m
offers "files of a command" README.md
offer "$bee" verify -t ""
offers "nothing for a number" ""

memprof=$B/memprof
offer "$memprof" repo
offers "a command of memprof" report
offer "$memprof" report --form
offers "an option of its report" --format
offer "$memprof" report --format sp
offers "a format" speedscope
offer "$memprof" report --views top,le
offers "the second view" top,leaks
offer "$memprof" serve --pu
offers "an option of serve" --push
offer "$memprof" record -o memprof.rec at
offers "a way to record" attach
offer "$memprof" record attach --wa
offers "an option of that way" --way
offer "$memprof" record -o README.m
offers "the file of a recording" README.md
offer "$memprof" diff README.m
offers "a file" README.md

honeyc=$B/honeyc
offer "$honeyc" --emit a
offers "what to emit" ast
offer "$honeyc" -fel
offers "an optimisation" -felide-self-update
offer "$honeyc" -o x bpf/cpumon/cpu
offers "sources alone" bpf/cpumon/cpumon.ex

for tool in memmon cpumon; do
	program=$B/$tool
	if ! [ -x "$program" ]; then
		skip "$tool" "no $program"
		continue
	fi
	offer "$program" --rep
	offers "$tool: an option" --replay
	offer "$program" --sort peak
	offers "$tool: a column" peak
	offer "$program" -s -trend_l
	offers "$tool: a column, falling" -trend_low
	offer "$program" --filter swit
	offers "$tool: columns of a query" "switch_rate switches"
	offer "$program" --object memmon-honey-
	offers "$tool: a monitor" memmon-honey-O
	offer "$program" -o bpf/memmon/memmon.e
	offers "$tool: a source" bpf/memmon/memmon.ex
done
done_testing
