#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Issue 13: mapped rings that are not of the default size, in an object that cannot be told another one.
. tests/lib.sh
need_bpf

for o in own odd; do
	cp "$B/tests/bpf/n13_rings_$o.bpf.o" "$tmp"
	cp bpf/memmon/memmon_fast.manifest.json "$tmp/n13_rings_$o.manifest.json"
done
run "$bee" verify -q -m "$tmp/n13_rings_own.bpf.o" -w flood
like "rings of the size that the object says are read by that size" "$code $out" 'flood .* exact'
is "and the monitor is right" "$code" 0
run "$bee" verify -q -m "$tmp/n13_rings_odd.bpf.o" -w flood
is "a size that no ring can have is a fault of input" "$code" 2
has "which map, which size, what is expected" "$err" \
	"n13_rings_odd.bpf.o: map 'mem_rings' is of rings of 5000 bytes: a power of two and whole pages are expected"
done_testing
