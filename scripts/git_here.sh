#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Is the working folder the root of a git checkout? git_here.sh WHO: else it says that WHO needs one, and exits with 2. A tree that was
# unpacked inside of somebody's repository is none; what git itself refuses is told in its words.
if said=$(LC_ALL=C git rev-parse --show-toplevel 2>&1); then
	[ "$(cd "$said" && pwd -P)" != "$(pwd -P)" ] || exit 0
	said=
fi
case $said in
*dubious*) printf '%s: git does not read this tree: %s\n' "$1" "$said" >&2 ;;
*) echo "$1 needs a git checkout (git clone), and this tree is none" >&2 ;;
esac
exit 2
