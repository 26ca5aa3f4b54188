#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Queries and alerts from the command line, and a leak beside what is none on the running machine (docs/leaks.md).
set -u
. tests/lib.sh

memmon=$B/memmon

# --- queries that are wrong ---------------------------------------------------------------------------

run "$memmon" --batch -n 1 --filter 'rss > 1MiB and threds > 5'
is "a wrong column: exit code" "$code" 2
is "a wrong column is underlined" "$err" "memmon: error: --filter: no column 'threds'; did you mean 'threads'?
  rss > 1MiB and threds > 5
                 ^^^^^^"
run "$memmon" --batch -n 1 --filter '(rss > 1MiB'
has "a parenthesis that is not closed is shown" "$err" "this parenthesis is not closed
  (rss > 1MiB
  ^"
run "$memmon" --batch -n 1 --alert 'rss > 5GX=>true'
is "a wrong alert: exit code" "$code" 2
has "a wrong alert is underlined" "$err" "
  rss > 5GX
        ^^^"
run "$memmon" --batch -n 1 --sort rsz
is "a wrong order: exit code" "$code" 2
has "a wrong order: what was meant" "$err" "no column 'rsz'; did you mean 'rss'?"

# --- the example of docs/leaks.md ---------------------------------------------------------------------

need_bpf
run scripts/leaks_example.sh 26
is "the example runs" "$code" 0
verdict() { printf '%s\n' "$out" | awk -v name="$1" '$2 == name { print $NF }'; }
is "what keeps memory without an mmap grows" "$(verdict leak)" growing
like "what maps most and keeps nothing does not grow" "$(verdict wl-flood)" '^(steady|unsure|shrinking)$'
like "what was filled at once does not grow" "$(verdict cache)" '^(steady|unsure|shrinking)$'
is "the leak makes no mmap, the churn thousands" \
	"$(printf '%s\n' "$out" | awk '$2 == "leak" { leak = $6 } $2 == "wl-flood" { churn = $6 } END { print (leak < 100), (churn > 2000) }')" "1 1"
is "its children have ended" "$(pgrep -f "$B/wl --summary --timeout 56" || echo none)" none
done_testing
