#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# memprof report and diff on profiles that are made up: text, totals of all forms, differences, bad input.
# beside others
. tests/lib.sh
. tests/memprof/lib.sh
need_tool jq jq
check "profiles are made" sh -c "for k in small more sampled empty counts self big; do '$made' \$k '$tmp/'\$k || exit; done"

# text: golden, but for the folder
run "$memprof" report "$tmp/small" --views all
is "report" "$code" 0
printf '%s\n' "$out" | sed "s#$tmp/##" >"$tmp/text"
if ! diff -u tests/memprof/small.txt "$tmp/text" >"$tmp/diff"; then
	fail "the text is tests/memprof/small.txt" "$(cat "$tmp/diff")"
else
	pass "the text is tests/memprof/small.txt"
fi

# total FORMAT FILE: of bytes
total() {
	"$memprof" report "$2" --format "$1" >"$tmp/out" || return
	case $1 in
	json) jq -c '[.totals.bytes, ([.stacks[].bytes] | add)] | unique | .[]' "$tmp/out" ;;
	folded) awk '{ n += $NF } END { printf "%d\n", n }' "$tmp/out" ;;
	speedscope) jq -c '.profiles[0] | [.endValue, (.weights | add)] | unique | .[]' "$tmp/out" ;;
	csv) awk -F, 'NR > 1 { n += $5 } END { printf "%d\n", n }' "$tmp/out" ;;
	html) sed -n '/id="data"/,/<\/script>/p' "$tmp/out" | sed 's/.*type="application\/json">//; s/<\/script>.*//' |
		jq '.figure as $f | [.nodes[][3 + $f]] | add' ;;
	esac
}
for f in json folded speedscope csv html; do
	is "$f: 60,047,179 bytes in 20,000 stacks" "$(total $f "$tmp/big")" 60047179
	is "$f: 7,669 bytes" "$(total $f "$tmp/small")" 7669
done
run "$memprof" report "$tmp/small" --format json
is "json: totals" "$(printf '%s' "$out" | jq -c '.totals | [.allocs, .bytes, .frees, .freed_bytes, .live_blocks, .live_bytes]')" \
	'[119,7669,99,6429,20,1240]'
is "json: a stack, the innermost first" "$(printf '%s' "$out" | jq -c '.stacks[1] | [.frames, .allocs, .bytes, .live_blocks, .live_bytes]')" \
	'[["load;odd \"name\"","work","server+0x1100"],10,640,10,640]'
run "$memprof" report "$tmp/counts" --format json
is "json: what was not watched is null" "$(printf '%s' "$out" | jq -c '.totals | [.allocs, .bytes, .frees, .live_bytes, .temporary]')" \
	'[7,700,null,null,null]'
run "$memprof" report "$tmp/sampled"
like "sampled: figures with their error" "$out" '^  allocated  +851 \+-18\.4 %  +55,773,849 \+-18\.4 %$'
run "$memprof" report "$tmp/empty"
is "a program that allocated nothing" "$code" 0
run "$memprof" report "$tmp/self"
has "an inlined function" "$out" "made_inlined (tests/memprof/made.c:"
has "is told as such" "$out" "), inlined"
has "a C++ name as people write it" "$out" "std::map<int, int>::find(int const&)"
run "$memprof" report "$tmp/big" --top 3
has "lists are cut, and say so" "$out" "and 19,997 more stacks (--top 0 shows all)"

run "$memprof" diff "$tmp/small" "$tmp/small" --views all
is "diff of a profile with itself" "$code" 0
is "is empty" "$(printf '%s\n' "$out" | grep -c 'no difference')" 3
run "$memprof" report --diff "$tmp/small" "$tmp/more"
has "report --diff" "$out" "+320 B (640 B to 960 B)"
run "$memprof" diff "$tmp/small" "$tmp/more" --format json
is "diff as json" "$(printf '%s' "$out" | jq -c '.difference.live')" 320
run "$memprof" diff "$tmp/small" "$tmp/more" --format html -o "$tmp/diff.html"
check "diff as html" grep -q '"sides":2' "$tmp/diff.html"

