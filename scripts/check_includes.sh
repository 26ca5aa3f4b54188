#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The include rule: data moves to the right, a folder never includes a later one, folders make no circle, and a library
# has its rooms. The rule is the two tables of docs/architecture.md, which people read as well; how they are read is in
# check_includes.awk. Usage: check_includes.sh, from the root of the tree.
set -u
here=$(dirname "$0")
doc=docs/architecture.md
includes=$(mktemp) || exit 2
trap 'rm -f "$includes"' EXIT
trap 'exit 130' INT TERM
"$here/includes.sh" >"$includes" || exit 2
bad=0
awk -v doc="$doc" -f "$here/check_includes.awk" "$doc" "$includes" >&2 || bad=1
circles=$("$here/folder_edges.sh" <"$includes" | awk -f "$here/circles.awk") || exit 2
if [ -n "$circles" ]; then
	bad=1
	echo "$circles" | awk -F'\t' '{
		gsub(/ /, " > ", $1)
		print "check: folders in a circle: " $1
		for (i = 2; i <= NF; i++) print "  " $i
		print "  rule: no circle between folders\n  cure: move what both need to an earlier folder, or pass it in"
	}' >&2
fi
exit $bad
