#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# What memprof costs, held against its targets: pairs of malloc and free (tests/allocating/pairs.c), whole programs, a process
# that is attached to, messages in the kernel (tests/allocating/messages.c); beside heaptrack's library, bpftrace's probes at the
# entries of malloc and free, and perf stat, where they are installed. All ways take turns, round after round, on one CPU.
# A pair's figure is a run's 10th percentile of chunks of pairs: other processes take whole time slices, which are longer. A
# program's is its own processor time, the least of five runs: what others do to caches and with interrupts only adds. Each figure
# is the median of what the ratio was in each round; the interval holds that median with a confidence of 95 % (order statistics;
# with fewer than 6 rounds it is the least and the most, and less than that).
# met, missed: the whole interval is on that side of the target; open: it is on both (more ROUNDS). Believe ratios.
# Usage: bench_memprof.sh [ROUNDS [GROUP..]], groups: pairs programs instructions attach kernel (the last two as root; default: all).
# Env: B; CPU (the last one), TSV (a file for what was measured), PICTURE (where the picture goes, without its suffix; default:
# B/plots/memprof). PICTURE.dat has its figures; 'bench_memprof.sh draw' draws it from them. Exit code: 1 when something was missed.
# shellcheck disable=SC2317 # functions that other functions are given by name
set -u
B=${B:-build}
rounds=${1:-9}
[ $# -eq 0 ] || shift
[ $# -gt 0 ] || set -- pairs programs instructions attach kernel
cpus=$(nproc)
cpu=${CPU:-$((cpus - 1))}
memprof=$B/memprof
pairs=$B/tests/allocating/pairs
messages=$B/tests/allocating/messages
spent=$B/tests/bench/spent
tmp=$(mktemp -d) || exit 2
watcher='' watched=''
tidy() {
	[ -z "$watched" ] || kill "$watched" 2>/dev/null
	[ -z "$watcher" ] || kill "$watcher" 2>/dev/null
	rm -rf "$tmp"
}
trap tidy EXIT
trap 'exit 130' INT TERM
picture=${PICTURE:-$B/plots/memprof}

# In parts of each target. A browser whose pages are dark has it dark: one rule turns what is light, and the colours back.
draw() {
	command -v gnuplot >/dev/null || {
		echo "no gnuplot (sudo apt-get install gnuplot-nox): no picture of $picture.dat"
		return
	}
	gnuplot -c plots/memprof.gp "$picture.dat" "$picture" 2>"$tmp/said" || {
		cat "$tmp/said" >&2
		exit 2
	}
	sed -i -e 's|font-family="DejaVu Sans"|font-family="DejaVu Sans, Verdana, sans-serif"|g' \
		-e 's|^<title>p</title>|&\n<style>@media (prefers-color-scheme: dark) { svg { filter: invert(0.9) hue-rotate(180deg); } }</style>|' \
		"$picture.svg"
	echo "the picture: $picture.svg"
}
[ "$rounds" != draw ] || {
	draw
	exit
}
for program in "$memprof" "$pairs" "$messages" "$spent"; do
	[ -x "$program" ] && continue
	echo "bench_memprof.sh: no $program; 'make bench-memprof' makes it" >&2
	exit 2
done
: >"$tmp/verdicts"
heaptrack=$(find /usr/lib /usr/local/lib -name libheaptrack_preload.so 2>/dev/null | head -n 1)
[ -n "$heaptrack" ] || echo "no heaptrack (sudo apt-get install heaptrack): its rows are left out"

# take NAME WAY..: one figure of each way and round, by figure_of (a function that prints it), into $tmp/row: round way figure. It
# is the least of $tries, in which the ways take turns, too.
tries=1
take() {
	row=$1
	shift
	: >"$tmp/row"
	for round in $(seq "$rounds"); do
		: >"$tmp/round"
		for _ in $(seq "$tries"); do
			for way; do
				figure_of "$way" >"$tmp/f"
				[ ! -s "$tmp/f" ] || echo "$round $way $(cat "$tmp/f")" >>"$tmp/round"
			done
		done
		sort -k 2,2 -k 3,3g "$tmp/round" | awk '!seen[$2]++' >>"$tmp/row"
	done
	[ -z "${TSV:-}" ] || sed "s/^/$row /; s/ /	/g" "$tmp/row" >>"$TSV"
	awk -v name="$row" '
		!($2 in n) { order[++ways] = $2 }
		{ v = ++n[$2]; for (; v > 1 && s[$2, v - 1] > $3; v--) s[$2, v] = s[$2, v - 1]; s[$2, v] = $3 + 0 }
		END {
			printf "\n%s:", name
			for (i = 1; i <= ways; i++) printf "%s %s %.5g", (i > 1 ? "," : ""), order[i], s[order[i], int((n[order[i]] + 1) / 2)]
			print ""
		}' "$tmp/row"
}
# judge TEXT EXPRESSION TARGET: of the last row; the expression is ratio:A:B, adds:A:B (what A adds to bare by what B does), or
# more:A (how much A is above bare); the target is the most that it may be
judge() {
	awk -v text="$1" -v what="$2" -v target="$3" -v row="$row" -v out="$tmp/verdicts" "$(cat scripts/interval.awk)"'
		{ v[$1 "/" $2] = $3; if ($1 > rounds) rounds = $1 }
		function has(r, way) { return r "/" way in v }
		END {
			split(what, e, ":")
			for (r = 1; r <= rounds; r++) {
				if (!has(r, e[2]) || (e[1] != "more" && !has(r, e[3])) || (e[1] != "ratio" && !has(r, "bare"))) continue
				if (e[1] == "ratio") x = v[r "/" e[2]] / v[r "/" e[3]]
				else if (e[1] == "more") x = v[r "/" e[2]] - v[r "/bare"]
				else if (v[r "/" e[3]] > v[r "/bare"]) x = (v[r "/" e[2]] - v[r "/bare"]) / (v[r "/" e[3]] - v[r "/bare"])
				else continue
				take(x)
			}
			if (!taken) exit
			interval()
			verdict = high <= target ? "met" : low > target ? "missed" : "open"
			printf "  %-62s %6.3f  %6.3f .. %-6.3f  %6.3f  %s\n", text, median, low, high, target, verdict
			sub(/^(ns a |ms of )/, "", row)
			printf "%s\t%s\t%.5g\t%.5g\t%.5g\t%g\n", verdict, row ": " text, median, low, high, target >>out
		}' "$tmp/row"
}

# --- pairs and programs ---

# under WAY CPUS WORD..: runs it so
under() {
	how=$1 on=$2
	shift 2
	case $how in
	bare) taskset -c "$on" "$@" ;;
	sampled) taskset -c "$on" "$memprof" run -q -o "$tmp/p" -- "$@" ;;
	counts) taskset -c "$on" "$memprof" run -q --counts -o "$tmp/p" -- "$@" ;;
	table) taskset -c "$on" "$memprof" run -q --exact -o "$tmp/p" -- "$@" ;;
	trailer) taskset -c "$on" "$memprof" run -q --exact --trailer -o "$tmp/p" -- "$@" ;;
	# Its library alone, without the interpreter that a user has running beside it.
	heaptrack) taskset -c "$on" env DUMP_HEAPTRACK_OUTPUT="$tmp/ht" "$preload_as=$heaptrack" "$@" ;;
	esac
	rm -f "$tmp/ht"
}
libraries="bare sampled table trailer${heaptrack:+ heaptrack}"

