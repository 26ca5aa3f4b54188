#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Runs the programs that were compiled for arm64 under qemu-user, with the libraries of that processor: each tells its version, honeyc
# writes for every source of tests/honey/ok the C that this machine's honeyc writes. Env: B (their folder), ROOT (the libraries).
set -eu
host=${B%/*}
# arm PROGRAM ARG..
arm() {
	program=$B/$1
	shift
	qemu-aarch64 -L "$ROOT" "$program" "$@"
}
failed=0
for name in beebench honeyc memmon cpumon; do
	file -b "$B/$name" | grep -q aarch64 || { echo "$B/$name is not for arm64" >&2; exit 1; }
	arm $name --version || failed=1
done
same=0
for source in tests/honey/ok/*.ex bpf/*/*.ex; do
	here=$("$host/honeyc" -w -P --emit c -o - "$source" 2>&1) || :
	there=$(arm honeyc -w -P --emit c -o - "$source" 2>&1) || :
	if [ "$here" = "$there" ]; then
		same=$((same + 1))
	else
		echo "honeyc of arm64 writes other C for $source" >&2
		failed=1
	fi
done
echo "honeyc: $same sources give the same C on both processors"
exit $failed
