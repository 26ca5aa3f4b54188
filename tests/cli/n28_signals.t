#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Number 28, memmon's and cpumon's part: SIGINT and SIGTERM end them whatever they wait for: a frame, a reader that takes
# nothing, the other end of a pipe. What was recorded is whole. What whoever started a program has it ignore stays ignored.
# shellcheck disable=SC2317  # functions that ends calls
. tests/lib.sh
[ "$(id -u)" -eq 0 ] || skip_all "needs root"

# ends NAME SIGNAL PID: it is gone soon (before, it stayed for ever); its exit code in $code
ends() {
	kill -"$2" "$3"
	tries=0
	while kill -0 "$3" 2>/dev/null && [ "$(cut -d ' ' -f 3 "/proc/$3/stat" 2>/dev/null)" != Z ] && [ $tries -lt 50 ]; do
		sleep 0.1
		tries=$((tries + 1))
	done
	if [ $tries -lt 50 ]; then
		pass "$1: SIG$2 ends it"
	else
		kill -KILL "$3"
		fail "$1: SIG$2 ends it" "it had to be killed"
	fi
	wait "$3" 2>/dev/null
	code=$?
}

mkfifo "$tmp/full" "$tmp/fifo"
sleep 60 <>"$tmp/full" >/dev/null &
reader=$!
at_exit "kill $reader 2>/dev/null"
for tool in memmon cpumon; do
	p=$B/$tool
	for signal in INT TERM; do
		env --default-signal=INT "$p" --object tasks --batch -i 3600 >/dev/null &
		pid=$!
		sleep 0.5
		ends "$tool between frames" $signal $pid
		is "$tool between frames: SIG$signal is no error" "$code" 0

		# A reader that takes nothing: the pipe is full after some frames.
		env --default-signal=INT "$p" --object tasks --batch -i 0.1 --top 0 --json -K --record "$tmp/$tool.rec" --force >"$tmp/full" 2>"$tmp/err" &
		pid=$!
		tries=0
		until [ "$(cut -d ' ' -f 1 "/proc/$pid/syscall" 2>/dev/null)" = 1 ] || [ $tries -gt 100 ]; do
			sleep 0.1
			tries=$((tries + 1))
		done
		ends "$tool before a full pipe" $signal $pid
		is "$tool before a full pipe: nothing is said" "$(grep -v 'counts what' "$tmp/err")" ""
		run "$p" --replay "$tmp/$tool.rec"
		is "$tool: what was recorded is whole" "$code$err" 0
	done
	"$p" --replay "$tmp/fifo" --batch 2>/dev/null &
	pid=$!
	sleep 0.3
	ends "$tool --replay of a pipe that nobody writes" TERM $pid
	"$p" --object tasks --batch --force --record "$tmp/fifo" >/dev/null 2>&1 &
	pid=$!
	sleep 0.5
	ends "$tool --record into a pipe that nobody reads" TERM $pid
done

# has_signal WORD NUMBER: the process $pid has the signal in that mask
has_signal() {
	mask=$(awk -v word="$1:" '$1 == word { print $2 }' "/proc/$pid/status" 2>/dev/null)
	[ -n "$mask" ] && [ $((0x$mask >> ($2 - 1) & 1)) -eq 1 ]
}
waits_for_term() {
	has_signal SigCgt 15 || has_signal SigBlk 15
}
# ignores NAME COMMAND..: as nohup(1) and a script's '&' start it, SIGHUP and SIGINT stay ignored; SIGTERM ends it
ignores() {
	name=$1
	shift
	env --ignore-signal=HUP --ignore-signal=INT "$@" >"$tmp/out" 2>"$tmp/err" </dev/null &
	pid=$!
	at_exit "kill -KILL $pid 2>/dev/null"
	tries=0
	until waits_for_term || ! kill -0 $pid 2>/dev/null || [ $tries -gt 300 ]; do
		sleep 0.1
		tries=$((tries + 1))
	done
	for number in 1 2; do
		check "$name: signal $number stays ignored" has_signal SigIgn $number
		check "$name: and is not waited for" eval "! has_signal SigBlk $number"
	done
	kill -HUP $pid
	kill -INT $pid
	ends "$name, where both are ignored" TERM $pid
}
"$B/memprof" run -q --exact -o "$tmp/profile" -- true
ignores memmon "$B/memmon" --object tasks --batch -i 3600
ignores cpumon "$B/cpumon" --object tasks --batch -i 3600
ignores "beebench verify" "$B/beebench" verify -q -m memmon -- sleep 100
ignores "memprof serve" "$B/memprof" serve --listen 127.0.0.1:0 "$tmp/profile"
ignores "memprof kernel" "$B/memprof" kernel -o "$tmp/kernel"
ignores "memprof run" "$B/memprof" run --exact -o "$tmp/run" -- sleep 100
done_testing
