#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Number 17: what a killed run left, cgroups and temporary folders, the next command sweeps; what is somebody's who lives stays,
# also when it is seen from a container with process numbers of its own.
. tests/lib.sh
need_bpf
mount=$(awk '$0 ~ / - cgroup2 / { print $5; exit }' /proc/self/mountinfo)
[ -n "$mount" ] || skip_all "no cgroup2"
mkdir "$tmp/tmp"
TMPDIR=$tmp/tmp
export TMPDIR

# start ARGS..: verify in the background, until it has a cgroup with somebody in it; $pid, $leaf
start() {
	"$bee" verify -q "$@" >"$tmp/bg.out" 2>&1 &
	pid=$!
	for _ in $(seq 200); do
		leaf=$(find "$mount" -maxdepth 1 -name "beebench-$pid-*-trial")
		[ -z "$leaf" ] || [ ! -s "$leaf/cgroup.procs" ] || grep -q . "$leaf/cgroup.procs" && [ -n "$leaf" ] && break
		sleep 0.05
	done
	sleep 0.5
}

monitor=memmon
have bpftrace && monitor=memmon.bt
start -m $monitor -t 60 -- sh -c 'sleep 1000'
check "a run has a cgroup" test -d "$leaf"
run "$bee" list monitors
check "somebody else's command leaves a living run's alone" test -d "$leaf"
if have unshare && unshare -pf --mount-proc true 2>/dev/null; then
	unshare -pf --mount-proc "$bee" list monitors >/dev/null 2>&1
	check "so does one in a container with process numbers of its own" test -d "$leaf"
else
	skip "so does one in a container with process numbers of its own" "unshare cannot make one"
fi
if [ $monitor = memmon.bt ]; then
	check "it has a temporary folder" test -n "$(find "$TMPDIR" -mindepth 1 -name "beebench-$pid-*")"
fi
kill -9 "$pid"
wait "$pid" 2>/dev/null
check "killed, its cgroup stays" test -d "$leaf"
mkdir "$TMPDIR/beebench-notes"
run "$bee" list monitors
check "the next command removes it" test ! -e "$leaf"
is "and its temporary folder, and nothing else" "$(ls "$TMPDIR")" beebench-notes
done_testing
