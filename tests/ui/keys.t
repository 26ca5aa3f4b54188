#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# What keys and the mouse do, and what the screen does about sizes, colours and its end.
# shellcheck source=tests/lib.sh source=tests/ui/term.sh disable=SC2154,SC2317
set -u
. tests/lib.sh
. tests/ui/term.sh

# column N: the N-th word of every row of the table
column() {
	dump | awk -v n="$1" '/^ +PID NAME/ { rows = 1; next } rows && $1 ~ /^[0-9]+$/ { print $n }'
}
first_pid() {
	column 1 | head -1
}
first_is() {
	[ "$(first_pid)" = "$1" ]
}
# The line of the cursor: in reverse video from its first cell on, and not the titles'. Attributes last beyond a line's end.
cursor_line() {
	dump_attributes | awk -v esc="$(printf '\033')" '
	{
		rest = $0
		first = -1
		while (rest != "") {
			if (substr(rest, 1, 2) != esc "[") {
				if (first < 0) first = reverse
				rest = substr(rest, 2)
				continue
			}
			end = match(rest, /m/)
			n = split(substr(rest, 3, end - 3), code, ";")
			if (n == 0) reverse = 0
			for (i = 1; i <= n; i++) {
				if (code[i] == "" || code[i] == 0 || code[i] == 27) reverse = 0
				if (code[i] == 7) reverse = 1
			}
			rest = substr(rest, end + 1)
		}
		if (first == 1 && $0 !~ /PID/) print
	}'
}
cursor_on() {
	cursor_line | grep -Fq -e "$1"
}
cursor_is() {
	if until_true cursor_on "$2"; then pass "$1"; else fail "$1" "the cursor is not on: $2" "$(cursor_line)" "$(dump)" || :; fi
}
first_row() {
	if until_true first_is "$2"; then pass "$1"; else fail "$1" "first: $(first_pid), not $2" "$(dump)" || :; fi
}

# --- moving ---
screen_start 80 24 frames=3 procs=200
first_row "the greatest RSS is first" 500
cursor_is "the cursor is on the first line" firefox
keys Down j
cursor_is "Down and j move it" postgres
keys k Up
cursor_is "k and Up move it back" firefox
keys G
shows "G goes to the last of the top 100" '100/100 of 216'
keys Home
shows "Home goes to the first" '1/100 of 216'
keys PageDown
shows "PgDn goes a page on" '16/100'
keys g End
shows "End goes to the last" '100/100'
keys g n
wait_for 'show at most: 100'
keys C-u
typed 7x
shows "a number that is none is told" 'a number below'
keys BSpace Enter
shows "n shows fewer" '1/7 of 216'
keys n C-u Enter
shows "no number shows all" '1/216'

# --- order ---
screen_start 80 24 frames=3
first_row "by RSS" 500
keys r
first_row "r turns the order round" 606
shows "the order is told" 'sort RSS ▲'
keys I Left
first_row "Left sorts by the name" 501
shows "the sorted title is marked" 'NAME▲'
keys Right Right
shows "Right sorts by the next" 'sort VIRT ▼'
keys s
wait_for 'Sort by'
keys Home Down Enter
shows "the menu chooses" 'sort NAME'
keys s Escape
shows "Esc leaves the menu" 'Memory Monitor'
keys Left Left
shows "left of the first is the last, shown in place of others" 'sort WINDOW ▼'
shows "with its title" '▼WINDOW'
keys Right Right Right
shows "right of the last is the first" 'sort RSS ▼'

# --- filter ---
keys /
wait_for 'Enter: take it'
typed 'rs > 1'
shows "an unknown column is told while it is typed" "no column 'rs'"
like "and underlined where it stands" "$(dump)" '^ {8}\^\^ '
keys Enter
shows "what is wrong is not taken" "no column 'rs'"
keys C-u
typed 'name ~ ^post and rss > 20MiB'
keys Enter
shows "the filter is told" 'filter name ~ ^post and rss > 20MiB'
shows "two match" '1/2'
is "those two" "$(column 1 | tr '\n' ' ')" '400 401 '
keys f
wait_for 'filter: name'
keys C-a
typed '日本 or ('
shows "wide characters are typed; carets are below what is wrong" '^'
keys C-u Escape
shows "Esc keeps the filter as it was" 'filter name ~ ^post'
keys \\
gone "a backslash forgets it" 'filter name'
keys /
wait_for 'Enter: take it'
typed nobody-is-called-so
keys Enter
shows "nothing matches, and it is said" 'no process matches the filter'
keys Escape
shows "Esc forgets a filter" firefox

