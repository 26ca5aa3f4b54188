#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Number 31: a command prints into a pipe that is read, kept and shown when it fails; it reads what the user says; what it leaves
# running is told.
. tests/lib.sh
need_bpf
need_tool jq jq

field() {
	printf '%s' "$out" | jq -r "$1"
}
verify() {
	run "$bee" verify -q --json -m memmon "$@"
}

verify -- sh -c 'test -p /dev/stdout && test -p /dev/stderr'
is "its stdout and stderr are pipes" "$code" 0
verify -- sh -c 'head -c 5000000 /dev/zero; echo end >&2'
is "more than a pipe holds is read" "$code $(field '.trials[0].command | "\(.output_bytes) \(.output)"')" "0 5000004 null"
verify -- sh -c 'echo to stdout; printf "bad \033[31m \377 bytes\n" >&2; exit 3'
is "a failure keeps it" "$(field '.trials[0].command.output')" "to stdout
bad ?[31m ? bytes"
has "and shows it" "$err" "| to stdout"
has "and nothing that a terminal would obey" "$err" "| bad ?[31m ? bytes"

# shellcheck disable=SC2016 # the inner shell expands it
verify -- sh -c 'test "$(readlink /proc/self/fd/0)" = /dev/null'
is "its stdin is nothing" "$code" 0
echo "from a file" >"$tmp/in"
verify -o "stdin=$tmp/in" -- grep -q "from a file"
is "or a file" "$code" 0
echo "from outside" | "$bee" verify -q -m memmon -o stdin=- -- grep -q "from outside" >"$tmp/o" 2>&1
is "or beebench's own" "$?" 0
verify -o "stdin=$tmp/none" -- cat
is "a file that is not there: exit code" "$code" 2
has "and it is named" "$err" "$tmp/none"

verify -- sh -c 'sleep 1000 & setsid sleep 1000 & exit 0'
is "what it leaves running is counted" "$code $(field '.trials[0].command.left_running')" "0 2"
has "and told" "$err" "it ended and left 2 processes running, which are ended too"
verify -- true
is "nothing is told where nothing is left" "$(field '.trials[0].command.left_running')$err" null
done_testing
