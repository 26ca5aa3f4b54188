#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Libraries of another processor, for what is compiled for it: sysroot.sh ARCHITECTURE [PACKAGE..] prints the folder they are unpacked in.
# Without packages those of what goes into its guest, to link with; with packages those too, and all that they need, to run with as well.
# apt downloads Debian's packages with lists of their own, which checks them by the archive's signature; nothing is installed, and no
# script of a package is run. Kept in $BEEBENCH_CACHE (as the guest's kernels are: beebench in $XDG_CACHE_HOME or ~/.cache; cache.sh) and
# used from there without a network. Exit code 77: they cannot be had here, and why is on stderr.
set -eu

packages="libbpf-dev libelf-dev zlib1g-dev libjson-c-dev libsqlite3-dev"

die() {
	echo "sysroot: $*" >&2
	exit 77
}

[ $# -ge 1 ] || die "usage: sysroot.sh ARCHITECTURE [PACKAGE..]"
arch=$1
shift
case $arch in
arm64 | s390x) ;;
*) die "no guest has the processor '$arch': there are arm64 and s390x" ;;
esac
# shellcheck source=scripts/cache.sh
. "$(dirname "$0")/cache.sh"
[ -n "$cache" ] || die "no place for the libraries: neither BEEBENCH_CACHE nor HOME is set"
dir=$cache/sysroot/$arch${1:+-whole} own=$cache/apt-$arch work=
foreign=$(cache_foreign "$cache" "$cache/sysroot" "$dir/" "$own" "$own/lists")
[ -z "$foreign" ] || die "$foreign: no library is taken from there; remove it, or choose another cache with BEEBENCH_CACHE"
if [ "$(cat "$dir/.packages" 2>/dev/null)" = "$packages${1:+ $*}" ] && (cd "$dir" && sha256sum --status -c .sums 2>/dev/null); then
	echo "$dir"
	exit
fi
for tool in apt-get dpkg; do
	command -v $tool >/dev/null 2>&1 || die "no $tool here, so the libraries of $arch cannot be fetched"
done
mkdir -p "$cache/sysroot" "$own/lists/partial" "$own/cache/archives/partial" || die "cannot write to the cache $cache; choose another with BEEBENCH_CACHE"
cache_sweep "$cache/sysroot"
work=$(mktemp -d "$cache/sysroot/fetch.XXXXXX") || die "cannot write to the cache $cache; choose another with BEEBENCH_CACHE"
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM HUP

apt() {
	apt-get -q -o "APT::Architecture=$arch" -o "APT::Architectures=$arch" -o "Dir::State::Lists=$own/lists" -o "Dir::Cache=$own/cache" \
		-o Dir::State::status=/dev/null -o Acquire::Languages=none "$@" >"$work/said" 2>&1
}

# get: the packages, and where more were asked for all that they need of an empty system
whole=${1:+yes}
packages="$packages${1:+ $*}"
get() {
	# shellcheck disable=SC2086  # the list of packages is meant to be split
	if [ -n "$whole" ]; then
		apt -y --download-only --no-install-recommends -o "Dir::State::status=$work/status" -o Debug::NoLocking=1 \
			-o "Dir::Cache::archives=$work/deb" -o "APT::Sandbox::User=$(id -un)" install $packages
	else
		apt download $packages
	fi
}

echo "sysroot: fetching the libraries of $arch: $packages" >&2
mkdir "$work/deb" "$work/deb/partial" "$work/root"
: >"$work/status"
cd "$work/deb"
# Without a network apt-get update warns, and succeeds. What the lists knew may be in the archive no more: once more with new ones.
get || { apt update && get; } ||
	die "cannot download the libraries of $arch: $(grep '^[EW]:' "$work/said" | grep -v unsandboxed | tr -s '\n ' ' ' | cut -c1-300)"
for deb in ./*.deb; do
	dpkg -x "$deb" "$work/root"
done
# Scripts of the linker, with absolute names: the cross compiler has its own.
rm -f "$work"/root/usr/lib/*/libc.so "$work"/root/usr/lib/*/libc.a "$work"/root/usr/lib/*/libm.so "$work"/root/usr/lib/*/libm.a
printf '%s\n' "$packages" >"$work/root/.packages"
cd "$work/root"
find . -type f ! -name ".*" -exec sha256sum {} + >.sums
chmod 755 .
cache_own .
rm -rf "$dir"
# Whoever came first at the same moment has the same.
mv "$work/root" "$dir" 2>/dev/null || [ -f "$dir/.packages" ] || die "cannot put the libraries into $dir"
echo "$dir"
