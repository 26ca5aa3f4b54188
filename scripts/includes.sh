#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Prints every tracked C file as FILE 0, and every include of it as FILE LINE INCLUDE, the include with its "" or <>.
# Usage: includes.sh, from the root of the tree. check_includes.sh and shape.sh read it.
set -u
git ls-files '*.c' '*.h' | sed 's/$/ 0/'
# shellcheck disable=SC2016 # $0 is awk's
git ls-files -z '*.c' '*.h' | xargs -0r awk '
/^[ \t]*#[ \t]*include[ \t]*["<]/ && match($0, /["<][^">]+[">]/) {
	print FILENAME, FNR, substr($0, RSTART, RLENGTH)
}'
