#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The ring benchmark of the kernel's selftests (tools/testing/selftests/bpf: bench.c, benchs/bench_ringbufs.c), built in a folder of its own:
# kernel_ring_bench.sh FOLDER prints the path of the program. The source is Debian's package (SOURCE, default linux-source-6.12), which
# fetch_deb.sh keeps in the cache; nothing of it is part of this tree. Exit code 77: it cannot be had or built here, and why is on stderr.
#
# Built are libbpf of the same source, bench.c, the ring benchmark and its two programs; bench.c's table of the other fifty benchmarks
# gets empty ones. One line is changed: the programs sit on the tracepoint of getpgid instead of its function's entry (fentry), which
# not every kernel has. They run once for 500 records.
set -eu

die() {
	echo "kernel_ring_bench: $*" >&2
	exit 77
}

[ $# -eq 1 ] || {
	echo "usage: kernel_ring_bench.sh FOLDER" >&2
	exit 2
}
here=$(dirname "$0")
package=${SOURCE:-linux-source-6.12}
case $(uname -m) in
x86_64) arch=x86 ;;
*) die "written for x86-64, this is $(uname -m)" ;;
esac
mkdir -p "$1"
dir=$(cd "$1" && pwd)
unpacked=$("$here/fetch_deb.sh" "$package") || exit 77
version=$(cut -d ' ' -f 2 "$unpacked/.package")
out=$dir/$package-$version
log=$out/log
if [ ! -x "$out/bench" ]; then
	for tool in "${CC:-cc}" "${CLANG:-clang}" "${BPFTOOL:-bpftool}" make python3 xz; do
		command -v "$tool" >/dev/null 2>&1 || PATH=$PATH:/usr/sbin command -v "$tool" >/dev/null || die "no $tool here"
	done
	PATH=$PATH:/usr/sbin
	echo "kernel_ring_bench: building it from $package $version in $out" >&2
	rm -rf "$out"
	mkdir -p "$out/src"
	# libbpf's makefile wants the helpers' list, which bpf_doc.py makes of bpf.h.
	tar -xf "$unpacked/usr/src/$package.tar.xz" -C "$out/src" --strip-components=1 "$package/tools/lib" "$package/tools/include" \
		"$package/tools/build" "$package/tools/scripts" "$package/tools/arch" "$package/tools/testing/selftests/bpf" \
		"$package/scripts/bpf_doc.py" "$package/include/uapi/linux" >"$log" 2>&1 || die "cannot unpack it: $(tail -n 1 "$log")"
	tests=$out/src/tools/testing/selftests/bpf
	headers="-I$out -I$out/include -I$tests -I$out/src/tools/lib -I$out/src/tools/include -I$out/src/tools/include/uapi"
	{
		make -s -j"$(nproc)" -C "$out/src/tools/lib/bpf" OUTPUT="$out/" prefix= DESTDIR="$out" "$out/libbpf.a" install_headers
		for program in ringbuf_bench perfbuf_bench; do
			sed 's|^SEC("fentry/" SYS_PREFIX "sys_getpgid")|SEC("tp/syscalls/sys_enter_getpgid")|' \
				"$tests/progs/$program.c" >"$out/$program.c"
			# shellcheck disable=SC2086 # words
			"${CLANG:-clang}" -g -O2 -target bpf -mcpu=v3 -D__TARGET_ARCH_$arch $headers -I"$tests/progs" \
				-idirafter "/usr/include/$(uname -m)-linux-gnu" -c "$out/$program.c" -o "$out/$program.bpf.o"
			"${BPFTOOL:-bpftool}" gen skeleton "$out/$program.bpf.o" name $program >"$out/$program.skel.h"
		done
		{
			printf '#include <argp.h>\n#include <ctype.h>\n#include <string.h>\n#include "bench.h"\n'
			sed -n 's/^extern const struct bench \(.*\);/\1/p' "$tests/bench.c" | grep -v '^bench_[rp]b_' |
				sed 's/.*/const struct bench & = {.name = "left out"};/'
			sed -n 's/^extern struct argp \(.*\);/\1/p' "$tests/bench.c" | grep -v ringbufs | sed 's/.*/struct argp &;/'
			sed -n '/^int parse_num_list(/,/^}/p' "$tests/testing_helpers.c"
		} >"$out/rest.c"
		# shellcheck disable=SC2086 # words
		"${CC:-cc}" -g -O2 -std=gnu99 -w -D_GNU_SOURCE $headers -o "$out/bench.new" "$tests/bench.c" "$tests/benchs/bench_ringbufs.c" \
			"$out/rest.c" "$out/libbpf.a" -lelf -lz -lm -lpthread
	} >>"$log" 2>&1 || die "cannot build it: $(tail -n 1 "$log"); all of it is in $log"
	rm -rf "$out/src" "$out/staticobjs"
	mv "$out/bench.new" "$out/bench"
fi
echo "$out/bench"
