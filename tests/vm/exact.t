#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# One boot of the exact lane, as an ordinary user: one added instruction is one, s->field++ is three, two ways in turn are no
# figure. Env: KERNEL (default 6.12).
# timeout: 400
set -u
. tests/lib.sh

kernel=${KERNEL:-6.12}
need_tool qemu-system-x86_64 qemu-system-x86
need_tool jq jq
run "$bee" vm -k "$kernel" --where
[ "$code" -ne 77 ] || skip_all "no kernel $kernel: $err"
is "a kernel is found" "$code" 0
vmlinuz=$out

# What an ordinary user can read, in a folder of its own.
mkdir "$tmp/build" "$tmp/build/bpf"
cp "$B/beebench" "$tmp/build"
cp -r "$B/vm" "$tmp/build"
cp -r "$B/bpf/memmon" "$tmp/build/bpf"
cp "$B"/tests/bpf/exact_*.bpf.o "$tmp"
cp "$vmlinuz" "$tmp/vmlinuz"
chmod -R a+rX "$tmp"

# The memory monitor twice, first and last: its figures do not depend on its place.
set -- exact --json -q -k "$tmp/vmlinuz" -o timeout=300 \
	-m memmon,"$tmp"/exact_base.bpf.o,"$tmp"/exact_one.bpf.o,"$tmp"/exact_field.bpf.o,"$tmp"/exact_toss.bpf.o,"$tmp"/exact_openat.bpf.o,"$tmp"/exact_keeps.bpf.o,memmon
if is_root && have setpriv; then
	run setpriv --reuid=65534 --regid=65534 --clear-groups env HOME=/nonexistent "$tmp/build/beebench" "$@"
else
	run "$tmp/build/beebench" "$@"
fi
is "it runs as an ordinary user" "$code" 0 || printf '# %s\n' "$err"
printf '%s\n' "$out" >"$tmp/out.json"

# figure MONITOR PATH KEY
figure() {
	jq -r --arg m "$1" --arg p "$2" --arg k "$3" \
		'first(.records[] | select(.monitor == $m and .path == $p) | .[$k])' "$tmp/out.json"
}

base=$(figure exact_base mmap instructions)
like "a figure is a number" "$base" '^[0-9]+$'
is "one instruction more is one" "$(($(figure exact_one mmap instructions) - base))" 1
is "one s->field++ more is three" "$(($(figure exact_field mmap instructions) - base))" 3
for path in munmap brk other mmap-small switch; do
	is "what was added to mmap is not in $path" "$(figure exact_field $path instructions)" \
		"$(figure exact_base $path instructions)"
done
is "two ways in turn are no stable figure" "$(figure exact_toss mmap stable)" false
is "and none is given" "$(figure exact_toss mmap instructions)" null
is "its munmap has one" "$(figure exact_toss munmap stable)" true

# Of exact_base the guest knows that it forgets threads: those that wait make its calls. Of exact_keeps it does not.
for path in mmap-first munmap-first brk-first mmap-process; do
	is "threads and processes that wait are as good as new ones: $path" "$(figure exact_base $path instructions)" \
		"$(figure exact_keeps $path instructions)"
done
is "a figure that stands ends dear calls" "$(jq -c '[.records[] | select(.monitor == "exact_base" and .path == "brk-first") |
	[.stable, .calls < 200, .taken == .calls]] | unique' "$tmp/out.json")" "[[true,true,true]]"
is "one that does not has all of them" "$(jq -c '[.records[] | select(.monitor == "exact_base" and .path == "mmap-map-full") |
	[.stable, .calls]]' "$tmp/out.json")" "[[false,1600]]"

# The static lane comes from the same boot.
is "loading says something of each object" "$(jq -r '[.records[] | select(.type == "static" and .programs > 0 and
	.jited_bytes > 0 and .verifier_insns > 0 and .map_bytes > 0 and .object_bytes > 0) | .monitor] | join(" ")' "$tmp/out.json")" \
	"memmon exact_base exact_one exact_field exact_toss exact_openat exact_keeps memmon"
is "one instruction more is one there too" "$(jq '[.records[] | select(.type == "static") |
	{(.monitor): .instructions}] | add | .exact_one - .exact_base' "$tmp/out.json")" 1

