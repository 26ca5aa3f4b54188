# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh
# Programs of Debian's unstable suite in a folder of their own, never mixed into the system: sourced by bpftrace_new.sh and
# elixir_new.sh.

# unstable_fetch WHO FOLDER PACKAGE..: apt fetches them with all that they need, and they are unpacked into FOLDER, which is
# there whole or not at all; does nothing when it is there. WHO asks, for messages.
unstable_fetch() {
	who=$1 root=$2
	shift 2
	[ ! -d "$root" ] || return 0
	uri=$(sed -n 's/^URIs: *//p' /etc/apt/sources.list.d/*.sources 2>/dev/null | head -n 1)
	key=$(sed -n 's/^Signed-By: *//p' /etc/apt/sources.list.d/*.sources 2>/dev/null | head -n 1)
	[ -n "$uri" ] || { echo "$who: no source list of Debian's in the deb822 form here" >&2; return 1; }
	apt=$root.apt new=$root.new
	rm -rf "$apt" "$new"
	mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial"
	printf 'deb [signed-by=%s] %s sid main\n' "$key" "$uri" >"$apt/list"
	: >"$apt/status"
	packages=$*
	set -- -qq -oDir::State::Lists="$apt/lists" -oDir::Cache="$apt/cache" -oDir::Etc::SourceList="$apt/list" \
		-oDir::Etc::SourceParts=/dev/null -oDir::State::status="$apt/status" -oDebug::NoLocking=1
	apt-get "$@" update || return 1
	# shellcheck disable=SC2086  # names
	apt-get "$@" -y --no-install-recommends --download-only install $packages || return 1
	# lib, bin and sbin are links in today's Debian.
	for link in bin lib lib64 sbin; do
		mkdir -p "$new/usr/$link"
		ln -sfn "usr/$link" "$new/$link"
	done
	for deb in "$apt"/cache/archives/*.deb; do
		dpkg-deb --fsys-tarfile "$deb" | tar -x --keep-directory-symlink -C "$new" || return 1
	done
	mv "$new" "$root" && rm -rf "$apt"
}
