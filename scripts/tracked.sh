#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The files of the tree that match, one a line: tracked.sh [PATTERN..]. What is checked are the files that git tracks, so
# that it is the same for everybody; exit code 2 where there is no git repository, as in an unpacked archive.
if ! top=$(git rev-parse --show-toplevel 2>/dev/null) || [ "$(cd "$top" && pwd -P)" != "$(pwd -P)" ]; then
	echo "check: error: what is checked are the files that git tracks: it needs a git checkout (git clone), and this tree is none" >&2
	exit 2
fi
exec git ls-files "$@"
