#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# timeout: 300
# The language by example: ok/X.ex must become exactly ok/X.c (and optimised ok/X.O.c where that differs), which
# clang takes without a warning, and an object that the kernel verifies. UPDATE=1 writes the C anew.
# shellcheck source=tests/lib.sh
. tests/lib.sh
honeyc=$B/honeyc
loader=$B/tests/honey/load_check
can_load=
if is_root && [ -r /sys/kernel/btf/vmlinux ]; then can_load=1; fi

# one NAME GOLDEN OPTION
# shellcheck disable=SC2086
one() {
	run "$honeyc" --btf=/dev/null --tracefs=/dev/null -w $3 -P --emit=c "tests/honey/ok/$1.ex"
	if [ -n "${UPDATE:-}" ]; then printf '%s\n' "$out" >"$2"; fi
	is "$1${3:+ $3}: $(sed -n '1s/^# //p' "tests/honey/ok/$1.ex")" "$out$err" "$(cat "$2")"
	if have clang; then
		check "$1${3:+ $3}: clang has nothing to say about the C" clang -target bpf -ffreestanding -O2 -Wall -Wextra -Werror \
			-Wno-unused-parameter -Wno-unused-variable -Wno-unused-but-set-variable -fsyntax-only "$2"
		"$honeyc" -w $3 -o "$tmp/x.bpf.o" "tests/honey/ok/$1.ex" 2>"$tmp/err"
	fi
	if [ -z "$can_load" ]; then
		skip "$1${3:+ $3}: loads" "needs root and the kernel's BTF"
	else
		check "$1${3:+ $3}: loads" "$loader" load "$tmp/x.bpf.o"
	fi
	rm -f "$tmp/x.bpf.o"
}

for file in tests/honey/ok/*.ex; do
	name=$(basename "$file" .ex)
	one "$name" "tests/honey/ok/$name.c" ""
	case $name in opt-*) one "$name" "tests/honey/ok/$name.O.c" -O ;; esac
done
# What the packets' programs do with one.
for name in 12-2-packets 12-2-first-forms; do
	[ -n "$can_load" ] || { skip "$name: what it does with a packet" "needs root and the kernel's BTF"; continue; }
	"$honeyc" -w -o "$tmp/x.bpf.o" "tests/honey/ok/$name.ex" 2>"$tmp/err"
	run "$loader" packet "$tmp/x.bpf.o"
	is "$name: a packet of UDP is dropped, its port changed, its sender counted" "$out" "result 1 port 54
seen a0000000002 1"
done
done_testing
