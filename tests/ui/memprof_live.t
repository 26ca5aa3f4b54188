#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# memprof live: a file that is written again is shown again; figures, filter, tree, stacks, the end.
# shellcheck source=tests/lib.sh source=tests/ui/term.sh disable=SC1003,SC2016,SC2154,SC2317
set -u
. tests/lib.sh
. tests/ui/term.sh
memprof=$PWD/$B/memprof
made=$B/tests/memprof/made
[ "${B#/}" = "$B" ] || memprof=$B/memprof

"$made" small "$tmp/p"
term_start 100 30 "exec '$memprof' live --every 0.05 '$tmp/p'"
shows "the totals" "live 1.21 KiB in 20   allocated 7.49 KiB in 119   peak 1.80 KiB in 30"
shows "functions by what is live" "functions by bytes live at the end"
shows "a function, with what it calls" "600 B    1.21 KiB"
"$made" more "$tmp/p2"
mv "$tmp/p2" "$tmp/p"
shows "the file is written again: shown again" "live 1.52 KiB in 25"
shows "and what has grown" "+320 B"
keys Right
shows "the next figure" "functions by blocks live at the end"
keys Left Left Left
shows "and those before" "functions by bytes allocated"
keys /
keys l o a d
keys Enter
shows "a filter" "filter: load"
gone "others are gone" "server+0x1100"
keys /
keys '('
keys Enter
shows "no regular expression" "no regular expression: "
keys Escape
shows "no filter" "server+0x1100"
keys t
shows "the call tree" "tree by bytes allocated"
keys t s
shows "stacks" "stacks by bytes allocated"
keys Escape
shows "back" "functions by bytes allocated"
keys Enter
shows "the stacks of a function" "detail by bytes allocated"
keys Escape
shows "back from them" "functions by bytes allocated"
keys h
shows "help" "a longer, a shorter interval"
keys h
head -c 100 "$tmp/p" >"$tmp/cut"
mv "$tmp/cut" "$tmp/p"
shows "a file that is cut: what is wrong" "the profile is cut off"
shows "and what was there" "live 1.52 KiB in 25"
keys q
check "q ends it" until_true test -s "$tmp/code"
is "its exit code" "$(cat "$tmp/code")" 0

# What is no key acts as none: pasted text would go on to the shell behind a q (issue 13, 33).
raw() {
	# shellcheck disable=SC2059
	term send-keys -l -- "$(printf "$1")"
}
"$made" small "$tmp/p"
term_start 100 30 "exec '$memprof' live --every 0.05 '$tmp/p'"
shows "a screen" "functions by bytes live at the end"
for sequence in '\033[I' '\033[O' '\033q' '\033[27;5;113~' '\033]11;rgb:0/0/0\007' '\033P1$rq\033\\' \
	'\033[200~qqq t/load\n\033[201~'; do
	raw "$sequence"
	# A key that acts shows that all before it has been read.
	keys Right
	shows "$(printf '%s' "$sequence" | tr -d '\n'): read" "functions by blocks live at the end"
	keys Left
	shows "$(printf '%s' "$sequence" | tr -d '\n'): no key" "functions by bytes live at the end"
	check "$(printf '%s' "$sequence" | tr -d '\n'): it has not quit" test ! -s "$tmp/code"
done
keys /
raw '\033[200~lo\nad\033[201~'
shows "pasted into the line that is being typed" "filter: load_"
keys Escape
gone "Escape ends it" "filter: "
keys /
raw 'Gr\303\266\303\237e'
shows "a filter has every letter" "filter: Größe_"
keys BSpace BSpace BSpace Enter
shows "and each goes as one" "filter: Gr"
gone "no half of one is left" "filter: Gr[^ ]"
keys q
ends "q ends it" 0

term_start 100 30 "TERM=beebench-none '$memprof' live '$tmp/p' 2>$tmp/said"
shows "an unknown TERM: there is a screen" "functions by bytes live"
keys q
ends "an unknown TERM: it ends well" 0
has "an unknown TERM: it is said" "$(cat "$tmp/said")" "the terminal 'beebench-none' (TERM) is not known here and is taken for"
term_start 100 30 "TERM=dumb '$memprof' live '$tmp/p' 2>$tmp/said"
ends "a terminal that cannot place its cursor: exit code" 2
has "it is said, and what to do" "$(cat "$tmp/said")" "or use 'memprof report'"

