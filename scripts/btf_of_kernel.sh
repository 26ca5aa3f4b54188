#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The kernel's BTF out of its image, without booting it: btf_of_kernel.sh VMLINUZ OUT. The BTF has the byte order of its kernel, which
# bpftool reads on any machine. An image is as it is (arm64), or packed by zstd, xz or gzip somewhere inside (s390x, zboot).
# BTF begins with its magic, version 1, no flags, a header of 24 bytes, then types at 0 (linux/btf.h); the strings follow the types.
set -eu
export LC_ALL=C
[ $# -eq 2 ] || { echo "usage: btf_of_kernel.sh VMLINUZ OUT" >&2; exit 2; }
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# word FILE AT ORDER: 4 bytes as a number
word() {
	# shellcheck disable=SC2046  # four numbers
	set -- $(od -An -tu1 -j "$2" -N 4 "$1") "$3"
	case $5 in
	little) echo $(($1 + $2 * 256 + $3 * 65536 + $4 * 16777216)) ;;
	big) echo $(($4 + $3 * 256 + $2 * 65536 + $1 * 16777216)) ;;
	esac
}

# find_btf FILE OUT
find_btf() {
	for order in little big; do
		magic='\x9f\xeb\x01\x00\x18\x00\x00\x00\x00\x00\x00\x00'
		[ $order = little ] || magic='\xeb\x9f\x01\x00\x00\x00\x00\x18\x00\x00\x00\x00'
		# shellcheck disable=SC2013  # numbers
		for at in $(grep -abo -P "$magic" "$1" | cut -d : -f 1); do
			types=$(word "$1" $((at + 12)) $order) strings=$(word "$1" $((at + 16)) $order)
			if [ "$types" -le 1048576 ] || [ "$types" -ne "$strings" ]; then
				continue
			fi
			tail -c +$((at + 1)) "$1" | head -c $((24 + types + $(word "$1" $((at + 20)) $order))) >"$2"
			return 0
		done
	done
	return 1
}

find_btf "$1" "$2" && exit
for form in '\x28\xb5\x2f\xfd:zstd' '\xfd7zXZ\x00:xz' '\x1f\x8b\x08:gzip'; do
	tool=${form#*:}
	command -v "$tool" >/dev/null 2>&1 || continue
	# shellcheck disable=SC2013  # numbers
	for at in $(grep -abo -P "${form%:*}" "$1" | cut -d : -f 1); do
		# What follows the packed kernel is no longer its business.
		tail -c +$((at + 1)) "$1" | "$tool" -dc >"$tmp/kernel" 2>/dev/null || :
		if find_btf "$tmp/kernel" "$2"; then
			exit
		fi
	done
done
echo "btf_of_kernel: $1 has no BTF that could be found (a kernel without CONFIG_DEBUG_INFO_BTF, or zstd or xz is missing)" >&2
exit 1
