#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# `beebench ringbuf` beside the ring benchmark of the kernel's selftests (scripts/kernel_ring_bench.sh): the same record (8 bytes), ring
# (512 KiB), records a run (500) and CPUs; both under SCHED_FIFO where each thread has a CPU of its own, else with nice -20. Ours checks the
# content of each record and accounts for each; theirs counts what it reads. In each round both take their turn, in an order that changes;
# a figure is the median over the rounds of what the ratio was in each, with an interval of 95 %.
# met, missed: the whole interval is on that side of the target; open: it is on both (more ROUNDS). Believe ratios, and on a quiet machine.
# Usage: bench_rings.sh [ROUNDS] (default 9, 45 seconds each). Env: B, SECONDS_OF_OURS (10 a round), TSV (a file for what was measured),
# SOURCE (the package). Needs root. Exit code: 1 when something was missed, 77 when the kernel's cannot be had.
set -u
cd "$(dirname "$0")/.." || exit 2
B=${B:-build}
rounds=${1:-9}
[ "$(id -u)" = 0 ] || {
	echo "bench_rings: needs root" >&2
	exit 77
}
theirs=$(scripts/kernel_ring_bench.sh "$B/kernel-bench") || exit 77
tmp=$(mktemp -d) || exit 2
running=''
tidy() {
	[ -z "$running" ] || kill "$running" 2>/dev/null
	rm -rf "$tmp"
}
trap tidy EXIT
trap 'exit 130' INT TERM

# The first CPUs that we may use: where beebench puts producers, and after them the consumer.
# shellcheck disable=SC2046 # words
set -- $(awk '/^Cpus_allowed_list/ {
	n = split($2, part, ",")
	for (i = 1; i <= n; i++) {
		if (split(part[i], end, "-") == 1) end[2] = end[1]
		for (cpu = end[1]; cpu <= end[2]; cpu++) print cpu
	}
}' /proc/self/status)
[ $# -ge 2 ] || {
	echo "bench_rings: producers and consumer need two CPUs, and this process may use $#" >&2
	exit 77
}
one="--prod-affinity $1 --cons-affinity $2"
two="-p2 --prod-affinity $1,$2 --cons-affinity ${3:-$2}"
b2b="--prod-affinity $2 --cons-affinity $1 --rb-b2b"
crowded=$([ $# -ge 3 ] || echo yes)

# name | theirs: options | ours: placement, producers, rings, wake-up, consumer | at least (-: for comparison)
# Theirs is woken at least once: "sampled" wakes when 500 records wait, which back to back is once a run, and with 1000 only at the start
cat >"$tmp/cells" <<CELLS
pinned, woken|$one rb-libbpf|pinned 1 shared each patient|1.2
pinned, woken, its own reader|$one rb-custom|pinned 1 shared each patient|1.2
pinned, woken, both by libbpf|$one rb-libbpf|pinned 1 shared each epoll|-
pinned, seldom woken|$one --rb-sampled rb-libbpf|pinned 1 shared none own|1.2
pinned, seldom woken, its own reader|$one --rb-sampled rb-custom|pinned 1 shared none own|1.2
back to back, woken|$b2b rb-libbpf|b2b 1 shared each patient|1.2
back to back, woken, its own reader|$b2b rb-custom|b2b 1 shared each patient|1.2
back to back, woken, both by libbpf|$b2b rb-libbpf|b2b 1 shared each epoll|-
back to back, woken once a run|$b2b --rb-sampled rb-libbpf|b2b 1 shared none own|1.2
back to back, not woken, its own reader|$b2b --rb-sampled --rb-sample-rate 1000 rb-custom|b2b 1 shared none own|1.2
two producers, ours with a ring for each CPU|$two rb-libbpf|pinned 2 percpu each patient|2.5
two producers, seldom woken, likewise|$two --rb-sampled rb-libbpf|pinned 2 percpu none timed|2.5
two producers, one ring, both by libbpf|$two rb-libbpf|pinned 2 shared each epoll|-
CELLS
cut -d '|' -f 2 "$tmp/cells" | sort -u >"$tmp/their.cells"

# Millions a second that came, and that were dropped, of what follows the warm-up, as they say it: "hits 12.3M/s (..), drops 0.4M/s".
of_theirs() {
	case $1$crowded in
	*-p2*yes) how="nice -n -20" ;;
	*) how="chrt -f 2" ;;
	esac
	# shellcheck disable=SC2086 # words
	$how "$theirs" -w1 -d1 -c1 $1 >"$tmp/said" 2>&1 &
	running=$!
	# Its first thread has only the clock to look at, which must not wait for the others.
	sleep 0.5
	[ "$how" = "nice -n -20" ] || chrt -f -p 3 $running >/dev/null 2>&1
	wait $running
	code=$?
	running=''
	[ $code -eq 0 ] || {
		echo "bench_rings: the kernel's benchmark says: $(grep -v '^Setting up' "$tmp/said" | tail -n 1)" >&2
		exit 77
	}
	sed -n 's/^Iter  *[1-9].*hits *\([0-9.]*\)M.*drops *\([0-9.]*\)M.*/\1 \2/p' "$tmp/said" |
		awk '{ hits += $1; drops += $2 } END { print hits / NR, drops / NR }'
}
theirs_in() {
	shuf --random-source="$tmp/seed" "$tmp/their.cells" >"$tmp/order"
	while read -r cell <&3; do
		figures=$(of_theirs "$cell") || exit 77
		echo "$1|$cell|$figures" >>"$tmp/theirs"
	done 3<"$tmp/order"
}
ours_in() {
	for only in bulk producers; do
		"$B/beebench" ringbuf -q --json -s "$1" -o "only=$only,rounds=1" -t "$(awk -v s="${SECONDS_OF_OURS:-10}" 'BEGIN { print s / 2 }')" \
			>"$tmp/json" || exit 2
		jq -r --arg round "$1" '.records[] | select(.type == "ringbuf" and .record_bytes == 8) |
			[$round, ([.placement, (.producers | tostring), .rings, .wakeup, .consumer] | join(" ")),
			 "\(.rate_per_s.centre / 1e6) \(.dropped / .produced * 100) \(.accounted)"] | join("|")' "$tmp/json" >>"$tmp/ours"
	done
}

