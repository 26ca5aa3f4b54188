#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The collector's own tests leave nothing: no process, no pin, no program that nobody holds, no cgroup, no file in TMPDIR.
set -u
B=${B:-build}
if [ "$(id -u)" != 0 ]; then
	echo "1..0 # SKIP needs root: BPF programs are loaded"
	exit 0
fi
PATH=$PATH:/usr/sbin
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir "$scratch/tmp"

# Other processes of this machine trace meanwhile, so what is ours is told by its TMPDIR.
processes() {
	for e in /proc/[0-9]*/environ; do
		# shellcheck disable=SC2002
		if cat "$e" 2>/dev/null | tr '\0' '\n' | grep -qx "TMPDIR=$scratch/tmp"; then
			pid=${e#/proc/}
			echo "process ${pid%/environ}"
		fi
	done
}

# "prog 12 trace_mmap_enter": our programs that are in the kernel although no process holds them (a descriptor of the program or of
# its link); this bpftool does not tell who does. Three looks in a row.
orphans() {
	grep -hs '^prog_id:' /proc/[0-9]*/fdinfo/* | awk '{ print $2 }' >"$scratch/held"
	bpftool -j prog list 2>/dev/null |
		jq -r '.[] | select(.name // "" | test("^(trace_(mmap|munmap|brk)_ent|nop_|on_(mmap|munmap|brk)|handle_(map|unmap)|sys_enter_)")) |
			"\(.id) \(.name)"' |
		awk -v held="$scratch/held" 'BEGIN { while ((getline id <held) > 0) has[id] = 1 } !($1 in has) { print "prog", $0 }' | sort
}
lasting_orphans() {
	orphans >"$scratch/a"
	for _ in 1 2; do
		[ -s "$scratch/a" ] || return
		sleep 0.3
		orphans >"$scratch/b"
		comm -12 "$scratch/a" "$scratch/b" >"$scratch/c"
		mv "$scratch/c" "$scratch/a"
	done
	cat "$scratch/a"
}

cgroups() {
	awk '/ - cgroup2 / { print $5 }' /proc/self/mountinfo | while read -r root; do
		for c in "$root"/beebench-*-test; do
			[ -d "$c" ] || continue
			owner=${c##*/beebench-}
			[ -d "/proc/${owner%%-*}" ] || echo "cgroup $c"
		done
	done
}

pins() {
	find /sys/fs/bpf -mindepth 1 2>/dev/null | sort
}

n=0
for t in t_memmon t_objects t_stream; do
	n=$((n + 1))
	pins >"$scratch/pins"
	lasting_orphans >"$scratch/before"
	TMPDIR=$scratch/tmp "$B/tests/bpf/$t" >"$scratch/log" 2>&1 || echo "exit $?" >"$scratch/left"
	{
		processes
		pins | comm -13 "$scratch/pins" -
		lasting_orphans | comm -13 "$scratch/before" -
		cgroups
		ls -A "$scratch/tmp"
	} >>"$scratch/left"
	if [ -s "$scratch/left" ]; then
		echo "not ok $n - $t leaves nothing"
		cat "$scratch/left" "$scratch/log" | sed 's/^/# /' | tail -n 40
	else
		echo "ok $n - $t leaves nothing"
	fi
	rm "$scratch/left"
done
echo "1..$n"
