#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# A short soak of both monitors under the sanitizers; `make soak` is the ten minutes.
# timeout: 240
. tests/lib.sh
need_bpf
need_tool stress-ng stress-ng
need_tool script bsdutils
make -s B="$B" "$B/san/memmon" "$B/san/cpumon" >"$tmp/make" 2>&1 || {
	fail "the programs are built with sanitizers" "$(tail -n 20 "$tmp/make")"
	done_testing
}
out=$(scripts/soak.sh 16)
for run in cpumon-batch cpumon-screen memmon-batch memmon-screen; do
	like "$run ends well, its memory is flat" "$out" "^$run +exit code 0 +flat"
done
done_testing
