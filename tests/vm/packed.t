#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# A kernel that is packed, or lies in a package of any distribution, comes to QEMU as the image that it is: gzip, zboot (a program of UEFI
# that unpacks itself, as most distributions have it on arm64), .deb, .rpm, .pkg.tar.zst, .apk, .xbps, .txz. With a QEMU of our own making;
# the real ones boot Debian's kernels so packed where they are there.
# timeout: 600
set -u
. tests/lib.sh

need_tool jq jq
abs=$(cd "$B" && pwd)
bee=$abs/beebench
mkdir "$tmp/fake" "$tmp/few"
BEEBENCH_CACHE=$tmp/cache
export BEEBENCH_CACHE
# What passes for a kernel of x86-64.
{
	head -c 514 /dev/zero
	printf HdrS
	head -c 70000 /dev/urandom
} >"$tmp/vmlinuz"
cat >"$tmp/fake/qemu-system-x86_64" <<'E'
#!/bin/sh
for a; do
	[ "${last:-}" != -kernel ] || sha256sum <"$a" >"$GOT"
	last=$a
done
echo "@X 0"
E
chmod +x "$tmp/fake/qemu-system-x86_64"
GOT=$tmp/got
export GOT

where() {
	run "$bee" vm -k "$1" --where
}
# boots NAME FILE: what QEMU is given is the kernel
boots() {
	rm -f "$GOT"
	PATH=$tmp/fake:$PATH run "$bee" vm -k "$2" -- beebench --version
	is "$1: QEMU is given the image" "$code:$(cat "$GOT" 2>/dev/null)" "0:$(sha256sum <"$tmp/vmlinuz")" || printf '# %s\n' "$err"
}
# little NUMBER: four bytes
little() {
	# shellcheck disable=SC2059 # octal
	printf "$(printf '\\%03o\\%03o\\%03o\\%03o' $(($1 & 255)) $(($1 >> 8 & 255)) $(($1 >> 16 & 255)) $(($1 >> 24)))"
}
# zboot PACKED NAME [LENGTH]: on stdout, after Linux, drivers/firmware/efi/libstub/zboot-header.S
zboot() {
	length=$(stat -c %s "$1")
	printf 'MZ\0\0zimg'
	little 64
	little "${3:-$length}"
	printf '\0\0\0\0\0\0\0\0%s' "$2"
	head -c $((32 - ${#2})) /dev/zero
	printf '\315\043\202\201\100\0\0\0'
	cat "$1"
	# The length of what is unpacked follows, where the packing does not hold it, and then the program.
	printf '\1\2\3\4 and a program'
}

# --- packed images ---

gzip -c "$tmp/vmlinuz" >"$tmp/vmlinuz.gz"
boots gzip "$tmp/vmlinuz.gz"
where "$tmp/vmlinuz.gz"
is "its name stays" "$code:$out" "0:$tmp/vmlinuz.gz"
while read -r name tool words; do
	if ! have "$tool"; then
		skip "zboot of $name" "no $tool"
		continue
	fi
	# shellcheck disable=SC2086 # words
	$tool $words <"$tmp/vmlinuz" >"$tmp/packed"
	zboot "$tmp/packed" "$name" >"$tmp/zboot-$name"
	boots "zboot of $name" "$tmp/zboot-$name"
done <<'E'
gzip gzip -c
zstd22 zstd -c -q
xzkern xz -c --check=crc32
lzma xz -c --format=lzma
lz4 lz4 -c -l -q
lzo lzop -c
E

# says NAME FILE TEXT: refused as a usage error
says() {
	where "$2"
	is "$1: usage" "$code:$out:$err" "2::beebench: error: the kernel $2 is $3"
}
gzip -c "$tmp/vmlinuz" >"$tmp/packed"
length=$(stat -c %s "$tmp/packed")
zboot "$tmp/packed" gzip >"$tmp/zboot"
head -c 50000 "$tmp/zboot" >"$tmp/half"
says "half a zboot" "$tmp/half" "cut short: it has 50000 bytes of $((length + 64)); copy it again"
head -c 50000 "$tmp/packed" >"$tmp/some"
zboot "$tmp/some" gzip >"$tmp/damaged"
says "a damaged one" "$tmp/damaged" "cut short or damaged: gzip cannot unpack it; copy it again"
zboot "$tmp/packed" lz9 >"$tmp/unknown"
says "one packed by what nobody knows" "$tmp/unknown" "packed by 'lz9', which is unknown here; give it unpacked"
gzip -c "$0" >"$tmp/some"
zboot "$tmp/some" gzip >"$tmp/other"
where "$tmp/other"
like "one that holds no kernel: usage" "$code:$out:$err" "^2::beebench: error: $tmp/other is no kernel image of a processor that a guest can have: "
zboot "$tmp/packed" xzkern >"$tmp/zboot"
run env PATH="$tmp/few" "$bee" vm -k "$tmp/zboot" --where
is "without the tool that unpacks it: cannot run here" "$code:$out:$err" \
	"77::beebench: error: the kernel $tmp/zboot is packed by xzkern, and there is no xz here; run: sudo apt-get install xz-utils"

# --- packages of any distribution ---

tree=$tmp/tree
mkdir -p "$tree/boot" "$tree/lib/modules/9.1-2.x86_64"
cp "$tmp/vmlinuz" "$tree/lib/modules/9.1-2.x86_64/vmlinuz"
echo "no kernel" >"$tree/lib/modules/9.1-2.x86_64/.vmlinuz.hmac"
ln -s ../lib/modules/9.1-2.x86_64/vmlinuz "$tree/boot/vmlinuz-9.1-2.x86_64"
package() {
	boots "a package by its file: .$1" "$tmp/kernel-core.$1"
	where "$tmp/kernel-core.$1"
	has "its note names it" "$(cat "${out%/vmlinuz}/note")" "package kernel-core.$1 by-path"
	rm -rf "$tmp/cache"
}
(cd "$tree" && tar -cJf "$tmp/kernel-core.txz" boot lib && tar -czf "$tmp/kernel-core.apk" boot lib)
mkdir -p "$tmp/cache/kernels/fetch.killed" "$tmp/cache/kernels/fetch.atwork"
echo half >"$tmp/cache/kernels/fetch.killed/vmlinuz"
touch -d '2 days ago' "$tmp/cache/kernels/fetch.killed"
where "$tmp/kernel-core.txz"
is "what one that was killed left goes with the next; what is at work stays" "$(cd "$tmp/cache/kernels" && echo fetch.*)" fetch.atwork
package txz
package apk
cp "$tmp/kernel-core.txz" "$tmp/kernel-core.pkg.tar.xz"
package pkg.tar.xz
if have zstd; then
	(cd "$tree" && tar -c ./boot ./lib | zstd -q -o "$tmp/kernel-core.pkg.tar.zst" && cp "$tmp/kernel-core.pkg.tar.zst" "$tmp/kernel-core.xbps")
	package pkg.tar.zst
	package xbps
else
	skip "packages that zstd has packed" "no zstd"
fi
for tool in sh readlink; do ln -s "$(command -v $tool)" "$tmp/few/$tool"; done
# needs PACKAGE TEXT: without the tools that take it apart
needs() {
	echo x >"$tmp/$1"
	ln -sf "$(command -v sha256sum)" "$tmp/few/"
	run env PATH="$tmp/few" "$bee" vm -k "$tmp/$1" --where
	is "$1 without tools: cannot run here" "$code:$out:$err" \
		"77::beebench: error: no $2 here, and without it no kernel can be taken out of $tmp/$1; $3give one by path: -k /boot/vmlinuz-.."
}
needs k.rpm rpm2cpio "run: sudo apt-get install rpm2cpio cpio   or "
needs k.deb dpkg-deb ""
ln -s "$(command -v tar)" "$tmp/few/"
needs k.xbps zstd "run: sudo apt-get install zstd   or "
needs k.txz xz "run: sudo apt-get install xz-utils   or "

# rpm_of NAME PACKING: what a distribution builds of that tree
# shellcheck disable=SC2317 # check calls it
rpm_of() {
	cat >"$tmp/$1.spec" <<E
Name: $1
Version: 9.1
Release: 2
Summary: test
License: none
BuildArch: noarch
%description
test
%install
cp -a "$tree/." %{buildroot}/
%files
/boot
/lib
E
	rpmbuild -bb --quiet --nodeps --define "_topdir $tmp/rpm" --define "_rpmdir $tmp" --define "_rpmfilename $1.rpm" \
		--define "_binary_payload $2" --define "__os_install_post %{nil}" "$tmp/$1.spec" >"$tmp/rpm.log" 2>&1
}
# Where there is no bsdtar; every other program is.
mkdir "$tmp/plain"
for dir in /usr/local/bin /usr/bin /bin /usr/sbin /sbin; do
	for f in "$dir"/*; do
		[ "${f##*/}" = bsdtar ] || ln -s "$f" "$tmp/plain/" 2>/dev/null
	done
done
if have rpmbuild; then
	for packing in w3.zstdio w2.xzdio w6.gzdio; do
		name=kernel-core-$packing
		check "an rpm packed by $packing is made" rpm_of "$name" $packing || continue
		if have bsdtar; then
			boots "a package by its file: .rpm of $packing, by bsdtar" "$tmp/$name.rpm"
			rm -rf "$tmp/cache"
		else
			skip "a package by its file: .rpm of $packing, by bsdtar" "no bsdtar; sudo apt-get install libarchive-tools"
		fi
		if have rpm2cpio && have cpio; then
			PATH=$tmp/plain boots "a package by its file: .rpm of $packing, by rpm2cpio" "$tmp/$name.rpm"
			rm -rf "$tmp/cache"
		else
			skip "a package by its file: .rpm of $packing, by rpm2cpio" "no rpm2cpio, or no cpio; sudo apt-get install rpm2cpio cpio"
		fi
	done
	head -c 30000 "$tmp/$name.rpm" >"$tmp/half.rpm"
	where "$tmp/half.rpm"
	like "half an rpm: cannot run here" "$code:$out:$err" "^77::beebench: error: cannot unpack $tmp/half.rpm: "
else
	skip "a package by its file: .rpm" "no rpmbuild; sudo apt-get install rpm"
fi

# --- Debian's kernels, packed so, in the real QEMU ---

unset BEEBENCH_CACHE
# real NAME FILE: a monitor is judged in it
real() {
	run "$bee" verify -q --json -k "$2" -m memmon -w brk
	like "$1 boots" "$(printf '%s\n' "$out" | jq -r '.trials[0] | .status + " " + .kernel')" '^ok 6\.12' || printf '# %s: %s\n' "$code" "$err"
}
if ! have qemu-system-aarch64 || [ ! -x "$B/arm64/static/beebench" ]; then
	skip "zboot of Debian's kernel boots" "a guest of arm64 is not built: make guest-arm64"
elif where 6.12/arm64 && [ "$code" -ne 0 ]; then
	skip "zboot of Debian's kernel boots" "$err"
else
	zstd -1 -q -c "$out" >"$tmp/packed"
	zboot "$tmp/packed" zstd22 >"$tmp/vmlinuz-arm64"
	real "zboot of Debian's kernel for arm64" "$tmp/vmlinuz-arm64"
fi
if ! have rpmbuild || ! have qemu-system-x86_64; then
	skip "Debian's kernel in an rpm boots" "no rpmbuild, or no qemu-system-x86_64"
elif where 6.12/x86-64 && [ "$code" -ne 0 ]; then
	skip "Debian's kernel in an rpm boots" "$err"
else
	cp "$out" "$tree/lib/modules/9.1-2.x86_64/vmlinuz"
	check "it is put into an rpm" rpm_of debian w1.zstdio
	BEEBENCH_CACHE=$tmp/cache
	export BEEBENCH_CACHE
	real "Debian's kernel in an rpm" "$tmp/debian.rpm"
fi
done_testing
