#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Which variable a program by gcc 12 for BPF writes: a global one that lies twice as far as the one that it names.
#
# The question: four global counters of 8 bytes; the program adds 3 to the third and 4 to the fourth. libbpf loads it and it runs once. What
# is in the map?
# The guess: 3 and 4, each in its place, as by clang; where the formats of the two disagree, the object is refused.
# What happens: the assembler of binutils 2.40 writes a global variable's offset into the instruction, and into its symbol as well, and libbpf
# adds the two. gcc lays them out from the last to the first, so n4 lies at 0 and is right; n3 at 8 is written at 16, where n2
# lies: 4 0 3 0. Nobody says a word. What lies in the second half of the section ends up behind it, and the kernel refuses the
# program ("invalid access to map value pointer"), which is the better outcome. static variables are right: their relocation is
# to the section, whose own offset is 0. So is clang.
# Why it matters: the pair is what Debian 12 has for BPF by GNU tools. A monitor's counters that load are in each other's places, and change
# places when one is added or when the section grows. Make all variables static, or read every counter once in a test.
# Source: run here. Versions: gcc-bpf 12.2.0-14+deb12u1+ with binutils-bpf 2.40-2+1, clang 14.0.6-12, libbpf 1.1.2; on the kernel that runs
# (6.18), as root. First seen November 2026.
set -u
tmp=$(mktemp -d) || exit 2 # the packages come into it, by apt-get download
# shellcheck source=findings/fetch
. "$(dirname "$0")/fetch"
need cc

fetch here gcc-bpf=12.2.0-14+deb12u1+ binutils-bpf=2.40-2+1 libisl23=0.25-1.1 libmpc3=1.3.1-1 libmpfr6=4.2.0-1 \
	libgmp10=2:6.2.1+dfsg1-1.1 libbpf-dev=1:1.1.2-0+deb12u1 libelf-dev=0.188-2.1 zlib1g-dev=1:1.2.13.dfsg-1 \
	clang-14=1:14.0.6-12 libclang-cpp14=1:14.0.6-12 libllvm14=1:14.0.6-12
cat >"$tmp/numbers.c" <<'END'
WHICH unsigned long long n1, n2, n3, n4;
__attribute__((section("socket"), used)) int count(void *packet)
{
#ifdef ALL
	n1 += 1;
	n2 += 2;
#endif
	n3 += 3;
	n4 += 4;
	return 0;
}
char _license[] __attribute__((section("license"), used)) = "GPL";
END
cat >"$tmp/reader.c" <<'END'
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdio.h>
#include <string.h>
int main(int count, char **paths)
{
	char packet[64] = { 0 };
	unsigned long long numbers[8] = { 0 };
	unsigned zero = 0;
	struct bpf_object *object;
	struct bpf_program *program;
	struct bpf_map *map;
	LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = packet, .data_size_in = sizeof(packet));
	libbpf_set_print(NULL);
	object = bpf_object__open(paths[1]);
	if (!object)
		return puts("not opened");
	program = bpf_object__next_program(object, NULL);
	if (bpf_object__load(object))
		return puts("not loaded");
	if (bpf_prog_test_run_opts(bpf_program__fd(program), &run))
		return puts("not run");
	bpf_object__for_each_map(map, object)
		if (strstr(bpf_map__name(map), ".bss") && !bpf_map_lookup_elem(bpf_map__fd(map), &zero, numbers))
			for (int i = 0; i < (int)(bpf_map__value_size(map) / 8); i++)
				printf("%s%llu", i ? " " : "", numbers[i]);
	return puts("") < 0;
}
END
for_guest "$tmp/reader.c" "$tmp/reader" -lbpf -lelf -lz
[ "$(id -u)" -eq 0 ] || cannot "loading a program needs root"
# What the four numbers are after one run, in the order in which they lie; or what libbpf made of the object.
by_gcc() {
	# shellcheck disable=SC2086
	run here usr/lib/gcc/bpf/12/cc1 -quiet -O2 $1 -fno-common -o "$tmp/gcc.s" "$tmp/numbers.c" || cannot "gcc-bpf"
	run here usr/bin/bpf-as -o "$tmp/gcc.o" "$tmp/gcc.s" || cannot "bpf-as"
	"$tmp/reader" "$tmp/gcc.o" 2>&1
}
by_clang() {
	# shellcheck disable=SC2086
	run here usr/lib/llvm-14/bin/clang --target=bpf -O2 -w $1 -c -o "$tmp/clang.o" "$tmp/numbers.c" || cannot "clang"
	"$tmp/reader" "$tmp/clang.o" 2>&1
}
sees "clang, n1 to n4 global, n3 += 3, n4 += 4" "$(by_clang -DWHICH=)" "3 4 0 0"
sees "gcc, the same (n4 lies first)" "$(by_gcc -DWHICH=)" "4 0 3 0"
sees "gcc, n1 += 1, n2 += 2 as well" "$(by_gcc "-DWHICH= -DALL")" "not loaded"
sees "clang, the same" "$(by_clang "-DWHICH= -DALL")" "1 2 3 4"
sees "gcc, static" "$(by_gcc "-DWHICH=static -DALL")" "4 3 2 1"
sees "clang, static" "$(by_clang "-DWHICH=static -DALL")" "1 2 3 4"
done_seeing
