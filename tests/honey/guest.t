#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# What honeyc writes loads and attaches on Linux 6.1 too: every example, word for word and optimised, and the seeds' whole
# modules. In a guest, without root.
# timeout: 600
# shellcheck source=tests/lib.sh
. tests/lib.sh
need_tool qemu-system-x86_64 qemu-system-x86
need_tool clang clang
honeyc=$B/honeyc

# block DOCUMENT N FILE: the Nth elixir block
block() {
	awk -v want="$2" '/^```elixir$/ { inside = ++n == want; next } /^```$/ { inside = 0 } inside' "$1" >"$3"
}

mkdir "$tmp/o"
for file in tests/honey/ok/*.ex tests/honey/run/*.ex; do
	name=$(basename "$file" .ex)
	"$honeyc" -w -o "$tmp/o/$name.bpf.o" "$file"
	"$honeyc" -w -O -o "$tmp/o/$name-O.bpf.o" "$file"
done
mem=$(ls "$BEEBENCH_SHARED"/seeds/000_*.txt 2>/dev/null)
cpu=$(ls "$BEEBENCH_SHARED"/seeds/001_*.txt 2>/dev/null)
if [ -f "$mem" ] && [ -f "$cpu" ]; then
	block "$mem" 7 "$tmp/memory.ex"
	block "$cpu" 13 "$tmp/cpu.ex"
	"$honeyc" -w -o "$tmp/o/seed-000.bpf.o" "$tmp/memory.ex"
	"$honeyc" -w -o "$tmp/o/seed-001.bpf.o" "$tmp/cpu.ex"
	block "$mem" 3 "$tmp/block.ex"
	sed 's/old_key/current_key/' "$tmp/block.ex" >"$tmp/fixed.ex"
	"$honeyc" -w -o "$tmp/o/seed-000-cleanup.bpf.o" tests/honey/seeds/stats-map.ex "$tmp/fixed.ex"
else
	skip "the seeds' modules load on Linux 6.1" "no requirement documents 000 and 001 in $BEEBENCH_SHARED/seeds"
fi

run "$bee" vm -k 6.1 -t 300 --load "$tmp"/o/*.bpf.o
if [ "$code" -eq 77 ]; then
	skip "objects load on Linux 6.1" "$err"
	done_testing
fi
for file in "$tmp"/o/*.bpf.o; do
	like "$(basename "$file" .bpf.o) loads and attaches on Linux 6.1" "$out" "^ok +$file: [1-9]"
done
done_testing
