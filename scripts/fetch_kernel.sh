#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# A kernel for the guest, out of a package, which is not installed: fetch_kernel.sh VERSION|FILE CACHE DIR ENDING ARCHITECTURE
#
# Downloads the newest linux-image-VERSION.*ENDING ("-cloud-amd64") that apt knows for ARCHITECTURE ("amd64"), holds its checksum against
# apt's lists and leaves "vmlinuz" and "note" (the package and the checksums, "KEY VALUE" lines) in DIR, which appears at once and whole.
# Works as an ordinary user. Where the machine's package lists have no such kernel, lists of our own are fetched into CACHE: from the
# machine's sources, then from the newer Debians at the same place (13 and unstable). From Linux 7 on that package is empty, and the
# kernel lies in the linux-binary package it depends on. FILE, with a '/', is a package of any distribution (.deb, .rpm, and what tar
# reads: .pkg.tar.*, .apk, .xbps, .txz): the kernel comes out of it.
#
# Whoever calls it reads stdout: lines "info TEXT" and "error TEXT". Exit codes: 0; 77 it cannot be had here; 2 the cache is no good.
set -eu
# What others could write would be refused the next time, whatever the caller's umask is.
umask go-w

info() {
	printf 'info %s\n' "$*"
}

die() {
	code=$1
	shift
	printf 'error %s\n' "$*"
	exit "$code"
}

[ $# -eq 5 ] || die 2 "usage: fetch_kernel.sh VERSION|FILE CACHE DIR ENDING ARCHITECTURE"
version=$1 cache=$2 dir=$3 ending=$4 arch=$5 file=
case $version in
*/*) file=$(readlink -f -- "$version") ;;
*[!0-9.]* | '') die 2 "'$version' is no version of a kernel" ;;
esac
tools="apt-cache apt-get dpkg-deb tar sha256sum timeout" get=
what=fetched
[ -z "$file" ] || what="taken out of $file"
case $file in
'') ;;
*.deb) tools="dpkg-deb tar sha256sum" ;;
*.rpm)
	# Both are there where packages are such; bsdtar is one more that reads them.
	tools="rpm2cpio cpio sha256sum" get="run: sudo apt-get install rpm2cpio cpio   or "
	! command -v bsdtar >/dev/null 2>&1 || tools="bsdtar sha256sum"
	;;
*.zst | *.xbps) tools="tar zstd sha256sum" get="run: sudo apt-get install zstd   or " ;;
*.xz | *.txz) tools="tar xz sha256sum" get="run: sudo apt-get install xz-utils   or " ;;
*) tools="tar sha256sum" ;;
esac
for tool in $tools; do
	command -v "$tool" >/dev/null 2>&1 ||
		die 77 "no $tool here, and without it no kernel can be $what; ${get}give one by path: -k /boot/vmlinuz-.."
done

work=
trap '[ -z "$work" ] || rm -rf "$work"' EXIT
trap 'exit 130' INT TERM HUP
no_cache() {
	die 2 "cannot write to the cache $cache; choose another with BEEBENCH_CACHE: ${why##*: }"
}
# A full disk looks to apt like lists that are empty, or like a broken package: asked at first and wherever something failed.
has_room() {
	if ! head -c 1000000 /dev/zero >"$work/room" 2>/dev/null; then
		why=": No space left on device"
		no_cache
	fi
	rm -f "$work/room"
}
why=$(LC_ALL=C mkdir -p "$cache/kernels" 2>&1) || no_cache
why=$(LC_ALL=C mktemp -d "$cache/kernels/fetch.XXXXXX" 2>&1) || no_cache
# What one that was killed has left; none takes a day.
find "$cache/kernels" -mindepth 1 -maxdepth 1 -name 'fetch.*' -mtime +0 -exec rm -rf {} + 2>/dev/null || :
work=$why
has_room
cd "$work"

# apt LIMIT TOOL ARG..: with lists of our own below $own, unless that is empty, and from $source, unless that is empty. What it says
# on stderr is in "said". Exit code 124: it took longer than LIMIT seconds.
own='' source='' foreign=
[ "$(dpkg --print-architecture 2>/dev/null)" = "$arch" ] || foreign=$arch
apt() {
	limit=$1 tool=$2
	shift 2
	[ -z "$foreign" ] || set -- -o "APT::Architecture=$foreign" -o "APT::Architectures=$foreign" -o Dir::State::status=/dev/null "$@"
	[ -z "$own" ] || set -- -o "Dir::State::Lists=$own/lists" -o "Dir::Cache=$own/cache" -o Acquire::Languages=none "$@"
	[ -z "$source" ] || set -- -o "Dir::Etc::SourceList=$source" -o Dir::Etc::SourceParts=/dev/null "$@"
	LC_ALL=C timeout --foreground "$limit" "$tool" "$@" 2>said
}

# What a tool said, on one line; that root downloads as root is no news.
said() {
	grep -v 'performed unsandboxed as root' said | tr -s '\n' ' ' | sed 's/ $//'
}

# field KEY: the value of that line of apt-cache's answer
field() {
	sed -n "s/^$1: //p" shown | head -n 1
}

# describe PACKAGE: sets package, package_version, sum
describe() {
	package=$1
	apt 60 apt-cache show --no-all-versions "$package" >shown || return 1
	package_version=$(field Version) sum=$(field SHA256)
	[ -n "$package_version" ] && [ -n "$sum" ]
}

# The packages of the version in the lists, the newest first, into "found". 6.12 is not 6.1, -arm64 is not -cloud-arm64, and a package of
# debug symbols, without a signature or without a version of its own holds no kernel.
find_packages() {
	apt 60 apt-cache pkgnames "linux-image-$version." >names || return 1
	start=$(printf '%s' "linux-image-$version." | sed 's/\./\\./g')
	grep -- "^${start}[^-]*\(-[0-9]*\)*$ending\$" names | sort -rV >found
	[ -s found ]
}

# take PACKAGE: it, or the one it takes the kernel from, is described
take() {
	describe "$1" || return 1
	binary=$(field Depends | tr ',' '\n' | sed -n 's/^ *\(linux-binary-[^ ]*\).*/\1/p' | head -n 1)
	[ -z "$binary" ] || describe "$binary"
}

