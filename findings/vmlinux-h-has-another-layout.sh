#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# vmlinux.h can have another layout than the BTF it was made of: struct inode, struct bio and the request queue of Linux 6.12,
# written by the bpftool of Debian 12, and nobody says a word.
#
# The question: `bpftool btf dump file F format c` writes C from BTF, which has every offset. Is the C laid out as BTF says,
# when a compiler has read it?
# The guess: yes for a kernel; of structs made at random with packed and aligned attributes 1 or 2 in a hundred are not.
# What happens:
#   - an enum of one byte (BTF says size=1) is written as an ordinary enum of four by bpftool 7.1. Linux 6.12 has two of
#     them, in struct inode and in the block layer: 17 structs get wrong sizes or offsets, struct inode, bio,
#     request_queue, queue_limits, ext4_inode_info and socket_alloc among them. Linux 6.1 has none, so Debian 12's own
#     pair of kernel and bpftool is right; with its newer kernel, or a container of Debian 12 on a newer host, it is not.
#     bpftool 7.8 writes __attribute__((mode(byte))).
#   - a union's own attributes are lost by all of them, 7.8 too: a union of 16 bytes by its alignment comes out with 8, and
#     what stands behind it in a struct moves. BTF has size=16, so the loss could be seen.
#   - warn_args is listed by every version because va_list is another type for BPF than for the kernel: no fault of bpftool.
# Why it matters: CO-RE mends the offset of a field that is read through the vmlinux.h type. It does not mend sizeof, a local
# copy of a struct, a map's value made of one, or code that reads with bpf_probe_read_kernel and an offset of its own. The
# cure is a bpftool as new as the kernel, or _Static_assert on what one copies.
# Source: run here: sizes and offsets of all named types in BTF as static assertions behind the C that bpftool wrote, for
# clang. Versions: bpftool 7.1.0+6.1.192-3 and 7.8.0+7.2.13-1, clang 14.0.6, kernel 6.12.117. First seen November 2026.
set -u
tmp=$(mktemp -d) || exit 2 # the packages come into it, by apt-get download
# shellcheck source=findings/fetch
. "$(dirname "$0")/fetch"
need zstd objcopy clang

fetch here bpftool=7.1.0+6.1.192-3 libelf1=0.188-2.1 linux-image-6.12.117+deb12-cloud-amd64=6.12.117-1~deb12u1
fetch sid bpftool=7.8.0+7.2.13-1 libc6=2.43-7 libelf1t64=0.196-1 zlib1g=1:1.3.dfsg+really1.3.2-4 libzstd1=1.5.7+dfsg-4

# wrong SUITE BTF: which named types of BTF have another size or field offset in the C of that bpftool
wrong() {
	run "$1" usr/sbin/bpftool btf dump file "$2" format c | grep -v '^#' >"$tmp/c.c"
	run here usr/sbin/bpftool btf dump file "$2" format raw | awk -F"'" '
	function number(key) { return match($0, key "=[0-9]+") ? substr($0, RSTART + length(key) + 1, RLENGTH - length(key) - 1) : -1 }
	/^\[[0-9]+\] (STRUCT|UNION) / {
		type = tolower($1)
		sub(/.* /, "", type)
		split(tolower($1), word, " ")
		type = word[2] " " $2
		known = $2 != "(anon)"
		if (known && type in seen) twice[type] # two types of one name: the C has one of them
		seen[type]
		if (known) { line[++n] = "sizeof(" type ") == " number("size"); of[n] = type }
		next
	}
	/^\[/ { known = 0 }
	known && /bits_offset=/ && !/bitfield_size/ && $2 != "(anon)" {
		line[++n] = "__builtin_offsetof(" type ", " $2 ") == " number("bits_offset") / 8
		of[n] = type
	}
	END { for (i = 1; i <= n; i++) if (!(of[i] in twice)) printf "_Static_assert(%s, \"@%s@\");\n", line[i], of[i] }
	' >>"$tmp/c.c"
	clang -target bpf -w -fsyntax-only -ferror-limit=0 "$tmp/c.c" 2>&1 | sed -n 's/.*error: static.assert.*"@\(.*\)@"$/\1/p' | LC_ALL=C sort -u
}
# in_a_line: the lines of stdin
in_a_line() {
	paste -sd, - | sed 's/,/, /g'
}

# The kernel's BTF is in its image, which is packed once.
offset=$(LC_ALL=C grep -aboP '\x28\xb5\x2f\xfd' "$root"/here/boot/vmlinuz-* | head -n 1 | cut -d: -f1)
tail -c +"$((offset + 1))" "$root"/here/boot/vmlinuz-* | zstd -dcq >"$tmp/vmlinux" 2>/dev/null
objcopy --dump-section .BTF="$tmp/kernel.btf" "$tmp/vmlinux" /dev/null 2>/dev/null
[ -s "$tmp/kernel.btf" ] || cannot "no BTF found in the kernel's image"

sees "Linux 6.12, enums of one byte" "$(run here usr/sbin/bpftool btf dump file "$tmp/kernel.btf" |
	sed -n "s/.* ENUM '\([a-z_]*\)' .*size=1 .*/\1/p" | in_a_line)" "rw_hint, blk_integrity_checksum"
sees "Linux 6.12 by bpftool 7.1, another layout than BTF has" "$(wrong here "$tmp/kernel.btf" | in_a_line)" \
	"struct bdev_inode, struct bio, struct blk_integrity, struct blkdev_dio, struct dax_device, struct ext4_inode_info, \
struct fuse_inode, struct hugetlbfs_inode_info, struct inode, struct iomap_ioend, struct mqueue_inode_info, \
struct proc_inode, struct queue_limits, struct request_queue, struct shmem_inode_info, struct socket_alloc, \
struct tracefs_inode, struct warn_args"
sees "Linux 6.12 by bpftool 7.8" "$(wrong sid "$tmp/kernel.btf" | in_a_line)" "struct warn_args"

cat >"$tmp/small.c" <<'END'
enum rank { LOW, HIGH } __attribute__((packed));
struct shelf { char c; enum rank rank; short s; int after; };
union wide { int i; char c[5]; } __attribute__((aligned(16)));
struct line { union wide wide; int after; };
union pair { char c; int i; } __attribute__((packed));
struct odd { char c; union pair pair; char after; };
struct plain { char c; int i; } __attribute__((packed));
struct shelf a; struct line b; struct odd c; struct plain d;
END
clang -target bpf -g -c -o "$tmp/small.o" "$tmp/small.c" || cannot "clang -target bpf"
sees "a few lines of C by bpftool 7.1" "$(wrong here "$tmp/small.o" | in_a_line)" \
	"struct line, struct shelf, union wide"
sees "the same by bpftool 7.8" "$(wrong sid "$tmp/small.o" | in_a_line)" "struct line, union wide"
done_seeing
