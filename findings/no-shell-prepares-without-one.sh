#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# What `hyperfine -N` does with --prepare, --setup and --cleanup: is what a shell would do done, or an error?
#
# The question: -N ("no shell") is what one takes for commands of a few milliseconds. The command is then split into words and run
# directly. Is the preparation, which is not timed and nearly always a line of shell (sync; echo 3 >/proc/sys/vm/drop_caches)?
# The guess: a shell runs it, as without -N; or -N refuses a line with > ; && in it.
# What happens: 1.15 runs it without a shell and says nothing: the operators are arguments of the first word. `true && false` succeeds,
# `echo 3 >FILE` prints to nowhere and writes no file, `sync; echo` fails only because there is no program "sync;". 2.0 runs all three by a
# shell, also under -N. Neither refuses such a line for the preparation; for the command itself 2.0 does.
# Why it matters: every run of a series that was to begin with cold caches began with warm ones, and the exit code is 0. A script that
# pins 1.15 and one that has 2.0 measure different things by the same line. `--prepare "sh -c '..'"` is the same in both.
# Source: run here. Versions: hyperfine 1.15.0-2 (Debian 12) and 2.0.0-2 (sid), amd64. First seen November 2026.
set -u
tmp=$(mktemp -d) || exit 2 # the packages come into it, by apt-get download
# shellcheck source=findings/fetch
. "$(dirname "$0")/fetch"

fetch here hyperfine=1.15.0-2
fetch sid hyperfine=2.0.0-2 libc6=2.43-7 libgcc-s1=16.2.0-4

# does OPTION LINE: exit codes of 1.15 and of 2.0 under -N, and whether FILE is there afterwards
does() {
	for suite in here sid; do
		rm -f "$tmp/file"
		run $suite usr/bin/hyperfine -N --style none --runs 1 "$1" "$2" true >/dev/null 2>&1
		code=$?
		[ -e "$tmp/file" ] && code="$code+file"
		printf '%s ' "$code"
	done
}

echo "exit code under -N, and whether the file was written        1.15, 2.0"
for option in --prepare --setup --cleanup; do
	sees "$option 'true && false'" "$(does "$option" 'true && false')" "0 1 "
	sees "$option 'echo 3 >FILE'" "$(does "$option" "echo 3 >$tmp/file")" "0 0+file "
	sees "$option 'true; echo 3 >FILE'" "$(does "$option" "true; echo 3 >$tmp/file")" "1 0+file "
	sees "$option \"sh -c 'echo 3 >FILE'\"" "$(does "$option" "sh -c 'echo 3 >$tmp/file'")" "0+file 0+file "
done
done_seeing
