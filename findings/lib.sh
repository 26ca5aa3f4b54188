# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh
# What the findings share. A finding is read in its own file; here is only how packages come and how a sight is held.
#
#   need PROGRAM..           exit 77 without it
#   fetch SUITE PACKAGE=VERSION..   downloads and unpacks into $root/SUITE; nothing is installed. SUITE is the machine's own
#                            (here), or a Debian suite (trixie, sid), which gets lists of its own. Exit 77: not to be had.
#   run SUITE PROGRAM ..     runs a program of $root/SUITE with the libraries unpacked there (and their own loader, if any)
#   sees WHAT GOT WANT       prints what is seen, and remembers when it is not what was seen before
#   done_seeing              exit 0 when all was as before, else 1

tmp=$(mktemp -d) || exit 2
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM
root=$tmp/root
changed=0

cannot() {
	echo "cannot run here: $*" >&2
	exit 77
}

need() {
	for program; do
		command -v "$program" >/dev/null 2>&1 || cannot "no $program"
	done
}

# apt for SUITE TOOL ARGS..
apt_for() {
	suite=$1
	shift
	if [ "$suite" = here ]; then
		"$@"
		return
	fi
	own=$tmp/apt-$suite
	if [ ! -d "$own" ]; then
		mkdir -p "$own/lists/partial" "$own/cache/archives/partial"
		uri=$(sed -n 's/^URIs: *\(.*\/debian\) *$/\1/p' /etc/apt/sources.list.d/*.sources 2>/dev/null | head -n 1)
		key=$(sed -n 's/^Signed-By: *\(.*debian-archive.*\)$/\1/p' /etc/apt/sources.list.d/*.sources 2>/dev/null | head -n 1)
		[ -n "$uri" ] || cannot "no Debian archive in /etc/apt/sources.list.d"
		echo "deb [signed-by=${key:-/usr/share/keyrings/debian-archive-keyring.gpg}] $uri $suite main" >"$own/list"
		apt_own apt-get -q update >"$own/said" 2>&1 || cannot "no list of $suite: $(tail -n 1 "$own/said")"
	fi
	apt_own "$@"
}
apt_own() {
	tool=$1
	shift
	"$tool" -o "Dir::State::Lists=$own/lists" -o "Dir::Cache=$own/cache" -o "Dir::Etc::SourceList=$own/list" \
		-o Dir::Etc::SourceParts=/dev/null "$@"
}

fetch() {
	from=$1
	shift
	mkdir -p "$tmp/deb-$from" "$root/$from"
	(cd "$tmp/deb-$from" && apt_for "$from" apt-get -q download "$@" >"$tmp/said" 2>&1) ||
		cannot "$(grep '^E:' "$tmp/said" | tr '\n' ' ')"
	for deb in "$tmp/deb-$from"/*.deb; do
		dpkg -x "$deb" "$root/$from" || cannot "cannot unpack $deb"
		rm "$deb"
	done
}

run() {
	in=$root/$1
	program=$in/$2
	shift 2
	libs=$in/usr/lib/x86_64-linux-gnu:$in/lib/x86_64-linux-gnu
	if [ -e "$in/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2" ]; then
		"$in/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2" --library-path "$libs" "$program" "$@"
	else
		LD_LIBRARY_PATH=$libs "$program" "$@"
	fi
}

sees() {
	printf '%-60s %s\n' "$1" "$2"
	[ "$2" = "$3" ] || {
		echo "    CHANGED: it was $3"
		changed=1
	}
}

done_seeing() {
	[ "$changed" -eq 0 ] && echo "as it was seen before"
	exit "$changed"
}
