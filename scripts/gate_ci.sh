#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# A CI job's gate: gate_ci.sh DIR [GATE OPTION..] holds the build against gate_base.sh's commit, keeps the records in DIR, prints the table
# and annotations, and puts the markdown where GitHub shows it ($GITHUB_STEP_SUMMARY). What could not be decided is a warning, not a red job.
set -eu
cd "$(dirname "$0")/.."
bee=${B:-build}/beebench
out=$1
shift
base=$(scripts/gate_base.sh)
# In beebench's own tree its policy; elsewhere the one that GATE_POLICY names, or that gate finds.
policy=${GATE_POLICY:-harness/gate/gate.json}
[ -n "${GATE_POLICY:-}" ] || [ -e "$policy" ] || policy=''
code=0
"$bee" gate --base "$base" ${policy:+--policy "$policy"} --out "$out" "$@" || code=$?
if [ -s "$out/run.json" ]; then
	"$bee" report "$out" --format github || true
	"$bee" report "$out" --format junit >"$out/junit.xml" || true
	[ -z "${GITHUB_STEP_SUMMARY:-}" ] || "$bee" report "$out" --format markdown >>"$GITHUB_STEP_SUMMARY" || true
fi
[ "$code" -ne 3 ] || code=0
exit "$code"
