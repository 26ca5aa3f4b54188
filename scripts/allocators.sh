#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# What allocators and runtimes ask the kernel for, and what memmon shows of it: prints the tables of docs/allocators.md.
# Usage: allocators.sh [SECONDS]; SECONDS is how long the patterns run that last (75). Without root there are only the calls.
#
# strace counts the calls; one memmon watches all patterns at once (tests/bench/allocating.c, tests/bench/holding.c).
# The allocators are Debian's, unpacked into the cache and not installed (fetch_deb.sh), and so is Go where there is none;
# musl is linked statically. Another runtime that is not here has no row.
set -eu
cd "$(dirname "$0")/.."
B=${B:-build}
seconds=${1:-75}
tmp=$(mktemp -d "${TMPDIR:-/tmp}/beebench-allocators.XXXXXX")
started=
end() {
	# shellcheck disable=SC2086
	[ -z "$started" ] || kill $started 2>/dev/null || :
	wait 2>/dev/null || :
	rm -rf "$tmp"
}
trap end EXIT
trap 'exit 130' INT TERM
for program in strace jq gcc; do
	command -v $program >/dev/null || { echo "allocators: no $program; run: make deps" >&2; exit 2; }
done

# lacks WHAT: the tables lack it, which is told at the end
lacks() {
	echo "$1" >>"$tmp/lacking"
}
# whole: fails, and says why, where something is lacking
whole() {
	[ -e "$tmp/lacking" ] || return 0
	sed 's/^/allocators: failed: /' "$tmp/lacking" >&2
	return 1
}

# library PACKAGE FILE: the path of a shared library in a package
library() {
	scripts/fetch_deb.sh "$1" "usr/lib/x86_64-linux-gnu/$2"
}

# --- who is asked -----------------------------------------------------------------------------------

gcc -std=gnu11 -I. -O2 -pthread -o "$tmp/allocating" tests/bench/allocating.c
gcc -std=gnu11 -I. -O2 -o "$tmp/holding" tests/bench/holding.c
musl=$(scripts/fetch_deb.sh musl-dev)
m=$musl/usr/lib/x86_64-linux-musl
gcc -std=gnu11 -I. -O2 -static -nostdlib -nostdinc -isystem "$musl/usr/include/x86_64-linux-musl" \
	-isystem "$(gcc -print-file-name=include)" -o "$tmp/allocating-musl" "$m/crt1.o" "$m/crti.o" tests/bench/allocating.c \
	"$m/libc.a" -lgcc "$m/crtn.o"
library libjemalloc2 libjemalloc.so.2 >"$tmp/lib.jemalloc"
library libmimalloc2.0 libmimalloc.so.2.0 >"$tmp/lib.mimalloc"
library libtcmalloc-minimal4 libtcmalloc_minimal.so.4 >"$tmp/lib.tcmalloc"

# version WHO
version() {
	case $1 in
	glibc) getconf GNU_LIBC_VERSION | cut -d' ' -f2 ;;
	musl) cut -d' ' -f2 "$musl/.package" ;;
	*) cut -d' ' -f2 "$(sed 's,/usr/.*,/.package,' "$tmp/lib.$1")" ;;
	esac | sed 's/^[0-9]*://; s/[+-].*//'
}
# as WHO MODE..: the line that runs that pattern with that allocator
as() {
	who=$1
	shift
	case $who in
	glibc) echo "$tmp/allocating $*" ;;
	musl) echo "$tmp/allocating-musl $*" ;;
	*) echo "env LD_PRELOAD=$(cat "$tmp/lib.$who") $tmp/allocating $*" ;;
	esac
}
allocators="glibc musl jemalloc mimalloc tcmalloc"

# --- calls, by strace -------------------------------------------------------------------------------

# calls COMMAND: mmap/munmap/brk, and /madvise/mprotect where there are any, of the whole run after its exec
calls() {
	# shellcheck disable=SC2086
	strace -f -qq -o "$tmp/trace" -e trace=execve,mmap,munmap,brk,madvise,mprotect $1 >/dev/null 2>&1 </dev/null || {
		echo "failed"
		lacks "strace $1"
		return
	}
	# Counted from the last exec on: env's own calls are not the allocator's.
	awk '{ call = $2; sub(/\(.*/, "", call) }
	call == "execve" && / = 0$/ && !/<unfinished/ { for (c in n) n[c] = 0 }
	call == "<..." { next }
	{ n[call]++ }
	END {
		printf "%d/%d/%d", n["mmap"], n["munmap"], n["brk"]
		printf "/%d/%d\n", n["madvise"], n["mprotect"]
	}' "$tmp/trace" || lacks "the calls of $1"
}

