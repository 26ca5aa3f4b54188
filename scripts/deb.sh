#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Builds the Debian package from a copy of the tree, in $B/deb, and ends with lintian: an error there is one here.
# No root, no network, no BPF. Env: B; NO_LINTIAN=1 leaves lintian to somebody else.
set -eu
cd "$(dirname "$0")/.."
B=${B:-build}
version=$(dpkg-parsechangelog -l scripts/debian/changelog -S Version)
stated=$(sed -n 's/^VERSION[[:space:]]*:= //p' Makefile)
if [ "$version" != "$stated" ]; then
	echo "deb: error: scripts/debian/changelog says $version, the Makefile $stated" >&2
	exit 2
fi
work=$B/deb
rm -rf "$work"
mkdir -p "$work/beebench-$version"
if git rev-parse --git-dir >/dev/null 2>&1; then
	git ls-files -co --exclude-standard -z | tar --null --ignore-failed-read -T - -cf - | tar -C "$work/beebench-$version" -xf -
else
	tar --exclude="./$B" --exclude=./.git -cf - . | tar -C "$work/beebench-$version" -xf -
fi
log=$work/build.log
cp -r scripts/debian "$work/beebench-$version/debian"
cp share/systemd/memmon.service "$work/beebench-$version/debian/beebench.memmon.service"
echo "deb: building beebench $version ($log)" >&2
if ! (cd "$work/beebench-$version" && env -u MAKEFLAGS -u MAKELEVEL DEB_BUILD_OPTIONS="parallel=${JOBS:-$(nproc)} noautodbgsym" \
	dpkg-buildpackage -b -us -uc) >"$log" 2>&1; then
	tail -n 30 "$log" >&2
	echo "deb: error: the package could not be built" >&2
	exit 1
fi
rm -rf "$work/beebench-$version"
[ -n "${NO_LINTIAN:-}" ] || lintian --allow-root --fail-on error --tag-display-limit 0 "$work"/*.changes
ls "$work"/*.deb
