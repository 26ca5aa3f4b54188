#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Number 2: a file that is written for as long as a command runs has one writer, and the second says who has it; one that is
# written at the end is whole, whoever writes it too, and is never a file that the command reads.
. tests/lib.sh
for p in honeyc memprof memmon; do
	[ -x "$B/$p" ] || skip_all "no $p"
done
case $B in /*) honeyc=$B/honeyc ;; *) honeyc=$PWD/$B/honeyc ;; esac
memprof=$B/memprof

# wait_for FILE: process $pid, which holds it, has begun it
wait_for() {
	while kill -0 "$pid" 2>/dev/null && [ ! -s "$1" ]; do
		sleep 0.05
	done
}

# --- recordings ---
mkfifo "$tmp/go"
"$memprof" record -o "$tmp/p.rec" run -q -- cat "$tmp/go" >"$tmp/first.out" 2>&1 &
pid=$!
wait_for "$tmp/p.rec"
run "$memprof" record -o "$tmp/p.rec" run -q -- true
is "memprof record, the second: exit code" "$code" 2
is "it says who has the file" "$err" "memprof: error: $tmp/p.rec is being written by process $pid; record to another file"
: >"$tmp/go"
wait "$pid"
is "the first goes on: exit code" $? 0
run "$memprof" report "$tmp/p.rec"
has "and its recording is whole" "$out" "cat $tmp/go, exit 0"
run "$memprof" record -o "$tmp/p.rec" run -q -- true
is "nobody has it then" "$code" 0
if is_root; then
	"$B/memmon" --object tasks --batch -i 0.1 --record "$tmp/m.rec" >/dev/null 2>&1 &
	pid=$!
	wait_for "$tmp/m.rec"
	run "$B/memmon" --object tasks --batch -n 1 --record "$tmp/m.rec" --force
	is "memmon --record --force, the second" "$code $err" \
		"2 memmon: error: $tmp/m.rec is being written by process $pid; record to another file"
	kill "$pid"
	wait "$pid"
	run "$B/memmon" --replay "$tmp/m.rec" --json
	is "the first's recording is whole" "$code$err" 0
	run "$B/memmon" --object tasks --batch -n 1 --record "$tmp/m.rec" --force
	is "nobody has it then" "$code" 0
	is "and what was in it is gone" "$("$B/memmon" --replay "$tmp/m.rec" --json | wc -l)" 1
else
	skip "memmon --record --force, the second" "needs root"
fi

# --- what is written at the end ---
cp tests/honey/ok/control.ex "$tmp/x.ex"
ln "$tmp/x.ex" "$tmp/other name"
for out_ in "$tmp/x.ex" "$tmp/other name"; do
	run "$honeyc" -w -o "$out_" "$tmp/x.ex"
	is "honeyc writes over no source" "$code $err" \
		"2 honeyc: error: -o $out_ is the source $tmp/x.ex, which would be lost; name another file"
done
check "the source is as it was" cmp "$tmp/x.ex" tests/honey/ok/control.ex
"$memprof" run -q -o "$tmp/p.prof" -- true
cp "$tmp/p.prof" "$tmp/p.copy"
for args in "report" "diff $tmp/p.copy"; do
	# shellcheck disable=SC2086
	run "$memprof" $args -o "$tmp/p.prof" "$tmp/p.prof"
	is "memprof ${args%% *} writes over no profile" "$code $err" \
		"2 memprof: error: ${args%% *}: -o $tmp/p.prof is the profile $tmp/p.prof, which would be lost; name another file"
done
check "the profile is as it was" cmp "$tmp/p.prof" "$tmp/p.copy"

# A disk that is full in the middle leaves what was there.
echo before >"$tmp/kept"
said=$(
	ulimit -f 0
	trap '' XFSZ
	"$honeyc" -w --emit=c -o "$tmp/kept" "$tmp/x.ex" 2>&1
	echo "$?"
)
is "honeyc without room says so" "$said" "honeyc: error: cannot write $tmp/kept: File too large
2"
is "what was there stays" "$(cat "$tmp/kept")" before
is "nothing is left beside it" "$(find "$tmp" -name 'kept?*')" ""
ln -s kept "$tmp/link"
chmod 600 "$tmp/kept"
run "$honeyc" -w --emit=c -o "$tmp/link" "$tmp/x.ex"
is "a link stays one, and a mode" "$code $(readlink "$tmp/link") $(stat -c %a "$tmp/kept")" "0 kept 600"
run "$honeyc" -w --emit=c -o "$tmp/new" "$tmp/x.ex"
is "both are the same C" "$code $(cmp "$tmp/new" "$tmp/kept" 2>&1)" "0 "
if have clang; then
	(cd "$tmp" && "$honeyc" -w -o - x.ex >stdout.o && "$honeyc" -w -o file.o x.ex)
	check "-o - is stdout for an object too" cmp "$tmp/stdout.o" "$tmp/file.o"
	check "and no file of that name" test ! -e "$tmp/-"
else
	skip "-o - is stdout for an object too" "no clang"
fi
done_testing
