#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# A recording on the screen: it plays, and ends; of a damaged one what came before stays to be looked at, and the error outlives the screen.
# shellcheck source=tests/lib.sh source=tests/ui/term.sh disable=SC2154
set -u
. tests/lib.sh
. tests/ui/term.sh

rec=tests/fixtures/recordings/v1.rec

term_start 160 30 "$B/memmon --replay $rec --interval 0.1"
shows "a recording is played to its end" 'the recording ends here'
shows "and says that it is one" 'REPLAY'
shows "its last frame stays" 'systemd'
keys q
ends "q ends it" 0

bytes=$(wc -c <"$rec")
head -c $((bytes - 1)) "$rec" >"$tmp/cut.rec"
term_start 160 30 "$B/memmon --replay $tmp/cut.rec --interval 0.1"
shows "one that is cut off says where" 'cut off in the middle of a frame (after frame 2)'
shows "what came before stays" 'sd-pam'
keys q
ends "and it ends with an error" 2
shows "which the terminal keeps" "memmon: error: $tmp/cut.rec: offset "

printf 'BEEMON1\n' >"$tmp/none.rec"
term_start 160 30 "$B/memmon --replay $tmp/none.rec"
ends "one without a frame has no screen" 2
shows "and says why" 'offset 8: nothing was recorded'

term_start 160 30 "$B/memmon --replay $rec --object memmon"
ends "what makes no sense has no screen" 2

done_testing
