#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# What memprof run estimates from samples is right on average, and as far off in one run as it says: many runs of one program
# that keeps 1,024 blocks, at three rates. The mean is held within five standard errors, the deviation within 15 % of
# theory's: of so many runs that is five of its own, so that a test in a million fails by chance.
# beside others
# timeout: 300
. tests/lib.sh

memprof=$B/memprof
pairs=$B/tests/allocating/pairs
runs=560

HOLD=1 "$memprof" run --exact -q -o "$tmp/exact" -- "$pairs" 30000 >/dev/null
truth=$("$memprof" report "$tmp/exact" --format json | jq -r '.totals | "\(.live_blocks) \(.live_bytes)"')
is "what is kept" "$truth" "1024 275055"

for rate in 512 4096 32768; do
	# shellcheck disable=SC2016
	HOLD=1 run "$memprof" run -q --rate $rate -o "$tmp/p" -- sh -c 'i=0; while [ $i -lt '$runs' ]; do "$0" 30000 >/dev/null; i=$((i + 1)); done' "$pairs"
	is "rate $rate: exit code" "$code" 0
	# A process each. The blocks are uniform from 16 to 527 bytes or nearly so; theory: sum z^2 e^(-z/R) / (1 - e^(-z/R)).
	"$memprof" report "$tmp/p" --format json | jq -r --argjson n "$runs" --argjson rate "$rate" '
		([.processes | to_entries[] | select(.value.comm == "pairs") | .key]) as $p |
		([range(16; 528) | . as $z | (-$z / $rate | exp) as $e | $z * $z * $e / (1 - $e)] | add * 1024 / 512 | sqrt) as $sd |
		(reduce (.stacks[] | select(.frames[0] == "leaf")) as $s ({}; .["\($s.process)"] += $s.live_bytes)) as $live |
		[$p[] | $live["\(.)"] // 0] as $v |
		(($v | add) / $n) as $mean |
		(($v | map((. - $mean) * (. - $mean)) | add) / ($n - 1) | sqrt) as $is |
		"\($p | length) \((($mean - 275055) / ($sd / ($n | sqrt)) | fabs) < 5) \(($is / $sd - 1 | fabs) < 0.15) mean \($mean | floor), standard deviation \($is | floor), in theory \($sd | floor)"' >"$tmp/says"
	echo "# rate $rate: $(cut -d ' ' -f 4- "$tmp/says")"
	is "rate $rate: runs; the mean is the truth; the deviation is theory's within 15 %" "$(cut -d ' ' -f 1-3 "$tmp/says")" "$runs true true"
done
done_testing
