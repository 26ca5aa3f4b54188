#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Shows a leak, and what is none, beside each other (docs/leaks.md): leaks_example.sh [SECONDS]. Root.
#
#   wl-flood   maps and unmaps, 500 calls a second, and keeps nothing
#   leak       keeps 5 kB more each 20 ms, which takes no mmap at all
#   cache      fills 20 MB as fast as it can, then writes in them
set -eu
cd "$(dirname "$0")/.."
B=${B:-build}
seconds=${1:-40}
dir=$(mktemp -d "${TMPDIR:-/tmp}/beebench-leaks.XXXXXX")
churn='' leak='' cache=''
trap 'kill $churn $leak $cache 2>/dev/null || :; wait 2>/dev/null || :; rm -rf "$dir"' EXIT
trap 'exit 130' INT TERM

# A process is called as its file. Reading a pipe that nobody writes is a sleep that takes no process.
cp /bin/bash "$dir/leak"
cp /bin/bash "$dir/cache"
mkfifo "$dir/pipe"
"$B/wl" --summary --timeout $((seconds + 30)) "flood:count=$((seconds * 500 + 2500)),rate=500" >"$dir/ledger" &
churn=$!
# shellcheck disable=SC2016 # these are for the shells that are started
"$dir/leak" -c 'exec 3<>"$1"
while :; do printf -v kept[n++] %5000s; read -rt 0.02 -u 3; done' leak "$dir/pipe" &
leak=$!
# shellcheck disable=SC2016
"$dir/cache" -c 'exec 3<>"$1"
while ((n < 4000)); do printf -v kept[n++] %5000s; done
while :; do printf -v "kept[RANDOM%n]" %5000s x; read -rt 0.02 -u 3; done' cache "$dir/pipe" &
cache=$!

"$B/memmon" --batch --interval 1 --count $((seconds + 1)) --sort mmap \
	--filter "pid = $leak or pid = $cache or ppid = $churn" >"$dir/frames"
awk '/^memmon /{text = ""} {text = text $0 "\n"} END {printf "%s", text}' "$dir/frames"
