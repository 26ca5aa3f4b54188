#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# What memprof run costs: pairs of malloc and free (tests/allocating/pairs.c) bare, sampled, exact with the table and with
# trailers, and under heaptrack's library where it is installed, all in turn, round after round, on one CPU; then whole
# programs. A figure is the least of the rounds, of each run's 10th percentile of chunks of 2,048 pairs: other processes take
# whole time slices, which are longer. Believe the ratios. Nothing is judged; the targets stand beside.
# Usage: bench_memprof.sh [ROUNDS]. Env: B; CPU (the last one), TSV (a file for the figures).
set -u
B=${B:-build}
rounds=${1:-5}
cpus=$(nproc)
cpu=${CPU:-$((cpus - 1))}
pairs=$B/tests/allocating/pairs
tmp=$(mktemp -d) || exit 2
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM
heaptrack=$(find /usr/lib /usr/local/lib -name libheaptrack_preload.so 2>/dev/null | head -n 1)
[ -n "$heaptrack" ] || echo "no heaptrack (sudo apt-get install heaptrack): its columns are left out"

# way NAME CPUS WORD..: runs it so
way() {
	way_name=$1 way_cpus=$2
	shift 2
	case $way_name in
	bare) taskset -c "$way_cpus" "$@" ;;
	sampled) taskset -c "$way_cpus" "$B/memprof" run -q -o "$tmp/p" -- "$@" ;;
	table) taskset -c "$way_cpus" "$B/memprof" run -q --exact -o "$tmp/p" -- "$@" ;;
	trailer) taskset -c "$way_cpus" "$B/memprof" run -q --exact --trailer -o "$tmp/p" -- "$@" ;;
	# Its library alone, without the interpreter that a user has running beside it. It clears LD_PRELOAD.
	heaptrack) taskset -c "$way_cpus" env LD_PRELOAD="$heaptrack" DUMP_HEAPTRACK_OUTPUT="$tmp/ht" "$@" ;;
	esac
	rm -f "$tmp/ht"
}

ways="bare sampled table trailer${heaptrack:+ heaptrack}"
# row NAME CPUS WORD..: the pairs' ns of each way, the least of the rounds
row() {
	row_name=$1 row_cpus=$2
	shift 2
	: >"$tmp/row"
	for _ in $(seq "$rounds"); do
		for w in $ways; do
			echo "$w $(way "$w" "$row_cpus" "$@" | cut -d ' ' -f 1)" >>"$tmp/row"
		done
	done
	awk -v name="$row_name" -v tsv="${TSV:-}" '
		NF == 2 && (!($1 in least) || $2 < least[$1]) { least[$1] = $2 }
		END {
			b = least["bare"]; h = least["heaptrack"]
			printf "%-24s %8.2f", name, b
			n = split("sampled table trailer heaptrack", w)
			for (i = 1; i <= n; i++)
				if (w[i] in least) printf " %9.2f x%-5.2f", least[w[i]], least[w[i]] / b
				else printf " %16s", "-"
			if (h) printf "   1/%.1f  %.2f", (h - b) / (least["table"] - b), least["table"] / h
			print ""
			if (tsv != "") for (k in least) print name "\t" k "\t" least[k] >>tsv
		}' "$tmp/row"
}

echo "ns a pair of malloc and free, and times bare; CPU $cpu of $cpus, load $(cut -d ' ' -f 1 /proc/loadavg), $rounds rounds"
echo "                             bare  sampled         exact, table    exact, trailer  heaptrack's library  table adds 1/N of it; table/heaptrack"
row "8 frames" "$cpu" "$pairs" 1000000 3
row "25 frames" "$cpu" "$pairs" 400000 20
[ "$cpus" -lt 2 ] || row "8 frames, two threads" "$((cpu - 1)),$cpu" "$pairs" 500000 3 2
row "400,000 live blocks" "$cpu" "$pairs" 2000000 3 1 400000
echo "targets: sampled x1.06; table adds 1/10 of what heaptrack adds, trailer x1.6 (8 frames);"
echo "         table/heaptrack 0.25 (25 frames), 0.25 (two threads), 0.65 (400,000 blocks)"

