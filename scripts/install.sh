#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Installs and removes what `make install` promises: install.sh install|uninstall PROGRAM.. [-- DATA..]
# Env: B (data are below it, and keep their place), PREFIX, DESTDIR.
set -eu
B=${B:-build} root=${DESTDIR:-}${PREFIX:-/usr/local}
case $root in
/?*) ;;
*)
	echo "install: error: '$root' is no absolute folder; give PREFIX=/DIR (and DESTDIR=/DIR)" >&2
	exit 2
	;;
esac
lib=$root/lib/beebench doc=$root/share/doc/beebench completion=$root/share/bash-completion/completions
verb=$1
shift

# put MODE FILE FOLDER
put() {
	install -D -m "$1" "$2" "$3/${2##*/}"
}

# same FUNCTION: calls it with MODE FILE FOLDER for what does not come from the build.
each_file() {
	for f in docs/man/*.[1-8]; do
		[ ! -e "$f" ] || "$1" 644 "$f" "$root/share/man/man${f##*.}"
	done
	for f in docs/completions/*; do
		[ ! -e "$f" ] || "$1" 644 "$f" "$completion"
	done
}

add() {
	while [ $# -gt 0 ] && [ "$1" != -- ]; do
		put 755 "$1" "$root/bin"
		shift
	done
	[ $# -eq 0 ] || shift
	for f; do
		case $f in
		*/guest-init | */static/* | *.sh) mode=755 ;;
		*) mode=644 ;;
		esac
		place=${f#"$B"/}
		install -D -m $mode "$f" "$lib/$place"
	done
	each_file put
	# The unit is an example here: systemd's folder is the package's to write to.
	for f in share/*/*; do
		case $f in
		*.sh) mode=755 ;;
		*) mode=644 ;;
		esac
		put $mode "$f" "$root/share/beebench/$(basename "${f%/*}")"
	done
	for f in README.md docs/*.md; do
		put 644 "$f" "$doc"
	done
	for f in bpf/*/*.ex bpf/memmon/memmon.bt bpf/memmon/memmon.bpf.c bpf/memmon/memmon.h bpf/calls/calls.bpf.h harness/gate/gate.json; do
		put 644 "$f" "$doc/examples"
	done
	echo "installed below $root; '$root/bin/beebench doctor' says what this machine can do"
}

# shellcheck disable=SC2317 # called by each_file
drop() {
	rm -f "$3/${2##*/}"
}

remove() {
	for f; do
		rm -f "$root/bin/${f##*/}"
	done
	each_file drop
	rm -rf "$lib" "$doc" "$root/share/beebench"
	echo "removed from $root"
}

case $verb in
install) add "$@" ;;
uninstall) remove "$@" ;;
*)
	echo "usage: install.sh install|uninstall PROGRAM.. [-- DATA..]" >&2
	exit 2
	;;
esac
