#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# memprof's kernel programs on Linux 6.1 and 6.12: the same test as tests/bpf, taken into a guest with its libraries. And the
# document's lab with its kprobe on __kmalloc, which these kernels offer.
# timeout: 600
set -u
. tests/lib.sh

need_tool qemu-system-x86_64 qemu-system-x86
[ -x "$B/tests/bpf/t_memprof_kernel" ] || skip_all "make $B/tests/bpf/t_memprof_kernel"

# takes PROGRAM..: the options that take the programs' libraries along
takes() {
	ldd "$@" | sed -n 's/.*=> *\(\/[^ ]*\).*/\1/p; s/^[ \t]*\(\/[^ ]*ld-linux[^ ]*\).*/\1/p' | sort -u |
		while read -r lib; do printf -- '-f %s:%s ' "$lib" "${lib#/}"; done
}
libraries=$(takes "$B/tests/bpf/t_memprof_kernel" "$B/memprof")

# guest KERNEL CMD..
guest() {
	kernel=$1
	shift
	# shellcheck disable=SC2086
	run "$bee" vm -k "$kernel" -t 300 $libraries -f "$B/tests/bpf/t_memprof_kernel:bin/t_memprof_kernel" \
		-f "$B/memprof:bin/memprof" -f "$B/bpf/memprof/kernel.bpf.o:build/bpf/memprof/kernel.bpf.o" \
		-f "$B/bpf/memprof/lab.bpf.o:build/bpf/memprof/lab.bpf.o" -- "$@"
}

for k in 6.1 6.12; do
	guest $k t_memprof_kernel
	if [ "$code" -eq 77 ]; then
		skip "memprof's kernel programs on Linux $k" "$err"
		continue
	fi
	is "memprof's kernel programs are right on Linux $k" "$code" 0 || printf '# %s\n' "$out" "$err"
	for t in every_message held_messages sampled_by_bytes few_lives whole_system; do
		like "$t on Linux $k" "$out" "(^ok .*|OK \] )$t" || true
	done
done
done_testing
