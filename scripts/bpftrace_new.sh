#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The newest bpftrace of Debian's unstable suite, unpacked in a folder of its own and never mixed into the system:
#
#   bpftrace_new.sh FOLDER          fetch and unpack it there (apt, no install); does nothing when it is there
#   bpftrace_new.sh FOLDER ARG..    run it with these arguments (root); it sees /sys, /dev and /tmp of the system
set -eu
root=$1
shift
if [ ! -x "$root/usr/bin/bpftrace" ]; then
	uri=$(sed -n 's/^URIs: *//p' /etc/apt/sources.list.d/*.sources 2>/dev/null | head -n 1)
	key=$(sed -n 's/^Signed-By: *//p' /etc/apt/sources.list.d/*.sources 2>/dev/null | head -n 1)
	[ -n "$uri" ] || { echo "bpftrace_new: no source list of Debian's in the deb822 form here" >&2; exit 1; }
	mkdir -p "$root" "$root.apt/lists/partial" "$root.apt/cache/archives/partial"
	printf 'deb [signed-by=%s] %s sid main\n' "$key" "$uri" >"$root.apt/list"
	: >"$root.apt/status"
	set -- -qq -oDir::State::Lists="$root.apt/lists" -oDir::Cache="$root.apt/cache" \
		-oDir::Etc::SourceList="$root.apt/list" -oDir::Etc::SourceParts=/dev/null \
		-oDir::State::status="$root.apt/status" -oDebug::NoLocking=1
	apt-get "$@" update
	apt-get "$@" -y --no-install-recommends --download-only install bpftrace
	# lib, bin and sbin are links in today's Debian.
	for link in bin lib lib64 sbin; do
		mkdir -p "$root/usr/$link"
		ln -sfn "usr/$link" "$root/$link"
	done
	for deb in "$root.apt"/cache/archives/*.deb; do
		dpkg-deb --fsys-tarfile "$deb" | tar -x --keep-directory-symlink -C "$root"
	done
	rm -rf "$root.apt"
	exit
fi
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