# Whole programs: user and system time of the processes, the least of the rounds.
cat >"$tmp/a.cc" <<'CC'
#include <map>
#include <string>
#include <vector>
int main()
{
	std::map<std::string, std::vector<std::string>> m;
	for (int i = 0; i < 200000; i++)
		m["a key of more than fifteen letters " + std::to_string(i % 5000)].push_back(std::to_string(i) + " and a text of its own");
	return m.size() != 5000;
}
CC
"${CXX:-c++}" -O2 -o "$tmp/a" "$tmp/a.cc" 2>/dev/null || rm -f "$tmp/a"
cc1=$("${CC:-cc}" -print-prog-name=cc1)
"${CC:-cc}" -E -std=gnu11 -I. -I"$B/gen" -DBEEBENCH_VERSION='"0"' memprof/run/segment.c -o "$tmp/a.i" 2>/dev/null || rm -f "$tmp/a.i"

# seconds WORD..: user and system seconds
seconds() {
	{ TIMEFORMAT='%U %S' bash -c 'time "$@" >/dev/null 2>&1' bash "$@"; } 2>&1 | awk '{ print $1 + $2 }'
}
program() {
	program_name=$1
	shift
	: >"$tmp/row"
	for _ in $(seq "$rounds"); do
		for w in $ways; do
			case $w in
			bare) set -- taskset -c "$cpu" "$@" ;;
			sampled) set -- taskset -c "$cpu" "$B/memprof" run -q -o "$tmp/p" -- "$@" ;;
			table) set -- taskset -c "$cpu" "$B/memprof" run -q --exact -o "$tmp/p" -- "$@" ;;
			trailer) set -- taskset -c "$cpu" "$B/memprof" run -q --exact --trailer -o "$tmp/p" -- "$@" ;;
			heaptrack) set -- taskset -c "$cpu" env LD_PRELOAD="$heaptrack" DUMP_HEAPTRACK_OUTPUT="$tmp/ht" "$@" ;;
			esac
			echo "$w $(seconds "$@")" >>"$tmp/row"
			rm -f "$tmp/ht"
			while [ "$1" != "$program_first" ]; do shift; done
		done
	done
	awk -v name="$program_name" '
		NF == 2 && (!($1 in least) || $2 < least[$1]) { least[$1] = $2 }
		END {
			printf "%-24s %8.3f", name, least["bare"]
			n = split("sampled table trailer heaptrack", w)
			for (i = 1; i <= n; i++)
				if (w[i] in least) printf " %9.3f x%-5.2f", least[w[i]], least["bare"] ? least[w[i]] / least["bare"] : 0
				else printf " %16s", "-"
			print ""
		}' "$tmp/row"
}
echo
echo "seconds of a whole program (memprof's own beside it included), and times bare"
[ ! -e "$tmp/a.i" ] || { program_first=$cc1 && program "cc1 -O2" "$cc1" -quiet -O2 "$tmp/a.i" -o /dev/null; }
[ ! -e "$tmp/a" ] || { program_first=$tmp/a && program "C++ map and strings" "$tmp/a"; }
# shellcheck disable=SC2016
! command -v perl >/dev/null || { program_first=perl && program "perl" perl -e 'for (1 .. 200000) { $h{$_ % 5000} .= "text $_" } print scalar %h'; }
# Where python3 is a script that looks for it, the program itself.
python=$(python3 -c 'import sys; print(sys.executable)' 2>/dev/null)
[ -z "$python" ] || { program_first=$python && program "python3" "$python" -c 'd = {}
for i in range(150000): d.setdefault(i % 5000, []).append("text %d" % i)'; }
echo "targets: exact never slower than heaptrack, sampled x1.02"
