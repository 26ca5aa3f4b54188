#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# What bpf_usdt_arg() gives when object and library are of libbpf 1.1 and 1.7: nothing, or wrong values, though 1.7 says that they go together.
#
# The question: a BPF object that reads USDT arguments by <bpf/usdt.bpf.h> of one release of libbpf is loaded by libbpf.so.1 of another, as a
# package does when its library is brought up to date. Probes with the arguments (-5, 5) and (-5, 4000000000, 1 << 40) are hit.
# The guess: right in all four pairs of 1.1 and 1.7: one soname, and the header of 1.7 says that the layout is made to be compatible
# forwards and backwards, but for arguments with an index register, which need 1.7 on both sides.
# What happens: the program attaches and runs in all four.
#   - object of 1.1 (or of 1.5), library 1.7: each argument is an error, -2, and 0 for who does not ask.
#   - object of 1.7, library 1.1: wrong values without an error, as 281956013047809 for 5 and 16777211 for -5.
# 1.7 adds the index register as bit-fields whose types make the compiler leave a gap: the record of an argument has 24 bytes, not 16,
# and the register stands in it at byte 14, not 12. The library writes records, the program reads them, and nobody compares sizes.
# Why it matters: libbpf.so.1 is shared, so that an upgrade of the system breaks installed USDT tools without a message, and a harness that
# opens other people's objects reads them right only if they were built with its libbpf's header. The size of the map
# __bpf_usdt_specs tells which it was: values of 208 bytes before 1.7, of 304 since.
# Source: run here; the two headers say why. Versions: libbpf-dev and libbpf1 1.1.2-0+deb12u1 and 1.7.0-1, libbpf-dev 1.5.0-3 (Debian 13),
# systemtap-sdt-dev 4.8-2, Linux 6.18, amd64. First seen December 2026.
set -u
tmp=$(mktemp -d) || exit 2 # the packages come into it, by apt-get download
# shellcheck source=findings/fetch
. "$(dirname "$0")/fetch"
[ "$(id -u)" -eq 0 ] || cannot "needs root"
need cc clang readelf

fetch here libbpf-dev=1:1.1.2-0+deb12u1 libbpf1=1:1.1.2-0+deb12u1 systemtap-sdt-dev=4.8-2
fetch trixie libbpf-dev=1:1.5.0-3
fetch sid libbpf-dev=1:1.7.0-1 libbpf1=1:1.7.0-1 libc6=2.43-7 libelf1t64=0.196-1 zlib1g=1:1.3.dfsg+really1.3.2-4 \
	libzstd1=1.5.7+dfsg-4 libgcc-s1=16.2.0-4

cat >"$tmp/told.c" <<'END'
#include <sys/sdt.h>
int main(int count, char **words)
{
	DTRACE_PROBE2(told, two, -5, (long)(count + 4));
	DTRACE_PROBE3(told, three, -5, 4000000000u, 1L << 40);
	return 0;
}
END
cc -O2 -w -I"$root/here/usr/include" -I"$root/here/usr/include/x86_64-linux-gnu" -o "$tmp/told" "$tmp/told.c" || cannot "no probes"
cat >"$tmp/arguments.bpf.c" <<'END'
#include <stdbool.h>
#include <linux/bpf.h>
#include <linux/ptrace.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/usdt.bpf.h>
char record[sizeof(struct __bpf_usdt_arg_spec)], place[__builtin_offsetof(struct __bpf_usdt_arg_spec, reg_off)];
struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 6); __type(key, int); __type(value, long); } seen SEC(".maps");
static inline __attribute__((always_inline)) void one(struct pt_regs *registers, int i)
{
	long value = 0, error = bpf_usdt_arg(registers, i, &value);
	int key = 3 + i;
	bpf_map_update_elem(&seen, &i, &value, 0);
	bpf_map_update_elem(&seen, &key, &error, 0);
}
SEC("usdt") int at(struct pt_regs *registers)
{
	one(registers, 0);
	one(registers, 1);
	one(registers, 2);
	return 0;
}
char _license[] SEC("license") = "GPL";
END
# object SUITE: built with the header of its libbpf
object() {
	clang -O2 -g -w -target bpf -D__TARGET_ARCH_x86 -I"$root/$1/usr/include" -I/usr/include/x86_64-linux-gnu -c -o "$tmp/$1.o" \
		"$tmp/arguments.bpf.c" || cannot "clang -target bpf"
}
size() { readelf -sW "$tmp/$1.o" | awk -v name="$2" '$8 == name { print $3 }'; }

cat >"$tmp/read.c" <<'END'
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdio.h>
#include <stdlib.h>
static int silent(enum libbpf_print_level level, const char *format, va_list words)
{
	return 0;
}
/* read OBJECT PROGRAM PROBE ARGUMENTS */
int main(int count, char **words)
{
	int arguments = atoi(words[4]);
	long value, error;
	libbpf_set_print(silent);
	struct bpf_object *object = bpf_object__open(words[1]);
	if (!object || bpf_object__load(object) ||
	    !bpf_program__attach_usdt(bpf_object__find_program_by_name(object, "at"), -1, words[2], "told", words[3], NULL)) {
		puts("refused");
		return 0;
	}
	if (system(words[2]))
		return 1;
	for (int i = 0, j; j = i + 3, i < arguments; i++) {
		int map = bpf_map__fd(bpf_object__find_map_by_name(object, "seen"));
		bpf_map_lookup_elem(map, &i, &value);
		bpf_map_lookup_elem(map, &j, &error);
		printf(error ? "%serror %ld" : "%s%ld", i ? ", " : "", error ? error : value);
	}
	puts("");
	return 0;
}
END
cc -O1 -w -I"$root/here/usr/include" -o "$tmp/read" "$tmp/read.c" "$root/here/usr/lib/x86_64-linux-gnu/libbpf.so.1" || cannot "libbpf"
for suite in here trixie sid; do
	object $suite
done
sees "bytes of an argument's record, and the register's place: 1.1" "$(size here record), $(size here place)" "16, 12"
sees "  1.5" "$(size trixie record), $(size trixie place)" "16, 12"
sees "  1.7" "$(size sid record), $(size sid place)" "24, 14"
# What it got, or "wrong values" for any others: judge GOT RIGHT
judge() {
	case $1 in
	"$2" | *error* | refused) echo "$1" ;;
	*) echo "wrong values, no error" ;;
	esac
}
# pair OBJECT LIBRARY TWO THREE
pair() {
	case $1 in here) by=1.1 ;; trixie) by=1.5 ;; sid) by=1.7 ;; esac
	case $2 in here) of=1.1 ;; sid) of=1.7 ;; esac
	cp "$tmp/read" "$root/$2/read"
	two=$(run "$2" read "$tmp/$1.o" "$tmp/told" two 2)
	three=$(run "$2" read "$tmp/$1.o" "$tmp/told" three 3)
	echo "(object of $by, library $of: $two; $three)"
	sees "object of $by, library $of: -5, 5" "$(judge "$two" "-5, 5")" "$3"
	sees "object of $by, library $of: -5, 4000000000, 1099511627776" "$(judge "$three" "-5, 4000000000, 1099511627776")" "$4"
}
pair here here "-5, 5" "-5, 4000000000, 1099511627776"
pair sid sid "-5, 5" "-5, 4000000000, 1099511627776"
pair here sid "error -2, error -2" "error -2, error -2, error -2"
pair trixie sid "error -2, error -2" "error -2, error -2, error -2"
pair sid here "wrong values, no error" "wrong values, no error"
done_seeing
