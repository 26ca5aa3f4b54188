#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# What scripts keep in the cache (fetch_deb.sh, sysroot.sh): nothing is taken from where somebody else could have put it. The apt is of
# our own making, and so is the package. (Issue 13, number 3; the kernels' is in tests/vm/bad.t.)
set -u
. tests/lib.sh

have dpkg-deb || skip_all "no dpkg-deb"
fake=$tmp/fake
mkdir -p "$fake" "$tmp/pkg/DEBIAN" "$tmp/pkg/usr/lib"
echo whole >"$tmp/pkg/usr/lib/thing"
chmod 666 "$tmp/pkg/usr/lib/thing"
printf 'Package: thing\nVersion: 1\nArchitecture: all\nMaintainer: test\nDescription: test\n' >"$tmp/pkg/DEBIAN/control"
(cd "$tmp/pkg" && md5sum usr/lib/thing >DEBIAN/md5sums)
dpkg-deb -b "$tmp/pkg" "$tmp/thing.deb" >/dev/null
# network yes|no: the apt
network() {
	echo "#!/bin/sh"
	[ "$1" = yes ] && printf 'case " $* " in *" download "*) cp "%s" . ;; esac\n' "$tmp/thing.deb" || echo "exit 100"
} >"$fake/apt-get"
network yes
chmod +x "$fake/apt-get"
BEEBENCH_CACHE=$tmp/cache
export BEEBENCH_CACHE
# fetch WHAT: the script, with that apt
fetch() {
	case $1 in
	debs) set -- scripts/fetch_deb.sh thing ;;
	sysroot) set -- scripts/sysroot.sh arm64 ;;
	esac
	PATH=$fake:$PATH run "$@"
}

for what in debs sysroot; do
	case $what in
	debs) dir=$tmp/cache/debs/thing says=fetch_deb thing=package ;;
	sysroot) dir=$tmp/cache/sysroot/arm64 says=sysroot thing=library ;;
	esac
	# However open the caller's umask, and the package's files, are.
	mask=$(umask)
	umask 0
	fetch $what
	umask "$mask"
	is "$what: fetched" "$code:$out" "0:$dir"
	is "$what: nobody else may write into it" "$(find "$tmp/cache" ! -type l -perm /022)" ""
	network no
	fetch $what
	is "$what: used again without a network" "$code:$out" "0:$dir"
	if is_root; then
		# refused NAME UNDO DO..: after DO it is refused with $why
		refused() {
			name=$1 undo=$2
			shift 2
			"$@"
			fetch $what
			is "$what: $name: refused" "$code:$out:$err" \
				"77::$says: $why: no $thing is taken from there; remove it, or choose another cache with BEEBENCH_CACHE"
			eval "$undo"
		}
		for at in "$tmp/cache" "$tmp/cache/$what" "$dir" "$dir/usr/lib/thing"; do
			part=${at#"$tmp/"}
			why="$at belongs to somebody else"
			refused "$part is somebody else's" "chown 0 '$at'" chown 65534 "$at"
			why="$at can be written by others"
			refused "others may write to $part" "chmod o-w '$at'" chmod o+w "$at"
		done
		mv "$dir" "$tmp/elsewhere"
		ln -s "$tmp/elsewhere" "$dir"
		why="$dir belongs to somebody else"
		refused "a link of somebody else's" "rm '$dir'" chown -h 65534 "$dir"
		mv "$tmp/elsewhere" "$dir"
	else
		skip "$what: what is somebody else's" "needs root to be somebody else"
	fi
	fetch $what
	is "$what: and then it is good again" "$code:$out" "0:$dir"
	network yes
	echo damaged >"$dir/usr/lib/thing"
	mkdir "$tmp/cache/$what/fetch.killed" "$tmp/cache/$what/fetch.atwork"
	touch -d '2 days ago' "$tmp/cache/$what/fetch.killed"
	fetch $what
	is "$what: what a fetch that was killed left goes; what is at work stays" "$(cd "$tmp/cache/$what" && echo fetch.*)" fetch.atwork
	is "$what: a damaged one is fetched again" "$code:$(cat "$dir/usr/lib/thing")" 0:whole
done
network yes
rm -rf "$tmp/cache"
scripts=$PWD/scripts
cd "$tmp" || exit 2
PATH=$fake:$PATH BEEBENCH_CACHE=cache run "$scripts/fetch_deb.sh" thing
cd "$scripts/.." || exit 2
is "a cache that is named from the working folder" "$code:$out" "0:$tmp/cache/debs/thing"
run env -u BEEBENCH_CACHE -u XDG_CACHE_HOME -u HOME scripts/sysroot.sh arm64
is "no place for a cache" "$code:$err" "77:sysroot: no place for the libraries: neither BEEBENCH_CACHE nor HOME is set"
done_testing
