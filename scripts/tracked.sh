#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The files of the tree that match, one a line: tracked.sh [PATTERN..]. What is checked are the files that git tracks, so
# that it is the same for everybody; exit code 2 where there is no git repository, as in an unpacked archive.
"$(dirname "$0")/git_here.sh" "check: error: what is checked are the files that git tracks: it" || exit 2
exec git ls-files "$@"
