#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# What is written for people names what is there: links, headings and paths in README.md, docs/ and the manual pages, and
# lines of 100 columns. How is in check_docs.awk. Usage: check_docs.sh [FILE..], from the root of the tree.
set -u
here=$(dirname "$0")
tmp=$(mktemp -d) || exit 2
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM
"$here/tracked.sh" >"$tmp/files" || exit 2
# shellcheck disable=SC2046 # names without spaces
[ $# -gt 0 ] || set -- $(git ls-files '*.md' 'docs/man/*')
LC_ALL=C awk -f "$here/check_docs.awk" "$tmp/files" "$@" >"$tmp/said" || exit 2
while read -r word path at; do
	case $word in
	maybe)
		case $path in
		# what the reader makes, what is installed, what lies in a run's folder
		workloads/wl_skeleton.c | bpf/calls/calls.* | harness/subjects/lengths.c | bpf/lengths/* | lib/beebench/* | plots/NAME.* | results/gate.json | results/history.db) continue ;;
		esac
		git check-ignore -q "$path" || git check-ignore -q "${path%/}/" ||
			echo "check: $at: there is no $path; name what is there, or take the sentence out"
		;;
	*) echo "$word $path $at" ;;
	esac
done <"$tmp/said" >"$tmp/wrong"
LC_ALL=C sort "$tmp/wrong" >&2
[ ! -s "$tmp/wrong" ]