measure_pairs() {
	preload_as=LD_PRELOAD
	figure_of() {
		# shellcheck disable=SC2086 # words
		under "$1" $shape | cut -d ' ' -f 1
	}
	# shellcheck disable=SC2086
	{
		shape="$cpu $pairs 1000000 3"
		take "ns a pair, 8 frames" $libraries counts
		judge "sampled by bare" ratio:sampled:bare 1.06
		judge "sampled adds ns (OTel's producer / 4)" more:sampled 2.6
		judge "what the table adds by what heaptrack adds" adds:table:heaptrack 0.1
		judge "trailer by bare" ratio:trailer:bare 1.6
		shape="$cpu $pairs 400000 20"
		take "ns a pair, 25 frames" $libraries
		judge "table by heaptrack" ratio:table:heaptrack 0.25
		if [ "$cpus" -ge 2 ]; then
			shape="$((cpu - 1)),$cpu $pairs 500000 3 2"
			take "ns a pair, 8 frames, two threads" $libraries
			judge "table by heaptrack" ratio:table:heaptrack 0.25
		fi
		shape="$cpu $pairs 1600000 3 1 400000"
		take "ns a pair, 400,000 live blocks" $libraries
		judge "table by heaptrack" ratio:table:heaptrack 0.65
	}
}

