#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Real profiles: every form of one has the same totals, to the byte, and a profile differs from itself in nothing.
# shellcheck disable=SC2016 # jq's variables
. tests/lib.sh
. tests/memprof/lib.sh
need_tool jq jq
ledger=$B/tests/allocating/ledger

# sum FORMAT FILE VALUE: the total of VALUE in that form
sum() {
	"$memprof" report "$2" --fast --format "$1" --value "$3" >"$tmp/out" || return
	case $1 in
	json) jq --arg v "$3" '{bytes: "bytes", live: "live_bytes", allocs: "allocs"}[$v] as $k | [.stacks[][$k]] | add // 0' "$tmp/out" ;;
	folded) awk '{ n += $NF } END { printf "%d\n", n }' "$tmp/out" ;;
	speedscope) jq '.profiles[0].weights | add // 0' "$tmp/out" ;;
	csv) awk -v v="$3" 'NR == 1 { n = split($0, name, ","); for (i = 1; i <= n; i++) if (name[i] == (v == "live" ? "live_bytes" : v)) at = i; next }
		{ split($0, cell, ","); s += cell[at] } END { printf "%d\n", s }' "$tmp/out" ;;
	html) sed -n '/id="data"/,/<\/script>/p' "$tmp/out" | sed 's/.*type="application\/json">//; s/<\/script>.*//' |
		jq '.figure as $f | [.nodes[][3 + $f]] | add // 0' ;;
	esac
}
# same NAME FILE
same() {
	for v in bytes allocs live; do
		want=$("$memprof" report "$2" --format json |
			jq --arg v "$v" '{bytes: "bytes", live: "live_bytes", allocs: "allocs"}[$v] as $k | .totals[$k]')
		check "$1: $v: there is a total" test -n "$want"
		for f in json folded speedscope csv html; do
			is "$1: $f: $v" "$(sum "$f" "$2" "$v")" "$want"
		done
		if have go; then
			case $v in
			bytes) figure=alloc_space ;;
			allocs) figure=alloc_objects ;;
			live) figure=inuse_space ;;
			esac
			"$memprof" report "$2" --format pprof -o "$tmp/out.gz"
			run env HOME="$tmp" go tool pprof -raw "$tmp/out.gz"
			is "$1: go tool pprof: $figure" "$(printf '%s\n' "$out" | awk -v want="$figure" '
				/^alloc_objects/ { for (i = 1; i <= NF; i++) if (index($i, want "/") == 1) at = i; next }
				/^Locations/ { exit }
				at && /^ +[0-9]+ / { sub(/:.*/, ""); n += $at } END { printf "%d\n", n }')" "$want"
		fi
	done
	run "$memprof" diff "$2" "$2" --views all
	is "$1: differs from itself in nothing" "$(printf '%s\n' "$out" | grep -c '^  no difference')" 3
}

run "$memprof" run -q --exact -o "$tmp/l" -- "$ledger"
is "the ledger ran" "$code" 0
is "the ledger's bytes" "$("$memprof" report "$tmp/l" --format json | jq .totals.bytes)" 1225589
same "ledger, exact" "$tmp/l"
# A compiler: thousands of stacks, C++ names, several processes.
run "$memprof" run -q --exact -o "$tmp/c" -- "${CC:-cc}" -O1 -I. -c -o /dev/null tests/allocating/ledger.c
if [ "$code" -eq 0 ]; then
	check "a compiler has more than 1,000 stacks" test "$("$memprof" report "$tmp/c" --format json | jq '.stacks | length')" -gt 1000
	same "a compiler, exact" "$tmp/c"
else
	skip "a compiler, exact" "it does not compile here: $(printf '%s' "$err" | tail -n 1)"
fi
run "$memprof" run -q --rate 4096 -o "$tmp/s" -- "$ledger"
is "sampled" "$code" 0
same "ledger, sampled" "$tmp/s"
check "sampled: errors are there" test "$("$memprof" report "$tmp/s" --format json | jq '.totals.errors.bytes > 0')" = true
done_testing