echo "Calls of mmap/munmap/brk/madvise/mprotect, from exec to exit:"
echo
echo "| allocator | start | a thread's first block | 10 x 1 MiB, freed, twice | 100 MiB of 64 B | the same, freed |"
echo "| --- | --- | --- | --- | --- | --- |"
for who in $allocators; do
	row="| $who $(version "$who")"
	for mode in start thread blocks small freed; do
		row="$row | $(calls "$(as "$who" $mode)")"
	done
	echo "$row |"
done

cat >"$tmp/leak.py" <<'END'
import sys, time
kept = []
for step in range(int(sys.argv[1]) * 250):
    kept.extend(bytearray(1024) for n in range(4))
    time.sleep(0.004)
END
cat >"$tmp/leak.js" <<'END'
const kept = [];
let left = process.argv[2] * 250;
const timer = setInterval(() => {
	for (let n = 0; n < 4; n++) kept.push(new Array(128).fill(left + 0.5));
	if (--left <= 0) clearInterval(timer);
}, 4);
END
cat >"$tmp/Leak.java" <<'END'
public class Leak {
	public static void main(String[] args) throws Exception {
		var kept = new java.util.ArrayList<byte[]>();
		for (int step = 0; step < Integer.parseInt(args[0]) * 250; step++) {
			for (int n = 0; n < 4; n++) kept.add(new byte[1024]);
			Thread.sleep(4);
		}
	}
}
END
cat >"$tmp/leak.go" <<'END'
package main

import (
	"os"
	"strconv"
	"time"
)

func main() {
	seconds, _ := strconv.Atoi(os.Args[1])
	var kept [][]byte
	for step := 0; step < seconds*250; step++ {
		for n := 0; n < 4; n++ {
			block := make([]byte, 1024)
			block[0] = 1 // new memory is zero already: without this it is not resident
			kept = append(kept, block)
		}
		time.Sleep(4 * time.Millisecond)
	}
	os.Exit(len(kept) & 0)
}
END
# runtime NAME VERSION COMMAND: a row of its start, and its leak for the second table
runtimes=
runtime() {
	echo "| $1 $2 | $(calls "$3 0") |"
	runtimes="$runtimes $1"
	eval "leak_$1=\$3"
}
echo
echo "| runtime | starting, doing nothing, ending |"
echo "| --- | --- |"
if command -v python3 >/dev/null; then
	python=$(python3 -c 'import os, sys; print(os.path.realpath(sys.executable))')
	runtime python "$("$python" -c 'import platform; print(platform.python_version())')" "$python $tmp/leak.py"
fi
if command -v node >/dev/null; then
	runtime node "$(node -p process.versions.node)" "$(command -v node) $tmp/leak.js"
fi
if ! go=$(command -v go); then
	mkdir "$tmp/usr"
	for package in golang-1.19-go golang-1.19-src; do
		from=$(scripts/fetch_deb.sh $package)
		cp -al "$from/usr/." "$tmp/usr/" 2>/dev/null || cp -a "$from/usr/." "$tmp/usr/"
	done
	export GOROOT="$tmp/usr/lib/go-1.19"
	go=$GOROOT/bin/go
fi
if (cd "$tmp" && GO111MODULE=off GOFLAGS='' GOCACHE="$tmp/go" "$go" build -o "$tmp/leak-go" leak.go); then
	runtime go "$("$go" version | sed 's/.*go\([0-9.]*\) .*/\1/')" "$tmp/leak-go"
fi
if command -v javac >/dev/null && javac -d "$tmp" "$tmp/Leak.java" 2>/dev/null; then
	runtime java "$(java -version 2>&1 | sed -n '1s/.*"\(.*\)".*/\1/p')" "java -cp $tmp Leak"
fi