# each_program FUNCTION: calls it with the name of a program and its words, for each that is here
each_program() {
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
	# shellcheck disable=SC2016 # perl's variables
	echo 'for (1 .. 600000) { $h{$_ % 5000} .= "text $_" } print scalar %h' >"$tmp/a.pl"
	printf 'd = {}\nfor i in range(150000): d.setdefault(i %% 5000, []).append("text %%d" %% i)\n' >"$tmp/a.py"
	cc1=$("${CC:-cc}" -print-prog-name=cc1)
	! "${CC:-cc}" -E -std=gnu11 -I. -I"$B/gen" -DBEEBENCH_VERSION='"0"' memprof/run/segment.c -o "$tmp/a.i" 2>/dev/null ||
		"$1" "cc1 -O2" "$cc1" -quiet -O2 "$tmp/a.i" -o /dev/null
	! "${CXX:-c++}" -O2 -o "$tmp/a" "$tmp/a.cc" 2>/dev/null || "$1" "a C++ program, maps and strings" "$tmp/a"
	! command -v perl >/dev/null || PERL_HASH_SEED=0 "$1" "perl" perl "$tmp/a.pl"
	# Where python3 is a script that looks for it, the program itself.
	python=$(python3 -c 'import sys; print(sys.executable)' 2>/dev/null)
	[ -z "$python" ] || PYTHONHASHSEED=0 "$1" "python3" "$python" "$tmp/a.py"
}

# The ms of the program itself, as heaptrack's library is measured; memprof's own beside it comes last.
measure_programs() {
	preload_as=PRELOAD
	times_of() {
		program=$1
		shift
		words=$*
		figure_of() {
			# shellcheck disable=SC2086 # words
			under "$1" "$cpu" "$spent" "$tmp/ms" $words >/dev/null 2>&1
			cat "$tmp/ms" 2>/dev/null
			rm -f "$tmp/ms"
		}
		tries=5
		# shellcheck disable=SC2086
		take "ms of $program" $libraries
		tries=1
		judge "sampled by bare" ratio:sampled:bare 1.02
		judge "table by heaptrack" ratio:table:heaptrack 1
	}
	each_program times_of
	figure_of() {
		case $1 in
		alone) taskset -c "$cpu" "$spent" "$tmp/ms" true ;;
		*) taskset -c "$cpu" "$spent" "$tmp/ms" "$memprof" run -q -o "$tmp/p" -- true ;;
		esac
		cat "$tmp/ms"
	}
	take "ms of true, and with all of memprof run around it: what it takes once" alone run
}

# The same in instructions of the program, its start included, which no load changes: of one run.
measure_instructions() {
	command -v valgrind >/dev/null || {
		echo "no valgrind: no instructions"
		return
	}
	once=$rounds
	rounds=1
	instructions_of() {
		program=$1
		shift
		words=$*
		figure_of() {
			# shellcheck disable=SC2086 # words
			under "$1" "$cpu" valgrind --tool=callgrind --callgrind-out-file=/dev/null $words 2>&1 |
				sed -n 's/.*Collected : \([0-9]*\).*/\1/p'
		}
		take "instructions of $program" bare sampled table
		judge "sampled by bare" ratio:sampled:bare 1.02
	}
	each_program instructions_of
	rounds=$once
}

# --- a process that runs, and the kernel ---

# beside WORDS CMD..: starts it, and returns when it has said these words
beside() {
	ready=$1
	shift
	: >"$tmp/said"
	"$@" >"$tmp/said" 2>&1 8>&- &
	watcher=$!
	until grep -q "$ready" "$tmp/said" || ! kill -0 "$watcher" 2>/dev/null; do sleep 0.05; done
}
no_more() {
	[ -z "$watcher" ] || kill -TERM "$watcher" 2>/dev/null
	[ -z "$watcher" ] || wait "$watcher"
	watcher=''
}

