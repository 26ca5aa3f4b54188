#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Number 33: what a terminal sends that is no key acts as none: focus reports, pasted text, Alt with a key, keys of other
# terminals. A screen that was stopped is whole when it goes on, and an unknown TERM falls back.
# shellcheck source=tests/lib.sh source=tests/ui/term.sh disable=SC2154,SC2317
set -u
. tests/lib.sh
. tests/ui/term.sh

# raw TEXT: its bytes at once, as printf has them
raw() {
	# shellcheck disable=SC2059
	term send-keys -l -- "$(printf "$1")"
}

screen_start 80 24 frames=3
keys /
typed "name ~ fire"
keys Enter
shows "a filter" 'filter name ~ fire'
order='sort RSS ▼'
shows "the order" "$order"
while read -r sequence name; do
	raw "$sequence"
	# A key that acts shows that all before it has been read.
	keys u
	sleep 0.1
	keys u
	shows "$name: the filter stays" 'filter name ~ fire'
	shows "$name: the order stays" "$order"
	check "$name: it has not quit" test ! -s "$tmp/code"
done <<'EOF'
\033[I focus in
\033[O focus out
\033q Alt-q
\033Q Alt-Q
\033\\ Alt-backslash
\033[27;5;113~ a key of another terminal
\033[113;5u a key in the CSI-u form
\033[?1;2c what a terminal answers
\033]11;rgb:0000/0000/0000\007 a colour that was not asked for
\033P1$rq\033\\ a string
\033[Mq!I a mouse of the old kind
\033[[Q a key of the console
EOF
screen_start 80 24 frames=3
raw '\033[200~qqq I/name\n\033[201~'
keys u
sleep 0.1
keys u
shows "pasted text does nothing" 'sort RSS ▼'
check "pasted text: it has not quit" test ! -s "$tmp/code"
keys /
raw '\033[200~name ~ fire\033[201~'
shows "pasted into a line that is being typed" 'filter: name ~ fire'
keys Enter
shows "it is taken with Enter" 'filter name ~ fire'
keys Escape
gone "Escape alone is the key" 'filter name ~ fire'

# A shell starts it, it is stopped from outside, and goes on in the foreground.
term_start 80 24 "PS1='here> ' bash --norc --noprofile -i"
wait_for 'here>'
typed "$screen frames=3 log=$tmp/log"
keys Enter
wait_for firefox
stopped=$(sed -n 's/^pid //p' "$tmp/log" | tail -n 1)
kill -STOP "$stopped"
wait_for Stopped
typed "clear; stty sane; echo a line of the shell"
keys Enter
wait_for "a line of the shell"
typed fg
keys Enter
shows "after a stop the screen is whole: its first line" 'q: quit'
shows "after a stop the screen is whole: its rows" firefox
gone "after a stop nothing of the shell is left" "a line of the shell"
modes() {
	stty -a <"$(term list-panes -F '#{pane_tty}')" | grep -oE -- '-?(icanon|echo) ' | tr -d '\n'
}
modes_are() { [ "$(modes)" = "-icanon -echo " ]; }
comes "after a stop the terminal is the screen's" modes_are
keys q
wait_for 'here>'

term_start 80 24 "TERM=beebench-none $screen frames=3 log=$tmp/log 2>$tmp/err"
shows "an unknown TERM: there is a screen" firefox
keys q
ends "an unknown TERM: it ends well" 0
has "an unknown TERM: it is said" "$(cat "$tmp/err")" "the terminal 'beebench-none' (TERM) is not known here and is taken for"
done_testing
