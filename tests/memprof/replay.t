#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck disable=SC2016,SC2317 # for another shell; functions called by check
# memprof record and replay: each way of profiling into one bounded file, and what is said of a file that is none.
. tests/lib.sh
. tests/memprof/lib.sh
need_tool jq jq
make_steps

# live FILE [OPTION..]: the live bytes of a profile of it
live() {
	"$memprof" replay --report --format json "$@" 2>/dev/null | jq -r .totals.live_bytes
}
has_live() {
	[ "$(live "$tmp/rec")" = "$1" ]
}

# --- record run ---
mkfifo "$tmp/go"
"$memprof" record -o "$tmp/rec" --interval 0.05 run -q --exact -- "$tmp/steps" <"$tmp/go" >"$tmp/said" &
run_pid=$!
exec 9>"$tmp/go"
echo 10 >&9
check "looks are in the file while the program runs" until_true has_live 10000
echo 5 >&9
check "later ones too" until_true has_live 15000
exec 9>&-
code=0
wait $run_pid || code=$?
is "the program's exit code" "$code" 3
is "replay --report: the last look" "$(live "$tmp/rec")" 15000
looks=$("$memprof" replay --report "$tmp/rec" --format json | jq '.points | length')
check "each look is in the timeline ($looks)" test "$looks" -ge 2
is "replay --report --at: an earlier one has no later points" "$("$memprof" replay --report --at 1 "$tmp/rec" --format json | jq '.points | length')" 1
run "$memprof" replay "$tmp/rec" --report --views timeline
has "replay --report: options of report" "$out" "timeline: what was allocated by then, and live"
run "$memprof" record -o "$tmp/whole" run -q --exact -- "$life" live 100
is "a program that ends before the first look" "$code $(live "$tmp/whole")" "0 10000"

# A bound: the last look is there, whatever its size, and what is left is whole.
# bounded WAY..: a program that is there for some looks, profiled so
bounded() {
	run "$memprof" "$@" -q --exact -- sh -c '"$0" live 100; sleep 1; exit 5' "$life"
}
bounded run -o "$tmp/one"
most=$(($(wc -c <"$tmp/one") * 3))
bounded record -o "$tmp/small" -i 0.01 --record-max $most run
is "a bounded recording: exit code" "$code" 5
check "a bounded recording: its size" test "$(wc -c <"$tmp/small")" -le $most
is "a bounded recording: the end is in it" "$(live "$tmp/small")" "$(live "$tmp/one")"
: >"$tmp/place"
ln -s place "$tmp/link"
bounded record -o "$tmp/link" -i 0.01 --record-max $most run
check "a bounded recording by a link: the link stays" test -L "$tmp/link"
is "a bounded recording by a link: the end is in its file" "$(live "$tmp/place")" "$(live "$tmp/one")"

# --- what is wrong ---
# wrong NAME TEXT WORD..
wrong() {
	name=$1 text=$2
	shift 2
	run "$memprof" "$@"
	is "$name: exit code" "$code" 2
	is "$name: says why" "$err" "memprof: error: $text"
}
wrong "record: no way" "record: what? 'memprof record -o OUT run -- CMD', 'memprof record -o OUT attach -p PID', kernel or both" record
wrong "record: another word" "record: 'atach' is no way of profiling; did you mean 'attach'?" record atach -p 1
wrong "record: a file that cannot be" "cannot begin the recording $tmp/none/rec: No such file or directory" record -o "$tmp/none/rec" run -- true
wrong "replay: no file" "replay: which recording? give the FILE of 'memprof record -o FILE ..'" replay
wrong "replay: a file that is not there" "cannot read the profile $tmp/none: No such file or directory" replay "$tmp/none"
wrong "replay: no terminal" "stdin is not a terminal; 'memprof report' prints a profile" replay "$tmp/rec" </dev/null
wrong "replay: a look that is not there" "replay: $tmp/rec has no look 100000" replay --at 100000 "$tmp/rec"
wrong "replay: an option behind the file" "replay: $tmp/rec has no look 100000" replay "$tmp/rec" --at 100000
wrong "live: an option behind the file" "live: --every takes 0.01 seconds or more" live "$tmp/rec" --every 0
echo "no profile at all" >"$tmp/other"
wrong "replay: another file" "$tmp/other: no profile of memprof (offset 0 is not 'BEEPROF1'); 'memprof run -o FILE' writes one" replay "$tmp/other"
: >"$tmp/empty"
wrong "replay: an empty file" "$tmp/empty: no profile of memprof (offset 0 is not 'BEEPROF1'); the file is empty" replay "$tmp/empty"
printf BEEPROF1 >"$tmp/begun"
wrong "replay: nothing was recorded" "$tmp/begun: a file of profiles with none in it" replay "$tmp/begun"
"$made" small "$tmp/cut"
truncate -s -1 "$tmp/cut"
wrong "replay: the only look is cut off" "$tmp/cut: offset 8: the profile is cut off; the file is shorter than what was written" replay "$tmp/cut"
cp "$tmp/rec" "$tmp/bad"
printf 'X' | dd of="$tmp/bad" bs=1 seek=40 conv=notrunc 2>/dev/null
wrong "replay: a byte is another" "$tmp/bad: offset 8: the profile differs from its checksum; the file is damaged" replay --report "$tmp/bad"
size=$(wc -c <"$tmp/rec")
head -c $((size - 1)) "$tmp/rec" >"$tmp/cut"
run "$memprof" replay --report "$tmp/cut"
is "replay --report: the last look is cut off: exit code" "$code" 2
like "replay --report: the last look is cut off: where, and what is whole" "$err" "^memprof: error: $tmp/cut: offset [0-9]+: the profile is cut off; the file is shorter than what was written\$"
is "replay --report --at: what came before is there" "$(live "$tmp/cut" --at 1)" "$(live "$tmp/rec" --at 1)"

# --- attach, kernel ---
if tap_why=$(bpf_refused); then
	skip "record attach, kernel" "$tap_why"
	done_testing
fi
"$tmp/steps" <"$tmp/go" >"$tmp/said" &
program=$!
exec 9>"$tmp/go"
"$memprof" record -o "$tmp/rec" -i 0.05 attach -p $program 2>"$tmp/attach.err" 9>&- &
watcher=$!
at_exit 'kill $watcher 2>/dev/null'
check "record attach: it watches" until_true grep -q 'watching process' "$tmp/attach.err"
echo 20 >&9
check "record attach: looks while both run on" until_true has_live 20000
echo 20 >&9
check "record attach: and later" until_true has_live 40000
exec 9>&-
code=0
wait $watcher || code=$?
is "record attach: exit code" "$code" 0
is "record attach: the end" "$(live "$tmp/rec") $("$memprof" report "$tmp/rec" --format json | jq -r '.processes[0].ended')" "40000 ended"
is "record attach: what was live grew" "$("$memprof" report "$tmp/rec" --format json | jq '[.points[].live_bytes] | . == sort and .[0] < .[-1]')" true
run timeout 120 "$memprof" record -o "$tmp/kernel" kernel --every 1 --of kmalloc -- sh -c 'exit 4'
is "record kernel: the command's exit code" "$code" 4
is "record kernel: its source" "$("$memprof" report "$tmp/kernel" --format json | jq -r .source)" kernel
done_testing
