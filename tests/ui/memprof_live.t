#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# memprof live: a file that is written again is shown again; figures, filter, tree, stacks, the end.
# shellcheck source=tests/lib.sh source=tests/ui/term.sh disable=SC2154,SC2317
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
keys Escape h
shows "help" "a longer, a shorter interval"
keys h
head -c 100 "$tmp/p" >"$tmp/cut"
mv "$tmp/cut" "$tmp/p"
shows "a file that is cut: what is wrong" "the profile is cut off"
shows "and what was there" "live 1.52 KiB in 25"
keys q
check "q ends it" until_true test -s "$tmp/code"
is "its exit code" "$(cat "$tmp/code")" 0

"$made" small "$tmp/p"
term_start 40 10 "exec '$memprof' live '$tmp/p'"
shows "a small terminal" "functions by bytes live"
keys C-c
check "Ctrl-C ends it" until_true test -s "$tmp/code"
run "$memprof" live "$tmp/p"
is "no terminal" "$code" 2
has "is told" "$err" "is not a terminal; 'memprof report' prints a profile"
run "$memprof" live "$tmp/none"
is "no file" "$code" 2
has "is told so" "$err" "No such file"
done_testing
