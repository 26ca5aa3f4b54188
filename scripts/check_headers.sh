#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Compiles every header of user space alone: each includes what it uses.
set -u
files=$("$(dirname "$0")/tracked.sh" '*.h' ':!*.bpf.h' ':!tests/fixtures') || exit 2
bad=0
for h in $files; do
	# shellcheck disable=SC2086
	if ! ${CC:-cc} ${CSTD:--std=gnu11 -I.} -Wall -Wextra -Werror -fsyntax-only -x c "$h"; then
		echo "check: $h does not compile alone" >&2
		bad=1
	fi
done
exit $bad
