#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Where libbpf pins maps when a folder's name has a dot: in another folder, the one with "_" in its place.
#
# The question: `bpftool prog loadall OBJECT DIR pinmaps DIR` pins programs and maps of an object below DIR, on any mounted BPF
# file system. Are they there afterwards?
# The guess: below DIR, both; the BPF file system takes no name with a dot, so a map called ".rodata" has another name there.
# What happens: libbpf replaces every dot of the whole path, the folders above DIR among them. With DIR = /run/an.app/bpf the programs
# are in /run/an.app/bpf and the maps in /run/an_app/bpf: an error where there is no such folder, and exit code 0 where there
# is one. bpftool 7.1 and 7.8 are alike.
# Why it matters: folders of container runtimes and of systemd's units have dots (io.containerd.., app.service), and a reader that opens
# DIR/map by the path that it gave finds nothing, or a map that another program pinned. It is the same in a program that calls
# bpf_object__pin_maps() or sets a pin_root_path. Mount the BPF file system where no folder above it has a dot.
# Source: run here. Versions: bpftool 7.1.0+6.1.192-3 and 7.8.0+7.2.13-1 (libbpf 1.1 and 1.8), clang 14.0.6. First seen November 2026.
set -u
tmp=$(mktemp -d -t finding_XXXXXX) || exit 2 # the packages come into it, by apt-get download
# shellcheck source=findings/fetch
. "$(dirname "$0")/fetch"
need clang mount
[ "$(id -u)" = 0 ] || cannot "only root loads a program"
mkdir "$tmp/an.app" "$tmp/an_app" || exit 2
mount -t bpf bpf "$tmp/an.app" || cannot "no BPF file system"
trap 'umount "$tmp"/an.app; umount "$tmp"/an_app 2>/dev/null; rm -rf "$tmp"' EXIT

fetch here bpftool=7.1.0+6.1.192-3 libelf1=0.188-2.1
fetch sid bpftool=7.8.0+7.2.13-1 libc6=2.43-7 libelf1t64=0.196-1 zlib1g=1:1.3.dfsg+really1.3.2-4 libzstd1=1.5.7+dfsg-4

cat >"$tmp/one.c" <<'END'
struct {
	int (*type)[2];
	int (*max_entries)[1];
	unsigned int *key;
	unsigned int *value;
} counts __attribute__((section(".maps"), used));
char _license[] __attribute__((section("license"), used)) = "GPL";
__attribute__((section("socket"), used)) int reader(void *packet)
{
	unsigned int key = 0;
	return ((void *(*)(void *, void *))1)(&counts, &key) != 0;
}
END
clang -O2 -g -target bpf -c -o "$tmp/one.o" "$tmp/one.c" || cannot "clang -target bpf"

# pinned SUITE: exit code, and what is where
pinned() {
	run "$1" usr/sbin/bpftool prog loadall "$tmp/one.o" "$tmp/an.app/bpf" pinmaps "$tmp/an.app/bpf" >"$tmp/said" 2>&1
	code=$?
	echo "exit code $code, an.app: $(find "$tmp/an.app/bpf" -type f 2>/dev/null | sed 's,.*/,,' | sort | tr '\n' ' ')an_app: $(
		find "$tmp/an_app/bpf" -type f 2>/dev/null | sed 's,.*/,,' | sort | tr '\n' ' ')"
	rm -rf "$tmp/an.app/bpf" "$tmp"/an_app/bpf
}
for suite in here sid; do
	sees "no other folder, bpftool of $suite" "$(pinned $suite)" "exit code 255, an.app: an_app: "
done
mount -t bpf bpf "$tmp/an_app" || cannot "no second BPF file system"
for suite in here sid; do
	mkdir -p "$tmp/an_app/bpf"
	sees "another folder, bpftool of $suite" "$(pinned $suite)" "exit code 0, an.app: reader an_app: counts "
done
done_seeing
