#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The shape of the tree, by its tracked C files: how long files and functions are, what each folder holds, which headers
# have one user, what breaks the table of docs/architecture.md, which folders make a circle.
# Usage: shape.sh [LONGEST], from the root of the tree; LONGEST is how many of the longest are shown (10).
set -u
longest=${1:-10}
here=$(dirname "$0")
tmp=$(mktemp -d) || exit 2
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM

"$here/tracked.sh" '*.c' '*.h' ':!tests/honey/ok' ':!tests/fixtures' >"$tmp/files" || exit 2
xargs -r awk '{ n[FILENAME]++ } END { for (f in n) print n[f], f }' <"$tmp/files" | sort -k1,1nr -k2 >"$tmp/lines"
xargs -r awk -f "$here/functions.awk" <"$tmp/files" | sort -k1,1nr -k2 >"$tmp/functions"
"$here/includes.sh" >"$tmp/includes" || exit 2

# spread UNIT: of numbers in column 1, sorted downwards, how many, the median, what nine in ten stay below, the largest
spread() {
	awk -v unit="$1" '{ n[NR] = $1; sum += $1 } END {
		if (!NR) { print "none"; exit }
		printf "%d %s, %d lines; median %g, nine in ten have at most %d, the longest %d\n", NR, unit, sum,
			NR % 2 ? n[(NR + 1) / 2] : (n[NR / 2] + n[NR / 2 + 1]) / 2, n[int(NR / 10) + 1], n[1]
	}'
}

grep '\.c$' "$tmp/lines" | spread ".c files"
grep '\.h$' "$tmp/lines" | spread ".h files"
grep -v ' tests/' "$tmp/lines" | spread "files outside tests/"
spread functions <"$tmp/functions"
grep -v ' tests/' "$tmp/functions" | spread "functions outside tests/"

echo
echo "longest files:"
head -n "$longest" "$tmp/lines" | awk '{ printf "%6d  %s\n", $1, $2 }'
echo "longest functions:"
head -n "$longest" "$tmp/functions" | awk '{ printf "%6d  %s  %s\n", $1, $3, $2 }'

echo
echo "folders:"
awk '{
	dir = $2; sub(/[^\/]*$/, "", dir)
	lines[dir] += $1
	if ($2 ~ /\.c$/) c[dir]++; else h[dir]++
} END { for (d in lines) printf "%-22s %4d .c %4d .h %7d lines\n", d, c[d], h[d], lines[d] }' "$tmp/lines" |
	LC_ALL=C sort | sed 's/^/  /'

# A header's users are the files that include it, without the .c file of its own name and without tests.
echo
awk '
NR == FNR { if (/\.h$/ && !/^tests\//) header[$1] = 1; else if (/\.c$/) has[substr($1, 1, length($1) - 2)] = 1; next }
$3 ~ /^"/ {
	inc = substr($3, 2, length($3) - 2)
	stem = inc
	sub(/\.h$/, "", stem)
	if (!(inc in header) || $1 == stem ".c" || $1 ~ /^tests\// || ($1, inc) in seen) next
	seen[$1, inc] = 1
	users[inc]++
	who[inc] = $1
}
END {
	for (h in header) {
		stem = h
		sub(/\.h$/, "", stem)
		if (users[h] < 2)
			print h "  " (users[h] ? who[h] : "nobody") (stem in has ? "" : "  (no .c file of its own)")
	}
}' "$tmp/files" "$tmp/includes" | LC_ALL=C sort >"$tmp/single"
echo "headers with one user beside their own .c file (tests not counted): $(wc -l <"$tmp/single")"
sed 's/^/  /' "$tmp/single"

echo
"$here/check_includes.sh" 2>"$tmp/said"
circles=$(grep -c '^check: folders in a circle' "$tmp/said")
broken=$(grep -c '^check: ' "$tmp/said")
echo "includes against the table of docs/architecture.md: $((broken - circles))"
sed -n '/^check: folders in a circle/d; s/^check: /  /p' "$tmp/said"
echo "circles between folders: $circles"
sed -n 's/^check: folders in a circle: /  /p' "$tmp/said"
