#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# USDT arguments as gcc writes them, which libbpf and bpftrace cannot read, though they can read the same lines compiled by clang.
#
# The question: a program gives an element of an array, a global variable and a double to USDT probes by <sys/sdt.h>. What do
# libbpf and bpftrace read of them, and does it depend on the compiler?
# The guess: the two integers are right everywhere, the double is refused everywhere; the compiler decides about registers only.
# What happens: sdt.h leaves to the compiler where an argument is. gcc -O2 names the place itself, table(%rdi,%rdx,4) with an index register
# or symbol(%rip); clang copies all to the stack first, which each reader knows.
#   - the element by gcc: libbpf 1.1 refuses to attach; 1.7 and bpftrace read -33.
#   - the global by gcc: libbpf 1.1 and 1.7 and bpftrace 0.27 refuse. bpftrace 0.17 prints an error line, attaches all the same, and
#     reads four bytes of the program's code as the number, with the breakpoint's 0xcc, which is the probe itself, as the lowest.
#   - by clang both are right in all four.
#   - the double: refused, with a reason in libbpf, and none but "couldn't get argument" or "Invalid argument" in bpftrace.
# Why it matters: a probe that was tried with clang, or at -O0, is unreadable in the package that gcc -O2 built. Who places probes copies
# what he gives into a local volatile first, or gives a pointer; who reads them looks at `readelf -n`, not at the source.
# Source: run here. Versions: gcc 12.2.0-14+deb12u1, clang 14.0.6, systemtap-sdt-dev 4.8-2, libbpf 1.1.2-0+deb12u1 and 1.7.0-1, bpftrace 0.17.0-1
# and 0.27.1-1, Linux 6.18, amd64. First seen December 2026.
set -u
tmp=$(mktemp -d) || exit 2 # the packages come into it, by apt-get download
# shellcheck source=findings/fetch
. "$(dirname "$0")/fetch"
[ "$(id -u)" -eq 0 ] || cannot "needs root"
need bpftrace gcc clang readelf
case "$(bpftrace --version) $(gcc --version | head -n 1) $(clang --version | head -n 1)" in
*v0.17.0*12.2.0*14.0.6*) ;;
*) cannot "bpftrace, gcc and clang here are not 0.17.0, 12.2 and 14.0.6" ;;
esac

fetch here libbpf-dev=1:1.1.2-0+deb12u1 libbpf1=1:1.1.2-0+deb12u1 systemtap-sdt-dev=4.8-2
fetch sid libgcc-s1=16.2.0-4 libc6=2.43-7 libzstd1=1.5.7+dfsg-4 zlib1g=1:1.3.dfsg+really1.3.2-4 libelf1t64=0.196-1 \
	libbpf-dev=1:1.7.0-1 libbpf1=1:1.7.0-1 libmd0=1.3.0-1 libbsd0=0.12.2-3 libtinfo6=6.6+20260608-2 libedit2=3.1-20260512-1 \
	libffi8=3.8.0-2 libstdc++6=16.2.0-4 libxml2-16=2.15.4+dfsg-1+b1 libz3-4=4.13.3-1.1 libllvm21=1:21.1.8-14 \
	libclang-cpp21=1:21.1.8-14 liblzma5=5.8.4-1 libbpfcc=0.37.0+ds-8 libclang1-21=1:21.1.8-14 libbz2-1.0=1.0.8-6+b2 \
	libdw1t64=0.196-1 libsframe3=2.47.50.20261021-1 bpftrace=0.27.1-1

cat >"$tmp/tells.c" <<'END'
#include <sys/sdt.h>
struct things { long first; int table[8]; };
int global = -7;
double twice = 1.5;
__attribute__((noinline)) void tell(struct things *all, long which)
{
	DTRACE_PROBE1(tells, element, all->table[which]);
	DTRACE_PROBE1(tells, global, global);
	DTRACE_PROBE1(tells, twice, twice);
}
int main(void)
{
	static struct things all = { .table = { 0, 0, 0, -33 } };
	tell(&all, 3);
	return 0;
}
END
for compiler in gcc clang; do
	$compiler -O2 -w -I"$root/here/usr/include" -I"$root/here/usr/include/x86_64-linux-gnu" -o "$tmp/by_$compiler" "$tmp/tells.c" ||
		cannot "$compiler"