is "every path is there" "$(jq -r '[.records[] | select(.type == "exact" and .monitor == "exact_base") | .path] | join(" ")' "$tmp/out.json")" \
	"mmap munmap brk other mmap-small switch mmap-first munmap-first brk-first mmap-process mmap-wake brk-wake mmap-ring-full munmap-ring-full brk-ring-full mmap-map-full"
is "no path is void, none failed" "$(jq -r '[.records[].status] | unique | join(" ")' "$tmp/out.json")" ok
is "first and last in a boot are equal" "$(jq -c '[.records[] | select(.type == "exact" and .monitor == "memmon") |
	[.path, .instructions, .stable]] | group_by(.[0]) | map(unique | length) | unique' "$tmp/out.json")" "[1]"
is "figures and differences add up" "$(jq '[.records[] | select(.stable and .added != null and .own != null) |
	(.added == .instructions - .none) and (.own == .instructions - .nop) and .own >= 0] | all' "$tmp/out.json")" true
is "the misses, the wake and the filter are told apart" "$(jq -c '[.records[] | select(.type == "exact" and .monitor == "memmon") |
	{(.path): .own}] | add | [."mmap-first" > .mmap, ."mmap-wake" > .mmap, ."mmap-ring-full" < .mmap,
	."mmap-small" < .mmap, .other == 0]' "$tmp/out.json")" "[true,true,true,true,true]"

# A monitor of another system call is counted where its program stands, and nowhere else.
is "openat has its own paths" "$(jq -r '[.records[] | select(.type == "exact" and .monitor == "exact_openat") | .path] | join(" ")' "$tmp/out.json")" \
	"other switch openat openat-first openat-process openat-map-full openat-ok openat-ok-first openat-ok-process openat-ok-map-full"
is "its hit costs the same whether openat works or fails" "$(figure exact_openat openat-ok own)" "$(figure exact_openat openat own)"
is "and its miss more" "$(jq -c '[.records[] | select(.monitor == "exact_openat" and .type == "exact") | {(.path): .own}] | add |
	[.openat > 0, ."openat-process" > .openat, .other == 0]' "$tmp/out.json")" "[true,true,true]"
is "memmon has no path there" "$(jq '[.records[] | select(.monitor == "memmon" and (.path // "" | startswith("openat")))] | length' "$tmp/out.json")" 0

# The user's choice, and what is no choice.
run "$bee" exact --json -q -k "$tmp/vmlinuz" -o timeout=300,calls=100 -m "$tmp"/exact_openat.bpf.o -e read,getpid
is "chosen calls end well" "$code" 0 || printf '# %s\n' "$err"
is "and are counted alone" "$(printf '%s' "$out" | jq -r '[.records[] | select(.type == "exact" and .monitor == "exact_openat") | .path] | join(" ")')" \
	"read read-first read-process read-map-full getpid getpid-first getpid-process getpid-map-full"
is "they are none of its calls" "$(printf '%s' "$out" | jq -c '[.records[] | select(.type == "exact" and .own != null) | .own] | unique')" "[0]"
run "$bee" exact --json -q -k "$tmp/vmlinuz" -o timeout=300,calls=100 -m memmon -e mmap,brk
is "memory's own calls by name are counted once each, and add something" "$(printf '%s' "$out" | jq -c '[.records[] | select(.type == "exact" and .monitor == "memmon")] |
	[(group_by(.path) | all(length == 1)), all(.added > 0 or .added == null), (map(.path) | index("mmap", "brk") != null)]')" '[true,true,true,true]'
run "$bee" exact -q -m "$tmp"/exact_openat.bpf.o -e munmap-ok
is "what is no path is refused" "$code" 2
like "with those that there are" "$err" "nothing is counted at 'munmap-ok'; there are mmap, munmap, brk, other, kmalloc.kfree and the system calls"

# Another boot, with another seed.
set -- exact --json -q -k "$tmp/vmlinuz" -o timeout=300,boots=2,calls=100 -m "$tmp"/exact_one.bpf.o
run "$bee" "$@"
is "two boots end well" "$code" 0 || printf '# %s\n' "$err"
is "both found the same figures" "$(printf '%s' "$out" | jq -c '[.records[] | [.boots, .differing]] | unique')" "[[2,0]]"
done_testing