# --- tree ---
keys t
shows "t shows the tree" 'tree: sums'
shows "branches are drawn" '└─Web Content'
keys Home
cursor_is "the cursor is on systemd" systemd
keys Space
shows "Space folds" '+systemd'
gone "what is below goes" sshd
is "its sum stays" "$(column 3 | head -1)" '~1.9G'
keys Space
shows "and unfolds" sshd
keys K End
shows "K shows kernel threads" kworker
keys K t
gone "t again shows the flat table" '└─'

# --- follow, pause, interval, units ---
screen_start 80 24 frames=3
keys /
typed 'rss < 8MiB and rss > 700'
keys Enter
wait_for 'filter rss < 8MiB'
keys Down
cursor_is "the cursor is on leaky" leaky
keys F
shows "F follows" 'following 600'
next_frame
next_frame
next_frame
gone "leaky grew out of the filter" leaky
keys Escape
cursor_is "the cursor is with leaky again" leaky
keys F
gone "F again no longer follows" 'following 600'
screen_start 80 24 frames=3
keys G
wait_for '16/16'
keys Up
cursor_is "the cursor is on short-lived" short-lived
keys F
next_frame
next_frame
shows "a followed process that ends is told" 'process 606 has ended'

screen_start 80 24 frames=3
wait_for 'now 12:58:12'
keys p
shows "p pauses" PAUSED
next_frame
next_frame
keys s Escape
shows "the time on the screen stands still" 'now 12:58:12'
keys p
shows "frames of the meantime are counted" '2 frames passed meanwhile'
shows "and the latest is shown" 'now 12:58:18'
keys Space
shows "Space pauses too" PAUSED
keys Space
gone "and goes on" PAUSED
keys +
shows "+ asks for a longer interval" 'interval 5 s'
keys - - -
shows "- for a shorter one" 'interval 1 s'
comes "and for a frame at once" log_has 'action 2 interval 1 '
keys u
shows "u shows plain numbers" 1258291
keys u
shows "and units again" '1.2G'

# --- events ---
keys e
wait_for 'waiting for events'
next_frame
shows "events are shown" munmap
comes "they were switched on" log_has '^events on'
shows "rates are per s" '1 mmap 1/s'
keys 1
shows "1 hides mmap" 'mmap 1/s off'
is "and none is left" "$(dump | grep -c ' mmap  ')" 0
keys 1 '>' '>'
shows "> shows only larger ones" 'size >= 4 kB'
is "no brk is left" "$(dump | grep -c ' brk  ')" 0
keys '<' '<'
for _ in 1 2 3 4 5; do next_frame; done
shows "the latest are at the bottom" '72 kept'
keys PageUp
shows "PgUp scrolls back" 'End: back to the latest'
top=$(dump | sed -n 6p)
next_frame
is "what is read does not move away" "$(dump | sed -n 6p)" "$top"
keys /
typed 'name = leaky'
keys Enter
wait_for 'filter name = leaky'
gone "the filter holds for events" postgres
keys End
shows "End goes to the latest" 'the latest are below'
keys Escape
wait_for 'Memory Monitor'
comes "events are switched off when nobody looks" log_has '^events off'
screen_start 80 24 frames=3 noevents
keys e
shows "a monitor without events is told" 'this monitor has no events'

# --- detail ---
screen_start 80 24 frames=3
keys Down Enter
wait_for 'Process 501 Web Content'
shows "no permission is said and never 0" 'PSS -  USS -  swap -  no permission (needs CAP_SYS_PTRACE)'
is "PSS is read once" "$(grep -c '^detail 501' "$tmp/log")" 1
next_frame
shows "figures go on" 'now 12:58:15'
is "but is not read with every frame" "$(grep -c '^detail 501' "$tmp/log")" 1
keys r
comes "r reads it again" log_count_is '^detail 501' 2
keys e
wait_for 'Events -'
keys e
shows "events and back" 'Process 501'
is "events stay on below" "$(grep -c '^events off' "$tmp/log")" 0
keys Escape
wait_for 'Memory Monitor'
comes "and are off in the table" log_has '^events off'
keys End Up
cursor_is "short-lived" short-lived
keys Enter
wait_for 'Process 606'
next_frame
next_frame
shows "an ended process is told" 'it has ended'
shows "with what was known last" 'RSS 500'

