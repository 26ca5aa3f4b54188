#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Number 28: a signal that comes before beebench waits for a guest, or for a measure that runs beside another, ends it as well.
. tests/lib.sh
need_tool qemu-system-x86_64 qemu-system-x86
run "$bee" vm -k 6.12 --where
[ "$code" -eq 0 ] || skip_all "no kernel 6.12: $err"

# catches PID: it takes SIGTERM (bit 14 of SigCgt, proc_pid_status(5))
catches() {
	caught=$(awk '/^SigCgt:/ { print $2 }' "/proc/$1/status" 2>/dev/null)
	[ -n "$caught" ] && [ $((0x$caught >> 14 & 1)) -eq 1 ]
}
# is_running PID
is_running() {
	state=$(awk '/^State:/ { print $2 }' "/proc/$1/status" 2>/dev/null)
	[ -n "$state" ] && [ "$state" != Z ]
}
# stopped_early NAME COMMAND..: SIGTERM as soon as it is taken
stopped_early() {
	name=$1
	shift
	env --default-signal=INT "$@" >"$tmp/out" 2>"$tmp/err" &
	pid=$!
	until catches $pid || ! is_running $pid; do sleep 0.01; done
	kill -TERM $pid
	# Before, it went on to its end.
	tries=0
	while is_running $pid && [ $tries -lt 150 ]; do
		sleep 0.1
		tries=$((tries + 1))
	done
	check "$name: it ends" test $tries -lt 150
	kill -KILL $pid 2>/dev/null
	code=0
	wait $pid || code=$?
	has "$name: and says so" "$(cat "$tmp/err")" "warning: interrupted"
}

stopped_early "verify in a guest" "$bee" verify -k 6.12 -m memmon -w brk,forks,fail
is "verify in a guest: exit code" "$code" 3
stopped_early "exact" "$bee" exact -k 6.12 -m memmon
is "exact: exit code" "$code" 3
if [ "$(id -u)" -eq 0 ]; then
	stopped_early "run, with exact beside verify" "$bee" run -q --out "$tmp/run"
else
	skip "run, with exact beside verify" "needs root"
fi
done_testing