# Lists of our own, in the cache's folder $1; what went wrong is in "updated".
fetch_lists() {
	own=$cache/$1
	info "apt's lists have no kernel $version for $arch; fetching lists $2 into $own"
	mkdir -p "$own/lists/partial" "$own/cache/archives/partial" || return 1
	code=0
	apt 600 apt-get -q update >/dev/null || code=$?
	# Without a network it warns, and succeeds.
	grep '^[EW]:' said >>updated || [ $code -eq 0 ] || echo "it ended with $code" >>updated
	return $code
}

# Debian 13 and unstable, from where this machine takes Debian: a source list in the cache's folder $1. False when it takes it from nowhere.
newer() {
	list=/etc/apt/sources.list parts=/etc/apt/sources.list.d
	eval "$(apt-config shell list Dir::Etc::SourceList/f parts Dir::Etc::SourceParts/d 2>/dev/null)" || :
	mkdir -p "$1" || return 1
	for f in "$list" "$parts"/*.list "$parts"/*.sources; do
		if [ -r "$f" ]; then
			cat "$f"
			echo
		fi
	done | awk '
		function done() { if (uri != "") { print uri, key; exit } }
		$1 == "deb" {
			key = match($0, /signed-by=[^] ]+/) ? substr($0, RSTART + 10, RLENGTH - 10) : ""
			sub(/\[[^]]*\] */, "")
			if ($2 ~ /\/debian\/?$/) { uri = $2; done() }
		}
		$1 == "URIs:" { for (i = 2; i <= NF; i++) if ($i ~ /\/debian\/?$/) uri = $i }
		$1 == "Signed-By:" && NF == 2 { key = $2 }
		NF == 0 { done(); key = "" }
		END { done() }' >where
	read -r uri key <where || return 1
	for suite in trixie sid; do
		printf 'deb %s%s %s main\n' "${key:+[signed-by=$key] }" "$uri" "$suite"
	done >"$1/newer.list"
	source=$1/newer.list
}

