#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# memmon_fast where process numbers go further than it has slots: of 300 pairs of living processes that share one, and of those that
# come and go beside them, every call is counted. In a guest, whose pid_max is raised.
# timeout: 400
set -u
. tests/lib.sh

need_tool jq jq
need_guest_program shared_slots
run "$bee" vm -k 6.12 -t 300 -f "$tmp/shared_slots:bin/shared_slots" -- shared_slots
is "all of them share a slot" "$code" 0 || printf '# %s\n' "$err"
run "$bee" vm -k 6.12 -t 300 -f "$tmp/shared_slots:bin/shared_slots" -- beebench verify -q --json -m memmon_fast -- /bin/shared_slots
is "verify ends well" "$code" 0 || printf '# %s\n' "$err"
is "memmon_fast is exact" "$(printf '%s' "$out" | jq -r '[.trials[] | .monitor + " " + .status + " " + .conformance.verdict] | join(", ")')" \
	"memmon_fast ok exact"
is "and accurate" "$(printf '%s' "$out" | jq '[.trials[].accuracy[].error] | unique == [0]')" true
done_testing
