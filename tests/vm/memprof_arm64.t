#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# memprof attach, both and live -p on arm64: a guest of that processor, its own programs and libraries, and programs that know their calls.
# timeout: 900
set -u
. tests/lib.sh

need_tool qemu-system-aarch64 qemu-system-arm
need_tool aarch64-linux-gnu-gcc gcc-aarch64-linux-gnu
need_tool readelf binutils
need_tool jq jq
need_tool make make
[ -s "$B/arm64/btf" ] || skip_all "nothing is compiled for arm64: make guest-arm64"
root=$(scripts/sysroot.sh arm64 libncurses-dev libmicrohttpd-dev libcap-ng-dev libpcre2-dev libdw-dev libiberty-dev 2>"$tmp/why") ||
	skip_all "$(cat "$tmp/why")"
unset MAKEFLAGS MAKELEVEL MAKEOVERRIDES
mine=$tmp/arm64
mkdir -p "$mine"
set -- "$mine/memprof" "$mine/bpf/memprof/user.bpf.o" "$mine/bpf/memprof/kernel.bpf.o"
for program in beside ledger pairs xthread life; do
	set -- "$@" "$mine/tests/allocating/$program"
done
run make -s PROCESSOR=arm64 HOSTB="$B" B="$mine" SYSROOT="$root" VMLINUX_BTF="$B/arm64/btf" "$@"
is "it is built" "$code" 0 || printf '# %s\n' "$err"

# With VM_FULL=1 (make test-vm) on both.
kernels=6.12/arm64
[ "${VM_FULL:-0}" = 0 ] || kernels="6.1/arm64 6.12/arm64"

# libraries FILE..: what they need, and what that needs, as the names of files below $root
libraries() {
	while [ $# -gt 0 ]; do
		for name in $(readelf -d "$1" | sed -n 's/.*(NEEDED).*\[\(.*\)\]$/\1/p'); do
			file=$(cd "$root" && find -L lib usr/lib -name "$name" | head -1)
			case " $found " in *" $file "*) continue ;; esac
			found="$found $file"
			set -- "$@" "$root/$file"
		done
		shift
	done
}
found=
libraries "$mine/memprof"
files=
for file in $found; do
	files="$files -f $root/$file:lib/aarch64-linux-gnu/${file##*/}"
done
files="$files -f $root/lib/ld-linux-aarch64.so.1:lib/ld-linux-aarch64.so.1"
for program in beside ledger pairs xthread life; do
	files="$files -f $mine/tests/allocating/$program:bin/$program"
done
files="$files -f $mine/memprof:bin/memprof"
for object in user kernel; do
	files="$files -f $mine/bpf/memprof/$object.bpf.o:bin/bpf/memprof/$object.bpf.o"
done

# guest CMD..: what it prints in JSON is in p.json
guest() {
	# shellcheck disable=SC2086 # words
	run "$bee" vm -k "$kernel" -t 300 $files -- "$@"
	printf '%s\n' "$out" "$err" | sed -n '/^{/p' >"$tmp/p.json"
}
# of FILTER
of() {
	jq -r "$1" "$tmp/p.json"
}
truth='257 1225589 232 1224847 25 742'
for kernel in $kernels; do
	guest beside ledger -- memprof attach --format json
	if [ "$code" -eq 77 ] && [ "${err#*single-step}" = "$err" ]; then
		skip "memprof attach on $kernel" "$err"
		continue
	fi
	is "$kernel: malloc of glibc begins with what is single-stepped: refused" "$code" 77
	has "$kernel: with the reason, and what to do" "$err" "give --slow to do it all the same"
	for way in multi plain; do
		[ "$kernel $way" != "6.1/arm64 multi" ] || continue
		guest beside ledger -- memprof attach --slow --way $way --format json
		is "$kernel, $way: each function of the family, to the byte" \
			"$code $(of '.totals | "\(.allocs) \(.bytes) \(.frees) \(.freed_bytes) \(.live_blocks) \(.live_bytes)"')" "0 $truth" || printf '# %s\n' "$err"
	done
	guest beside pairs 1500 3 2 -- memprof attach --slow --by-thread --format json
	is "$kernel: each thread has one stack, down to its start" \
		"$code $(of '[.stacks[] | select(.frames[0] == "leaf") | [.allocs, .frames[:4], .frames[-1], .cut]] | sort | map(tojson) | join(" ")' |
			sed 's/libc.so.6+0x[0-9a-f]*/libc/')" \
		'0 [1500,["leaf","mid","mid","work"],"_start",false] [1500,["leaf","mid","mid","work"],"libc",false]' || printf '# %s\n' "$err"
	guest memprof both --of kmalloc,cache --every 1 --format json -- life live 1
	is "$kernel: the program's functions stand above the kernel's" "$code $(of '[.stacks[].frames | select(index("el0t_64_sync") and
		index("main") and .[-1] == "_start")] | length > 0')" "0 true" || printf '# %s\n' "$err"
	is "$kernel: no user stack ends too early" "$(of '[.losses[] | select(.name == "user_unwind_fails" or .name == "stacks_cut" or
		.name == "processes_unread" or .name == "mappings_lost") | .count] | add')" 0
done
done_testing
