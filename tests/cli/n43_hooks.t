#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# doctor --hooks: twelve ways of attaching are tried, and where this kernel does not preempt tracepoints none loses a run.
# timeout: 300
set -u
. tests/lib.sh

need_bpf
need_tool jq jq
run "$bee" doctor --hooks --json
is "n43: every way is tried" "$code $(printf '%s' "$out" | jq '.hooks | length')" "0 12"
printf '%s\n' "$out" >"$tmp/hooks.json"
is "n43: calls are counted" "$(jq -c '[.hooks[] | select(.attach | startswith("raw_tp") or startswith("tracepoint/")) |
	select(.what == "calls") | .one.made, .three.made] | unique' "$tmp/hooks.json")" "[60000]"
is "n43: one process alone loses none" "$(jq '[.hooks[] | select(.one) | .one.lost] | map(select(. != 0)) | length' "$tmp/hooks.json")" 0
is "n43: what is lost is never more than was made" "$(jq '[.hooks[] | select(.one) | .one, .three, .reader |
	.lost >= 0 and .lost <= .made] | all' "$tmp/hooks.json")" true
if [ "$(uname -r | cut -d . -f 1)" -lt 7 ]; then
	is "n43: nor do three on this kernel" "$(jq '[.hooks[] | select(.one) | .three.lost] | add' "$tmp/hooks.json")" 0
	said=ok
else
	said=absent
fi
is "n43: doctor says by version which hooks lose" "$("$bee" doctor --json | jq -r '.checks[] |
	select(.name == "tracepoints without preemption") | .status')" "$said"
is "n43: and how it is on Linux 7" "$(BEEBENCH_TRACEPOINTS=preemptible "$bee" doctor --json | jq -r '.checks[] |
	select(.name == "tracepoints without preemption") | .status')" absent
done_testing
