#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# memprof's kernel programs, attach and both on Linux 6.1 and 6.12: the same tests as tests/bpf, taken into a guest with their libraries; a
# program that ends before its files could be read, which the kernel tells by its events of mmap; and the document's lab with its kprobe on __kmalloc, which these kernels offer.
# timeout: 600
set -u
. tests/lib.sh

need_tool qemu-system-x86_64 qemu-system-x86
need_tool jq jq
for t in t_memprof_kernel t_memprof_attach; do
	[ -x "$B/tests/bpf/$t" ] || skip_all "make $B/tests/bpf/$t"
done

# With VM_FULL=1 (make test-vm) on both.
kernels=6.1
[ "${VM_FULL:-0}" = 0 ] || kernels="6.1 6.12"

# takes PROGRAM..: the options that take the programs' libraries along
takes() {
	ldd "$@" | sed -n 's/.*=> *\(\/[^ ]*\).*/\1/p; s/^[ \t]*\(\/[^ ]*ld-linux[^ ]*\).*/\1/p' | sort -u |
		while read -r lib; do printf -- '-f %s:%s ' "$lib" "${lib#/}"; done
}
libraries=$(takes "$B/tests/bpf/t_memprof_kernel" "$B/tests/bpf/t_memprof_attach" "$B/memprof")

# guest KERNEL CMD..
guest() {
	kernel=$1
	shift
	# shellcheck disable=SC2086
	run "$bee" vm -k "$kernel" -t 300 $libraries -f "$B/tests/bpf/t_memprof_kernel:bin/t_memprof_kernel" \
		-f "$B/tests/bpf/t_memprof_attach:bin/t_memprof_attach" -f "$B/memprof:bin/memprof" -f "$B/tests/allocating/life:bin/life" \
		-f "$B/bpf/memprof/user.bpf.o:build/bpf/memprof/user.bpf.o" -f "$B/bpf/memprof/kernel.bpf.o:build/bpf/memprof/kernel.bpf.o" \
		-f "$B/bpf/memprof/lab.bpf.o:build/bpf/memprof/lab.bpf.o" \
		-f "$B/bpf/memprof/lab.bpf.o:bin/bpf/memprof/lab.bpf.o" -f "$B/bpf/memprof/kernel.bpf.o:bin/bpf/memprof/kernel.bpf.o" -- "$@"
}

for k in $kernels; do
	guest "$k" t_memprof_kernel
	if [ "$code" -eq 77 ]; then
		skip "memprof's kernel programs on Linux $k" "$err"
		continue
	fi
	is "memprof's kernel programs are right on Linux $k" "$code" 0 || printf '# %s\n' "$out" "$err"
	for t in every_message held_messages sampled_by_bytes few_lives whole_system; do
		like "$t on Linux $k" "$out" "(^ok .*|OK \] )$t" || true
	done
	guest "$k" t_memprof_attach
	is "memprof attach is right on Linux $k" "$code" 0 || printf '# %s\n' "$out" "$err"
	for t in pairs_best pairs_plain whole_family; do
		like "$t on Linux $k" "$out" "(^ok .*|OK \] )$t" || true
	done
	# What its programs cost, to the instruction; the manifest of memprof-kernel names the object that the command loads.
	run "$bee" exact --quiet --json -k "$k" -m kernel_counts,memprof-kernel -o boots=2,calls=100
	printf '%s' "$out" >"$tmp/exact.json"
	is "its programs are counted on Linux $k" "$code $(jq -r '[.records[] | select(.type == "exact" and .monitor == "kernel_counts") | .path] | join(" ")' "$tmp/exact.json")" \
		"0 other switch kmalloc kfree kmalloc-process"
	is "the same in both boots on Linux $k" "$(jq -c '[.records[] | select(.type == "exact") | [.boots, .differing]] | unique' "$tmp/exact.json")" "[[2,0]]"
	is "a stack is dearer than a sum, and a call beside costs nothing on Linux $k" "$(jq -c '[.records[] | select(.type == "exact" and .monitor != "none")] |
		(map({"\(.monitor) \(.path)": .own}) | add) as $own | [$own["kernel_counts kmalloc"] > 0, $own["kernel_counts kfree"] > 0,
		$own["memprof-kernel kmalloc"] > $own["kernel_counts kmalloc"], $own["kernel_counts other"] == 0, $own["memprof-kernel other"] == 0]' "$tmp/exact.json")" \
		"[true,true,true,true,true]"
	guest "$k" memprof both --of kmalloc,cache --every 1 --format json -- life live 1
	is "memprof both on Linux $k" "$code" 0 || printf '# %s\n' "$err"
	printf '%s\n' "$err" | sed -n '/^{/,$p' >"$tmp/both.json"
	is "the program's functions stand above the kernel's on Linux $k" "$(jq '[.stacks[].frames | select(index("do_syscall_64") and
		index("allocate") and index("__libc_start_main"))] | length > 0' "$tmp/both.json")" true
	is "its files were told in time on Linux $k" "$(jq '[.losses[] | select(.name == "processes_unread" or .name == "mappings_lost") | .count] | add' \
		"$tmp/both.json")" 0
	is "no user stack ends too early on Linux $k" "$(jq '[.losses[] | select(.name == "user_unwind_fails" or .name == "stacks_cut") | .count] | add' "$tmp/both.json")" 0
	guest "$k" memprof kernel --lab --kprobe -- memprof kernel --help
	is "the lab with its kprobe on Linux $k" "$code" 0 || printf '# %s\n' "$err"
	like "which function it is on" "$out" '^✓ Attached to: kprobe __kmalloc'
	like "it counted on Linux $k" "$out" '^Total allocations  : [1-9]'
done
done_testing
