#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Installs the Debian packages of a list (default: packages.txt) that are missing; says what it does; does nothing when all
# are there. Usage: deps.sh [LIST]
set -eu
list=${1:-$(dirname "$0")/packages.txt}
build=${B:-build}
default=$((1 - ($# > 0)))
missing=
while read -r package shows; do
	case $package in '' | '#'*) continue ;; esac
	case $shows in
	/*) [ -e "$shows" ] || missing="$missing $package" ;;
	*) command -v "$shows" >/dev/null 2>&1 || missing="$missing $package" ;;
	esac
done <"$list"

if [ -n "$missing" ]; then
	# shellcheck disable=SC2086  # the list of packages is meant to be split
	set -- $missing
	if [ "$(id -u)" != 0 ]; then
		echo "beebench: error: packages are missing and only root can install them; run:" >&2
		echo "    sudo apt-get install -y --no-install-recommends $*" >&2
		exit 2
	fi
	if ! command -v apt-get >/dev/null 2>&1; then
		echo "beebench: error: no apt-get here; install what gives you these Debian packages: $*" >&2
		exit 2
	fi
	log=$(mktemp)
	echo "deps: installing $# packages with apt: $*" >&2
	if ! { apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -y -q -o DPkg::Lock::Timeout=600 \
		--no-install-recommends "$@"; } >"$log" 2>&1; then
		tail -n 20 "$log" >&2
		echo "beebench: error: apt could not install them (whole log: $log)" >&2
		exit 2
	fi
	rm -f "$log"
	echo "deps: done" >&2
else
	echo "deps: every package is there" >&2
fi
if [ $default -eq 1 ]; then
	mkdir -p "$build"
	: >"$build/.deps"
fi
