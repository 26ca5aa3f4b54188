#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# timeout: 600
# The Debian package: is built from the tree without root's help, has what it promises, lintian finds no error.
# beside others
. tests/lib.sh

need_tool dpkg-buildpackage dpkg-dev
need_tool dh debhelper
need_tool lintian lintian
for package in bpftool clang libbpf-dev libcap-ng-dev libdw-dev libelf-dev libiberty-dev libjson-c-dev libmicrohttpd-dev libncurses-dev libpcre2-dev llvm zlib1g-dev; do
	dpkg-query -W -f '${Status}' $package 2>/dev/null | grep -q '^install ok' ||
		skip_all "no Debian package $package; make deps"
done

# A package of each other processor's guest that is compiled here.
guests=
set --
for g in arm64 s390x; do
	if [ -x "$B/$g/static/beebench" ] && [ -x "$B/$g/vm/guest-init" ]; then
		guests="$guests $g"
		for f in "$B/$g/static/beebench" "$B/$g/vm/guest-init" "$B/$g"/bpf/*/*.bpf.o "$B/$g"/bpf/*/*.json "$B/$g"/bpf/*/*.btf; do
			[ ! -e "$f" ] || set -- "$@" "$f"
		done
	else
		skip "the package beebench-guest-$g" "nothing is compiled for $g: make guest-$g"
	fi
done
run env GUESTS="$guests" scripts/deb.sh "$@"
is "scripts/deb.sh" "$code" 0
[ "$code" -eq 0 ] || printf '%s\n' "$out" "$err"
hasnt "lintian: no error" "$out" "E: beebench"
is "lintian: no warning" "$(printf '%s\n' "$out" | grep -c '^W: ')" 0
deb=$(printf '%s\n' "$out" | grep '/beebench_[^/]*\.deb$')
check "one package" test -s "$deb"

fields=$(dpkg-deb -I "$deb")
for library in libbpf libc6 libcap-ng libdw libjson-c libmicrohttpd libncursesw libpcre2 libtinfo; do
	like "depends on $library" "$fields" "^ Depends:.*$library"
done
like "says what is linked statically" "$fields" "^ Built-Using:.*elfutils \(= "

dpkg-deb -c "$deb" | awk '{ print $6 }' >"$tmp/files"
for f in usr/bin/beebench usr/bin/honeyc usr/bin/memmon usr/bin/cpumon usr/bin/memprof usr/lib/beebench/libmemprof.so usr/share/man/man1/memprof.1.gz usr/share/man/man1/beebench.1.gz \
	usr/share/man/man1/honeyc.1.gz usr/share/man/man8/memmon.8.gz usr/share/man/man8/cpumon.8.gz \
	usr/share/bash-completion/completions/beebench usr/share/bash-completion/completions/cpumon \
	usr/lib/beebench/bpf/memmon/memmon_fast.bpf.o usr/lib/beebench/plots/style.gp usr/lib/beebench/vm/guest-init usr/lib/beebench/vm/fetch_kernel.sh \
	lib/systemd/system/memmon.service usr/share/doc/beebench/copyright usr/share/doc/beebench/examples/memmon.ex; do
	check "has /$f" grep -qxE "\./(usr/)?$f" "$tmp/files"
done
is "nothing of the tests" "$(grep -c /tests/ "$tmp/files")" 0
is "nothing outside /usr and /lib" "$(grep -vcE '^\./(usr/.*|lib/.*|usr|lib)?$' "$tmp/files")" 0

dpkg-deb -x "$deb" "$tmp/root"
run "$tmp/root/usr/bin/beebench" list monitors
is "the packaged beebench" "$code" 0
like "finds its objects" "$out" "^ *memmon_fast"
is "no folder of the build is named in it" "$(grep -rlF "$PWD" "$tmp/root" | wc -l)" 0
for g in $guests; do
	if run "$bee" vm -k "6.12/$g" --where && [ "$code" -eq 77 ]; then
		skip "a guest of $g by its package" "$err"
		continue
	fi
	run "$tmp/root/usr/bin/beebench" verify -q -k "6.12/$g" -m memmon -w brk
	is "without its package no guest of $g" "$code" 77
	has "what to do" "$err" "make deb GUESTS=$g (in beebench's source tree), then install the package beebench-guest-$g"
	guest=$(printf '%s\n' "$(dirname "$deb")/beebench-guest-${g}_"*.deb)
	like "beebench-guest-$g needs the same beebench and an emulator" "$(dpkg-deb -f "$guest" Depends)" '^beebench \(= .*\), qemu-system-'
	like "and says what is linked statically" "$(dpkg-deb -f "$guest" Built-Using)" 'elfutils \(= .*libbpf \(= |libbpf \(= .*elfutils \(= '
	dpkg-deb -x "$guest" "$tmp/root"
	is "no folder of the build is named in it" "$(grep -rlF "$PWD" "$tmp/root" | wc -l)" 0
	run "$tmp/root/usr/bin/beebench" verify -q -k "6.12/$g" -m memmon -w brk
	is "with it memmon is judged on 6.12/$g" "$code" 0 || printf '# %s\n' "$err"
done
done_testing
