#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Where a BPF object stops to load when a switch gets its thirteenth case: with -mcpu=v4 by clang 22, on kernels that know v4.
#
# The question: -mcpu=v4 is the instruction set of Linux 6.6. A program with a switch of 12 cases, compiled with it, loads on 6.12. What of one
# more case, and of the next clang?
# The guess: the same instructions, one comparison more; what the compilers add to an instruction set gets a name of its own, v5.
# What happens: from 13 cases on clang 22 makes a table of jumps and an indirect jump (gotox) of it, under the same -mcpu=v4. Linux 6.12
# has no such instruction, and libbpf 1.8 says "can't create jump table: sym_off 0: -EINVAL"; libbpf 1.1 says "bad map relo against
# 'BPF.JT.0.0' in section '.jumptables'" on every kernel, 7.2 too, and cannot even open the object: its other programs are lost with
# it. clang 19 loads everywhere; so does clang 22 with -fno-jump-tables. -mcpu=v3, clang's default, has no tables.
# Why it matters: a monitor is compiled once and runs on what kernels there are: one more kind of event in a switch, or a new compiler in
# the CI, and it loads on the newest only; the error speaks of symbols and maps. Whoever compiles for v4 adds -fno-jump-tables.
# Source: run here. Versions: clang 19.1.7-3~deb12u1 and 22.1.8-3; bpftool 7.1.0+6.1.192-3 (libbpf 1.1) and 7.8.0+7.2.13-1 (libbpf 1.8); linux
# 6.12.117-1~deb12u1 and 7.2.13-1 (cloud, amd64) in a machine emulated by QEMU. First seen November 2026.
set -u
tmp=$(mktemp -d) || exit 2 # the packages come into it, by apt-get download
# shellcheck source=findings/fetch
. "$(dirname "$0")/fetch"

fetch here clang-19=1:19.1.7-3~deb12u1 libclang-cpp19=1:19.1.7-3~deb12u1 libllvm19=1:19.1.7-3~deb12u1 libz3-4=4.8.12-3.1 \
	bpftool=7.1.0+6.1.192-3
fetch sid clang-22=1:22.1.8-3 libclang-cpp22=1:22.1.8-3 libllvm22=1:22.1.8-3 libc6=2.43-7 libstdc++6=16.2.0-4 libgcc-s1=16.2.0-4 \
	zlib1g=1:1.3.dfsg+really1.3.2-4 libzstd1=1.5.7+dfsg-4 libxml2-16=2.15.4+dfsg-1+b1 libffi8=3.8.0-2 libtinfo6=6.6+20260608-2 \
	libedit2=3.1-20260512-1 libbsd0=0.12.2-3 libmd0=1.3.0-1 liblzma5=5.8.4-1 libicu76=76.1-4+b1 libz3-4=4.13.3-1.1 \
	bpftool=7.8.0+7.2.13-1 libelf1t64=0.196-1 libcap2=1:2.78-1+b1 libssl3t64=3.6.5-1
mkdir -p "$tmp/guest/lib" "$tmp/guest/bpf" || exit 2
for library in ld-linux-x86-64.so.2 libc.so.6 libelf.so.1 libcrypto.so.3 libz.so.1 libcap.so.2 libzstd.so.1; do
	cp -L "$root/sid/usr/lib/x86_64-linux-gnu/$library" "$tmp/guest/lib/" || cannot "no $library"
done
cp "$root/here/usr/sbin/bpftool" "$tmp/guest/bpftool7.1"
cp "$root/sid/usr/sbin/bpftool" "$tmp/guest/bpftool7.8"

# a_switch CASES: each counts something else
a_switch() {
	echo 'volatile unsigned long kind = 7, count[20];'
	echo '__attribute__((section("socket"), used)) int counter(void *packet) { switch (kind) {'
	for i in $(seq 1 "$1"); do
		echo "case $i: count[$((i * 7 % 20))] += kind * $((i * 3 + 1)); break;"
	done
	echo '} return 0; }'
	echo 'char _license[] __attribute__((section("license"), used)) = "GPL";'
}
for cases in 12 13; do
	a_switch $cases >"$tmp/switch.c"
	run here usr/lib/llvm-19/bin/clang --target=bpf -mcpu=v4 -O2 -g -c -o "$tmp/guest/clang19-v4-$cases" "$tmp/switch.c" || cannot "clang 19"
	for cpu in v3 v4; do
		run sid usr/lib/llvm-22/bin/clang --target=bpf -mcpu=$cpu -O2 -g -c -o "$tmp/guest/clang22-$cpu-$cases" "$tmp/switch.c" ||
			cannot "clang 22"
	done
	run sid usr/lib/llvm-22/bin/clang --target=bpf -mcpu=v4 -fno-jump-tables -O2 -g -c -o "$tmp/guest/clang22-none-$cases" "$tmp/switch.c"
done
cat >"$tmp/guest/look" <<'END'
$busybox mount -t bpf b /bpf
for tool in bpftool7.1 bpftool7.8; do
	for object in clang*; do
		if /lib/ld-linux-x86-64.so.2 --library-path /lib /$tool prog load $object /bpf/loaded >/said 2>&1; then
			echo "$tool $object loads"
			$busybox rm /bpf/loaded
		else
			echo "$tool $object $($busybox grep -o "bad map relo against 'BPF.JT.0.0'\|can't create jump table" /said | $busybox head -n 1)"
		fi
	done
done
END

# loaded LINUX SUITE PACKAGE=VERSION BY_7.8: what becomes of the thirteenth case by clang 22
loaded() {
	boot "$2" "$3"
	for tool in bpftool7.1 bpftool7.8; do
		for object in clang19-v4-12 clang19-v4-13 clang22-v3-12 clang22-v3-13 clang22-v4-12 clang22-v4-13 clang22-none-12 clang22-none-13; do
			want=loads
			[ $object = clang22-v4-13 ] && case $tool in *7.1) want="bad map relo against 'BPF.JT.0.0'" ;; *) want=$4 ;; esac
			sees "$1, $tool, ${object%-*}, ${object##*-} cases" "$(sed -n "s/^$tool $object //p" "$tmp/told")" "$want"
		done
	done
}
loaded "Linux 6.12" here linux-image-6.12.117+deb12-cloud-amd64=6.12.117-1~deb12u1 "can't create jump table"
loaded "Linux 7.2" sid linux-binary-7.2.13+deb14-cloud-amd64=7.2.13-1 loads
done_seeing
