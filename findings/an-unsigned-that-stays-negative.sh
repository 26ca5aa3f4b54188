#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# What an unsigned of 32 bits is after a negative short was put into it, by gcc for BPF: a number of 64 bits.
#
# The question: `unsigned n = event.family;` (a short), then n goes into a counter or a key of 64 bits, or is divided by 10. C says what comes
# out: the low 32 bits. Do the compilers for BPF agree?
# The guess: yes, clang and every gcc, for every -mcpu; such code is in every program that was ever compiled.
# What happens: clang 14 does. gcc 14, the one of Debian 13, does not with any -mcpu, nor do gcc 12 and 16 with -mcpu=v2: where they widen 32
# bits to 64, they take the upper half as it lies in the register, which is full of ones after a short or a signed char was made longer.
# So the unsigned is 18446744073709551609, and with v2 a tenth of it is 1844674407370955160, at -O1, -O2 and -Os; a sum of two negative
# ints is wrong as well (a hash, a difference). No warning, and the verifier has no objection. gcc 12 and 16 are right with v3, 16 with
# v4. Of 130 random programs of integer arithmetic by v3 and v4 gcc 14 got 13 wrong, gcc 16 and clang none.
# Why it matters: such a value is a map's key that no user-space program looks up, an index that the bounds check sends away, an addend that
# destroys a sum for ever; and the same source is right by clang. Debian 13 has no other gcc for BPF. Hold the object's
# results against those of clang's.
# Source: run here. Versions: clang 14.0.6-12, gcc-bpf 12.2.0-14+deb12u1+, 14.2.0-19+2 and 16.2.0-3+2 (amd64), run by linux 6.12.117-1~deb12u1 in
# a machine emulated by QEMU. First seen November 2026.
set -u
tmp=$(mktemp -d) || exit 2 # the packages come into it, by apt-get download
# shellcheck source=findings/fetch
. "$(dirname "$0")/fetch"
need cc

fetch here libbpf-dev=1:1.1.2-0+deb12u1 libelf-dev=0.188-2.1 zlib1g-dev=1:1.2.13.dfsg-1 clang-14=1:14.0.6-12 libclang-cpp14=1:14.0.6-12 \
	libllvm14=1:14.0.6-12 gcc-bpf=12.2.0-14+deb12u1+ binutils-bpf=2.40-2+1
fetch trixie gcc-bpf=14.2.0-19+2 binutils-bpf=2.44-3+3 libc6=2.41-12+deb13u5 libmpfr6=4.2.2-1 libmpc3=1.3.1-1+b3 libgmp10=2:6.3.0+dfsg-3 \
	libisl23=0.27-1 libzstd1=1.5.7+dfsg-1 zlib1g=1:1.3.dfsg+really1.3.1-1+deb13u1
fetch sid gcc-bpf=16.2.0-3+2 binutils-bpf=2.47-6+2 libc6=2.43-7 libmpfr6=4.2.2-3 libmpc3=1.3.1-3 libgmp10=2:6.3.0+dfsg-5+b2 \
	libisl23=0.28-1 libzstd1=1.5.7+dfsg-4 zlib1g=1:1.3.dfsg+really1.3.2-4
mkdir "$tmp/guest"
cat >"$tmp/widen.c" <<'END'
volatile struct { int drift, other; short family; signed char nice; } in = { -5, -6, -7, -9 };
volatile unsigned long out[4];
__attribute__((section("socket"), used)) int widen(void *packet)
{
	unsigned n = in.family;
	out[0] = n;
	n = in.nice;
	out[1] = n;
	n = in.family;
	out[2] = n / 10;
	n = in.drift + in.other;
	out[3] = n / 10;
	return 0;
}
END
cat >"$tmp/test_run.c" <<'END'
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdio.h>
#include <string.h>
static int silent(enum libbpf_print_level level, const char *form, va_list list)
{
	return 0;
}
int main(int count, char **objects)
{
	libbpf_set_print(silent);
	for (int i = 1; i < count; i++) {
		struct bpf_object *object = bpf_object__open(objects[i]);
		struct bpf_program *program = bpf_object__next_program(object, NULL);
		char packet[64] = { 0 };
		unsigned long out[4] = { 0 };
		int key = 0;
		struct bpf_map *map;
		LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = packet, .data_size_in = sizeof(packet), .repeat = 1);
		bpf_program__set_type(program, BPF_PROG_TYPE_SOCKET_FILTER);
		if (bpf_object__load(object) || bpf_prog_test_run_opts(bpf_program__fd(program), &options)) {
			printf("%s refused\n", objects[i]);
			continue;
		}
		bpf_object__for_each_map(map, object)
			if (strstr(bpf_map__name(map), ".bss"))
				bpf_map_lookup_elem(bpf_map__fd(map), &key, out);
		printf("%s %lu %lu %lu %lu\n", objects[i], out[0], out[1], out[2], out[3]);
	}
	return 0;
}
END
for_guest "$tmp/test_run.c" "$tmp/guest/test_run" -lbpf -lelf -lz
# by_gcc SUITE VERSION CPU LEVEL [DIALECT]: GCC-CPU-LEVEL is the object
by_gcc() {
	run "$1" "usr/lib/gcc/bpf/$2/cc1" -quiet -mcpu="$3" "-$4" -w -o "$tmp/widen.s" "$tmp/widen.c" || cannot "gcc $2 does not run"
	run "$1" usr/bin/bpf-as ${5+"$5"} -o "$tmp/guest/gcc$2-$3-$4" "$tmp/widen.s" || cannot "the assembler of gcc $2 does not run"
}
for level in O1 O2 Os; do
	for cpu in v2 v3; do
		run here usr/bin/clang-14 --target=bpf -mcpu="$cpu" "-$level" -c -o "$tmp/guest/clang14-$cpu-$level" "$tmp/widen.c"
		by_gcc here 12 "$cpu" "$level"
	done
	for cpu in v2 v3 v4; do
		by_gcc trixie 14 "$cpu" "$level" -mdialect=pseudoc
		by_gcc sid 16 "$cpu" "$level" -mdialect=pseudoc
	done
done
echo '/test_run *-O?' >"$tmp/guest/look"
boot here linux-image-6.12.117+deb12-cloud-amd64=6.12.117-1~deb12u1

echo "a short of -7; a signed char of -9; a tenth of -7; a tenth of a sum of -11: each as an unsigned of 32 bits"
# by COMPILER CPU WANT [OPTIMIZED]: at -O1, and at -O2 and -Os
by() {
	for level in O1 O2 Os; do
		want=$3
		[ $level = O1 ] || want=${4-$3}
		sees "$1 -mcpu=$2 -$level" "$(sed -n "s/^$1-$2-$level //p" "$tmp/told")" "$want"
	done
}
right="4294967289 4294967287 429496728 429496728"
widened="18446744073709551609 18446744073709551607 429496728 429496728"
all_widened="18446744073709551609 18446744073709551607 1844674407370955160 1844674407370955160"
optimized="18446744073709551609 18446744073709551607 1844674407370955160 858993458"
by clang14 v2 "$right"
by clang14 v3 "$right"
by gcc12 v2 "$all_widened" "$optimized"
by gcc12 v3 "$right"
by gcc14 v2 "$all_widened" "$optimized"
by gcc14 v3 "$widened"
by gcc14 v4 "$widened"
by gcc16 v2 "$all_widened" "$optimized"
by gcc16 v3 "$right"
by gcc16 v4 "$right"
done_seeing
