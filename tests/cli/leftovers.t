#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Issue 13, number 17: what a run that was killed has left is removed by the next one, and nothing else: by pid and start time.
. tests/lib.sh
need_bpf

mount=$(awk '$0 ~ / - cgroup2 / { print $5; exit }' /proc/self/mountinfo)
[ -n "$mount" ] || skip_all "no cgroup2"
export TMPDIR="$tmp/t"
mkdir "$TMPDIR"
leaves() { find "$mount" -maxdepth 1 -name "beebench-$1-*"; }

# A run with a trial's cgroup, killed in the middle.
"$bee" verify --quiet -m memmon -- sleep 60 >/dev/null 2>&1 &
pid=$!
at_exit "kill -9 $pid 2>/dev/null"
n=0
while [ -z "$(leaves $pid)" ] && [ $n -lt 300 ]; do
	sleep 0.1
	n=$((n + 1))
done
left=$(leaves $pid)
inside=$(cat "$left/cgroup.procs" 2>/dev/null)
kill -9 $pid
wait $pid 2>/dev/null
check "a run that is killed leaves its cgroup" test -d "$left"

# What only looks like one: another start time (the number was given again), another namespace, no number.
name=${left##*/beebench-}
start=${name#*-}
start=${start%%-*}
space=$(stat -L -c %i /proc/self/ns/pid)
own=$(sed 's/.*) //' /proc/$$/stat | cut -d ' ' -f 20)
mkdir "$mount/beebench-$$-$own-$space-alive" "$mount/beebench-$pid-$start-1-far" "$mount/beebench-mine"
at_exit "rmdir $mount/beebench-$$-$own-$space-alive $mount/beebench-$pid-$start-1-far $mount/beebench-mine 2>/dev/null"
mkdir "$TMPDIR/beebench-tmp-$pid-$start-$space-abcdef" "$TMPDIR/beebench-tmp-notes"
echo x >"$TMPDIR/beebench-tmp-$pid-$start-$space-abcdef/out"
echo mine >"$TMPDIR/beebench-tmp-$$-$own-$space-ghijkl"

run "$bee" verify --quiet -m none -w idle
is "the next run" "$code" 0
is "removes that cgroup" "$(leaves "$pid-$start-$space")" ""
for p in $inside; do
	# A dead one waits for whoever is init here.
	is "and ends what ran inside" "$(ps -o stat= -p "$p" | grep -v Z)" ""
done
check "not one of a living process" test -d "$mount/beebench-$$-$own-$space-alive"
check "nor one of another pid namespace" test -d "$mount/beebench-$pid-$start-1-far"
check "nor what a person has made" test -d "$mount/beebench-mine"
is "temporary files likewise" "$(cd "$TMPDIR" && echo *)" "beebench-tmp-$$-$own-$space-ghijkl beebench-tmp-notes"
done_testing
