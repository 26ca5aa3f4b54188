#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Number 9: output that is lost is exit code 2 and said once, for whatever memmon and cpumon print; a reader that has gone
# is no error.
. tests/lib.sh

for tool in memmon cpumon; do
	p=$B/$tool
	# lost NAME OPTIONS..: to a full disk
	lost() {
		name=$1
		shift
		err=$("$p" "$@" 2>&1 >/dev/full)
		code=$?
		is "$tool $name to a full disk: exit code" "$code" 2
		is "$tool $name to a full disk: said once" "$(printf '%s\n' "$err" | grep -c 'No space left on device')" 1
	}
	lost --help --help
	lost --version --version
	if [ "$(id -u)" -eq 0 ]; then
		lost "one frame" --object tasks -n 1
		lost JSON --object tasks -n 1 --json
		lost CSV --object tasks -n 1 --csv
		lost OpenMetrics --object tasks -n 1 --openmetrics
		"$p" --object tasks --batch -n 1 --record "$tmp/$tool.rec" >/dev/null 2>&1
		lost replay --replay "$tmp/$tool.rec"
		"$p" --object tasks --batch -i 0.1 2>"$tmp/err" | head -n 1 >/dev/null
		is "$tool: a reader that has gone: nothing is said" "$(cat "$tmp/err")" ""
	else
		skip "$tool: frames to a full disk" "needs root"
	fi
done
done_testing
