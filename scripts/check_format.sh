#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Lists the tracked C files that clang-format would change. Usage: check_format.sh CLANG_FORMAT
set -u
cf=${1:-clang-format}
command -v "$cf" >/dev/null 2>&1 || {
	echo "check: error: no $cf; install it: sudo apt-get install clang-format" >&2
	exit 2
}
files=$("$(dirname "$0")/tracked.sh" '*.c' '*.h' ':!tests/honey/ok' ':!tests/fixtures') || exit 2
bad=0
for f in $files; do
	if ! "$cf" --dry-run -Werror "$f" >/dev/null 2>&1; then
		echo "check: $f is not formatted; run: $cf -i $f" >&2
		bad=1
	fi
done
exit $bad
