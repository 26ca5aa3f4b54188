#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Builds the Debian package from a copy of the tree, in $B/deb, and ends with lintian: an error there is one here.
# No root, no network, no BPF. Usage: deb.sh [FILE..]. Env: B; NO_LINTIAN=1 leaves lintian to somebody else; GUESTS: for each of these
# processors a package beebench-guest-PROCESSOR of the FILEs below $B/PROCESSOR, which `make guest-PROCESSOR` has compiled.
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
tree=$work/beebench-$version
mkdir -p "$tree"
if git rev-parse --git-dir >/dev/null 2>&1; then
	git ls-files -co --exclude-standard -z | tar --null --ignore-failed-read -T - -cf - | tar -C "$tree" -xf -
else
	tar --exclude="./$B" --exclude=./.git -cf - . | tar -C "$tree" -xf -
fi
log=$work/build.log
cp -r scripts/debian "$tree/debian"
cp share/systemd/memmon.service "$tree/debian/beebench.memmon.service"

# built_using FOLDER: what was linked into the programs of another processor, by the changelogs of the libraries (scripts/sysroot.sh)
built_using() {
	for package in libbpf-dev libelf-dev zlib1g-dev libjson-c-dev libsqlite3-dev; do
		zcat "$1/usr/share/doc/$package"/changelog.Debian*.gz | sed -n '1s/^\([^ ]*\) (\([^)]*\)).*/\1 (= \2), /p'
	done | tr -d '\n'
}

for f; do
	install -D -p -m "$(stat -c %a "$f")" "$f" "$tree/guests/${f#"$B"/}"
done
for g in ${GUESTS:-}; do
	case $g in
	arm64) emulator=qemu-system-arm strip=aarch64-linux-gnu-strip ;;
	s390x) emulator=qemu-system-misc strip=s390x-linux-gnu-strip ;;
	*)
		echo "deb: error: there is no guest of '$g'" >&2
		exit 2
		;;
	esac
	if ! [ -x "$tree/guests/$g/static/beebench" ]; then
		echo "deb: error: nothing is compiled for $g; run: make guest-$g" >&2
		exit 2
	fi
	$strip "$tree/guests/$g/static/beebench" "$tree/guests/$g/vm/guest-init"
	used=$(built_using "$(scripts/sysroot.sh "$g")")
	echo >>"$tree/debian/control"
	sed "s/@PROCESSOR@/$g/g; s/@EMULATOR@/$emulator/; s/@USED@/$used/" scripts/debian/guest.control >>"$tree/debian/control"
	sed "s/@PROCESSOR@/$g/g" scripts/debian/guest.lintian-overrides >"$tree/debian/beebench-guest-$g.lintian-overrides"
done
rm "$tree/debian/guest.control" "$tree/debian/guest.lintian-overrides"
echo "deb: building beebench $version ($log)" >&2
if ! (cd "$tree" && env -u MAKEFLAGS -u MAKELEVEL DEB_BUILD_OPTIONS="parallel=${JOBS:-$(nproc)} noautodbgsym" \
	dpkg-buildpackage -b -us -uc) >"$log" 2>&1; then
	tail -n 30 "$log" >&2
	echo "deb: error: the package could not be built" >&2
	exit 1
fi
rm -rf "$tree"
[ -n "${NO_LINTIAN:-}" ] || lintian --allow-root --fail-on error --tag-display-limit 0 "$work"/*.changes
ls "$work"/*.deb
