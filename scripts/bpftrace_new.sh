#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The newest bpftrace of Debian's unstable suite (unstable.sh):
#
#   bpftrace_new.sh FOLDER          fetch and unpack it there (apt, no install); does nothing when it is there
#   bpftrace_new.sh FOLDER ARG..    run it with these arguments (root); it sees /sys, /dev and /tmp of the system
set -eu
# shellcheck source=scripts/unstable.sh
. "$(dirname "$0")/unstable.sh"
root=$1
shift
unstable_fetch bpftrace_new "$root" bpftrace
[ $# -gt 0 ] || exit 0
export root
# shellcheck disable=SC2016  # expanded in there
exec unshare -m sh -c '
	mkdir -p "$root/proc" "$root/sys" "$root/dev" "$root/tmp"
	mount -t proc proc "$root/proc" && mount --rbind /sys "$root/sys" && mount --rbind /dev "$root/dev" &&
		mount --rbind /tmp "$root/tmp" || exit 1
	PATH=/usr/bin:/bin:/usr/sbin:/sbin LC_ALL=C
	export PATH LC_ALL
	exec chroot "$root" /usr/bin/bpftrace "$@"' bpftrace "$@"