done
cat >"$tmp/argument.bpf.c" <<'END'
#include <stdbool.h>
#include <linux/bpf.h>
#include <linux/ptrace.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/usdt.bpf.h>
struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 1); __type(key, int); __type(value, long); } seen SEC(".maps");
SEC("usdt") int at(struct pt_regs *registers)
{
	int key = 0;
	long value = 0;
	if (!bpf_usdt_arg(registers, 0, &value))
		bpf_map_update_elem(&seen, &key, &value, 0);
	return 0;
}
char _license[] SEC("license") = "GPL";
END
cat >"$tmp/read.c" <<'END'
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdio.h>
#include <stdlib.h>
static int silent(enum libbpf_print_level level, const char *format, va_list words)
{
	return 0;
}
/* read OBJECT PROGRAM PROBE */
int main(int count, char **words)
{
	int key = 0;
	long value = 0;
	libbpf_set_print(silent);
	struct bpf_object *object = bpf_object__open(words[1]);
	if (!object || bpf_object__load(object))
		return 1;
	if (!bpf_program__attach_usdt(bpf_object__find_program_by_name(object, "at"), -1, words[2], "tells", words[3], NULL))
		return puts("refused") < 0;
	if (system(words[2]))
		return 1;
	bpf_map_lookup_elem(bpf_map__fd(bpf_object__find_map_by_name(object, "seen")), &key, &value);
	printf("%ld\n", value);
	return 0;
}
END
gcc -O1 -w -I"$root/here/usr/include" -o "$tmp/read" "$tmp/read.c" "$root/here/usr/lib/x86_64-linux-gnu/libbpf.so.1" || cannot "libbpf"
for suite in here sid; do
	clang -O2 -g -w -target bpf -D__TARGET_ARCH_x86 -I"$root/$suite/usr/include" -I/usr/include/x86_64-linux-gnu -c -o "$tmp/$suite.o" \
		"$tmp/argument.bpf.c" || cannot "clang -target bpf"
	cp "$tmp/read" "$root/$suite/read"
done

# Where the argument is, without the numbers: place COMPILER PROBE
place() {
	readelf -nW "$tmp/by_$1" | awk -v name="$2" '$1 == "Name:" { at = $2 == name } at && $1 == "Arguments:" { print $2 }' |
		sed 's/@[0-9]*(%r[a-z]*,%r[a-z]*,/@N(%R,%R,/; s/@-*[0-9]*(%rsp)/@N(%rsp)/; s/@[.a-zA-Z_0-9]*(%rip)/@SYMBOL(%rip)/'
}
# by_bpftrace COMPILER PROBE BPFTRACE..
by_bpftrace() {
	program=$tmp/by_$1 probe=$2
	shift 2
	"$@" -c "$program" -e "usdt:$program:tells:$probe { printf(\"value %d\\n\", arg0); }" </dev/null >"$tmp/seen" 2>"$tmp/said"
	value=$(sed -n 's/^value //p' "$tmp/seen")
	case $value in
	'') echo refused ;;
	-33 | -7) echo "$value" ;;
	*)
		# Its lowest byte is the one that the probe itself put there.
		if [ $((value & 0xff)) -eq $((0xcc)) ]; then
			echo "bytes of the code"
		else
			echo "$value"
		fi
		;;
	esac
}
# readers COMPILER PROBE PLACE LIBBPF_1.1 LIBBPF_1.7 BPFTRACE_0.17 BPFTRACE_0.27
readers() {
	sees "$1, $2: where it is" "$(place "$1" "$2")" "$3"
	sees "  libbpf 1.1" "$(run here read "$tmp/here.o" "$tmp/by_$1" "$2")" "$4"
	sees "  libbpf 1.7" "$(run sid read "$tmp/sid.o" "$tmp/by_$1" "$2")" "$5"
	sees "  bpftrace 0.17" "$(by_bpftrace "$1" "$2" bpftrace)" "$6"
	sees "  bpftrace 0.27" "$(by_bpftrace "$1" "$2" run sid usr/bin/bpftrace)" "$7"
}
readers gcc element '-4@N(%R,%R,4)' refused -33 -33 -33
readers clang element '-4@N(%rsp)' -33 -33 -33 -33
readers gcc global '-4@SYMBOL(%rip)' refused refused "bytes of the code" refused
readers clang global '-4@N(%rsp)' -7 -7 -7 -7
readers gcc twice '8f@SYMBOL(%rip)' refused refused refused refused
readers clang twice '8f@N(%rsp)' refused refused refused refused
done_seeing
