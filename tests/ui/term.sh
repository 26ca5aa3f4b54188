# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh disable=SC2034,SC2154
# A terminal for the .t files of this folder: a tmux server of their own, keys into it, dumps out of it. Sourced after
# tests/lib.sh. Nothing here waits for a time: everything waits for what is on the screen.

need_tool tmux tmux
screen=$B/tests/ui/screen
[ -x "$screen" ] || skip_all "no $screen; make $screen"
# Its sockets go with the test's folder.
TMUX_TMPDIR=$tmp
export TMUX_TMPDIR
term_count=0
term_socket=t0
at_exit 'term kill-server 2>/dev/null'
LC_ALL=C.UTF-8 TZ=UTC
export LC_ALL TZ
unset NO_COLOR COLUMNS LINES
cat >"$tmp/tmux.conf" <<'EOF'
set -g default-terminal "xterm-256color"
set -g status off
set -s escape-time 0
set -g history-limit 0
EOF

term() {
	tmux -L "$term_socket" -f "$tmp/tmux.conf" "$@"
}

# term_start WIDTH HEIGHT COMMAND: runs the shell command in a new terminal of that size; its exit code comes into
# $tmp/code. A terminal there was before goes with all that runs in it.
term_start() {
	term kill-server 2>/dev/null
	# A server that is about to end may still be found by its name: never the same twice.
	term_count=$((term_count + 1))
	term_socket=t$term_count
	rm -f "$tmp/code"
	# The terminal stays when the command has ended: what it left there can be read.
	term new-session -d -x "$1" -y "$2" "trap : INT; ($3); echo \$? >$tmp/code; exec cat" 9>&-
}

# screen_start WIDTH HEIGHT [WORD..]: the screens on frames that are made up (tests/ui/screen.c); log in $tmp/log
screen_start() {
	size_w=$1 size_h=$2
	shift 2
	: >"$tmp/log"
	term_start "$size_w" "$size_h" "exec $screen log=$tmp/log $*"
	wait_for 'q: quit'
	pid=$(sed -n 's/^pid //p' "$tmp/log")
}

dump() {
	term capture-pane -p
}
dump_attributes() {
	term capture-pane -p -e
}

# until_true CMD..: up to some 20 s, for loaded machines; passes as soon as it is true
# A subshell, so that what it waits for may wait for something itself.
until_true() (
	tries=0
	until "$@"; do
		tries=$((tries + 1))
		[ "$tries" -lt "${TERM_TRIES:-400}" ] || exit 1
		sleep 0.05
	done
)
dump_has() {
	dump | grep -Fq -e "$1"
}
dump_lacks() {
	! dump_has "$1"
}

# wait_for TEXT: until it is on the screen; a test that fails when it does not come
wait_for() {
	until_true dump_has "$1" || fail "the screen shows: $1" "$(dump)" || :
}
shows() {
	if until_true dump_has "$2"; then pass "$1"; else fail "$1" "not on the screen: $2" "$(dump)" || :; fi
}
gone() {
	if until_true dump_lacks "$2"; then pass "$1"; else fail "$1" "on the screen: $2" "$(dump)" || :; fi
}

# comes NAME CMD..: the command succeeds sooner or later
comes() {
	comes_name=$1
	shift
	if until_true "$@"; then pass "$comes_name"; else fail "$comes_name" "$(dump)" "log:" "$(cat "$tmp/log")" || :; fi
}

# keys KEY..: as tmux names them (Down, Enter, a, C-c)
keys() {
	term send-keys "$@"
	# What follows an escape at once makes another key of it: Alt with a key.
	case $* in *Escape) sleep 0.1 ;; esac
}
# typed TEXT: letter by letter
typed() {
	term send-keys -l -- "$1"
}

# next_frame: and waits until the screen has been given it
next_frame() {
	frames=$(grep -c '^frame ' "$tmp/log")
	kill -USR1 "$pid"
	until_true log_count_is '^frame ' $((frames + 1)) || fail "a frame came" "$(cat "$tmp/log")" || :
}
log_count_is() {
	[ "$(grep -c "$1" "$tmp/log")" -eq "$2" ]
}
log_has() {
	grep -q "$1" "$tmp/log"
}

same_as() {
	dump >"$tmp/got.txt"
	cmp -s "$tmp/got.txt" "$1"
}

# golden NAME: the screen is that of tests/ui/golden/NAME.txt. Env GOLDEN_WRITE=1 makes the files anew: look at the diff then.
golden() {
	if [ "${GOLDEN_WRITE:-}" ]; then
		mkdir -p tests/ui/golden
		sleep 0.5
		dump >"tests/ui/golden/$1.txt"
	fi
	if until_true same_as "tests/ui/golden/$1.txt"; then
		pass "$1 looks as it should"
	else
		fail "$1 looks as it should" "$(diff -u "tests/ui/golden/$1.txt" "$tmp/got.txt")" || :
	fi
}

# ends NAME CODE: the command in the terminal ends by itself with that exit code
ends() {
	if until_true test -s "$tmp/code"; then
		is "$1" "$(cat "$tmp/code")" "$2"
	else
		fail "$1" "still running" "$(dump)" || :
	fi
}