"$made" small "$tmp/p"
term_start 40 10 "exec '$memprof' live '$tmp/p'"
shows "a small terminal" "functions by bytes live"
keys C-c
check "Ctrl-C ends it" until_true test -s "$tmp/code"
# --- a recording ---
"$made" small "$tmp/p"
"$made" more "$tmp/p2"
{ cat "$tmp/p" && tail -c +9 "$tmp/p2"; } >"$tmp/rec"
term_start 100 30 "exec '$memprof' replay --every 0.05 '$tmp/rec'"
shows "a recording is played to its end" "the recording ends here; q: quit"
shows "and says that it is one" "REPLAY"
shows "its last look stays" "live 1.52 KiB in 25"
keys q
ends "q ends it" 0
term_start 100 30 "exec '$memprof' replay --every 600 --alert 'live > 1300' '$tmp/rec'"
shows "its first look" "live 1.21 KiB in 20"
keys ']'
shows "the next one" "live 1.52 KiB in 25"
shows "an alert fires in it" "alert: 4711 server: live > 1300"
shows "and is counted" "alerts 1"
keys '['
shows "one back" "live 1.21 KiB in 20"
keys '['
shows "there is none before" "the recording begins here"
keys '$'
shows "to the end" "live 1.52 KiB in 25"
keys '[' '}'
shows "to the next alert" "live 1.52 KiB in 25"
keys q
ends "an alert has fired: exit code" 1
term_start 100 30 "exec '$memprof' replay --every 600 --at 2 '$tmp/rec'"
shows "a look by its number" "live 1.52 KiB in 25"
truncate -s -1 "$tmp/rec"
term_start 200 30 "exec '$memprof' replay --every 0.05 '$tmp/rec'"
shows "one that is cut off says so" "the profile is cut off"
shows "what came before stays" "live 1.21 KiB in 20"
keys q
ends "and it ends with an error" 2
shows "which the terminal keeps" "memprof: error: $tmp/rec: offset"

# --- a process ---
if tap_why=$(bpf_refused); then
	skip "a process that runs" "$tap_why"
else
	check "a program that allocates until it is told to stop" "${CC:-cc}" -O1 -g -o "$tmp/steps" tests/memprof/steps.c
	mkfifo "$tmp/go"
	"$tmp/steps" <"$tmp/go" >"$tmp/said" &
	program=$!
	at_exit 'kill $program 2>/dev/null'
	exec 9>"$tmp/go"
	term_start 100 30 "exec '$memprof' live -p $program --every 0.05 --alert 'blocks >= 30'"
	shows "a process that runs" "memprof live   steps ($program), running"
	echo 20 >&9
	shows "what it has live" "live 19.5 KiB in 20"
	shows "by function" "step"
	keys t
	shows "the same keys" "tree by bytes live at the end"
	keys t
	shows "and back" "functions by bytes live at the end"
	echo 10 >&9
	shows "later" "live 29.3 KiB in 30"
	shows "an alert" "alert: $program steps: blocks >= 30"
	exec 9>&-
	shows "it has ended: what it had stays" "steps ($program), ended"
	shows "all of it" "live 29.3 KiB in 30"
	keys q
	ends "an alert has fired there too" 1
fi

run "$memprof" live -p 1 "$tmp/p"
is "a file and a process" "$code $err" "2 memprof: error: live: either a FILE or -p PID"
run "$memprof" live
is "neither" "$code" 2
run "$memprof" live --rate 100 "$tmp/p"
is "a rate of a file" "$code $err" "2 memprof: error: live: --rate, --usdt and --slow go with -p PID"
run "$memprof" live "$tmp/p"
is "no terminal" "$code" 2
has "is told" "$err" "is not a terminal; 'memprof report' prints a profile"
run "$memprof" live "$tmp/none"
is "no file" "$code" 2
has "is told so" "$err" "No such file"
done_testing
