#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# A Honey source stands wherever an object does; its errors are honeyc's; nothing it made stays behind.
# shellcheck source=tests/lib.sh
. tests/lib.sh

[ "$(id -u)" = 0 ] || skip_all "loading BPF programs needs root"
TMPDIR=$tmp/objects
export TMPDIR
mkdir "$TMPDIR"

"$bee" verify -m bpf/memmon/memmon.ex -w mmap,brk,threads -q --json >"$tmp/out" 2>"$tmp/err"
is "verify takes a source" "$?" 0
is "it is exact" "$(jq -c '[.trials[].conformance.verdict] | unique' "$tmp/out")" '["exact"]'

"$bee" compare memmon bpf/memmon/memmon.ex -w mmap -o cost=no,exact=no -q --json >"$tmp/out" 2>"$tmp/err"
is "compare takes a source: exit 0" "$?" 0
is "it is equivalent to C" "$(jq -r '.records[] | select(.type == "equivalence") | .verdict' "$tmp/out")" equal

sed 's/stats.mmap_count + 1/stats.mmap_cuont + 1/' bpf/memmon/memmon.ex >"$tmp/wrong.ex"
"$bee" verify -m "$tmp/wrong.ex" -w mmap -q >"$tmp/out" 2>"$tmp/err"
is "an error in the source: exit 2" "$?" 2
has "it is honeyc's" "$(cat "$tmp/err")" "error[H016]: struct mem_stats has no field mmap_cuont"
has "with the nearest name" "$(cat "$tmp/err")" "did you mean mmap_count?"
is "no object is left behind" "$(find "$TMPDIR" -name '*.bpf.o')" ""
done_testing
