#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# timeout: 300
# Number 13: a command of more processes than a monitor's map holds (10,240). memmon_fast's rows of ended processes are taken out
# while it runs, so that none is refused; what memmon, which keeps all, had no room for closes its sums.
. tests/lib.sh
need_bpf
need_tool jq jq
need_tool "${CC:-cc}" gcc
check "the command compiles" "${CC:-cc}" -O1 -o "$tmp/edges" tests/cli/edges.c

n=11500
run "$bee" verify -q --json -t 120 -m memmon_fast,memmon -- "$tmp/edges" processes $n
# fast, slow JQ: of the two trials
fast() {
	printf '%s' "$out" | jq -r ".trials[0] | $1"
}
slow() {
	printf '%s' "$out" | jq -r ".trials[1] | $1"
}
is "memmon_fast is exact" "$(fast '"\(.status) \(.conformance.verdict) \(.reason)"')" "ok exact null"
is "with a row for each process" "$(fast ".conformance.keys > $n")" true
is "none was refused" "$(fast .losses.map_full)" 0
is "memmon keeps 10240 and says what it had no room for" "$(slow '"\(.status) \(.conformance.verdict) \(.conformance.keys) \(.losses.map_full > 1000)"')" \
	"ok exact 10240 true"
is "which closes its sums" "$(slow '[.identities[] | select(.name | contains("map full")) | .holds] | join(" ")')" true

# In life: between two frames more processes end than its maps hold.
"$B/memmon" --batch -n 2 -i 15 --json >"$tmp/life" 2>"$tmp/life.err" &
sleep 1
"$tmp/edges" processes $n
wait $!
is "memmon: nothing found no room" "$(jq -r 'select(.seq == 2) | .losses.map_full' "$tmp/life")" 0
done_testing
