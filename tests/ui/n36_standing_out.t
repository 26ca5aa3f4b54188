#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Number 36: a row that grows stands out by colour and by a mark; units are readable; what cannot be known yet is a dim dash;
# columns are chosen and moved; a name is searched while it is typed; what was chosen is kept.
# shellcheck source=tests/lib.sh source=tests/ui/term.sh disable=SC2154,SC2317
set -u
. tests/lib.sh
. tests/ui/term.sh

screen_start 160 24 frames=2
wait_for leaky
shows "units are readable from the start" '1.2G'
# its verdict is the last but one word before the columns that follow
row_of_leaky() { dump | grep ' leaky '; }
is "too early is a dash" "$(row_of_leaky | grep -c 'too early')" 0
frames=2
while [ $frames -lt 14 ]; do
	next_frame
	frames=$((frames + 1))
done
shows "a growing row has its verdict" growing
grows_marked() { dump | grep ' leaky ' | grep -q '▲'; }
comes "and a mark behind its name" grows_marked
steady_unmarked() { ! dump | grep ' sshd ' | grep -q '▲'; }
comes "a steady one has none" steady_unmarked
# Attributes last from line to line: of the lines before a row the latest that names a colour counts.
grows_coloured() {
	dump_attributes | awk -v esc="$(printf '\033')" '{ n = split($0, part, esc); for (i = 2; i <= n; i++) if (part[i] ~ /^\[[0-9;]*m/) {
		at = part[i]; sub(/m.*/, "", at); if (at ~ /33/) yellow = 1; else if (at ~ /39|^\[$|^\[0/) yellow = 0; if (part[i] ~ /leaky/ && yellow) ok = 1 }
		if (part[1] ~ /leaky/ && yellow) ok = 1 } END { exit !ok }'
}
comes "and a colour" grows_coloured
trend_has_unit() { dump | grep ' leaky ' | grep -Eq '\+[0-9.]+K/s'; }
comes "TREND has a unit" trend_has_unit
screen_start 80 24 frames=14 mono ascii
grows_ascii() { dump | grep ' leaky ' | grep -q '\^'; }
comes "without colours and signs the mark is there" grows_ascii

screen_start 80 24 frames=3
keys i
typed web
shows "a search" 'search: web'
cursor_on_web() { dump_attributes | grep 'Web Content' | grep -q "$(printf '\033')\[7"; }
comes "the cursor is there while one types" cursor_on_web
typed xyz
shows "what no name has is told" 'no name has this'
keys C-u Escape
screen_start 80 24 frames=3 top=3
gone "of three lines none is sshd" sshd
keys i
typed sshd
cursor_on_sshd() { dump_attributes | grep sshd | grep -q "$(printf '\033')\[7"; }
comes "and the cursor is there" cursor_on_sshd
keys Enter

keys s
wait_for 'Sort by'
keys Home Down Down c
keys Escape
title_lacks() { ! dump | grep ' PID NAME' | grep -q "$1"; }
title_is() { dump | grep -Eq "$1"; }
comes "a column is taken away" title_lacks RSS
keys s
wait_for 'Sort by'
keys End c
shows "another one is chosen" '*CGROUP'
keys Escape

# The tool keeps it.
term_start 100 24 "XDG_CONFIG_HOME=$tmp/config $B/memmon --object tasks -i 1"
wait_for 'q: quit'
keys u
keys s
wait_for 'Sort by'
keys Home Down c
keys Escape
keys s
wait_for 'Sort by'
keys Home Enter
sleep 0.3
keys q
ends "the tool ends" 0
kept=$(cat "$tmp/config/beebench/memmon" 2>/dev/null)
like "order is kept" "$kept" '^sort [-+]pid$'
like "units are kept" "$kept" '^units plain$'
like "columns are kept" "$kept" '^columns pid rss'
term_start 100 24 "XDG_CONFIG_HOME=$tmp/config $B/memmon --object tasks -i 1"
wait_for 'q: quit'
comes "the next time it begins so" title_is '^ +PID[▲▼]? +RSS|^ +[▲▼]?PID +RSS'
keys q
ends "and ends" 0
run "$B/memmon" --object tasks -n 1 --top 1
like "batch output is not changed by it" "$out" '^ +PID NAME +RSS'
run "$B/memmon" --object tasks -n 1 --top 1 --columns name,rss,held
like "--columns chooses and orders" "$out" '^NAME +RSS +HELD$'
run "$B/memmon" --object tasks -n 1 --columns name,rsss
is "--columns: an unknown one" "$code" 2
has "--columns: which was meant" "$err" "did you mean 'rss'"
done_testing
