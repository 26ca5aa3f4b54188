#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# compare where nobody may load BPF: equivalence is not judged, the guest answers for what it can.
# Env: KERNEL (default 6.12).
# timeout: 400
set -u
. tests/lib.sh

kernel=${KERNEL:-6.12}
need_tool qemu-system-x86_64 qemu-system-x86
need_tool jq jq
if is_root && ! have setpriv; then
	skip_all "an ordinary user is needed, and there is no setpriv to become one"
fi
run "$bee" vm -k "$kernel" --where
[ "$code" -ne 77 ] || skip_all "no kernel $kernel: $err"
vmlinuz=$out

# What an ordinary user can read, in a folder of its own.
mkdir "$tmp/build" "$tmp/tmp"
cp "$B/beebench" "$tmp/build"
cp -r "$B/vm" "$tmp/build"
cp "$B"/tests/bpf/exact_*.bpf.o "$tmp"
cp "$vmlinuz" "$tmp/vmlinuz"
chmod -R a+rX "$tmp"
chmod 777 "$tmp/tmp"

if is_root; then
	become='setpriv --reuid=65534 --regid=65534 --clear-groups'
else
	become=
fi
# shellcheck disable=SC2086
run $become env HOME=/nonexistent TMPDIR="$tmp/tmp" "$tmp/build/beebench" compare -q --json -k "$tmp/vmlinuz" \
	"$tmp/exact_base.bpf.o" "$tmp/exact_field.bpf.o"
printf '%s\n' "$out" >"$tmp/out.json"
is "an ordinary user: exit 0, though one costs more" "$code" 0
is "each lane has its verdict" \
	"$(jq -c '[.records[] | select(.type == "gate" and .subject == null) | [.lane, .verdict]]' "$tmp/out.json")" \
	'[["static","pass"],["exact","regression"],["time","skip"],["all","regression"]]'
is "equivalence is not judged, and says why" \
	"$(jq -r '.records[] | select(.type == "equivalence") | "\(.status): \(.reason)"' "$tmp/out.json" | cut -d'(' -f1)" \
	"skip: BPF programs cannot be loaded on this machine "
is "nothing is left behind" "$(ls "$tmp/tmp")" ""
done_testing