# --- what memmon shows ------------------------------------------------------------------------------

if [ "$(id -u)" -ne 0 ]; then
	echo
	echo "(What memmon shows needs root.)"
	whole
	exit
fi
# begin KEY COMMAND
begin() {
	# shellcheck disable=SC2086
	$2 >/dev/null 2>&1 </dev/null &
	started="$started $!"
	echo "$! $1" >>"$tmp/pids"
}
: >"$tmp/pids"
long=$((seconds + 15))
for who in $allocators; do
	for mode in freed pinned leak cache buffer; do
		begin "$who.$mode" "$(as "$who" $mode $long)"
	done
done
for mode in memfd segment registered; do
	begin "holding.$mode" "$tmp/holding $mode $long"
done
for who in $runtimes; do
	eval "begin $who.leak \"\$leak_$who $long\""
done
filter=$(awk '{ printf "%spid = %d", (NR > 1 ? " or " : ""), $1 }' "$tmp/pids")
"$B/memmon" --batch --json --interval 1 --count $((seconds + 1)) --filter "$filter" >"$tmp/frames" 2>"$tmp/said" || {
	cat "$tmp/said" >&2
	exit 1
}

# shown KEY: VIRT and RSS in the last frame, the calls since the first, and the verdict with its slope in KiB/s, where there is one yet
# growing KEY: since which second the verdict has been the one of the last frame
jq -rs --rawfile pids "$tmp/pids" '
	([$pids | split("\n")[] | select(. != "") | split(" ") | {key: .[0], value: .[1]}] | from_entries) as $name
	| . as $frames | ($frames[0].processes | map({key: (.pid | tostring), value: .}) | from_entries) as $first
	| $frames[-1].processes[] | (.pid | tostring) as $pid | $first[$pid] as $was
	| def since(f): (f - ($was | f // 0)); [$name[$pid], .virt_kb, .rss_kb, since(.mmap), since(.munmap), since(.brk), .verdict,
	   (.trend_bytes_per_s | if . then " \(. / 1024 | round) KiB/s" else "" end),
	   ([range($frames | length) as $i | ($frames[$i].processes[] | select((.pid | tostring) == $pid) | .verdict)] as $v
	    | ($v | length - 1) as $last | first(range($last; -1; -1) | select(. == 0 or $v[. - 1] != $v[$last])))]
	| @tsv' "$tmp/frames" >"$tmp/shown"
# cell KEY FORMAT: of the row with that key; fields are virt rss mmap munmap brk verdict slope since
cell() {
	awk -F'\t' -v key="$1" -v format="$2" '$1 == key {
		split("key virt rss mmap munmap brk verdict slope since", name, " ")
		for (i = 1; i <= 9; i++) gsub("@" name[i], $i, format)
		print format
		found = 1
	}
	END { if (!found) print "-" }' "$tmp/shown" || lacks "what memmon shows of $1"
}
echo
echo "What memmon shows after $seconds s (VIRT / RSS in kB; calls counted in that time; since which second it says so):"
echo
echo "| allocator | 100 MiB freed | all freed but one of 4096 | leak of 1 MiB/s | cache of 8 MiB | 8 MiB taken and freed, 4/s |"
echo "| --- | --- | --- | --- | --- | --- |"
for who in $allocators; do
	echo "| $who | $(cell "$who.freed" "@virt / @rss @verdict") | $(cell "$who.pinned" "@virt / @rss @verdict") |" \
		"$(cell "$who.leak" "@mmap mmap, @brk brk; @verdict@slope since @since s") |" \
		"$(cell "$who.cache" "@rss @verdict since @since s") |" \
		"$(cell "$who.buffer" "@rss @verdict; @mmap mmap, @munmap munmap") |"
done
echo
echo "| runtime | leak of 1 MiB/s |"
echo "| --- | --- |"
for who in $runtimes; do
	echo "| $who | $(cell "$who.leak" "@virt / @rss; @mmap mmap, @munmap munmap; @verdict@slope since @since s") |"
done
echo
echo "| 50 MiB held in | VIRT / RSS in kB |"
echo "| --- | --- |"
for mode in memfd segment registered; do
	echo "| $mode | $(cell "holding.$mode" "@virt / @rss @verdict") |"
done
whole
