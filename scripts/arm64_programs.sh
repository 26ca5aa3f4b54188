#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Runs the programs that were compiled for arm64 under qemu-user, with the libraries of that processor: each tells its version, honeyc
# writes for every source of tests/honey/ok the C that this machine's honeyc writes, memprof reads a profile as this machine's does and says
# that it does not watch another processor's (its library for arm64 is tests/cli/memprof_arm64.t's, its probes tests/vm/memprof_arm64.t's). Env: B (their
# folder), ROOT (the libraries).
set -eu
host=${B%/*}
# arm PROGRAM ARG..
arm() {
	program=$B/$1
	shift
	qemu-aarch64 -L "$ROOT" "$program" "$@"
}
failed=0
for name in beebench honeyc memmon cpumon memprof; do
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
profile=$(mktemp)
trap 'rm -f "$profile"' EXIT
"$host/tests/memprof/made" small "$profile"
for format in text json folded csv; do
	[ "$("$host/memprof" report --format $format "$profile")" = "$(arm memprof report --format $format "$profile")" ] ||
		{ echo "memprof of arm64 reports something else as $format" >&2 && failed=1; }
done
code=0
said=$(arm memprof attach -p $$ 2>&1) || code=$?
case $code:$said in
77:*"is a program of another processor or of 32 bits"*) ;;
*) echo "memprof attach -p $$ ends with $code and says: $said" >&2 && failed=1 ;;
esac
exit $failed
