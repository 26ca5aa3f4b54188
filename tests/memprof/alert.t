#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck disable=SC2016,SC2317 # commands of alerts; functions called by check
# --alert of memprof run, attach, kernel, both and serve: what is said, the exit code, commands beside what runs on.
. tests/lib.sh
. tests/memprof/lib.sh
make_steps

# --- run ---
run "$memprof" run --exact -q -o "$tmp/p" --alert 'liv > 1KiB' -- "$life" live 100
is "a column that is none: exit code" "$code" 2
is "a column that is none: which is meant" "$err" "memprof: error: alert: no column 'liv'; did you mean 'live'?
  liv > 1KiB
  ^^^"
check "a column that is none: nothing was begun" test ! -e "$tmp/p"
run "$memprof" run --exact -o "$tmp/p" --alert 'live > 9KiB' --alert 'live > 1GiB or growth > 1MiB/min' -- "$life" live 100
is "one that fires: exit code" "$code" 1
like "one that fires: who and why" "$err" '^memprof: alert: [0-9]+ life: live > 9KiB$'
hasnt "the other does not" "$err" 1GiB
run "$memprof" run --exact -q -o "$tmp/p" --alert 'live > 9KiB' -- "$life" live 100
is "-q: the exit code alone" "$code $err" "1 "
run "$memprof" run --exact -q -o "$tmp/p" --alert 'live > 1GiB' -- "$life" live 100
is "none fires: exit code" "$code" 0
run "$memprof" run --exact -q -o "$tmp/p" --alert 'allocs > 0' -- sh -c '"$0" live 3; exit 7' "$life"
is "the command's own failure is told" "$code" 7
run "$memprof" run --exact -q -o "$tmp/p" --alert 'live > 9KiB=>exit 3' -- "$life" live 100
is "a command that fails changes nothing" "$code" 1

mkfifo "$tmp/go"
"$memprof" run -q --exact -o "$tmp/now" --alert 'live >= 10000=>echo "$BEEBENCH_NAME $BEEBENCH_LIVE $BEEBENCH_BLOCKS $BEEBENCH_QUERY ${BEEBENCH_PEAK:+peak} ${BEEBENCH_GROWTH:-}" >'"$tmp/part; mv $tmp/part $tmp/fired" \
	--alert 'live > 10000=>touch '"$tmp/never" --interval 0.05 -- "$tmp/steps" <"$tmp/go" >"$tmp/said" 2>"$tmp/run.said" &
run_pid=$!
exec 9>"$tmp/go"
echo 10 >&9
check "a command is run while the program runs" until_true test -s "$tmp/fired"
is "with its figures" "$(cat "$tmp/fired")" "steps 10000 10 live >= 10000 peak "
exec 9>&-
code=0
wait $run_pid || code=$?
is "the program's own exit code" "$code" 3
check "what was not true was not run" test ! -e "$tmp/never"
# What an alert has started is no process that the command left, for which memprof run waits.
run timeout 60 "$memprof" run -q --exact -o "$tmp/p" --alert 'live > 9KiB=>echo $$ >'"$tmp/sleeper; exec sleep 300" -- "$life" live 100
is "a command that runs on holds up nothing" "$code" 1
check "and is left to itself" until_true test -s "$tmp/sleeper"
check "until it ends" kill "$(cat "$tmp/sleeper")"

run "$memprof" run --record-max 100 -- true
is "a bound of no recording: exit code" "$code" 2
has "a bound of no recording: says so" "$err" "run: --record-max goes with --record; see 'memprof run --help'"
run "$memprof" attach -p $$ --interval 1
is "looks without a file: exit code" "$code" 2
has "looks without a file: says so" "$err" "attach: --interval and --record write a file: give -o FILE; see 'memprof attach --help'"

# --- serve ---
"$made" small "$tmp/served"
"$memprof" serve --listen 127.0.0.1:0 --every 0.05 --alert 'name = server and live > 1300=>echo "$BEEBENCH_PID $BEEBENCH_LIVE" >'"$tmp/part; mv $tmp/part $tmp/serve.fired" "$tmp/served" 2>"$tmp/err" &
server=$!
at_exit 'kill $server 2>/dev/null'
check "serve: it serves" until_true grep -q serving "$tmp/err"
check "serve: nothing has fired" test ! -e "$tmp/serve.fired"
"$made" more "$tmp/p2"
mv "$tmp/p2" "$tmp/served"
check "serve: another profile, a command" until_true test -s "$tmp/serve.fired"
is "serve: its figures" "$(cat "$tmp/serve.fired")" "4711 1560"
kill $server
code=0
wait $server || code=$?
is "serve: exit code" "$code" 1
has "serve: it is said" "$(cat "$tmp/err")" "memprof: alert: 4711 server: name = server and live > 1300"

# --- attach, kernel, both ---
if tap_why=$(bpf_refused); then
	skip "attach, kernel, both" "$tap_why"
	done_testing
fi
"$tmp/steps" <"$tmp/go" >"$tmp/said" &
program=$!
exec 9>"$tmp/go"
"$memprof" attach -p $program --alert 'live >= 20000=>touch '"$tmp/attach.fired" --format json >"$tmp/attach.json" 2>"$tmp/attach.err" 9>&- &
watcher=$!
at_exit 'kill $watcher 2>/dev/null'
check "attach: it watches" until_true grep -q 'watching process' "$tmp/attach.err"
echo 20 >&9
check "attach: a command while both run on" until_true test -e "$tmp/attach.fired"
check "attach: the program runs" kill -0 $program
exec 9>&-
code=0
wait $watcher || code=$?
is "attach: exit code" "$code" 1
like "attach: it is said" "$(cat "$tmp/attach.err")" "^memprof: alert: $program steps: live >= 20000\$"
if have jq; then
	is "attach: the report is whole" "$(jq -r '.totals | "\(.allocs) \(.bytes)"' "$tmp/attach.json")" "20 20000"
fi
if have perl; then
	messages='$q = msgget(0, 0600); defined $q or die; $m = pack("l! a*", 1, "x" x 977);
		msgsnd($q, $m, 2048) or die for 1 .. 10; msgctl($q, 0, 0); exit 0'
	for way in kernel both; do
		run timeout 120 "$memprof" $way --of kmalloc --every 1 --format csv --alert 'name = perl and bytes > 10000' -- perl -e "$messages"
		is "$way: exit code" "$code" 1
		like "$way: it is said" "$err" '^memprof: alert: [0-9]+ perl: name = perl and bytes > 10000$'
		run timeout 120 "$memprof" $way --of kmalloc --every 1 --format csv --alert 'name = perl and bytes > 1TiB' -- perl -e "$messages"
		is "$way: none fires" "$code" 0
	done
else
	skip "kernel, both" "no perl"
fi
done_testing