# entries AT_RETURN AT_FREE: probes where memleak has them
entries() {
	cat <<BT
uprobe:$libc:malloc { @size[tid] = arg0; }
uretprobe:$libc:malloc { $1 delete(@size[tid]); }
uprobe:$libc:free { @frees = count(); $2 }
BEGIN { printf("attached\n"); }
END { clear(@size); }
BT
}
# attached WAY: starts the program, waits until WAY is attached, lets it run; prints its figure
attached() {
	mkfifo "$tmp/go" || return
	WAIT=1 CHUNK=64 taskset -c "$cpu" "$pairs" "$attached_pairs" 3 <"$tmp/go" >"$tmp/figure" &
	watched=$!
	exec 8>"$tmp/go"
	until [ "$(cat "/proc/$watched/comm")" = pairs ]; do sleep 0.05; done
	case $1 in
	# memleak's: the size at malloc's entry, the block at its return, and free's entry; with the stack, the table of blocks too.
	entries) beside attached bpftrace -p $watched -e "$(entries '@calls = count(); @bytes = sum(@size[tid]);' '')" ;;
	entries_stacks)
		# shellcheck disable=SC2016 # bpftrace's variable
		beside attached bpftrace -p $watched -e "$(entries '$s = ustack; @calls[$s] = count(); @live[retval] = @size[tid];' \
			'delete(@live[arg0]);')"
		;;
	sampled) beside 'watching process' "$memprof" attach -p $watched --rate 524288 -o "$tmp/p" ;;
	each) beside 'watching process' "$memprof" attach -p $watched -o "$tmp/p" ;;
	esac
	exec 8>&-
	wait "$watched"
	watched=''
	no_more
	rm -f "$tmp/go"
	# A probe that was not there from the start counted less.
	[ "${1#entries}" = "$1" ] || [ "$(sed -n 's/^@frees: //p' "$tmp/said")" -ge $((attached_pairs - 1024)) ] 2>/dev/null || return
	cut -d ' ' -f 1 "$tmp/figure"
}

measure_attach() {
	libc=$(ldd "$pairs" | awk '/libc\.so/ { print $3 }')
	attached_pairs=40960
	figure_of() { attached "$1"; }
	peer=
	if command -v bpftrace >/dev/null; then peer="entries entries_stacks"; else echo "no bpftrace: the probes of attach have no peer"; fi
	# shellcheck disable=SC2086
	take "ns a pair, attached" bare $peer sampled each
	judge "attach --rate by probes at the entries" ratio:sampled:entries 0.25
	judge "attach by the same with stacks" ratio:each:entries_stacks 0.25
}

measure_kernel() {
	# All processes are counted by both; command: memprof counts what the messages' program does alone.
	figure_of() {
		set -- "$1" taskset -c "$cpu" "$messages" 200000
		way=$1
		shift
		case $way in
		bare) "$@" ;;
		perf) perf stat -a -o /dev/null -e kmem:kmalloc,kmem:kfree -- "$@" ;;
		counts) beside 'counting the kernel' "$memprof" kernel --counts --of kmalloc -o "$tmp/p" && "$@" ;;
		stacks) beside 'counting the kernel' "$memprof" kernel --of kmalloc -o "$tmp/p" && "$@" ;;
		command) "$memprof" kernel --counts --of kmalloc -o "$tmp/p" -- "$@" 2>/dev/null ;;
		esac >"$tmp/figure"
		no_more
		cut -d ' ' -f 1 "$tmp/figure"
	}
	peer=
	if command -v perf >/dev/null; then peer=perf; else echo "no perf: counting in the kernel has no peer"; fi
	# shellcheck disable=SC2086
	take "ns a message sent and taken" bare $peer counts stacks command
	judge "counting adds by what perf stat adds" adds:counts:perf 0.6
	judge "sampled stacks by counting" ratio:stacks:counts 1.15
}

echo "CPU $cpu of $cpus, load $(cut -d ' ' -f 1 /proc/loadavg), $rounds rounds, Linux $(uname -r); medians, then each figure with"
echo "its interval (95 %), its target, and the verdict"
for group; do
	case $group in
	pairs | programs | instructions) "measure_$group" ;;
	attach | kernel)
		if [ "$(id -u)" = 0 ]; then "measure_$group"; else echo "$group: left out, it needs root"; fi
		;;
	*)
		echo "no group '$group': there are pairs, programs, instructions, attach, kernel" >&2
		exit 2
		;;
	esac
done
mkdir -p "$(dirname "$picture")"
awk -F '\t' '
	{
		row = sprintf("%d %.5g %.5g %.5g \"%s\" \"%.3g (%g)\"\n", NR - 1, $3 / $6, $4 / $6, $5 / $6, $2, $3, $6)
		line[$1] = line[$1] row
		line["all"] = line["all"] row
	}
	END {
		n = split("met open missed all", verdict, " ")
		for (i = 1; i <= n; i++)
			printf "\"%s\"\n%s\n\n", verdict[i], verdict[i] in line ? line[verdict[i]] : "NaN NaN NaN NaN \"\" \"\"\n"
	}' "$tmp/verdicts" >"$picture.dat"
echo
[ ! -s "$tmp/verdicts" ] || draw
echo "$(grep -c '^met' "$tmp/verdicts") met, $(grep -c '^missed' "$tmp/verdicts") missed, $(grep -c '^open' "$tmp/verdicts") open"
! grep -q '^missed' "$tmp/verdicts"
