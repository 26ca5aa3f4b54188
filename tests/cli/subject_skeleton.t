#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# timeout: 600
# The skeleton in docs/adding-a-subject.md is one file that makes beebench judge a third kind of monitor, with nothing else changed.
set -u
. tests/lib.sh

tree=$tmp/tree
mkdir "$tree"
# What is built comes along, with its times: only what is new or changed by it is built again.
cp -a .clang-format Makefile scripts lib bpf workloads collector harness monitor honey plots docs tests "$tree" || exit 2
mkdir "$tree/$B"
for part in .deps gen obj static vm bpf honeyc; do
	[ ! -e "$B/$part" ] || cp -a "$B/$part" "$tree/$B/" || exit 2
done
# place FILE: the block of that name in the page
place() {
	mkdir -p "$tree/$(dirname "$1")"
	awk -v file="$1" '/^```[a-z]+ / { on = $2 == file; next } /^```/ { on = 0 } on' docs/adding-a-subject.md >"$tree/$1"
	check "the page has $1" test -s "$tree/$1"
}
# shellcheck disable=SC2317 # called by check
build() {
	env -u MAKEFLAGS -u MFLAGS make -C "$tree" B="$B" "$@" >"$tmp/build" 2>&1 || { sed 's/^/# /' "$tmp/build" | tail -n 20; return 1; }
}
place harness/subjects/lengths.c
place bpf/lengths/lengths.bpf.c
check "it builds, with nothing else changed" build "$B/beebench" "$B/bpf/lengths/lengths.bpf.o"
bee=$tree/$B/beebench
run "$bee" list subjects
like "it is listed" "$out" "^  lengths +mmaps by thread or process"
like "beside those that there were" "$out" "^  memory "
run "$bee" list monitors
like "its monitor is listed" "$out" "^  lengths"
if have clang-format; then
	check "it is formatted as the tree" clang-format --dry-run -Werror "$tree/harness/subjects/lengths.c"
else
	skip "it is formatted as the tree" "no clang-format; sudo apt-get install clang-format"
fi
need_bpf
run "$bee" verify -q --json -m lengths -w mmap,threads:threads=3,filter
is "its monitor is exact" "$code $(printf '%s' "$out" | jq -r '[.trials[].conformance.verdict] | unique | join(",")')" "0 exact"
more=$(printf '%s' "$out" | jq '[.trials[].conformance.counters] | add')
check "something was compared" test "$more" -gt 100
is "its histogram adds up to its calls" "$(printf '%s' "$out" | jq '[.trials[].captured | (.lengths | add) == .maps] | all')" true
sed 's/return b < 31 ? b : 31;/return b < 30 ? b + 1 : 31;/' "$tree/bpf/lengths/lengths.bpf.c" >"$tree/bpf/lengths/shifted.bpf.c"
check "a wrong one builds" build "$B"/bpf/lengths/shifted.bpf.o
run "$bee" verify -q --json -m shifted -w mmap
is "it is found out" "$code" 1
like "and the bucket is named" "$(printf '%s' "$out" | jq -r '.trials[0].mismatches[0].text')" \
	"^lengths\[[0-9]+\] of key [0-9]+ is [0-9]+, the calls make it [0-9]+$"
sed 's/"lengths_map"/"other_map"/; s/lengths_map SEC/other_map SEC/; s/&lengths_map/\&other_map/g' "$tree/bpf/lengths/lengths.bpf.c" >"$tree/bpf/lengths/named.bpf.c"
check "one with other names builds" build "$B"/bpf/lengths/named.bpf.o
cat >"$tree/$B/bpf/lengths/named.manifest.json" <<'EOF'
{"schema": 1, "subject": "lengths", "counters": {"map": "other_map", "fields": {"maps": "maps", "lengths": "lengths"}}}
EOF
run "$bee" verify -q --json -m named -w mmap
is "a manifest says its subject" "$code $(printf '%s' "$out" | jq -r '.trials[0].conformance.verdict')" "0 exact"
sed -i 's/"subject": "lengths"/"subject": "lenghts"/' "$tree/$B/bpf/lengths/named.manifest.json"
run "$bee" verify -q -m named -w mmap
like "a subject that there is not is named" "$err" "named.manifest.json:1: .*lenghts.*did you mean 'lengths'"
done_testing
