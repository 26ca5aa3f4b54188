#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# A CI job's gate: gate.sh DIR [GATE OPTION..] runs `beebench gate` where it is started, keeps the records in DIR with junit.xml and
# gate.sarif, prints the table and annotations, and puts the markdown where GitHub shows it ($GITHUB_STEP_SUMMARY).
# Env: BEEBENCH, the program (default: the one of PATH). GATE_INCONCLUSIVE=fail: what could not be decided fails the job, too; otherwise
# it is a warning, not a red job. Exit code: the gate's.
set -eu
bee=${BEEBENCH:-beebench}
[ $# -gt 0 ] || {
	echo "usage: gate.sh DIR [GATE OPTION..]" >&2
	exit 2
}
out=$1
shift
code=0
"$bee" gate --out "$out" "$@" || code=$?
if [ -s "$out/run.json" ]; then
	"$bee" report "$out" --format github || true
	"$bee" report "$out" --format junit >"$out/junit.xml" || true
	"$bee" report "$out" --format sarif >"$out/gate.sarif" || true
	[ -z "${GITHUB_STEP_SUMMARY:-}" ] || "$bee" report "$out" --format markdown >>"$GITHUB_STEP_SUMMARY" || true
fi
[ "$code" -ne 3 ] || [ "${GATE_INCONCLUSIVE:-}" = fail ] || code=0
exit "$code"
