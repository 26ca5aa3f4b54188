#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# A current Elixir of Debian's unstable suite (unstable.sh):
#
#   elixir_new.sh FOLDER          fetch and unpack it there (apt, no install); does nothing when it is there
#   elixir_new.sh FOLDER ARG..    run elixir with these arguments; the system's files are below /host for it (root)
set -eu
# shellcheck source=scripts/unstable.sh
. "$(dirname "$0")/unstable.sh"
root=$1
shift
unstable_fetch elixir_new "$root" elixir dash coreutils sed grep
[ $# -gt 0 ] || exit 0
export root
# shellcheck disable=SC2016  # expanded in there
exec unshare -m sh -c '
	mkdir -p "$root/host" "$root/proc" "$root/dev"
	ln -sf dash "$root/usr/bin/sh"
	mount --rbind / "$root/host" && mount -t proc proc "$root/proc" && mount --bind /dev "$root/dev" || exit 1
	PATH=/usr/bin:/bin:/usr/sbin:/sbin LC_ALL=C.UTF-8
	export PATH LC_ALL
	exec chroot "$root" /usr/bin/elixir "$@"' elixir "$@"
