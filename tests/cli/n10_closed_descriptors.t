#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Number 10: a program that is started without descriptors 0, 1 or 2 opens /dev/null there first, so that nothing it says
# ends up in a file it writes.
. tests/lib.sh
need_tool strace strace

# closed COMMAND..: run without any of the three
closed() {
	"$@" <&- >&- 2>&-
	code=$?
}

if [ "$(id -u)" -eq 0 ]; then
	for tool in memmon cpumon; do
		closed "$B/$tool" --object tasks --batch -n 3 -i 0.1 --record "$tmp/$tool.rec"
		is "$tool --record without descriptors: exit code" "$code" 0
		run "$B/$tool" --replay "$tmp/$tool.rec" --json
		is "$tool: the recording is whole" "$code$err" 0
		check "$tool: it has what was counted" test "$(printf '%s\n' "$out" | grep -c processes)" -ge 3
	done
	# An error is said while the recording is open: into nothing.
	closed "$B/memmon" --object no-such-monitor --record "$tmp/none.rec"
	is "an error without descriptors: exit code" "$code" 2
	check "an error without descriptors: no file has its text" test ! -s "$tmp/none.rec"
else
	skip "recording without descriptors" "needs root"
fi

# A file without a stderr would be the third that is opened: its warnings would stand in the result.
cp tests/honey/ok/*.ex "$tmp/" 2>/dev/null
set -- "$tmp"/*.ex
source=$1
"$B/honeyc" --emit=c -o "$tmp/open.c" "$source" >/dev/null 2>&1
closed "$B/honeyc" --emit=c -o "$tmp/closed.c" "$source"
is "honeyc without descriptors: exit code" "$code" 0
check "honeyc without descriptors: the same C" cmp -s "$tmp/open.c" "$tmp/closed.c"
for program in beebench honeyc memmon cpumon wl; do
	# What stands on 0 to 2 is open when main() has begun.
	closed "$B/$program" --help
	is "$program --help without descriptors" "$code" 0
	fds=$(strace -f -e trace=openat,open -o "$tmp/strace" "$B/$program" --help <&- >&- 2>&-
		grep -c '"/dev/null", O_RDWR.* = [012]$' "$tmp/strace")
	is "$program opens /dev/null three times" "$fds" 3
done
done_testing
