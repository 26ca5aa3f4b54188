#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Prints every tracked C file as FILE 0, and every include of it as FILE LINE INCLUDE, the include with its "" or <>.
# Usage: includes.sh, from the root of the tree. check_includes.sh and shape.sh read it.
set -u
files=$("$(dirname "$0")/tracked.sh" '*.c' '*.h') || exit 2
echo "$files" | sed 's/$/ 0/'
# shellcheck disable=SC2016 # $0 is awk's
echo "$files" | xargs -r awk '
/^[ \t]*#[ \t]*include[ \t]*["<]/ && match($0, /["<][^">]+[">]/) {
	print FILENAME, FNR, substr($0, RSTART, RLENGTH)
}'
