#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# How many instructions `rep stosb` is in an emulated machine whose clock counts instructions: its rounds and one more.
#
# The question: under QEMU's -icount shift=0 the time-stamp counter of the guest goes up by one for each instruction. What does it say of a
# string instruction of N rounds, and of none?
# The guess: N, each round being one, as `loop` counts N; for N = 0 one, as a `nop`; newer versions, which run many rounds at once, one.
# What happens: N + 1 for every N, 0 too: 1, 2, 3, 11, 1001, 10001. The look at the counter that ends it is counted as an instruction of
# its own. The width does not matter: 1,000 bytes are 1,001 and 1,000 words of four bytes are 1,001. The same in QEMU 7.2 and 11.1,
# for stos, movs, lods, cmps and scas; `loop` with 1,000 rounds is 1,000.
# Why it matters: counts of -icount are no counts of retired instructions: a processor's own counter says one for the whole. A kernel that
# clears a page by `rep stosb` (it does where the CPU has ERMS) counts 4,097 for it, and by `rep stosq`, on a CPU model without,
# 513: what allocates looks eight times dearer by the choice of -cpu. Differences of two figures that clear the same
# number of bytes are right; a ratio of two is mostly one of bytes.
# Source: run here; docs/devel/tcg-icount.rst says nothing of it. Versions: qemu 1:7.2+dfsg-7+deb12u18+b3 and 1:11.1.3+ds-1.
# First seen November 2026.
set -u
tmp=$(mktemp -d) || exit 2 # the packages come into it, by apt-get download
# shellcheck source=findings/fetch
. "$(dirname "$0")/fetch"
need cc ld

fetch here qemu-system-x86=1:7.2+dfsg-7+deb12u18+b3 qemu-system-common=1:7.2+dfsg-7+deb12u18+b3 libaio1=0.3.113-4 libbpf1=1:1.1.2-0+deb12u1 libcapstone4=4.0.2-5 libdaxctl1=76.1-1 \
	libfdt1=1.6.1-4+b1 libfuse3-3=3.14.0-4 libglib2.0-0=2.74.6-2+deb12u9 libgnutls30=3.7.9-2+deb12u7 libhogweed6=3.8.1-2 \
	libibverbs1=44.0-2 libjpeg62-turbo=1:2.1.5-2 libkmod2=30+20221128-1 libndctl6=76.1-1 libnettle8=3.8.1-2 libnl-3-200=3.7.0-0.2+b1 \
	libnl-route-3-200=3.7.0-0.2+b1 libnuma1=2.0.16-1 libpixman-1-0=0.42.2-1 libpmem1=1.12.1-2 libpng16-16=1.6.39-2+deb12u6 \
	librdmacm1=44.0-2 libsasl2-2=2.1.28+dfsg-10+deb12u1 libseccomp2=2.5.4-1+deb12u1 libslirp0=4.7.0-1 liburing2=2.3-3 libvdeplug2=4.0.1-4
fetch sid qemu-system-x86=1:11.1.3+ds-1 qemu-system-common=1:11.1.3+ds-1 libaio1t64=0.3.113-10 libatomic1=16.2.0-4 libblkid1=2.42.4-1 libbpf1=1:1.7.0-1 libc6=2.43-7 \
	libcap2=1:2.78-1+b1 libcapstone5=5.0.9-1 libdaxctl1=85-1 libelf1t64=0.196-1 libfdt1=1.8.1-2 libffi8=3.8.0-2 libfuse3-4=3.18.3-1 \
	libglib2.0-0t64=2.90.1-2 libgmp10=2:6.3.0+dfsg-5+b2 libgnutls30t64=3.8.13-1 libhogweed6t64=3.10.2-1+b1 libibverbs1=65.0-1.1 \
	libidn2-0=2.3.8-5 libjpeg62-turbo=1:3.1.3-4 libkmod2=34.2-2+b2 liblzma5=5.8.4-1 libmount1=2.42.4-1 libndctl6=85-1 \
	libnettle8t64=3.10.2-1+b1 libnl-3-200=3.12.0-2+b1 libnl-route-3-200=3.12.0-2+b1 libnuma1=2.0.19-1+b2 libp11-kit0=0.26.5-1 \
	libpcre2-8-0=10.49-1 libpixman-1-0=0.46.4-1+b2 libpmem1=1.13.1-1.1+b1 libpng16-16t64=1.6.59-1 librdmacm1t64=65.0-1.1 \
	libsasl2-2=2.1.28+dfsg1-12 libseccomp2=2.6.1-1+b2 libselinux1=3.11-2.1+b1 libslirp0=4.9.5-1 libssl3t64=3.6.5-1 \
	libtasn1-6=4.21.0-2+b1 libudev1=262.1-1 libunistring5=1.4.2-1 liburing2=2.15-1 libuuid1=2.42.4-1 libvdeplug2t64=4.0.1-5.1+b2 \
	libzstd1=1.5.7+dfsg-4 zlib1g=1:1.3.dfsg+really1.3.2-4

