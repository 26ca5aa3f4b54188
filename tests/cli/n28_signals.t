#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Number 28, memmon's and cpumon's part: SIGINT and SIGTERM end them whatever they wait for: a frame, a reader that takes
# nothing, the other end of a pipe. What was recorded is whole.
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
		"$p" --object tasks --batch -i 3600 >/dev/null &
		pid=$!
		sleep 0.5
		ends "$tool between frames" $signal $pid
		is "$tool between frames: SIG$signal is no error" "$code" 0

		# A reader that takes nothing: the pipe is full after some frames.
		"$p" --object tasks --batch -i 0.1 --top 0 --json -K --record "$tmp/$tool.rec" --force >"$tmp/full" 2>"$tmp/err" &
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
done_testing
