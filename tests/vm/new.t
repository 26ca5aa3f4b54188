#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# A new monitor is exact in a guest too: what its figures mean goes along, by the manifest, by a file beside it, and by --means.
# timeout: 300
set -u
. tests/lib.sh

need_tool qemu-system-x86_64 qemu-system-x86
need_tool jq jq
need_tool clang clang
kernel=${KERNEL:-6.12}
run "$bee" vm -k "$kernel" --where
[ "$code" -ne 77 ] || skip_all "no kernel $kernel: $err"

root=$PWD
case $bee in /*) ;; *) bee=$root/$bee ;; esac
cd "$tmp" || exit 1
run "$bee" new dups --from dup3
is "a new monitor" "$code" 0
run make -C dups
is "is built" "$code" 0 || printf '# %s\n' "$err"
mkdir beside alone
cp dups/dups.bpf.o beside/a.bpf.o
cp dups/dups.means.bt beside/a.means.bt
cp dups/dups.ex beside/b.ex
cp dups/dups.means.bt beside/b.means.bt
cp dups/dups.bpf.o alone/c.bpf.o

# judged OBJECTS [OPTION..]: in one guest
judged() {
	run "$bee" verify -q --json -k "$kernel" -w syscalls:name=dup3+close,calls=101,errors=23,threads=2 -m "$@"
	verdict="$code $(printf '%s' "$out" | jq -r '[.trials[] | .conformance.verdict] | join(" ")')"
}
judged dups/dups.bpf.o,dups/dups.ex,./beside/a.bpf.o,./beside/b.ex
is "by its manifest and by a file beside it, in C and Honey" "$verdict" "0 exact exact exact exact" || printf '# %s\n' "$err"
judged ./alone/c.bpf.o --means dups/dups.means.bt
is "by --means" "$verdict" "0 exact" || printf '# %s\n' "$err"
judged ./alone/c.bpf.o --means dups/none.bt
is "a definition that is not there" "$code" 2
like "is told as such" "$err" "cannot read the definition dups/none.bt: No such file or directory"
cd "$root" || exit 1
done_testing