seq 100000 >"$tmp/seed"
: >"$tmp/ours"
: >"$tmp/theirs"
for round in $(seq "$rounds"); do
	echo "bench_rings: round $round of $rounds" >&2
	seq "$round" 100000 >"$tmp/seed"
	if [ $((round % 2)) -eq 0 ]; then
		theirs_in "$round"
		ours_in "$round"
	else
		ours_in "$round"
		theirs_in "$round"
	fi
done
[ -z "${TSV:-}" ] || sed "s/^/ours|/; s/|/	/g" "$tmp/ours" >"$TSV"
[ -z "${TSV:-}" ] || sed "s/^/theirs|/; s/|/	/g" "$tmp/theirs" >>"$TSV"

echo "Records of 8 bytes through rings of 512 KiB, CPUs $*, load $(cut -d ' ' -f 1 /proc/loadavg), $rounds rounds, Linux $(uname -r)"
echo "$(basename "$(dirname "$theirs")"): M records/s that arrived, medians; lost: % of what was offered"
[ -z "$crowded" ] || echo "two producers: the consumer shares its CPU with one of them, in both"
echo
# shellcheck disable=SC2016 # awk's variables
awk -F '|' "$(cat scripts/interval.awk)"'
	function lost(name, i,    r) { # the median over rounds
		for (r = 1; r <= rounds; r++) if ((r, name) in v) { split(v[r, name], f, " "); take(i == 2 && name ~ /^-/ ? (f[1] + f[2] ? 100 * f[2] / (f[1] + f[2]) : 0) : f[i]) }
		if (!taken) return "-"
		interval()
		return sprintf("%.1f", median)
	}
	FILENAME != cells { v[$1, $2] = $3; if ($1 > rounds) rounds = $1; if ($3 ~ /false/) wrong++; next }
	{
		if (!header++) printf "%-46s %8s %7s %8s %7s %7s  %-16s %8s\n", "", "theirs", "lost", "ours", "lost", "times", "", "at least"
		their = lost($2, 1); their_lost = lost($2, 2); our = lost($3, 1); our_lost = lost($3, 2)
		for (r = 1; r <= rounds; r++) if ((r, $2) in v && (r, $3) in v) {
			split(v[r, $2], t, " "); split(v[r, $3], o, " ")
			if (t[1] > 0) take(o[1] / t[1])
		}
		if (!taken) { printf "%-46s %8s\n", $1, "-"; next }
		interval()
		verdict = $4 == "-" ? "" : low >= $4 ? "met" : high < $4 ? "MISSED" : "open"
		count[verdict]++
		printf "%-46s %8s %7s %8s %7s %7.2f  %-16s %8s  %s\n", $1, their, their_lost, our, our_lost, median,
			sprintf("[%.2f, %.2f]", low, high), $4, verdict
	}
	END {
		printf "\n%d met, %d missed, %d open; ", count["met"], count["MISSED"], count["open"]
		print wrong ? wrong " of our rounds did not account for each record" : "each of our records was checked and accounted for"
		exit count["MISSED"] || wrong
	}' cells="$tmp/cells" "$tmp/ours" "$tmp/theirs" "$tmp/cells"