# A machine without firmware and without a kernel: these 64 KiB are its BIOS, and write to QEMU's debug console.
cat >"$tmp/rom.S" <<'END'
	.code16
_start:	cli
	cld
	movw $0x2000, %ax
	movw %ax, %ds
	movw %ax, %es
	movw %ax, %ss
	movw $0xfff0, %sp
#define COUNT(rounds, ...) movw $rounds, %cx; xorw %si, %si; movw $0x4000, %di; movb $1, %al; \
	rdtsc; movl %eax, %ebp; __VA_ARGS__; rdtsc; subl %ebp, %eax; subl $2, %eax; call print
	COUNT(0, nop)
	COUNT(0, rep stosb)
	COUNT(1, rep stosb)
	COUNT(2, rep stosb)
	COUNT(10, rep stosb)
	COUNT(10000, rep stosb)
	COUNT(1000, rep stosb)
	COUNT(1000, rep stosl)
	COUNT(1000, rep movsb)
	COUNT(1000, rep lodsb)
	COUNT(1000, repe cmpsb)
	COUNT(1000, repne scasb)
	COUNT(1000, 1: loop 1b)
	outb %al, $0xf4
	hlt
print:	xorw %cx, %cx
	movl $10, %ebx
2:	xorl %edx, %edx
	divl %ebx
	pushw %dx
	incw %cx
	testl %eax, %eax
	jnz 2b
3:	popw %ax
	addb $'0', %al
	outb %al, $0xe9
	decw %cx
	jnz 3b
	movb $' ', %al
	outb %al, $0xe9
	ret
	.org 0xfff0
	ljmp $0xf000, $_start
	.org 0xffff
	.byte 0
END
cc -m32 -c -o "$tmp/rom.o" "$tmp/rom.S" || cannot "no assembler"
ld -m elf_i386 -e 0 -Ttext 0 --oformat binary -o "$tmp/rom" "$tmp/rom.o" || cannot "no linker"

# counts SUITE: what that QEMU counts, less what two looks at the counter are
counts() {
	QEMU_MODULE_DIR=$root/$1/usr/lib/x86_64-linux-gnu/qemu run "$1" usr/bin/qemu-system-x86_64 -L "$root/$1/usr/share/qemu" -nodefaults \
		-display none -M pc -cpu max -accel tcg -icount shift=0,sleep=off -bios "$tmp/rom" -debugcon stdio \
		-device isa-debug-exit,iobase=0xf4 -no-reboot </dev/null
}
for suite in here sid; do
	counts $suite >"$tmp/told" 2>"$tmp/said"
	[ -s "$tmp/told" ] || cannot "$(tail -n 1 "$tmp/said")"
	read -r nop none one two ten more stosb stosl movsb lodsb cmpsb scasb loop <"$tmp/told"
	which="QEMU 7.2"
	[ $suite = here ] || which="QEMU 11.1"
	sees "$which: nop" "$nop" 1
	sees "$which: rep stosb of 0, 1, 2, 10 and 10,000 bytes" "$none $one $two $ten $more" "1 2 3 11 10001"
	sees "$which: rep stosb, stosl, movsb, lodsb of 1,000 rounds" "$stosb $stosl $movsb $lodsb" "1001 1001 1001 1001"
	sees "$which: repe cmpsb, repne scasb of 1,000 rounds" "$cmpsb $scasb" "1001 1001"
	sees "$which: loop, 1,000 rounds" "$loop" 1000
done
done_seeing
