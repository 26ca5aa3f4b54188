#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# beebench merge of runs that were copied twice, cut anywhere, damaged or merged before: in any order and any split it gives the same bytes
# and the same exit code, or refuses each time, says of which file, and writes nothing. Rounds are numbers: ROUNDS='17' does one again.
# timeout: 600
# beside others
set -u
. tests/lib.sh
need_tool jq jq
case $bee in /*) ;; *) bee=$PWD/$bee ;; esac
rounds=${ROUNDS:-$(seq 80)}
cd "$tmp" || exit 1

# Eight runs of three machines: figures that differ, some failed, cells, one unfinished.
mkdir base
awk 'BEGIN { for (i = 0; i < 8; i++) {
	file = sprintf("base/%d.json", i)
	printf "{\"type\":\"run\",\"schema\":1,\"tool\":\"beebench 0.1.0\",\"id\":\"R%d\",\"started\":\"2026-11-%02dT00:00:00Z\",\"host\":{\"id\":\"m%d\",\"kernel\":\"6.12\",\"machine\":\"x86_64\"}%s,\"objects\":[{\"monitor\":\"memmon\",\"sha256\":\"%064d\"}]}\n",
		i, i + 1, i % 3, i % 2 ? sprintf(",\"cell\":{\"id\":\"c%d\"}", i % 4) : "", i == 5 >file
	for (k = 0; k <= i % 3; k++)
		printf "{\"type\":\"trial\",\"monitor\":\"memmon\",\"workload\":\"brk:count=%d\",\"status\":\"%s\"}\n", k, i == 6 ? "fail" : "ok" >file
	printf "{\"type\":\"exact\",\"monitor\":\"memmon\",\"kernel\":\"6.12\",\"path\":\"mmap\",\"index\":0,\"status\":\"ok\",\"instructions\":%d}\n", 602 + (i == 7) >file
	printf "{\"type\":\"overhead\",\"monitor\":\"memmon\",\"event\":\"brk\",\"status\":\"ok\",\"aa\":false,\"added_ns\":{\"centre\":%d.5,\"low\":%d.25,\"high\":%d,\"confidence\":0.95}}\n", 100 + i, 99 + i, 102 + i >file
	if (i != 4) print "{\"type\":\"end\",\"status\":\"ok\",\"exit\":0}" >file
	close(file) } }'

# What a round is: files of "in", and the orders and splits in which they are merged. Each draw is of the round's number alone.
cat >round.awk <<'E'
function draw(n) { return int(rand() * n) }
# The file FROM with something done to it.
function spoil(from, to,    text, line, n, i, k, at, what) {
	n = 0
	text = ""
	while ((getline line <from) > 0) {
		l[++n] = line
		text = text line "\n"
	}
	close(from)
	what = draw(7)
	at = 1 + draw(length(text))
	i = 1 + draw(n - 1)
	if (what == 0) # another byte
		text = substr(text, 1, at - 1) substr("{}[]\",:0a\\ \t\r", 1 + draw(13), 1) substr(text, at + 1)
	else if (what == 1) # a byte less
		text = substr(text, 1, at - 1) substr(text, at + 1)
	else if (what < 6) {
		if (what == 2) # two lines exchanged
			{ line = l[i]; l[i] = l[i + 1]; l[i + 1] = line }
		if (what == 3) # a line less
			{ for (k = i; k < n; k++) l[k] = l[k + 1]; n-- }
		if (what == 4) # a line twice
			{ for (k = n++; k >= i; k--) l[k + 1] = l[k] }
		text = ""
		for (k = 1; k <= n; k++)
			text = text l[k] (what == 5 && k == i ? "" : "\n") # a line's end less
	} else
		text = substr(text, 1, at) substr(text, at - draw(at)) # a part of it twice
	printf "%s", text >to
	close(to)
}
function shuffled(    i, k, s) {
	for (i = files; i > 1; i--) { k = 1 + draw(i); s = f[i]; f[i] = f[k]; f[k] = s }
	s = ""
	for (i = 1; i <= files; i++) s = s " " f[i]
	return s
}
BEGIN {
	srand(seed)
	# A spoilt file in half of the rounds: where there is none nothing may be refused but a header that was cut.
	n = 3 + draw(4)
	worst = draw(2) ? 12 : 9
	for (j = 1; j <= n; j++) {
		from = sprintf("base/%d.json", draw(8))
		to = sprintf("in/%d.json", j)
		how = draw(worst)
		if (how < 4)
			printf "cp %s %s\n", from, to
		else if (how < 8)
			printf "head -c %d %s >%s\n", 1 + (how < 7 ? 300 : 0) + draw(600), from, to
		else if (how < 9)
			printf "\"$bee\" merge -q --out in/%d %s base/%d.json 2>/dev/null; mv in/%d/run.json %s; rmdir in/%d\n", j, from, draw(8), j, to, j
		else
			spoil(from, to)
		f[++files] = to
	}
	printf "outcome a %s\n", shuffled()
	printf "outcome b %s\n", shuffled()
	for (s = 0; s < 2; s++) {
		list = shuffled()
		split(list, g, " ")
		cut = 1 + draw(files - 1)
		left = right = ""
		for (k = 1; k <= files; k++)
			if (k <= cut) left = left " " g[k]; else right = right " " g[k]
		# Some in both.
		right = right " " g[1 + draw(cut)]
		printf "part l%d %s\npart r%d %s\noutcome s%d %s\n", s, left, s, right, s, draw(2) ? "l" s " r" s : "r" s " l" s
	}
}
E

# shellcheck disable=SC2317 # rounds call both
# part OUT FILE..: what is merged before; it may be refused
part() {
	to=$1
	shift
	"$bee" merge "$@" -q --out "$to" 2>/dev/null
}
# shellcheck disable=SC2317
# outcome NAME FILE..: its exit code and bytes, or that it was refused as it must be, as the line NAME of "outcomes"
outcome() {
	name=$1
	shift
	"$bee" merge "$@" -q --out "$name" >/dev/null 2>said
	code=$?
	if [ -e "$name/run.json" ]; then
		how="$code $(cksum <"$name/run.json")"
		# What it gave is a run, and the same once more.
		jq -e .type "$name/run.json" >/dev/null 2>&1 || how="$how, no JSON"
		"$bee" merge "$name" "$@" -q --out twice 2>/dev/null
		[ $? -eq "$code" ] && cmp -s "$name/run.json" twice/run.json || how="$how, another the second time"
	elif [ "$code" -eq 2 ] && [ "$(grep -c '^beebench: error: .*json' said)" -eq 1 ]; then
		how=refused
	# A part that was refused is not there.
	elif [ "$code" -eq 2 ] && grep -q '^beebench: error: cannot read the run [lr][01]: No such' said; then
		how=refused
	else
		how="$code, nothing written: $(cat said)"
	fi
	echo "$how" >>outcomes
}
taken=0 refused=0 wrong=0
for seed in $rounds; do
	rm -rf in outcomes a b s? l? r? twice
	mkdir in
	awk -v seed="$seed" -f round.awk >todo
	# shellcheck source=/dev/null # made above
	. ./todo
	if [ "$(sort -u outcomes | wc -l)" -ne 1 ] || grep -q 'no JSON\|second time\|nothing written' outcomes; then
		wrong=$((wrong + 1))
		printf '# round %s:\n' "$seed"
		sed 's/^/# /' todo outcomes
	elif grep -q refused outcomes; then
		refused=$((refused + 1))
	else
		taken=$((taken + 1))
	fi
done
is "in any order and split the same, or refused each time" "$wrong of $((taken + refused + wrong))" "0 of $(echo "$rounds" | wc -w)"
[ -n "${ROUNDS:-}" ] || check "both came out often: $taken taken, $refused refused" test $((taken > 20 && refused > 15)) -eq 1
done_testing
