#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# What honeyc costs beside clang: from .ex to .bpf.o over clang alone on the C that honeyc writes, interleaved, the median
# of ROUNDS (30); and what reading costs: instructions for each of 10,000 lines, by callgrind.
# With MARGIN=RUN.JSON that alone which costs in the kernel: instructions that -O adds to a call beside those of the C monitor, for
# each pair that ships, as the exact lane of that run counted them; MARGIN=count counts them anew, in the guest.
set -eu
B=${B:-build}
rounds=${ROUNDS:-30}
clang=${CLANG:-clang}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

if [ -n "${MARGIN:-}" ]; then
	for pair in memmon cpumon; do
		if [ "$MARGIN" != count ]; then
			cp "$MARGIN" "$tmp/exact"
		elif ! "$B/beebench" exact -m "$pair,$pair-honey-O" --quick --json --out - >"$tmp/exact" 2>"$tmp/err"; then
			echo "$pair: not counted: $(tail -n 1 "$tmp/err")"
			continue
		fi
		jq -rs --arg c "$pair" --arg h "$pair-honey-O" '
			[.[] | select(.type == "exact" and .status == "ok" and .added != null)] as $all
			| $all[] | select(.monitor == $h) as $o
			| ($all[] | select(.monitor == $c and .path == $o.path)) as $r
			| "\($c), \($o.path): C adds \($r.added), Honey -O \($o.added): " +
			  (if $o.added <= $r.added then "no more than C" else "MORE than C" end)' "$tmp/exact"
	done
	exit
fi

# took FILE COMMAND..: appends its nanoseconds
took() {
	file=$1
	shift
	from=$(date +%s%N)
	"$@"
	echo $(($(date +%s%N) - from)) >>"$file"
}
median() { sort -n "$1" | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }

worst=0
for ex in bpf/memmon/memmon.ex bpf/cpumon/cpumon.ex; do
	name=$(basename "$ex" .ex)
	"$B/honeyc" -w -O --emit=c -o "$tmp/$name.c" "$ex"
	for _ in $(seq "$rounds"); do
		took "$tmp/$name.honeyc" "$B/honeyc" -w -O -o "$tmp/$name.o" "$ex"
		took "$tmp/$name.clang" "$clang" -g -O2 -target bpf -fwrapv -w -c -o "$tmp/c.o" "$tmp/$name.c"
	done
	honeyc=$(median "$tmp/$name.honeyc") alone=$(median "$tmp/$name.clang")
	ratio=$((honeyc * 1000 / alone))
	[ "$ratio" -gt "$worst" ] && worst=$ratio
	echo "$name: honeyc $((honeyc / 1000)) us, clang alone $((alone / 1000)) us: $((ratio / 1000)).$(printf %03d $((ratio % 1000))) times (median of $rounds)"
done
echo "worst: $((worst / 1000)).$(printf %03d $((worst % 1000))) times; at most 1.150 is wanted"

if command -v valgrind >/dev/null 2>&1; then
	{
		echo 'use Honey, license: "GPL"'
		for i in $(seq 1000); do
			printf 'defp f%d(a, b) do\n  x = a + b * 2\n  y = x >>> 3\n  if y > 10 do\n    x = x - y\n  else\n' "$i"
			printf '    x = max(x, y)\n  end\n  x + y\nend\n'
		done
	} >"$tmp/long.ex"
	valgrind --tool=callgrind --callgrind-out-file="$tmp/cg" "$B/honeyc" -w --emit=ast -o /dev/null "$tmp/long.ex" 2>"$tmp/cg.err" ||
		true
	total=$(sed -n 's/.*Collected : \([0-9]*\).*/\1/p' "$tmp/cg.err")
	[ -z "$total" ] || echo "reading: $total instructions for $(wc -l <"$tmp/long.ex") lines, $((total / $(wc -l <"$tmp/long.ex"))) a line"
else
	echo "reading: not measured, no valgrind here"
fi
