#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# memmon and cpumon under the sanitizers beside process churn: soak.sh [SECONDS] (default 600). Each runs without a
# screen and, in a terminal of its own, with one. Their memory must stay flat: the highest resident size of the last
# quarter is held against that of the second; 4 kB are allowed for each process that the machine has more by then. Prints a line a program; exit code 1 when one grew, complained or died.
set -u
cd "$(dirname "$0")/.." || exit 2
B=${B:-build}
seconds=${1:-600}
# Freed memory is reused at once: what grows is ours.
export ASAN_OPTIONS=detect_leaks=1:exitcode=99:quarantine_size_mb=0:thread_local_quarantine_size_kb=0
tmp=$(mktemp -d)
pids=()
# shellcheck disable=SC2317  # called by the trap
cleanup() {
	for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null; done
	wait
	rm -rf "$tmp"
}
trap cleanup EXIT

stress-ng --quiet --fork 1 --exec 1 --pthread 1 --brk 1 --brk-bytes 4m --mmap 1 --mmap-bytes 4m \
	--timeout $((seconds + 20)) --temp-path "$tmp" >/dev/null 2>&1 &
pids+=($!)

# the one child of PID, when it is a program of this name
child_of() {
	pgrep -P "$1" -x "$2" | head -n 1
}

declare -A pid_of launcher_of
for tool in memmon cpumon; do
	"$B/san/$tool" --batch --json --interval 0.2 --top 0 --record "$tmp/$tool.rec" --alert 'rss>1TiB' \
		--serve 127.0.0.1:0 >/dev/null 2>"$tmp/$tool-batch.err" &
	pid_of[$tool-batch]=$! launcher_of[$tool-batch]=$!
	pids+=($!)
	# The terminal stays open as long as its input does.
	# shellcheck disable=SC2094
	mkfifo "$tmp/$tool.in"
	TERM=xterm-256color script -qefc "stty rows 40 cols 120; exec $B/san/$tool --interval 0.2 --events 2>$tmp/$tool-screen.err" \
		/dev/null <"$tmp/$tool.in" >/dev/null 2>&1 &
	launcher_of[$tool-screen]=$!
	pids+=($!)
	exec {fd}>"$tmp/$tool.in"
	declare "${tool}_fd=$fd"
	for _ in $(seq 100); do
		pid_of[$tool-screen]=$(child_of "${launcher_of[$tool-screen]}" "$tool")
		[ -z "${pid_of[$tool-screen]}" ] || break
		sleep 0.1
	done
done

echo "soak: $seconds s of process churn beside ${!pid_of[*]}" >&2
keys=$'jjkktt>><e\ehhG g'
start=$SECONDS
while [ $((SECONDS - start)) -lt "$seconds" ]; do
	processes=$(printf '%s\n' /proc/[0-9]* | wc -l)
	for run in "${!pid_of[@]}"; do
		awk -v t=$((SECONDS - start)) -v n="$processes" '/^VmRSS:/ {print t, $2, n}' "/proc/${pid_of[$run]}/status" \
			>>"$tmp/$run.rss" 2>/dev/null
	done
	key=${keys:$(((SECONDS - start) % ${#keys})):1}
	# shellcheck disable=SC2154
	printf '%s' "$key" >&"$memmon_fd"
	# shellcheck disable=SC2154
	printf '%s' "$key" >&"$cpumon_fd"
	sleep 1
done

bad=0
for run in $(printf '%s\n' "${!pid_of[@]}" | sort); do
	kill -TERM "${pid_of[$run]}" 2>/dev/null
	wait "${launcher_of[$run]}"
	code=$?
	verdict=$(awk -v seconds="$seconds" '
		$1 < seconds / 2 && $3 > crowd { crowd = $3 }
		$1 >= seconds / 2 && $3 > later_crowd { later_crowd = $3 }
		$1 >= seconds / 4 && $1 < seconds / 2 && $2 > early { early = $2 }
		$1 >= seconds * 3 / 4 && $2 > late { late = $2 }
		END {
			if (!early || !late) { print "died early"; exit }
			more = later_crowd > crowd ? later_crowd - crowd : 0
			printf "%s: %d kB, then %d kB", late <= early * 1.1 + 1024 + 4 * more ? "flat" : "GREW", early, late
			if (more > 100) printf " with %d more processes", more
		}' "$tmp/$run.rss")
	printf '%-14s exit code %d  %s\n' "$run" "$code" "$verdict"
	if [ "$code" != 0 ] || [ "${verdict#flat}" = "$verdict" ]; then
		bad=1
		tail -n 30 "$tmp/$run.err"
	fi
done
exit $bad
