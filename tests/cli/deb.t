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

run scripts/deb.sh
is "scripts/deb.sh" "$code" 0
[ "$code" -eq 0 ] || printf '%s\n' "$out" "$err"
hasnt "lintian: no error" "$out" "E: beebench"
is "lintian: no warning" "$(printf '%s\n' "$out" | grep -c '^W: ')" 0
deb=$(printf '%s\n' "$out" | grep '\.deb$')
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
done_testing
