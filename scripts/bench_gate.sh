#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Shows what the gate's time lane tells apart: an object and itself, and one with one more map lookup. Needs root. Env: BUDGET seconds (60).
set -u
cd "$(dirname "$0")/.." || exit 2
bee=${B:-build}/beebench
bad=0

# shows CODE HEAD TEXT
shows() {
	printf '%s\n' "$3"
	start=$(date +%s.%N)
	"$bee" gate -q --base calib --head "$2" -l time -t "${BUDGET:-60}"
	got=$?
	printf 'exit code %d (expected %d), %.1f s\n\n' $got "$1" "$(echo "$(date +%s.%N) $start" | awk '{ print $1 - $2 }')"
	[ $got -eq "$1" ] || bad=1
}

shows 0 calib "calib against itself: nothing is dearer"
shows 1 calib-lookup "calib-lookup against calib: one more map lookup"
exit $bad