# What to do on a machine that reaches no archive: the words of -k, and the folder's name in any cache
elsewhere() {
	word=${dir##*/}
	[ "$word" = "$version" ] && word=$version/x86-64 || word=$version/${word#"$version-"}
	printf '%s' "where there is a network run: beebench vm -k $word --where   and copy that folder to $dir, or let BEEBENCH_CACHE be a folder " \
		"that both see (or give a kernel by path: -k /boot/vmlinuz-..)"
}

unknown() {
	has_room
	lists=$(grep '^E:\|Failed to fetch\|^it ended' updated 2>/dev/null | head -n 2 | tr -s '\n' ' ' | sed 's/ $//')
	[ -z "$lists" ] || die 77 "cannot fetch apt's lists, and those that are here have no linux-image-$version.*$ending: $lists; $(elsewhere)"
	die 77 "apt knows no package linux-image-$version.*$ending, here or in newer Debians; give a kernel by path: -k /boot/vmlinuz-..; on a machine" \
		"that is no Debian take it out of such a package from https://packages.debian.org/search?keywords=${ending#-}"
}

# Downloads it, and sets deb. The lists may know what the archive has not: then the next newest is taken.
download() {
	find_packages ||
		{ fetch_lists "apt${foreign:+-$foreign}" "of this machine's sources" && find_packages; } ||
		{ newer "$cache/apt-newer${foreign:+-$foreign}" && fetch_lists "apt-newer${foreign:+-$foreign}" "of newer Debians" && find_packages; } ||
		unknown
	why=
	for name in $(head -n 3 found); do
		take "$name" || continue
		info "fetching $package $package_version"
		code=0
		apt 600 apt-get -q download "$package=$package_version" >/dev/null || code=$?
		said=$(said)
		[ $code -ne 124 ] || said="it took too long"
		set -- ./*.deb
		deb=$1
		[ $code -ne 0 ] || [ -f "$deb" ] || code=1
		[ $code -ne 0 ] || break
		why=${why:-$package=$package_version: $said}
		# Who does not reach the archive does not ask it for the next.
		case $said in
		*" resolv"* | *"connect"* | *"nreachable"* | *"timed out"* | *"too long"*) break ;;
		esac
	done
	[ "${code:-1}" -eq 0 ] || has_room
	[ "${code:-1}" -eq 0 ] || die 77 "cannot download ${why:-$name}; $(elsewhere)"
	got=$(sha256sum "$deb" | cut -d ' ' -f 1)
	[ "$got" = "$sum" ] ||
		die 77 "$package=$package_version has the checksum $got, but apt's lists say $sum; nothing of it is used; run: sudo apt-get update" \
			"  and try again"
	package="$package $package_version"
}

# The first kernel among a package's files, of which there is a list as ls -l gives it. Some have a link to it as well.
kernel_of() {
	sed -n 's/^-.* \(\(\.\/\|\/\|\)\(boot\/\(vmlinuz\|[Ii]mage\)-[^ /]*\|\(usr\/\|\)lib\/modules\/[^ /]*\/\(vmlinuz\|[Ii]mage\)\)\)$/\1/p' |
		head -n 1
}

# unpack PACKAGE
unpack() {
	case $1 in
	*.deb)
		member=$(dpkg-deb --fsys-tarfile "$1" 2>said | tar -tv 2>>said | kernel_of)
		[ -z "$member" ] || dpkg-deb --fsys-tarfile "$1" 2>said | tar -xO "$member" >vmlinuz 2>>said
		;;
	*.rpm)
		if command -v bsdtar >/dev/null 2>&1; then
			member=$(bsdtar -tvf "$1" 2>said | kernel_of)
			[ -z "$member" ] || bsdtar -xOf "$1" "$member" >vmlinuz 2>said
		else
			member=$(rpm2cpio "$1" 2>said | cpio -tv --quiet 2>>said | kernel_of)
			[ -z "$member" ] || rpm2cpio "$1" 2>said | cpio -i --quiet --to-stdout "$member" >vmlinuz 2>>said
		fi
		;;
	*)
		member=$(tar -tvf "$1" 2>said | kernel_of)
		[ -z "$member" ] || tar -xOf "$1" "$member" >vmlinuz 2>said
		;;
	esac || {
		has_room
		die 77 "cannot unpack ${file:-$package}: $(said)"
	}
	[ -n "$member" ] || die 77 "cannot unpack ${file:-$package}: there is no kernel in it $(said)"
}

if [ -n "$file" ]; then
	package="${file##*/} by-path"
	sum=$(sha256sum "$file" | cut -d ' ' -f 1)
	unpack "$file"
else
	download
	unpack "$deb"
	rm -f "$deb"
fi
rm -f said updated shown names found where
printf 'package %s\ndeb_sha256 %s\nvmlinuz_sha256 %s\n' "$package" "$sum" "$(sha256sum vmlinuz | cut -d ' ' -f 1)" >note ||
	die 2 "cannot write $work/note"

# At once; who came first at the same moment has the same kernel.
chmod 755 "$work"
cd /
if ! mv -T "$work" "$dir" 2>/dev/null; then
	rm -rf "$dir"
	mv -T "$work" "$dir" 2>/dev/null || [ -f "$dir/note" ] || die 2 "cannot put the kernel into $dir"
fi