# wrong NAME CODE TEXT CMD..
wrong() {
	name=$1 want=$2 text=$3
	shift 3
	run "$@"
	is "$name: exit code" "$code" "$want"
	has "$name: says why" "$err" "$text"
	is "$name: nothing on stdout" "$out" ""
}
size=$(wc -c <"$tmp/small")
head -c $((size - 1)) "$tmp/small" >"$tmp/cut"
{
	head -c 100 "$tmp/small"
	printf X
	tail -c +102 "$tmp/small"
} >"$tmp/corrupt"
{
	cat "$tmp/small"
	printf X
} >"$tmp/longer"
{
	head -c 12 "$tmp/small"
	printf '\007'
	tail -c +14 "$tmp/small"
} >"$tmp/later"
: >"$tmp/nothing"
printf 'BEEPROF1' >"$tmp/begun"
wrong "a file that is cut" 2 "cut: offset 8: the profile is cut off" "$memprof" report "$tmp/cut"
wrong "a corrupt file" 2 "corrupt: offset 8: the profile differs from its checksum" "$memprof" report "$tmp/corrupt"
wrong "more than a profile" 2 "longer: offset $size: the profile is cut off in its head" "$memprof" report "$tmp/longer"
wrong "another format" 2 "later: offset 8: a profile of format 7, and this memprof" "$memprof" report "$tmp/later"
wrong "an empty file" 2 "no profile of memprof" "$memprof" report "$tmp/nothing"
wrong "a file that was only begun" 2 "a file of profiles with none in it" "$memprof" report "$tmp/begun"
wrong "a file of something else" 2 "no profile of memprof (offset 0 is not 'BEEPROF1')" "$memprof" report README.md
wrong "no file" 2 "cannot read the profile $tmp/none: No such file" "$memprof" report "$tmp/none"
wrong "no file named" 2 "which profile?" "$memprof" report
wrong "a folder" 2 "cannot read the profile $tmp: Is a directory" "$memprof" report "$tmp"
wrong "no such format" 2 "no format 'htm'; did you mean 'html'?" "$memprof" report "$tmp/small" --format htm
wrong "no such figure" 2 "no figure 'byte'; did you mean 'bytes'?" "$memprof" report "$tmp/small" --value byte
wrong "no such view" 2 "no view 'leak'; did you mean 'leaks'?" "$memprof" report "$tmp/small" --views leak
wrong "no such split" 2 "--split takes process or thread" "$memprof" report "$tmp/small" --split user
wrong "no such option" 2 "no option '--forma'; did you mean '--format'?" "$memprof" report "$tmp/small" --forma json
wrong "no such command" 2 "no command 'repor'; did you mean 'report'?" "$memprof" repor
wrong "a figure that was not watched" 2 "has no 'live'" "$memprof" report "$tmp/counts" --format folded --value live
wrong "three files" 2 "one file too many" "$memprof" report "$tmp/small" "$tmp/small" "$tmp/small"
wrong "a difference of one" 2 "a difference is of two profiles" "$memprof" diff "$tmp/small"
wrong "a difference as pprof" 2 "pprof shows one profile" "$memprof" diff "$tmp/small" "$tmp/more" --format pprof
wrong "an output that cannot be" 2 "cannot write $tmp/none/x" "$memprof" report "$tmp/small" -o "$tmp/none/x"
if [ -w /dev/full ]; then
	run sh -c "'$memprof' report '$tmp/big' --format json >/dev/full"
	is "a full disk" "$code" 2
fi
run "$memprof" report --help
is "report --help" "$code" 0
has "names its formats" "$out" "text (default), json, folded, pprof, speedscope, html, csv"
run "$memprof"
is "no command" "$code" 2
run "$memprof" --version
is "--version" "$code" 0
done_testing
