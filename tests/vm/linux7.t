#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# scripts/linux7.sh: on Linux 6.12 no way of attaching loses a run. With VM_FULL=1 (make test-vm) on 7.2 too: raw tracepoints
# lose, perf's do not. Needs no root.
# timeout: 900
. tests/lib.sh
need_tool qemu-system-x86_64 qemu-system-x86

# lost SECTION COLUMN: of the table in $out
lost() {
	printf '%s\n' "$out" | awk -F'|' -v section=" \`$1\` " -v column="$2" '$2 == section { gsub(/ /, "", $(column + 3)); print $(column + 3) }'
}
CALLS=3000
export CALLS
run scripts/linux7.sh 6.12
[ "$code" -ne 77 ] || skip_all "$err"
is "it ends well" "$code" 0
rows=$(printf '%s\n' "$out" | grep -c '^| `')
is "a row for each way of attaching" "$rows" 16
is "on Linux 6.12 none loses a run, by one process or by three" \
	"$(printf '%s\n' "$out" | awk -F'|' '/^\| `/ && ($4 + 0 || $5 + 0 || $4 ~ /-/ || $5 ~ /-/)')" ""
if [ "${VM_FULL:-0}" = 1 ]; then
	CALLS=30000 run scripts/linux7.sh 7.2
	if [ "$code" -eq 77 ]; then
		skip "Linux 7.2" "$err"
	else
		check "on Linux 7.2 a raw tracepoint loses runs among three" test "$(lost raw_tp/sys_enter 2)" -gt 0
		is "... and none by one" "$(lost raw_tp/sys_enter 1)" 0
		is "a perf event at raw_syscalls loses none" "$(lost tracepoint/raw_syscalls/sys_enter 2)" 0
		is "nor does a kprobe" "$(lost kprobe/__x64_sys_umask 2)" 0
	fi
fi
done_testing
