#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# What this build costs, as ratios: our monitors beside those of an earlier commit and top, beside the same crowd in one run; kernel
# instructions of an event and the CPU time of an exact boot against the same commit; how wide the intervals of the first table are.
# Needs root, git and a quiet machine.
# Env: B, BASE (the commit), PROCESSES, TIME (seconds for a tool and crowd), ROUNDS.
set -eu
cd "$(dirname "$0")/.."
B=${B:-build}
base=${BASE:-f806bc9}
of_base=$B/ratio/$(git rev-parse --short "$base^{commit}")

if [ ! -x "$of_base/build/beebench" ]; then
	echo "building $base below $of_base" >&2
	rm -rf "$of_base"
	mkdir -p "$of_base"
	git archive "$base" | tar -x -C "$of_base"
	make -C "$of_base" -j"$(nproc)" all >"$of_base/log" 2>&1 || {
		tail -n 5 "$of_base/log" >&2
		exit 2
	}
fi

echo "== beside a crowd"
"$B/peers" --than "$of_base/build" --processes "${PROCESSES:-10000}" --time "${TIME:-40}" --rounds "${ROUNDS:-8}" \
	--only memmon --only cpumon --only top

# instructions BEEBENCH: a line for each path: monitor, path, what it adds
instructions() {
	"$1" exact -q -m memmon_fast -k 6.12 --json | jq -r '.records[] | select(.type == "exact" and .monitor != "none" and .added) |
		[.monitor, .path, .added] | @tsv' | sort
}
echo
echo "== kernel instructions of an event, Linux 6.12 (target: at most 0.7 times; another call: at most 112)"
instructions "$of_base/build/beebench" >"$of_base/exact.tsv"
instructions "$B/beebench" >"$B/ratio/exact.tsv"
printf '%-14s %-14s %8s %8s %8s\n' monitor path "then" now times
awk -F '\t' 'NR == FNR { was[$1, $2] = $3; next }
	($1, $2) in was { printf "%-14s %-14s %8d %8d %8.3f\n", $1, $2, was[$1, $2], $3, $3 / was[$1, $2] }' \
	"$of_base/exact.tsv" "$B/ratio/exact.tsv"

echo
echo "== half-width of the 95 % interval of a whole monitor, its consumer awake (target: at most 10 % above 100 ns)"
"$B/beebench" overhead -q -m memmon,memmon_fast,cpumon --json | jq -r '
	["monitor", "event", "ns", "half-width %", "verdict"], (.records[] | select(.type == "overhead" and .monitor != "none") |
	if .status != "ok" then [.monitor, .event, "-", "-", .status + ": " + (.reason // "no reason given")] else
	.whole.total_ns as $t | select($t.high and $t.low) | (100 * ($t.high - $t.low) / 2 / $t.centre) as $half |
	[.monitor, .event, ($t.centre | round), (10 * $half | round / 10),
	 (if $t.centre <= 100 then "not above 100 ns" elif $half <= 10 then "held" else "MISSED" end)] end) | @tsv' |
	awk -F '\t' '{ printf "%-14s %-14s %8s %14s  %s\n", $1, $2, $3, $4, $5 }'

# seconds BEEBENCH: CPU seconds that an exact boot with all monitors takes, QEMU included
seconds() {
	("$1" exact -q -k 6.12 >/dev/null && times) | tail -n 1 | tr 'ms' '  ' | awk '{ print 60 * ($1 + $3) + $2 + $4 }'
}
echo
echo "== CPU seconds of an exact boot with all monitors that there are, Linux 6.12, in turn (target: at most 0.6 times)"
printf '%8s %8s %8s\n' "then" now times
for _ in 1 2 3 4 5; do
	echo "$(seconds "$of_base/build/beebench") $(seconds "$B/beebench")"
done | awk '{ printf "%8.1f %8.1f %8.3f\n", $1, $2, $2 / $1; sum += $2 / $1 } END { printf "%26.3f on average\n", sum / NR }'