# --- only what is seen is read ---
screen_start 80 24 frames=3 procs=500
wait_for firefox
most=$(awk '/^refine/ { if ($2 > m) m = $2 } END { print m + 0 }' "$tmp/log")
check "only visible rows are read" test "$most" -le 20
before=$(grep -c '^refine' "$tmp/log")
keys u u Down Up
wait_for '1/100'
is "and not again for a key" "$(grep -c '^refine' "$tmp/log")" "$before"

# --- mouse ---
screen_start 80 24 frames=3
wait_for firefox
# click X Y: cells from 1, as a terminal sends them
click() {
	keys -l "$(printf '\033[<0;%d;%dM\033[<0;%d;%dm' "$1" "$2" "$1" "$2")"
}
title=$(dump | grep -n '^ *PID NAME' | cut -d: -f1)
click 12 "$title"
shows "a click on a title sorts" 'sort NAME ▲'
click 12 "$title"
shows "a second turns it round" 'sort NAME ▼'
click 20 $((title + 3))
shows "a click on a row chooses it" '3/16'
keys -l "$(printf '\033[<65;5;12M')"
shows "the wheel scrolls" '6/16'
keys -l "$(printf '\033[<64;5;12M')"
shows "and back" '3/16'
click 20 $((title + 3))
shows "a second click opens" 'Process'

# --- sizes ---
screen_start 80 24 frames=3
wait_for MUNMAP#
term resize-window -x 120 -y 30
shows "more columns where there is room" VERDICT
term resize-window -x 60 -y 12
gone "fewer where there is none" PEAK
shows "but the rows stay" firefox
term resize-window -x 30 -y 5
shows "too small is said" 'too small: 30x5'
term resize-window -x 20 -y 5
shows "in 20 columns, too" 'too small: 20x5'
shows "with what it needs" 'needs 40x8'
term resize-window -x 300 -y 100
shows "and the table is back" firefox
shows "with all columns" WINDOW

# --- colours ---
colours() {
	dump_attributes | grep -Ec "$(printf '\033')\[([0-9;]*;)?([34][0-7]|[34]8;)" || :
}
has_colours() {
	[ "$(colours)" -gt 0 ]
}
screen_start 80 24 frames=3
wait_for firefox
comes "there are colours" has_colours
term_start 80 24 "NO_COLOR=1 exec $screen frames=3 log=$tmp/log"
wait_for firefox
is "NO_COLOR: there are none" "$(colours)" 0
cursor_is "but the cursor is seen" firefox

# --- the locale without UTF-8 ---
term_start 80 24 "LC_ALL=C exec $screen frames=3 log=$tmp/log"
shows "LC_ALL=C shows names that it cannot as ?" '?????'
is "and nothing but ASCII" "$(dump | LC_ALL=C grep -c '[^ -~]')" 0

# --- ends ---
for key in q C-c; do
	term_start 80 24 "trap : INT; stty -a >$tmp/before; $screen frames=3 log=$tmp/log; code=\$?; stty -a >$tmp/after; exit \$code"
	wait_for firefox
	keys "$key"
	ends "$key ends it well" 0
	is "$key gives the terminal back as it was" "$(cat "$tmp/after")" "$(cat "$tmp/before")"
	gone "$key: the screen is gone" firefox
done
run "$screen" </dev/null
is "no terminal: an error" "$code" 2
has "which is said" "$err" 'use --batch'
term_start 80 24 "TERM=dumb $screen 2>$tmp/err"
ends "a terminal that cannot place its cursor: an error" 2
has "which is said as well" "$(cat "$tmp/err")" "'dumb'"

# The terminal dies: the program that would go on (it ignores SIGHUP) finds out, and does not spin.
# Its shell may go with the terminal before it could write an exit code: the program's own words count.
# LeakSanitizer stops a program to look at it, which in a session that lost its terminal may wait for ever: not here.
term_start 80 24 "trap '' HUP; ASAN_OPTIONS=detect_leaks=0 $screen nohup frames=3 log=$tmp/log"
wait_for firefox
term kill-server
comes "a dead terminal ends it, with -EIO" log_has '^ended -5'
# ended PID: it is gone, or nobody has asked for its exit code yet
ended() {
	[ ! -d "/proc/$1" ] || grep -q '^State:.*Z' "/proc/$1/status"
}
comes "and it is gone" ended "$(sed -n 's/^pid //p' "$tmp/log")"
done_testing
