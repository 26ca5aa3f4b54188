#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# A Debian package's files without installing it: fetch_deb.sh PACKAGE [FILE] prints the folder it is unpacked in, or the path of FILE
# ("usr/bin/promtool") there. apt downloads it, which checks it by the archive's signature; dpkg -x unpacks it; no script of the package
# is run, no daemon started. Kept in $BEEBENCH_CACHE (as the guest's kernels are: beebench in $XDG_CACHE_HOME or ~/.cache; cache.sh) and
# used from there without a network. Exit code 77: it cannot be had here, and why is on stderr.
set -eu

die() {
	code=$1
	shift
	echo "fetch_deb: $*" >&2
	exit "$code"
}

[ $# -eq 1 ] || [ $# -eq 2 ] || die 2 "usage: fetch_deb.sh PACKAGE [FILE]"
package=$1
file=${2:-}
case $package in
*[!a-z0-9.+-]* | '' | [!a-z0-9]*) die 2 "'$package' is no name of a Debian package" ;;
esac

# shellcheck source=scripts/cache.sh
. "$(dirname "$0")/cache.sh"
[ -n "$cache" ] || die 77 "no place for the package: neither BEEBENCH_CACHE nor HOME is set"
dir=$cache/debs/$package
work=
# ours PATH..: nothing is taken from where somebody else could have put it
ours() {
	foreign=$(cache_foreign "$@")
	[ -z "$foreign" ] || die 77 "$foreign: no package is taken from there; remove it, or choose another cache with BEEBENCH_CACHE"
}
ours "$cache" "$cache/debs" "$dir/"

# apt with lists of our own where the machine has none
own=
apt() {
	tool=$1
	shift
	if [ -n "$own" ]; then
		set -- -o "Dir::State::Lists=$own/lists" -o "Dir::Cache=$own/cache" "$@"
	fi
	"$tool" -q "$@" >"$work/said" 2>&1
}

download() {
	(cd "$work/deb" && apt apt-get download "$package")
}

fetch() {
	for tool in apt-get apt-cache dpkg-deb dpkg; do
		command -v "$tool" >/dev/null 2>&1 || die 77 "no $tool here, so $package cannot be fetched"
	done
	mkdir -p "$cache/debs" || die 77 "cannot write to the cache $cache; choose another with BEEBENCH_CACHE"
	cache_sweep "$cache/debs"
	work=$(mktemp -d "$cache/debs/fetch.XXXXXX") || die 77 "cannot write to the cache $cache; choose another with BEEBENCH_CACHE"
	trap 'rm -rf "$work"' EXIT
	trap 'exit 130' INT TERM HUP
	mkdir "$work/deb" "$work/root"
	echo "fetch_deb: fetching $package" >&2
	# apt gives up its rights for a user of its own, who may not write here; the download is ours then, and apt says so.
	if ! download && grep -q 'Unable to locate' "$work/said"; then
		own=$cache/apt
		ours "$own" "$own/lists"
		mkdir -p "$own/lists/partial" "$own/cache/archives/partial"
		# Without a network apt-get update warns, and succeeds.
		apt apt-get update || :
		cp "$work/said" "$work/updated"
		download || cat "$work/updated" >>"$work/said"
	fi
	set -- "$work"/deb/*.deb
	[ -f "$1" ] || die 77 "cannot download $package: $(grep '^[EW]:' "$work/said" | grep -v unsandboxed | tr -s '\n ' ' ' | cut -c1-300)"
	[ "$(dpkg-deb -f "$1" Package)" = "$package" ] || die 77 "apt gave another package: $1"
	dpkg -x "$1" "$work/root" || die 77 "cannot unpack $1"
	# The checksums of the files tell whether the cache is whole later on.
	dpkg-deb -e "$1" "$work/control"
	if [ -f "$work/control/md5sums" ]; then
		cp "$work/control/md5sums" "$work/root/.md5sums"
	fi
	printf '%s %s %s\n' "$package" "$(dpkg-deb -f "$1" Version)" "$(sha256sum "$1" | cut -d' ' -f1)" >"$work/root/.package"
	chmod 755 "$work/root"
	cache_own "$work/root"
	rm -rf "$dir"
	# Whoever came first at the same moment has the same.
	mv "$work/root" "$dir" 2>/dev/null || [ -f "$dir/.package" ] || die 77 "cannot put $package into $dir"
}

whole() {
	[ -f "$dir/.package" ] || return 1
	[ ! -f "$dir/.md5sums" ] || (cd "$dir" && md5sum --status -c .md5sums 2>/dev/null)
}

whole || fetch
if [ -z "$file" ]; then
	echo "$dir"
elif [ -e "$dir/$file" ]; then
	echo "$dir/$file"
else
	die 2 "$package has no $file: $(cat "$dir/.package")"
fi
